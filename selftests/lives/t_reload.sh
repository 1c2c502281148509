# SPDX-License-Identifier: GPL-2.0-or-later
# Loading and unloading while VMs run on both CPUs; a CPU that goes and comes
# while they run. AHV_RELOADS=50 for the long run.
# files: build/{k}/aegishv.ko build/netlink/nltool build/netlink/vmlives
# kmemleak: yes
. ./tap.sh
times=${AHV_RELOADS:-$(amount 12 6 3)}

field() { nltool info | sed -n "s/^$1 //p"; }
running() { kill -0 $one && kill -0 $two; }

ok "kvm loads" modprobe kvm-amd
taskset 1 vmlives 0 1 200 >/dev/null 2>&1 &
one=$!
taskset 2 vmlives 0 1 200 >/dev/null 2>&1 &
two=$!
again() {
	for i in $(seq "$times"); do
		insmod aegishv.ko && running && nltool set 1 $((i % 4)) && rmmod aegishv || return 1
	done
}
ok "loads and unloads $times times while VMs run on two CPUs" again
note "$tap_out"
kill $one $two
wait $one $two

# ---- CPU hotplug ----
online=/sys/devices/system/cpu/cpu1/online
if [ -e $online ]; then
	ok "the module loads" insmod aegishv.ko
	is "$(nltool rings | cut -d' ' -f2)" 2 "there is a ring for each CPU"
	exits=$(nltool exits)
	vmlives 10 2 1000 >counted 2>&1 &
	vms=$!
	flip() {
		for i in 1 2 3 4 5; do
			echo 0 >$online && echo 1 >$online || return 1
		done
	}
	ok "CPU 1 goes and comes five times while VMs run" flip
	ok "CPU 1 goes once more" sh -c "echo 0 >$online"
	is "$(nltool rings | cut -d' ' -f2)" 2 "its ring is kept"
	ok "the rings can be resized without it" nltool set 6 1048576
	is "$(nltool rings | cut -d' ' -f3-4)" "bytes 2097152" "both have the new size"
	ok "CPU 1 comes" sh -c "echo 1 >$online"
	wait $vms
	is "$(cat counted)" "lives 10 refused 0 exits 20020" "the VMs ran through"
	grown=$(($(nltool exits) - exits))
	ok "no exit went uncounted ($grown, at least 20020)" test "$grown" -ge 20020
	is "$(field vms) $(field unattributed)" "0 0" "no VM is left, nothing is unattributed"
	ok "the module unloads" rmmod aegishv

	ok "CPU 1 goes" sh -c "echo 0 >$online"
	ok "the module loads on one CPU" insmod aegishv.ko
	is "$(nltool rings | cut -d' ' -f2)" 1 "with one ring"
	ok "CPU 1 comes" sh -c "echo 1 >$online"
	is "$(nltool rings | cut -d' ' -f2)" 2 "and has a ring"
	ok "VMs run there" taskset 2 vmlives 3 1 100
	ok "the module unloads" rmmod aegishv
else
	skip "CPU hotplug" "CPU 1 cannot be taken offline here"
fi
done_testing
