# SPDX-License-Identifier: GPL-2.0-or-later
# Memory runs out where the module asks for it: loading, a new VM, a request. It
# fails cleanly or works, says what it could not record, and leaks nothing.
# files: build/{k}/aegishv.ko build/netlink/nltool build/netlink/vmlives
# kernels: debug
# timeout: 100
# kmemleak: yes
. ./tap.sh
slab=/sys/kernel/debug/failslab
page=/sys/kernel/debug/fail_page_alloc
[ -e $slab/probability ] || skip_all "this kernel cannot make allocations fail"

field() { nltool info | sed -n "s/^$1 //p"; }
off() { echo 0 >$slab/probability; echo 0 >$page/probability; }

# Every Nth allocation of a process that says so fails; quietly, since the
# judge of the kernel's log takes each stack trace for a complaint.
prepare() {
	for d in $slab $page; do
		echo 0 >$d/probability
		echo 0 >$d/verbose
		echo -1 >$d/times
		echo 1 >$d/interval
		echo Y >$d/task-filter
	done
	echo N >$slab/ignore-gfp-wait
	echo N >$page/ignore-gfp-wait
	echo 0 >$page/min-order
}
failing() { # DIRECTORY PERCENT COMMAND...
	dir=$1
	echo "$2" >"$dir/probability"
	shift 2
	sh -c 'echo 1 >/proc/self/make-it-fail; exec "$@"' sh "$@"
	failing_status=$?
	off
	return $failing_status
}

prepare
ok "kvm loads" modprobe kvm-amd
loads() { # DIRECTORY: clean failures and successes both count
	good=0
	bad=0
	for i in $(seq 30); do
		if failing "$1" $((i % 10 + 1)) insmod aegishv.ko 2>/dev/null; then
			good=$((good + 1))
			rmmod aegishv || return 1
		else
			bad=$((bad + 1))
		fi
		! grep -q '^aegishv ' /proc/modules || return 1
	done
	echo "$good loads worked, $bad were refused"
	[ $bad -gt 0 ]
}
ok "loading while slab allocations fail" loads $slab
note "$tap_out"
ok "the module loads afterwards" insmod aegishv.ko
ok "... and unloads" rmmod aegishv

ok "loads" insmod aegishv.ko
failing $slab 15 vmlives 150 1 5 >lives 2>/dev/null
note "$(cat lives)"
ok "VMs come and go while slab allocations fail" grep -q '^lives ' lives
is "$(field vms)" 0 "no VM is left"
note "unattributed: $(field unattributed)"
total=$(field vms-total)
vmlives 5 1 100 >/dev/null
is "$(($(field vms-total) - total))" 6 "afterwards every VM is seen again"

requests() {
	for i in $(seq 100); do
		failing $slab 20 nltool rings >/dev/null 2>&1
		failing $slab 20 nltool set 6 $((131072 << (i % 3))) >/dev/null 2>&1
	done
	nltool info >/dev/null
}
ok "requests while slab allocations fail" requests
ok "the rings have one size, as configured" sh -c 'nltool set 6 262144 && nltool rings | grep -q "rings 2 bytes 524288 "'
ok "unloads" rmmod aegishv
done_testing
