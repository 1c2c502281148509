# SPDX-License-Identifier: GPL-2.0-or-later
# Hooks attach and detach as kvm comes and goes, and say so; a VM that ran
# before is found; neither ftrace's nor kprobes' switch, nor another user of the
# same functions, changes what is counted; nothing is left behind. On one CPU:
# two that are emulated take long to agree on each change of the kernel's code.
# files: build/{k}/aegishv.ko build/netlink/nltool build/netlink/vmlives selftests/hooks/hooks.sh
# modules: kvm_intel?
# kmemleak: yes
# smp: 1
. ./tap.sh
. ./hooks.sh
tracing=/sys/kernel/tracing

# ---- kvm comes and goes ----
ok "loads on a host without kvm" insmod aegishv.ko
ok "every hook is absent" all_are absent
is "$(reason kvm_exit)" "- 0 kvm is not loaded" "... and says why"
ok "a host without kvm is healthy: it has nothing to watch" healthy
ok "kvm without a vendor module" modprobe kvm
is "$(state kvm_exit) $(state vm_destroy)" "attached attached" "its hooks are attached"
is "$(state exit_info) $(reason exit_info)" "absent symbol 0 neither kvm-amd nor kvm-intel is loaded" \
	"exit_info waits for the vendor module and says so"
ok "the vendor module" modprobe kvm-amd
ok "now every hook is attached, or idle where no setting asks for it" all_are attached
is "$(reason kvm_entry)" "- 0 no setting asks for it" "... and the idle say so"
is "$(nltool info | sed -n 's/^isa //p')" 2 "it is SVM"
ok "exits are counted" counts 300
note "$tap_out"
ok "wx=detect" nltool set 24 1
is "$(state stage2_fault)" attached "attaches what shapes mappings"
if [ -n "$(find /lib/modules -name 'kvm-intel.ko*')" ]; then
	modprobe kvm_intel	# 6.1 says EEXIST, which modprobe takes for success
	fails "the other vendor's module does not load" grep -q '^kvm_intel' /proc/modules
	is "$(state exit_info) $(state stage2_fault) $(state stage2_spte)" "attached attached attached" \
		"... and no hook goes with it"
	ok "exits are counted" counts 300
else
	skip "the other vendor's module" "this kernel has none"
fi
ok "wx=off" nltool set 24 0

ok "the vendor module is unloaded" rmmod kvm_amd
is "$(state exit_info)" absent "exit_info is absent again"
ok "kvm is unloaded while we watch" rmmod kvm
ok "every hook is absent" all_are absent
ok "kvm again" modprobe kvm-amd
ok "every hook is back" all_are attached
ok "exits are counted again" counts 300
again() {
	for i in 1 2 3 4 5; do
		rmmod kvm_amd kvm && all_are absent && modprobe kvm-amd && all_are attached || return 1
	done
}
ok "kvm goes and comes five times" again
ok "counters=all" nltool set 5 1
is "$(state kvm_entry) $(state kvm_userspace_exit)" "attached attached" "attaches the hooks on demand"
ok "kvm goes and comes with them" sh -c 'rmmod kvm_amd kvm && modprobe kvm-amd'
is "$(state kvm_entry) $(state kvm_userspace_exit)" "attached attached" "... and they are back"
ok "counters=exits" nltool set 5 0
is "$(state kvm_entry)" idle "lets them go"
ok "unloads" rmmod aegishv

# ---- VMs that run before us ----
hold 2
ok "a VM before the module" kill -0 $holder
ok "the module" insmod aegishv.ko
is "$(nltool vms)" "1 $holder 1 2 0 0 vmlives" "the VM is found: process, found, vCPUs, no exit yet, no thread, name"
runs() { # N: the held VM has run that often
	kill -USR1 $holder
	until [ "$(grep -c ran held)" -ge "$1" ]; do
		kill -0 $holder || return 1
		usleep 10000
	done
}
ok "it runs" runs 1
set -- $(nltool vms)
is "$1 $2 $3 $4 $6" "1 $holder 1 2 $holder" "it is the same VM, now with its thread"
ok "... and with its exits ($5, at least 4)" test "$5" -ge 4
ok "unloads while it lives" rmmod aegishv
ok "loads again" insmod aegishv.ko
ok "it runs" runs 2
is "$(nltool vms | cut -d' ' -f2-4)" "$holder 1 2" "it is found again"

