# SPDX-License-Identifier: GPL-2.0-or-later
# Memory runs out where the module asks for it: loading, a new VM, a request, the
# ring of a CPU. It fails cleanly or works, says what it could not record, to the
# last exit, and leaks nothing.
#
# Allocations that fail are those of the module alone, by the stack above them:
# one in its turn, or all at a time. Where a turn is long, as a load is, not each
# is taken, but one in AHV_FAULT_STEP. The loader is kmod's: busybox's tries twice.
# files: build/{k}/aegishv.ko build/netlink/nltool build/netlink/vmlives /bin/kmod:insmod selftests/faults.sh
# kernels: debug
# kmemleak: yes
. ./tap.sh
. ./faults.sh
tracing=/sys/kernel/tracing
step=${AHV_FAULT_STEP:-$(amount 5 5 25)}

field() { nltool info | sed -n "s/^$1 //p"; }
lost() { nltool rings | cut -d' ' -f8; }

budget=1000000
refill() {
	echo $budget >$slab/times
	echo $budget >$page/times
}
used() { echo $((2 * budget - $(cat $slab/times) - $(cat $page/times))); }

# COMMAND with its Nth allocation failing; $used is 0 when it had less.
nth() { # N COMMAND...
	refill
	sh -c 'echo $0 >/proc/self/fail-nth && exec "$@"' "$@" >nth.out 2>&1
	nth_status=$?
	used=$(used)
	return $nth_status
}

# COMMAND again and again, each time with another allocation failing, until it
# has no more; after each CHECK has to succeed, which sees $nth_status.
turns() { # CHECK FROM STEP COMMAND...
	check=$1 n=$2 by=$3
	shift 3
	good=0 bad=0
	while
		if nth $n "$@"; then good=$((good + 1)); else bad=$((bad + 1)); fi
		$check || {
			echo "allocation $n failing, status $nth_status: $(cat nth.out)"
			return 1
		}
		[ "$used" != 0 ]
	do
		n=$((n + by))
	done
	echo "$((good + bad)) turns to allocation $n: $bad refused, $good done"
	echo $bad >bad
	echo $good >good
	echo $n >last
	[ $nth_status = 0 ]
}

# ---- loading ----

# Each hook that is not there has an errno.
health_has_reasons() {
	nltool info >info && ! grep '^hook [^ ]* failed [^ ]* 0 ' info
}

# Clean failures and successes both are right, as long as nothing stays.
loaded_or_not() {
	if [ $nth_status = 0 ]; then
		health_has_reasons && rmmod aegishv || return 1
	elif [ "$used" = 0 ]; then
		echo "it failed though no allocation did"
		return 1
	fi
	! grep -q '^aegishv ' /proc/modules
}

any_module
ok "loading without kvm survives allocations that fail" \
	turns loaded_or_not 1 "$step" ./insmod aegishv.ko ring_bytes=65536
note "$tap_out"
[ "$step" -gt 5 ] || ok "... some loads were refused" test "$(cat bad)" -gt 0

ok "loads" insmod aegishv.ko ring_bytes=65536
our_module
fail_next -1 $slab $page
ok "kvm loads while no hook can be attached" modprobe kvm-amd
off
ok "each hook says what the kernel answered" health_has_reasons
is "$(sed -n 's/^hook kvm_exit //p' info | cut -d' ' -f1,3)" "failed -12" "... so does the probe that needs them"
is "$(field healthy)" 0 "... and that is not healthy"
ok "unloads" rmmod aegishv
any_module
ok "loading beside kvm survives allocations that fail" \
	turns loaded_or_not $(($(cat last) / 2)) "$step" ./insmod aegishv.ko ring_bytes=65536
note "$tap_out"

# ---- VMs ----

ok "loads" insmod aegishv.ko ring_bytes=65536
our_module
for e in kvm_exit kvm_page_fault; do
	echo 1 >$tracing/events/kvm/$e/enable
done

# What the kernel's own tracepoints saw, and the module, since begin.
begin() {
	echo >$tracing/trace
	unattributed=$(field unattributed)
	counted=$(nltool exits)
	total=$(field vms-total)
	were_lost=$(lost)
}
seen() { grep -cE 'kvm_(exit|page_fault):' $tracing/trace; }
end() {
	off
	unattributed=$(($(field unattributed) - unattributed))
	counted=$(($(nltool exits) - counted))
	total=$(($(field vms-total) - total))
	were_lost=$(($(lost) - were_lost))
}

