#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records the samples of this directory that are from a real machine. To be run
# as root where KVM works, with aegishv-vmm and trace-cmd in PATH; OUT=DIR says
# where they go. In the test machine:
#
#   selftests/qemu/run.py -k 6.1 -n capture -f build/vmm/aegishv-vmm \
#	-f examples/traces/capture.sh -f /usr/bin/trace-cmd \
#	-f /usr/lib/x86_64-linux-gnu/traceevent/plugins:/usr/lib/x86_64-linux-gnu/traceevent/plugins \
#	-- 'OUT=/share sh /t/capture.sh'
set -e
OUT=${OUT:-.}
T=/sys/kernel/tracing
FOUR="kvm_exit kvm_page_fault kvm_entry kvm_userspace_exit"

events() {
	echo 0 >$T/events/enable
	for e in "$@"; do echo 1 >$T/events/kvm/$e/enable; done
	echo >$T/trace
}

# Guests whose exits and faults are known: what they caused goes to FILE.truth.
guests() {
	for g in "portio 12" "cpuid 7" "wx 4"; do
		set -- $g
		aegishv-vmm $1 --count $2 --name $1 --json
	done
}

save() {
	cat $T/trace >"$OUT/$1.log"
	events
}

modprobe kvm-amd 2>/dev/null || modprobe kvm-intel 2>/dev/null || true
echo 8192 >$T/buffer_size_kb
K=$(uname -m)_$(uname -r | cut -d. -f1,2)

events $FOUR
guests >"$OUT/$K.truth"
save $K

events kvm_exit
guests >/dev/null
save ${K}_exits_only

echo 1 >$T/options/record-tgid
events $FOUR
aegishv-vmm wx --count 6 --name "CPU 0/KVM" >/dev/null &
aegishv-vmm portio --count 9 --vcpus 2 --name "CPU 0/KVM" >/dev/null
wait
save ${K}_tgid
echo 0 >$T/options/record-tgid

echo 1 >$T/options/latency-format
events $FOUR
aegishv-vmm mmio --count 5 --name "a-1 [0] 1.1: b" >/dev/null
save ${K}_latency
echo 0 >$T/options/latency-format

echo 4 >$T/buffer_size_kb
events $FOUR
aegishv-vmm portio --count 400 --name portio >/dev/null
timeout 1 cat $T/trace_pipe >"$OUT/${K}_lost.log" || true
echo 8192 >$T/buffer_size_kb
events

cd /tmp
trace-cmd record -q -e kvm:kvm_exit -e kvm:kvm_page_fault -e kvm:kvm_entry \
	-e kvm:kvm_userspace_exit aegishv-vmm wx --count 6 --name wx >/dev/null 2>&1
trace-cmd report >"$OUT/${K}_trace-cmd.log" 2>/dev/null