# ---- switches ----
fails "kernel.ftrace_enabled=0 is refused while we are attached" sysctl -w kernel.ftrace_enabled=0
is "$(cat /proc/sys/kernel/ftrace_enabled)" 1 "... and has not happened"
if [ -e /sys/kernel/debug/kprobes/enabled ]; then
	ok "all kprobes off" sh -c 'echo 0 >/sys/kernel/debug/kprobes/enabled'
	ok "exits are counted all the same" counts 300
	is "$(nltool info | sed -n 's/^vms //p')" 1 "births and deaths are seen all the same"
	ok "kprobes on" sh -c 'echo 1 >/sys/kernel/debug/kprobes/enabled'
else
	skip "all kprobes off" "this kernel has no switch for them"
fi

# ---- others on the same functions ----
traced() {
	for f in $ftraced; do echo $f; done >$tracing/set_ftrace_filter && echo function >$tracing/current_tracer
}
if grep -qw function $tracing/available_tracers; then
	ok "the function tracer on our functions" traced
	ok "exits are counted beside it" counts 300
	ok "... and it has traced them" grep -q kvm_arch_vcpu_create $tracing/trace
	ok "the function tracer ends" sh -c "echo nop >$tracing/current_tracer; echo >$tracing/set_ftrace_filter"
else
	skip "the function tracer on our functions" "this kernel has none"
fi
probed() {
	echo p:ahvtest/create kvm_arch_vcpu_create >>$tracing/kprobe_events &&
	echo p:ahvtest/destroy kvm_arch_destroy_vm >>$tracing/kprobe_events &&
	echo 1 >$tracing/events/ahvtest/enable && echo 1 >$tracing/events/kvm/enable
}
ok "kprobes on our functions, and all of KVM's trace events" probed
echo >$tracing/trace
ok "exits are counted beside them" counts 300
ok "... and they have fired" grep -q 'create:' $tracing/trace
ok "unloads beneath them" rmmod aegishv
ok "loads above them" insmod aegishv.ko
ok "every hook is attached" all_are attached
ok "exits are counted" counts 300
ok "they end" sh -c "echo 0 >$tracing/events/kvm/enable; echo 0 >$tracing/events/ahvtest/enable; echo >$tracing/kprobe_events"
ok "exits are still counted" counts 300

# ---- nothing is left ----
hold_end
ok "our functions are ftrace's while we are loaded" grep -q kvm_arch_destroy_vm $tracing/enabled_functions
ok "unloads" rmmod aegishv
is "$(grep -c kvm_ $tracing/enabled_functions)" 0 "nothing is left in ftrace's enabled_functions"
is "$(grep -c . /sys/kernel/debug/kprobes/list)" 0 "... nor in the list of kprobes"

# ---- ftrace is off before us ----
if sysctl -w kernel.ftrace_enabled=0 >/dev/null 2>&1; then
	ok "loads while ftrace is off" insmod aegishv.ko
	is "$(state vm_destroy)" failed "its hooks say that they failed"
	ok "... and the way out: $(reason vm_destroy)" sh -c "nltool info | grep '^hook vm_destroy' | grep -q 'kernel.ftrace_enabled=1'"
	is "$(state kvm_exit)" failed "... and nothing else claims to see"
	fails "... and the host is not healthy" healthy
	ok "ftrace on, after that" sysctl -w kernel.ftrace_enabled=1
	fails "W^X is refused: the end of a VM would not be seen" nltool set 24 1
	is "$(state stage2_fault)" idle "... and nothing is attached for it"
	ok "unloads" rmmod aegishv
	ok "loads" insmod aegishv.ko
	ok "every hook is attached" all_are attached
	ok "exits are counted" counts 300
	ok "unloads" rmmod aegishv
else
	skip "loads while ftrace is off" "this kernel does not switch it off"
fi
done_testing
