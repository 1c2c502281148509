# SPDX-License-Identifier: GPL-2.0-or-later
# Loading and unloading, each eighth time by another back end than the usual one,
# while both CPUs open and execute files; AHV_RELOADS says how often.
# files: build/{k}/aegishv.ko build/lsm/ahvreload build/lsm/ahvfile selftests/lsm/lsm.sh
# kmemleak: yes
# timeout: 900
. ./tap.sh
. ./lsm.sh
times=${AHV_RELOADS:-$(amount 24 8 3)}	# 24: a turn of all back ends

opens() { # until the file /tmp/run goes
	while [ -e /tmp/run ]; do
		ahvfile load 5 /tmp/f /tmp/other
	done
}
execs() {
	while [ -e /tmp/run ]; do
		/bin/busybox true
		echo y >/tmp/x
		mv /tmp/x /tmp/y
		rm /tmp/y
	done
}
:>/tmp/run
opens >opens.out 2>&1 &
one=$!
execs >execs.out 2>&1 &
two=$!
# What it competes with is loading: all the time that leaves is the load's.
renice -n 19 -p $one $two >/dev/null

again() {
	done=0
	while [ $done -lt "$times" ]; do
		n=$((times - done < 48 ? times - done : 48))
		ahvreload $n aegishv.ko /tmp/f /tmp/other || return 1
		done=$((done + n))
		note "$done of $times, the kernel holds $(kernel_kib) KiB" >&3
	done
}
exec 3>&1
before=$(kernel_kib)
ok "loads, denies and unloads $times times under a load of opens" again
rm /tmp/run
wait $one $two
note "$(cat opens.out execs.out | sort | uniq -c | sort -rn | head -5)"
opened=$(awk '{ n += $2 } END { print n }' opens.out)
denied=$(awk '{ n += $4 } END { print n }' opens.out)
other=$(awk '{ n += $6 } END { print n }' opens.out)
ok "files were opened meanwhile ($opened)" test "$opened" -gt 0
ok "... and denied ($denied)" test "$denied" -gt 0
is "$other" 0 "... and nothing else happened to an open"
is "$(cat execs.out)" "" "no program failed"
is "$(grep -c security_ /sys/kernel/tracing/enabled_functions)" 0 "nothing is left in ftrace"
is "$(grep -c . /sys/kernel/debug/kprobes/list)" 0 "nor in the list of kprobes"
after=$(kernel_kib)
note "the kernel held $before KiB, and holds $after"
# What KASAN keeps from reuse and lockdep's tables grow; there kmemleak looks.
[ "$KERNEL" = debug ] ||
	ok "no more than $((times + 1024)) KiB more" test $((after - before)) -le $((times + 1024))
done_testing
