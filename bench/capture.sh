#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# How the files in traces/ were made: every kvm:* tracepoint of a stock kernel in
# QEMU while a Linux guest boots (the last 700 lines of six seconds) and while
# scripted guests run (the last 40 of each).
# Usage: bench/capture.sh KERNEL >bench/traces/svm-KERNEL.txt
set -eu
cd "$(dirname "$0")/.."
[ $# = 1 ] || { echo "usage: bench/capture.sh KERNEL" >&2; exit 2; }
cache=${AEGISHV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aegishv}
make -s -C selftests/vmm O="$PWD/build/vmm" >&2
cat >"build/capture-$1.sh" <<'GUEST'
T=/sys/kernel/tracing
[ -d $T/events ] || mount -t tracefs tracefs $T
take() {
	grep -v '^#' $T/trace | tail -n "$1" >>/share/lines
	echo >$T/trace
}
modprobe kvm-amd
echo 16384 >$T/buffer_size_kb
echo 1 >$T/events/kvm/enable
./aegishv-vmm linux --kernel vmlinuz --initrd guest.gz --append quiet --console console &
sleep 6
kill $!
wait
take 700
for g in portio portin real mmio mmioread cpuid msr hypercall hlt ud touchread touchwrite \
	touchexec wx dirty walk; do
	./aegishv-vmm $g --count 30 --vcpus 2 >/dev/null
	take 40
done
GUEST
selftests/qemu/run.py -k "$1" -q -n "capture-$1" -f "build/capture-$1.sh" -f build/vmm/aegishv-vmm \
	-f build/vmm/guest.gz -f "$cache/6.1/vmlinuz" -- "sh ./capture-$1.sh" >&2
cat "build/run/capture-$1/share/lines"
