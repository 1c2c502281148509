# SPDX-License-Identifier: GPL-2.0-or-later
# Others on security_file_open(), before us and after us: BPF LSM, a BPF fentry,
# kprobes, kretprobes, the function tracer, live patches. We deny all the same,
# they work or are told, and what was not to be had is reported.
# files: build/{k}/aegishv.ko build/netlink/nltool build/lsm/ahvrule build/lsm/ahvfile selftests/lsm/lsm.sh build/lsm/ahvbpf? build/lsm/file.bpf.o? build/lsm/{k}/ahv_kretprobe.ko build/lsm/{k}/ahv_livepatch.ko?
# smp: 1
# timeout: 900
. ./tap.sh
. ./lsm.sh
tracing=/sys/kernel/tracing
echo theirs >/tmp/theirs

# the other's turn and ours, and nothing is lost on the way
we_deny() { # TEXT
	ok "$1: we deny" denies
	canary=$(hook canary)
	is "${canary%% *}" attached "$1: and know that we do"
}

# ---- BPF ----
bpf_lsm() { # HOOK
	ok "$1: enforce" load "$1"
	other "$1: a BPF LSM program after us" ahvbpf deny /tmp/theirs
	we_deny "$1 with BPF LSM"
	is "$(ahvfile open /tmp/theirs)" EPERM "$1: it denies, too"
	other_ends
	is "$(ahvfile open /tmp/theirs)" ok "$1: it has gone"
	we_deny "$1 after BPF LSM"
	ok "$1: unload" unload
}

# a BPF fentry has the one direct call: auto takes the next best, and says so
fentry_first() {
	other "a BPF fentry before us" ahvbpf enter
	ok "auto: enforce" load auto
	state=$(hook security_file_open)
	note "$state"
	case "$state" in
	"attached ftrace -16 "* | "attached kprobe -16 "*) right=yes ;;
	*) right=no ;;
	esac
	is $right yes "auto: file_open has fallen back, and tells why"
	is "$(hook security_inode_rename)" "attached direct 0 -" "auto: other functions have not"
	ok "auto: the kernel's log tells as well" sh -c "dmesg | grep -q 'security_file_open: by .* since '"
	we_deny "beside a BPF fentry"
	other_ends
	ok "the fentry ran ($(cat other.out | tail -1))" sh -c "grep -q 'entered [1-9]' other.out"
	we_deny "after the BPF fentry"
	ok "unload" unload

	other "a BPF fentry before us" ahvbpf enter
	ok "direct: loads" insmod aegishv.ko hook=direct
	is "$(hook security_file_open)" "failed - -16 hook=: that back end is taken there by somebody else; hook=auto tries others" \
		"direct: says that it is taken"
	fails "direct: the host is not healthy" healthy
	fails "direct: enforce is refused" enforce
	ok "direct: unloads" rmmod aegishv
	other_ends
}

fentry_second() { # HOOK
	ok "$1: enforce" load "$1"
	if other_starts ahvbpf enter; then
		tap_result ok "$1: a BPF fentry after us is possible"
		we_deny "$1 with a BPF fentry"
		other_ends
		ok "$1: it ran" sh -c "grep -q 'entered [1-9]' other.out"
	else
		# EBUSY, on 7.3 EINVAL
		ok "$1: a BPF fentry after us is refused, and told so" grep -qi 'busy\|invalid argument' other.out
	fi
	we_deny "$1 after a BPF fentry came and went"
	ok "$1: unload" unload
}

if [ -e ahvbpf ] && [ -e /sys/kernel/btf/vmlinux ] && grep -q bpf /sys/kernel/security/lsm; then
	for how in direct ftrace kprobe; do
		bpf_lsm $how
		fentry_second $how
	done
	fentry_first
else
	skip "BPF" "this kernel has no BPF LSM or no type information"
fi

