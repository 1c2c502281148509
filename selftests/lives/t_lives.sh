# SPDX-License-Identifier: GPL-2.0-or-later
# VMs that come and go leave nothing behind: no entry, no memory, no count out of
# step; the host's counters never go back. AHV_LIVES=10000 for the long run.
# files: build/{k}/aegishv.ko build/netlink/nltool build/netlink/vmlives
# kmemleak: yes
. ./tap.sh
lives=${AHV_LIVES:-$(amount 400 100 20)}
jobs=4

field() { nltool info | sed -n "s/^$1 //p"; }

# KiB that slab and vmalloc hold, in all; what is on its way to be freed, away first
kernel_kib() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|VmallocUsed|KernelStack|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

# N lives by several at once: they mostly wait for grace periods
many() {
	pids=
	for j in $(seq $jobs); do
		vmlives $(($1 / jobs)) 1 10 >lives.$j 2>&1 &
		pids="$pids $!"
	done
	for p in $pids; do wait $p || return 1; done
	[ "$(cat lives.* | grep -c "^lives $(($1 / jobs)) refused 0 ")" = $jobs ]
}

ok "kvm loads" modprobe kvm-amd
ok "the module loads" insmod aegishv.ko
memory=$(field memory)
ok "the first lives, which fill caches" many 40
is "$(field memory)" "$memory" "memory is back to what it was"

total=$(field vms-total)
exits=$(nltool exits)
nltool watch $((lives + jobs)) >watched 2>&1 &
watcher=$!
until grep -q listening watched; do kill -0 $watcher || break; usleep 10000; done
before=$(kernel_kib)
ok "$lives lives" many "$lives"
after=$(kernel_kib)
wait $watcher
# Each of the programs keeps one VM beside its lives.
is "$(tail -n 1 watched)" "births $((lives + jobs)) deaths $((lives + jobs))" "as many births and deaths are told"
is "$(field vms)" 0 "no VM is left"
is "$(($(field vms-total) - total))" $((lives + jobs)) "vms-total grew by as many"
is "$(field memory)" "$memory" "the module holds as much memory as before"
is "$(field unattributed)" 0 "no exit was unattributed"
grown=$(($(nltool exits) - exits))
ok "each life's 11 exits and its fault are counted ($grown, at least $((lives * 12)))" test "$grown" -ge $((lives * 12))
note "kernel memory: $before KiB, then $after KiB"
# A vCPU entry alone is more than 1 KiB: a leak of one for each life would show.
ok "the kernel holds as much memory as before, but for less than $((lives / 2 + 256)) KiB" \
	test $((after - before)) -lt $((lives / 2 + 256))

# The host's counters, asked for while VMs retire.
vmlives 0 2 5 >/dev/null 2>&1 &
vms=$!
never_back() {
	last=0
	for i in $(seq 200); do
		now=$(nltool exits) && [ "$now" -ge "$last" ] || { echo "$last, then $now"; return 1; }
		last=$now
	done
}
ok "the host's counters never go back" never_back
kill $vms
wait $vms
is "$(field vms)" 0 "killed VMs are gone too"
ok "unloads" rmmod aegishv
done_testing