# A VM of its own, that runs when it is told to.
hold() {
	vmlives hold 1 >held 2>&1 &
	vm=$!
	until grep -q held held; do kill -0 $vm 2>/dev/null && usleep 10000 || return 1; done
}
run_held() {
	before=$(grep -c ran held)
	kill -USR1 $vm
	until [ "$(grep -c ran held)" -gt "$before" ]; do kill -0 $vm 2>/dev/null && usleep 10000 || return 1; done
}
end_held() {
	kill $vm
	wait $vm
}

begin
fail_next -1 $slab $page
is "$(vmlives 3 1 100)" "lives 3 refused 0 exits 303" "VMs live while every allocation of the module fails"
end
is "$counted $total" "0 0" "... none is known"
is "$unattributed" "$(seen)" "... and each of their exits and faults is counted as unattributed"
ok "... which are at least 306 ($unattributed)" test "$unattributed" -ge 306

begin
fail_next 2 $slab
hold
is "$(field vms)" 0 "a VM whose birth could not be recorded is not known"
run_held
is "$(nltool vms | cut -d' ' -f2-4)" "$vm 0 1" "... until it exits, and it is not taken for one found at load"
end
is "$unattributed $counted $total" "0 $(seen) 1" "... nothing of it is missing"
end_held
is "$(field vms)" 0 "... and it ends"

begin
fail_next 12 $slab
hold
run_held
run_held
run_held
end
is "$unattributed" 5 "five exits in want of memory: five are unattributed"
is "$counted" "$(($(seen) - 5))" "... and all others counted"

# ---- notifications ----

nltool watch 1 >watched 2>&1 &
watcher=$!
until grep -q listening watched; do kill -0 $watcher && usleep 10000 || break; done
begin
fail_next -1 $slab $page
end_held
wait $watcher
end
ok "a listener is told that a death could not be told to it" \
	grep -q 'No buffer space available after 0 deaths' watched
is "$(field vms)" 0 "... which took place"

# ---- requests ----

answers() { nltool info | grep -q '^healthy 1'; }
for request in info vms rings exits; do
	ok "nltool $request survives each allocation that fails" turns answers 1 1 nltool $request
	note "$tap_out"
done

bytes() { nltool rings | cut -d' ' -f3-4; }
resized_or_not() {
	if [ $nth_status = 0 ]; then
		[ "$(bytes)" = "bytes 262144" ] && nltool set 6 65536
	else
		[ "$(bytes)" = "bytes 131072" ]
	fi
}
ok "rings are resized, all or none, when allocations fail" \
	turns resized_or_not 1 "$step" nltool set 6 131072
note "$tap_out"
ok "... some were refused" test "$(cat bad)" -gt 0

probed_or_not() { health_has_reasons && nltool set 5 0; }
ok "further probes are attached or say why not" turns probed_or_not 1 1 nltool set 5 1
note "$tap_out"

# ---- a CPU without a ring ----

online=/sys/devices/system/cpu/cpu1/online
ok "unloads" rmmod aegishv
echo 0 >$online
any_module
ok "loads on one CPU" insmod aegishv.ko ring_bytes=65536
our_module
fail_next -1 $slab $page
ok "CPU 1 comes while there is no memory for its ring" sh -c "echo 1 >$online"
off
is "$(nltool rings | cut -d' ' -f1-4)" "rings 2 bytes 65536" "its ring has no bytes"
begin
is "$(taskset 2 vmlives 3 1 10)" "lives 3 refused 0 exits 33" "VMs run there"
end
is "$counted" "$(seen)" "... and are counted"
# Birth, vCPU and death of each VM, of the program's own one too; and each fault.
is "$were_lost" $((4 * 3 + $(grep -c kvm_page_fault: $tracing/trace))) "each event there counts as lost"
ok "another size" nltool set 6 131072
is "$(bytes)" "bytes 262144" "... gives that CPU a ring"
begin
taskset 2 vmlives 1 1 10 >/dev/null
end
is "$were_lost" 0 "... and no more is lost"
ok "unloads" rmmod aegishv
done_testing
