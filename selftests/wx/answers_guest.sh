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

stop_events
ok "unloads" rmmod aegishv
done_testing
