# SPDX-License-Identifier: GPL-2.0-or-later
# W^X of guests whose every access is known: each attack is told once for each
# page, with its gpa and the write before; what is no attack is not told of; the
# answers; what has been mapped before is looked at again; progress is made.
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/shim/aegishv selftests/wx/wx.sh
# mem: 1536
# timeout: 900
. ./tap.sh
. ./wx.sh

modprobe kvm-amd
ok "the module loads" insmod aegishv.ko
watch_events
is "$(./aegishv health | grep -c 'events are read')" 1 "its events are read"
stage2() { ./aegishv health | grep -c "hook:stage2_[a-z]* *$1"; }
is "$(stage2 idle)" 7 "no hook is attached while nobody asks"
ok "wx=off" vmm wx --count 3
is "$(all_lines)" 0 "... tells nothing"

# ---- detect ----
ok "wx=detect for every VM" ./aegishv config set wx=detect
is "$(stage2 attached)" 7 "the hooks are attached"
ok "healthy" ./aegishv health
ok "write, then execute three pages" vmm wx --count 3
is "$(gpas write_exec)" "0x400000 0x401000 0x402000 " "each is told once, with its gpa"
is "$(field write_exec answer) $(field write_exec cpl) $(field write_exec mapping)" "log 0 none" \
	"... the answer, the privilege, no page tables"
is "$(field write_exec rip)" 0x400000 "... the instruction"
ok "... and the write before" grep -q '"write":{"time_ns":[0-9]*,"vcpu":0,"rip":"0x100[0-9a-f]*","cpl":0}' $events
is "$(all_lines)" 3 "... and nothing else"
is "$(./aegishv metrics | sed -n 's/^aegishv_wx_violation_total{rule="write_exec"} //p')" 3 "... and counted in the metrics"
is "$(./aegishv metrics | sed -n 's/^aegishv_unseen_total //p')" 0 "nothing went unseen for want of memory"
forget
for twin in wsplit touchexec touchwrite touchread; do
	ok "$twin" vmm $twin --count 50
done
ok "port writes of two vCPUs" vmm portio --count 200 --vcpus 2
is "$(all_lines)" 0 "what writes some pages and executes others is not told of"
ok "execute, patch, execute again" vmm patch --count 2
is "$(gpas write_exec)" "0x400000 0x401000 " "is told once for each page"
forget
ok "a page that writes to itself ends" vmm selfwrite --count 3000
is "$(lines wx_thrash)" 1 "... and is told of as wx_thrash"
ok "... at its page: $(field wx_thrash gpa)" sh -c 'case $1 in 0x10[0-9a-f][0-9a-f][0-9a-f]) ;; *) false ;; esac' - "$(field wx_thrash gpa)"
forget
ok "a page that is written and executed in turn ends" vmm flip --count 3000
is "$(lines write_exec) $(lines wx_thrash)" "1 1" "... and is told of once, and once as wx_thrash"
forget
ok "one vCPU writes what two others execute" vmm wxrace --count 1000000 --vcpus 3
ok "... it is told of: $(all_lines)" test "$(all_lines)" -ge 1
ok "... with the gpa" sh -c "! grep '\"type\":\"wx\"' $events | grep -v '\"gpa\":\"0x400000\"'"
forget
# A vCPU that kept a permission in its TLB would not fault: below 16 flips no
# page may be both, so each turn but the first has to show.
before=$(count flip)
ok "one vCPU writes what another executes, in turn" vmm relay --count 8 --vcpus 2
is "$(($(count flip) - before))" 15 "each takes the page from the other by a fault"
is "$(gpas write_exec)" "0x400000 " "... which is told of once"
forget
ok "write by KVM's emulator, then execute three pages" vmm copy --count 3
is "$(gpas write_exec)" "0x400000 0x401000 0x402000 " "is told of, once for each page"
ok "... with the instruction that it emulated" grep -q '"write":{"time_ns":[0-9]*,"vcpu":0,"rip":"0x100[0-9a-f]*","cpl":0}' $events
forget
ok "written by KVM, others executed" vmm copysplit --count 50
is "$(all_lines)" 0 "... is not told of"
ok "the VMM itself patches what was executed" vmm vmmwrite --count 3
is "$(all_lines)" 0 "... which cannot be seen, as docs/WX.md says"
# From 6.14 on KVM stops a VM whose event cannot be delivered, after the first page.
vmm stepsplit --count 3
is "$(all_lines)" 0 "pages that KVM executes, since an event cannot be delivered, are not told of"
vmm stepwx --count 3
told="0x401000 0x402000 0x403000 "
[ "$KERNEL" = newest ] && told="0x401000 "
is "$(gpas write_exec)" "$told" "... but for those that were written"
ok "... and as what KVM did" grep -q '"rule":"write_exec".*"emulated":true' $events
forget
note "$(./aegishv stats | grep '^wx')"

