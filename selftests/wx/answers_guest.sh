# SPDX-License-Identifier: GPL-2.0-or-later
# The part of t_answers.sh that runs in the test machine. It keeps every line of
# W^X, which are judged outside.
. ./tap.sh
. ./wx.sh
kept=/share/wx.jsonl

# The lines of a rule, each as VALUE shows it, in one line
told() { # RULE VALUE
	settle
	jq -r "select(.type == \"wx\" and .rule == \"$1\") | $2" $events | tr '\n' ' '
}

# Pages of a rule's lines, each once
pages() { # RULE
	told "$1" '.gpa[:-3]' | xargs -n 1 | sort -u | xargs
}

# Until as many lines of a rule are there, or the guest is not.
await() { # RULE COUNT
	until [ "$(lines "$1")" -ge "$2" ]; do kill -0 $guest || return; done
}

# Starts a guest that is named held; it runs when this returns.
start() { # GUEST...
	./aegishv-vmm "$@" --name held >/tmp/vmm.out 2>&1 &
	guest=$!
	until ./aegishv vm list | grep -q held; do kill -0 $guest || return; done
}

# Starts a guest and has it paused before it executes the first page that it wrote.
start_paused() { # GUEST...
	./aegishv config set wx=enforce wx_action=pause
	start "$@"
	await write_exec 1
	is "$(told write_exec '"\(.gpa) \(.answer)"')" "0x401000 pause " "$1 is paused at its first page"
}

finish() { # STATUS TEXT
	wait $guest
	is "$?" "$1" "$2"
}

stop_guest() {
	kill -TERM $guest
	finish 0 "it ends well"
	forget
}

# Exits of each vCPU until now
exits() {
	./aegishv vm show held --json | jq -c '[.vcpu[].exits]'
}

# No vCPU makes an exit; the last that each was in may still be counted.
stands() {
	for _ in 1 2 3; do
		before=$(exits)
		sleep 1
		after=$(exits)
		note "exits: $before, then $after"
		[ "$before" = "$after" ] && return
	done
	return 1
}

# Every vCPU makes exits from now on, sooner or later.
moves() {
	before=$(exits)
	for _ in $(seq 200); do
		exits | jq -e --argjson b "$before" \
			'[., $b] | transpose | all(.[0] > .[1])' >/tmp/moves && return
		usleep 100000
	done
	note "exits: $before, then $(exits)"
	return 1
}

modprobe kvm-amd
ok "the module loads" insmod aegishv.ko wx=detect
watch_events

# ---- who, and in which address space ----
ok "two vCPUs without page tables" vmm wx --count 2 --vcpus 2
is "$(told write_exec '"\(.vcpu)\(.write.vcpu) \(.cr3)"' | xargs -n 2 | sort | uniq -c | xargs)" \
	"2 00 0x0 3 11 0x0" "each wrote what it executed, CR3 is 0"
forget
ok "two vCPUs with page tables of their own" vmm wxpaged --count 2 --vcpus 2
is "$(told write_exec '"\(.vcpu)\(.write.vcpu) \(.cr3)"' | xargs -n 2 | sort | uniq -c | xargs)" \
	"2 00 0x400000 3 11 0x600000" "each wrote what it executed, with its own CR3"
forget
ok "one vCPU writes what another executes" vmm relay --count 8 --vcpus 2 --json
is "$(told write_exec '"\(.vcpu) \(.tid) \(.write.vcpu) \(.write.rip[:-3]) \(.write.time_ns < .time_ns)"')" \
	"1 $(jq -r '.vcpus[1].tid' /tmp/vmm.out) 0 0x10 true " "the executor, its thread, the writer, in order of time"
forget
# 17 turns, and 16 within a second are granted both: slower, and none is.
before=$(count flip)
ok "... nine times" vmm relay --count 9 --vcpus 2
is "$(($(count flip) - before + $(lines wx_thrash)))" 17 \
	"each turn is a fault; but for the last, where wx_thrash is told, once"
note "wx_thrash: $(told wx_thrash '"\(.gpa) \(.flips) \(.write.vcpu)"')"
forget

