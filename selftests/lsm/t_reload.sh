# SPDX-License-Identifier: GPL-2.0-or-later
# Loading and unloading, each eighth time by another back end than the usual one,
# while both CPUs open and execute files; AHV_RELOADS says how often.
# files: build/{k}/aegishv.ko build/netlink/nltool build/lsm/ahvrule build/lsm/ahvfile selftests/lsm/lsm.sh
# kmemleak: yes
# timeout: 900
. ./tap.sh
. ./lsm.sh
times=${AHV_RELOADS:-24}	# a turn of all back ends
[ "$KERNEL" != debug ] || times=${AHV_RELOADS:-8}

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

# Enforced for a moment, then let go of. What is denied is denied while it is.
again() {
	for i in $(seq "$times"); do
		case $((i % 24)) in
		8) how=kprobe ;;
		16) how=ftrace ;;
		*) how=auto ;;
		esac
		load $how || { echo "$i: hook=$how does not load"; return 1; }
		denies || { echo "$i: hook=$how does not deny"; return 1; }
		[ $((i % 3)) = 0 ] && nltool set $DENY_MODE 1
		unload || { echo "$i: hook=$how does not unload"; return 1; }
		[ "$(ahvfile open /tmp/f)" = ok ] || { echo "$i: it still denies"; return 1; }
	done
}
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
done_testing
