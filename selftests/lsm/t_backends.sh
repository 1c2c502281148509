# SPDX-License-Identifier: GPL-2.0-or-later
# Each back end of the file hooks denies what a rule names, with -EPERM and
# nothing else, lets the rest pass, and says how it is attached.
# files: build/{k}/aegishv.ko build/netlink/nltool build/lsm/ahvrule build/lsm/ahvfile selftests/lsm/lsm.sh
# kmemleak: yes
# smp: 1
. ./tap.sh
. ./lsm.sh

fails "hook=nonsense is refused" insmod aegishv.ko hook=nonsense
ok "... with words" sh -c "dmesg | grep -q 'hook=nonsense is none of auto, direct, ftrace, kprobe, off'"

# OPERATION...: with the rule, without it
denied() {
	is "$(ahvfile "$@")" EPERM "$how: $1 is denied"
}
passes() {
	is "$(ahvfile "$@")" ok "$how: $1 of another file passes"
}

made() { # FILE: a program
	cp /bin/busybox "$1.new" && chmod 755 "$1.new" && mv "$1.new" "$1"
}

operations() {
	rm -rf /tmp/d
	mkdir /tmp/d
	made /tmp/d/no
	made /tmp/d/true
	is "$(ahvrule reset protect path /tmp/d/no | cut -d' ' -f1-2)" "rules 1" "$how: a rule with protect"
	for op in open write exec truncate chmod setxattr rmxattr unlink; do
		denied $op /tmp/d/no
	done
	denied rename /tmp/d/no /tmp/d/away
	denied rename /tmp/d/true /tmp/d/no
	denied link /tmp/d/no /tmp/d/second
	for op in open write exec setxattr rmxattr truncate chmod; do
		passes $op /tmp/d/true
	done
	passes link /tmp/d/true /tmp/d/second
	passes rename /tmp/d/second /tmp/d/third
	passes unlink /tmp/d/third
}

reads() { # descriptor 3 with deny_mode=access
	nltool set $DENY_MODE 1
	is "$(hook security_file_permission | cut -d' ' -f1-2)" "attached ${1:-$how}" "$how: deny_mode=access attaches file_permission"
	fails "$how: a descriptor from before is denied" cat <&3
	nltool set $DENY_MODE 0
	is "$(hook security_file_permission | cut -d' ' -f1)" idle "$how: deny_mode=open lets go of it"
	is "$(cat <&3)" secret "$how: and the descriptor reads"
}

each() { # HOOK [NAME]
	how=$1
	exec 3</tmp/f
	ok "hook=$how: loads" insmod aegishv.ko hook="$how"
	is "$(hook security_file_open)" "attached ${2:-$how} 0 -" "$how: health says so"
	is "$(nltool info | grep -c "^hook security_.* failed")" 0 "$how: no hook failed"
	ok "$how: it is healthy" healthy
	ok "$how: a rule" ahvrule reset inode /tmp/f
	is "$(ahvfile open /tmp/f)" ok "$how: audit lets it pass"
	ok "$how: enforce" enforce
	ok "$how: denies, and lets pass" denies
	fails "$how: rmmod is refused meanwhile" rmmod aegishv
	ok "$how: denies" denies
	reads "$2"
	operations
	ok "$how: audit" audit
	ok "$how: nothing has happened to the file" cmp /tmp/d/no /bin/busybox
	ok "$how: unloads" rmmod aegishv
	exec 3<&-
	is "$(grep -c security_ /sys/kernel/tracing/enabled_functions)" 0 "$how: nothing is left in ftrace"
	is "$(grep -c . /sys/kernel/debug/kprobes/list)" 0 "$how: nor in the list of kprobes"
}

each direct
each ftrace
each kprobe
each auto direct

ok "hook=off: loads" insmod aegishv.ko hook=off
is "$(hook security_file_open)" "idle - 0 the module was loaded with hook=off" "off: says so"
ok "off: it is healthy" healthy
ok "off: a rule" ahvrule reset inode /tmp/f
fails "off: enforce is refused" enforce
ok "... with words: $tap_out" sh -c "echo '$tap_out' | grep -q 'hook=off'"
is "$(ahvfile open /tmp/f)" ok "off: opens"
ok "off: unloads" rmmod aegishv
done_testing