# ---- modes of one VM, while it runs ----
ok "off again" ./aegishv config set wx=off
is "$(stage2 idle)" 7 "the hooks are let go"
./aegishv-vmm load --name guest >/tmp/load.out 2>&1 &
load=$!
until ./aegishv vm list | grep -q guest; do usleep 100000; done
sleep 1
is "$(count flip)" "$(count flip)" "a VM runs"
before=$(./ahvctl counters | awk '$1 == "fault" && $2 == 4 { n += $4 } END { print n }')
ok "wx=enforce wx_action=pause for it" ./aegishv vm set guest wx=enforce wx_action=pause
ok "it says so" sh -c './aegishv vm show guest | grep -q "wx .*enforce (its own)"'
sleep 1
after=$(./ahvctl counters | awk '$1 == "fault" && $2 == 4 { n += $4 } END { print n }')
ok "what was mapped before is executed anew ($before, $after faults)" test "$after" -gt "$before"
ok "it runs on" kill -0 $load
exits_of() { ./aegishv vm list --json | sed 's/.*"exits":\([0-9]*\).*/\1/'; }
stands() {
	a=$(exits_of); sleep 1; b=$(exits_of)
	note "exits: $a, then $b"
	[ "$a" = "$b" ]
}
ok "pause" ./aegishv vm pause guest
ok "it stands still" stands
ok "... and says so" sh -c './aegishv vm show guest --json | grep -q "paused.*true"'
ok "resume" ./aegishv vm resume guest
fails "it runs again" stands
ok "inherit" ./aegishv vm set guest wx=inherit
is "$(stage2 idle)" 7 "... and nobody needs the hooks"
kill -TERM $load
wait $load
is "$?" 0 "it ends well"
forget

# ---- answers ----
ok "enforce, deny" ./aegishv config set wx=enforce wx_action=deny
ok "each execution is refused, and the guest's handler goes on" vmm wxdeny --count 3
is "$(gpas write_exec)$(field write_exec answer)" "0x401000 0x402000 0x403000 deny" "... each is told of"
is "$(count denied)" 3 "... and counted"
forget
ok "likewise where KVM wrote" vmm copydeny --count 3
is "$(gpas write_exec)$(field write_exec answer)" "0x401000 0x402000 0x403000 deny" "... each is told of"
forget
for attack in wx stepwx; do
	fails "$attack without vectors for #GP does not go on" vmm $attack --count 3
	ok "... it is shut down" grep -q 'reason 8, expected 0' /tmp/vmm.out
	is "$(lines write_exec) $(field write_exec answer)" "1 deny" "... and told of"
	forget
done
ok "a twin is not denied" vmm wsplit --count 20
ok "scope: user programs" ./aegishv config set wx_scope=user
ok "a kernel is told of and runs" vmm wx --count 2
is "$(lines write_exec) $(field write_exec answer)" "2 log" "... by log"
forget
ok "kill" ./aegishv config set wx_action=kill wx_scope=all
timeout 60 ./aegishv-vmm wx --count 3 >/tmp/vmm.out 2>&1
is "$?" 137 "the VMM is killed"
is "$(lines write_exec) $(field write_exec answer)" "1 kill" "... and told of"
forget
ok "pause" ./aegishv config set wx_action=pause
./aegishv-vmm wx --count 3 --name wxp >/tmp/vmm.out 2>&1 &
guest=$!
until [ "$(lines write_exec)" -ge 1 ]; do kill -0 $guest || break; done
is "$(lines write_exec) $(field write_exec answer)" "1 pause" "the VM is paused"
ok "... and stands still" stands
for page in 2 3; do
	ok "resume" ./aegishv vm resume wxp
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ "$(lines write_exec)" -ge $page ] && break; done
done
is "$(gpas write_exec)" "0x400000 0x401000 0x402000 " "it goes from page to page"
ok "resume" ./aegishv vm resume wxp
wait $guest
is "$?" 0 "it ends well"
forget

