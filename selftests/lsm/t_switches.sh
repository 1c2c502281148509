# SPDX-License-Identifier: GPL-2.0-or-later
# What switches hooks off is refused by the kernel, or seen within a second: the
# canary, health, the event and /readyz. Seconds are the machine's, which counts
# instructions.
# timeout: 900
# files: build/{k}/aegishv.ko build/netlink/nltool build/lsm/ahvrule build/lsm/ahvfile build/shim/aegishv selftests/lsm/lsm.sh
# kernels: 6.1 6.12 newest
# icount: yes
. ./tap.sh
. ./lsm.sh
switch=/sys/kernel/debug/kprobes/enabled

now_cs() { # hundredths of a second since boot
	cut -d' ' -f1 /proc/uptime | tr -d .
}

# WORD TEXT: passes when the canary is that; how long it took in $took
canary_becomes() {
	since=$(now_cs)
	took=0
	until [ "$(hook canary | cut -d' ' -f1)" = "$1" ] || [ $took -gt 1000 ]; do
		usleep 20000
		took=$(($(now_cs) - since))
	done
	is "$(hook canary | cut -d' ' -f1)" "$1" "$2"
}

ready() {
	wget -q -O- http://127.0.0.1:9464/readyz >/dev/null 2>&1
}

until_ready() { # yes|no
	for i in $(seq 100); do
		if ready; then [ "$1" = no ] || return 0; else [ "$1" = yes ] || return 0; fi
		usleep 50000
	done
	return 1
}

policy_event() { # WORD
	grep '"type":"policy"' events.jsonl | grep -q "\"$1\""
}

# ---- what the kernel refuses ----
for how in direct ftrace kprobe; do
	ok "hook=$how enforces" load $how
	fails "$how: kernel.ftrace_enabled=0 is refused" sysctl -w kernel.ftrace_enabled=0
	is "$(cat /proc/sys/kernel/ftrace_enabled)" 1 "$how: ... and has not happened"
	ok "$how: denies" denies
	fails "$how: rmmod is refused" rmmod aegishv
	ok "$how: denies" denies
	[ $how = kprobe ] && { ok "$how: audit, unload" unload; continue; }
	echo 0 >$switch
	usleep 1200000
	ok "$how: denies with kprobes off" denies
	is "$(hook canary | cut -d' ' -f1)" attached "$how: the canary is denied"
	ok "$how: it is healthy" healthy
	echo 1 >$switch
	ok "$how: audit lets it unload" unload
done

# ---- what is seen ----
ok "kvm is there: the program is not ready without" modprobe kvm-amd
ok "hook=kprobe enforces" load kprobe
aegishv run --quiet --listen 127.0.0.1:9464 --jsonl events.jsonl >shim.out 2>&1 &
shim=$!
ok "the program is ready" until_ready yes
canary_becomes attached "the canary is denied"
echo 0 >$switch
canary_becomes failed "kprobes off: it is seen"
ok "... within a second ($took hundredths)" test "$took" -le 100
note "$(hook canary)"
is "$(ahvfile open /tmp/f)" ok "... and it is true: the file opens"
fails "health is down" healthy
ok "/readyz is down" until_ready no
fails "enforce is refused, if it is asked for now" enforce
ok "... with words: $tap_out" sh -c "echo '$tap_out' | grep -q 'kprobes/enabled'"
echo 1 >$switch
canary_becomes attached "kprobes on: it is seen"
ok "... within a second ($took hundredths)" test "$took" -le 100
ok "denies" denies
ok "it is healthy" healthy
ok "/readyz is back" until_ready yes
kill $shim
wait $shim
ok "the loss of sight is an event" policy_event blind
ok "... and its return" policy_event sighted
note "$(grep '"type":"policy"' events.jsonl)"
ok "audit lets it unload" unload

# ---- audit with rules ----
ok "hook=kprobe in audit mode" sh -c "insmod aegishv.ko hook=kprobe && ahvrule reset inode /tmp/f"
canary_becomes attached "the canary is denied there, too"
echo 0 >$switch
canary_becomes failed "kprobes off: it is seen"
echo 1 >$switch
canary_becomes attached "kprobes on: it is seen"
ok "no rules" ahvrule reset
canary_becomes idle "there is nothing to look after"
ok "unloads" rmmod aegishv

# ---- off before us ----
if sysctl -w kernel.ftrace_enabled=0 >/dev/null 2>&1; then
	for how in auto direct ftrace kprobe; do
		ok "$how: loads while ftrace is off" insmod aegishv.ko hook=$how
		is "$(hook security_file_open | cut -d' ' -f1)" failed "$how: says that it failed"
		ok "$how: ... and the way out" sh -c "nltool info | grep '^hook security_file_open' | grep -q 'kernel.ftrace_enabled=1'"
		fails "$how: the host is not healthy" healthy
		fails "$how: enforce is refused" enforce
		ok "$how: unloads" rmmod aegishv
	done
	sysctl -w kernel.ftrace_enabled=1 >/dev/null
	ok "with ftrace on it enforces" load auto
	ok "... and denies" denies
	ok "unloads" unload
else
	skip "loads while ftrace is off" "this kernel does not switch it off"
fi
echo 0 >$switch
ok "loads while kprobes are off" insmod aegishv.ko hook=kprobe
fails "enforce is refused" enforce
ok "... with words: $tap_out" sh -c "echo '$tap_out' | grep -q 'kprobes/enabled'"
ok "unloads" rmmod aegishv
echo 1 >$switch
done_testing