# ---- kprobes, kretprobes ----
probes_on() {
	echo "p:ahvtest/$1 security_file_open" >>$tracing/kprobe_events &&
		echo "r:ahvtest/$1_ret security_file_open" >>$tracing/kprobe_events &&
		echo 1 >$tracing/events/ahvtest/$1/enable && echo 1 >$tracing/events/ahvtest/$1_ret/enable
}
probes_off() {
	echo 0 >$tracing/events/ahvtest/enable && echo >$tracing/kprobe_events
}
for how in direct ftrace kprobe; do
	ok "a kprobe and a kretprobe before us" probes_on before
	ok "$how: enforce" load $how
	ok "... and after us" probes_on after
	echo >$tracing/trace
	we_deny "$how among probes"
	for p in before before_ret after after_ret; do
		ok "$how: probe '$p' fires" grep -q " $p:" $tracing/trace
	done
	ok "the probes go" probes_off
	we_deny "$how after the probes"
	ok "$how: unload" unload

	ok "another's module that denies by kretprobe" insmod ahv_kretprobe.ko "ino=$(stat -c %i /tmp/theirs)" "dev=$(stat -c %d /tmp/theirs)"
	ok "$how: enforce" load $how
	we_deny "$how beside a kretprobe that denies"
	is "$(ahvfile open /tmp/theirs)" EPERM "$how: it denies, too"
	ok "the other unloads" rmmod ahv_kretprobe
	we_deny "$how after it"
	ok "$how: unload" unload
done

# ---- function tracing ----
trace_on() {
	echo security_file_open >$tracing/set_ftrace_filter && echo "$1" >$tracing/current_tracer
}
trace_off() {
	echo nop >$tracing/current_tracer && echo >$tracing/set_ftrace_filter
}
for tracer in function function_graph; do
	grep -qw $tracer $tracing/available_tracers || {
		skip "tracer $tracer" "this kernel has none"
		continue
	}
	for how in direct ftrace kprobe; do
		ok "$tracer on security_file_open before us" trace_on $tracer
		ok "$how: enforce" load $how
		we_deny "$how with $tracer"
		ok "$how: it traces" grep -q security_file_open $tracing/trace
		ok "$tracer ends" trace_off
		we_deny "$how after $tracer"
		ok "$tracer on security_file_open after us" trace_on $tracer
		we_deny "$how with $tracer again"
		ok "$how: unload beneath it" unload
		is "$(ahvfile open /tmp/f)" ok "$how: we are gone"
		ok "$tracer ends" trace_off
	done
done

# ---- live patches ----
patched() { grep -q 'live patched' /proc/cmdline; }
patch_off() {
	echo 0 >/sys/kernel/livepatch/ahv_livepatch/enabled
	while [ -e /sys/kernel/livepatch/ahv_livepatch ]; do usleep 50000; done
	rmmod ahv_livepatch
}
if [ -e ahv_livepatch.ko ] && [ -d /sys/kernel/livepatch ]; then
	for how in direct ftrace kprobe; do
		ok "$how: enforce" load $how
		ok "a live patch of another function after us" insmod ahv_livepatch.ko
		ok "$how: it works" patched
		we_deny "$how with a live patch elsewhere"
		ok "$how: unload beneath it" unload
		ok "$how: enforce above it" load $how
		we_deny "$how above a live patch elsewhere"
		ok "the live patch goes" patch_off
		we_deny "$how after the live patch"
		ok "$how: unload" unload
	done
	for how in direct ftrace; do
		ok "$how: enforce" load $how
		fails "$how: a live patch of security_file_open is refused" insmod ahv_livepatch.ko file_open=1
		we_deny "$how after that"
		ok "$how: unload" unload
	done
	# Live patches are made to win over kprobes: then it must be known.
	ok "a live patch of security_file_open before us" insmod ahv_livepatch.ko file_open=1
	insmod aegishv.ko
	note "$(hook security_file_open)"
	is "$(hook security_file_open | cut -d' ' -f2)" kprobe "auto: only a kprobe is to be had"
	ahvrule reset inode /tmp/f >/dev/null
	if enforce >enforce.out 2>&1; then
		we_deny "auto beside a live patch of the function"
	else
		ok "auto: enforce is refused, since the canary passes: $(cat enforce.out)" \
			grep -q 'passed that is denied' enforce.out
	fi
	ok "unload" unload
	ok "the live patch goes" patch_off
else
	skip "live patches" "this kernel has none"
fi
done_testing