# ---- an instruction on two pages ----
for mode in detect enforce; do
	ok "wx=$mode" ./aegishv config set wx=$mode
	ok "instructions that the guest wrote on two pages, and which write both" vmm straddle --count 2
	is "$(told write_exec '"\(.gpa)@\(.rip)"')" \
		"0x400ffd@0x400ffd 0x401000@0x400ffd 0x402ffd@0x402ffd 0x403000@0x402ffd " \
		"... are told of for each page"
	is "$(pages wx_thrash)" "0x400 0x401 0x402 0x403" "... and each page is granted both"
	forget
	ok "instructions on two pages that nobody wrote" vmm across --count 50
	is "$(all_lines)" 0 "... are not told of"
	forget
	ok "in real mode, code, vectors and stack on one page" vmm ud --count 50
	is "$(pages write_exec)" 0x10 "... which is told of"
	forget
done

# ---- two vCPUs ----
ok "wx=off" ./aegishv config set wx=off wx_action=log
start load --vcpus 2
ok "two vCPUs run" moves
ok "pause" ./aegishv vm pause held
ok "both stand" stands
ok "resume" ./aegishv vm resume held
ok "both run" moves
ok "wx_action=pause" ./aegishv vm set held wx=enforce wx_action=pause
ok "a trap on the code of one" ./aegishv vm trap held 0x11000-0x11fff
await exec_trap 1
is "$(told exec_trap '"\(.vcpu) \(.gpa[:-3]) \(.answer)"')" "1 0x11 pause " "... which meets it"
ok "both stand" stands
ok "resume" ./aegishv vm resume held
ok "both run" moves
stop_guest

# ---- other answers to a trap ----
for mode in detect enforce; do
	action=kill
	[ $mode = enforce ] && action=log
	start load
	ok "wx=$mode wx_action=$action" ./aegishv vm set held wx=$mode wx_action=$action
	ok "a trap where it runs" ./aegishv vm trap held 0x10000-0x10fff
	await exec_trap 1
	is "$(told exec_trap .answer)" "log " "... is told of"
	ok "... it runs on" moves
	stop_guest
done
start load
ok "wx=enforce wx_action=kill" ./aegishv vm set held wx=enforce wx_action=kill
ok "a trap where it runs" ./aegishv vm trap held 0x10000-0x10fff
finish 137 "... kills it"
is "$(told exec_trap .answer)" "kill " "... and is told of"
forget
start_paused wxdeny --count 3
ok "traps on its other pages" ./aegishv vm trap held 0x402000-0x403fff
ok "deny" ./aegishv vm set held wx=enforce wx_action=deny
forget
before=$(count denied)
ok "resume" ./aegishv vm resume held
finish 1 "it ends, not having been refused its first page"
ok "... but both others, which its handler met" grep -q 'returned 4 times with reason 2, expected 5' /tmp/vmm.out
is "$(($(count denied) - before))" 2 "... and which are counted"
is "$(told exec_trap '"\(.gpa) \(.answer)"')" "0x402000 deny 0x403000 deny " "... and told of"
is "$(all_lines)" 2 "... and nothing else"
forget

# ---- other answers to a write to a sealed page ----
seal_others() { # ACTION
	ok "its other pages are sealed" ./aegishv vm seal held 0x402000-0x403fff
	ok "$1" ./aegishv vm set held wx=off wx_action=$1
	forget
	ok "resume" ./aegishv vm resume held
}
for name in keep copykeep; do
	start_paused $name --count 3
	seal_others pause
	for page in 1 2; do
		await seal $page
		ok "it is paused at a write" stands
		is "$(lines seal)" $page "... which is told of"
		ok "resume" ./aegishv vm resume held
	done
	finish 0 "its pages are as they were, and it ends well"
	is "$(told seal '"\(.gpa) \(.answer) \(.access)"')" "0x402000 pause write 0x403000 pause write " "each is told of"
	forget
	start_paused $name --count 3
	seal_others deny
	finish 0 "it is refused each write, its pages are as they were"
	is "$(told seal '"\(.gpa) \(.answer)"')" "0x402000 deny 0x403000 deny " "... which is told of"
	forget
	start_paused $name --count 3
	seal_others kill
	finish 137 "it is killed at a write"
	is "$(told seal '"\(.gpa) \(.answer)"')" "0x402000 kill " "... which is told of"
	forget
done

# ---- other lines, for the schema ----
ok "deny" ./aegishv config set wx=enforce wx_action=deny
vmm stepwx --count 3
ok "each execution is refused" vmm wxdeny --count 3
ok "kill" ./aegishv config set wx_action=kill
vmm wx --count 3
is "$?" 137 "a guest is killed"
forget

stop_events
ok "unloads" rmmod aegishv
done_testing