# ---- seal and trap ----
ok "off" ./aegishv config set wx=off wx_action=log
# started and stopped at once: its pages are mapped before they are sealed
held() { # GUEST...: paused before it does anything of its own
	./aegishv-vmm "$@" --name held >/tmp/vmm.out 2>&1 &
	guest=$!
	until ./aegishv vm list | grep -q held; do kill -0 $guest || return; done
}
sealed() { # GUEST
	./aegishv config set wx=enforce wx_action=pause
	held "$1" --count 3
	until [ "$(lines write_exec)" -ge 1 ]; do kill -0 $guest || break; done
	ok "a guest is paused at its first page" grep -q '"gpa":"0x401000"' $events
	ok "its other pages are sealed" ./aegishv vm seal held 0x402000-0x402fff 0x403000-0x403fff
	ok "wx is off for it" ./aegishv vm set held wx=off wx_action=log
	ok "vm show has the seals" sh -c './aegishv vm show held | grep -q "sealed *0x402000-0x402fff"'
	fails "a range that is not whole pages is refused" ./aegishv vm seal held 0x402000-0x402ffe
	forget
	before=$(count seal)
	ok "resume" ./aegishv vm resume held
	wait $guest
	is "$(gpas seal)$(field seal answer) $(field seal access)" "0x402000 0x403000 deny write" \
		"each write to a sealed page is refused and told of"
	is "$(all_lines)" 2 "... and nothing else"
	is "$(($(count seal) - before))" 2 "... and counted"
}
sealed wxdeny
fails "... as the guest's own writes" grep -q '"emulated"' $events
forget
sealed copydeny
is "$(grep -c '"emulated":true' $events)" 2 "... as writes by KVM's emulator"
forget
ok "wx=off" ./aegishv config set wx=off
held load
sleep 1
ok "a trap where it runs" ./aegishv vm trap held 0x10000-0x10fff
for _ in 1 2 3 4 5; do [ "$(lines exec_trap)" -ge 1 ] && break; done
sleep 1
is "$(lines exec_trap) $(field exec_trap answer) $(field exec_trap access)" "1 log exec" "is met once"
ok "armed again after 200 ms" ./aegishv vm set held trap_rearm_ms=200
ok "... by a fresh trap" ./aegishv vm trap held 0x10000-0x10fff
sleep 4
ok "is met again and again: $(lines exec_trap)" test "$(lines exec_trap)" -ge 4
ok "untrap" ./aegishv vm untrap held
forget
sleep 1
is "$(all_lines)" 0 "it is met no more"
ok "never armed again" ./aegishv vm set held trap_rearm_ms=0
ok "... a trap set anew" ./aegishv vm trap held 0x10000-0x10fff
sleep 1
is "$(lines exec_trap)" 1 "is met, though its page has been executed"
kill -TERM $guest
wait $guest
is "$?" 0 "it ends well"
forget

# ---- huge ----
ok "wx_granularity=huge" ./aegishv config set wx=detect wx_action=log wx_granularity=huge
ok "code and data in one region" vmm wsplit --count 3
ok "... are told of, as a region is one" test "$(all_lines)" -ge 1
ok "one vCPU writes a region that two others execute" vmm wxrace --count 100000 --vcpus 3
forget
ok "off" ./aegishv config set wx=off wx_granularity=4k
ok "nothing is told any more" vmm wx --count 3
is "$(all_lines)" 0 "... at all"

stop_events
ok "unloads" rmmod aegishv
done_testing
