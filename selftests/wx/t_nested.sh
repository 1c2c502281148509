# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that has AMD's nested virtualization can have KVM write to its memory by
# VMSAVE, by VMRUN, and when a guest of its own stops: for wx these are writes as
# any other, and a sealed page is not written.
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/shim/aegishv selftests/wx/wx.sh
# mem: 1536
# timeout: 900
. ./tap.sh
. ./wx.sh

# Where the processor itself carries out VMSAVE of a guest, that faults as any write.
ok "kvm loads, and looks after VMSAVE itself" modprobe kvm-amd nested=1 vls=0
ok "the module loads" insmod aegishv.ko
watch_events
by_kvm() { # RULE: how many KVM itself is to blame for
	settle
	grep "\"rule\":\"$1\"" $events | grep -c '"emulated":true'
}

for guest in vmsave vmsavesplit vmrun vmrunsplit vmexit; do
	ok "$guest: has written what it shall, while nobody looks" vmm $guest --count 3
done
is "$(all_lines)" 0 "nothing is told"

ok "wx=detect" ./aegishv config set wx=detect
for guest in vmsave vmrun; do
	ok "$guest, then execute three pages" vmm $guest --count 3
	is "$(gpas write_exec)" "0x401000 0x402000 0x403000 " "... is told of, once for each page"
	ok "... with the instruction that wrote" grep -q '"write":{"time_ns":[0-9]*,"vcpu":0,"rip":"0x100[0-9a-f]*","cpl":0}' $events
	forget
	ok "$guest, others executed" vmm ${guest}split --count 50
	is "$(all_lines)" 0 "... is not told of"
done
ok "wx=off" ./aegishv config set wx=off

start() { # GUEST: and stop it where it executes its first page
	./aegishv config set wx=enforce wx_action=pause
	./aegishv-vmm "$1" --count 3 --name held >/tmp/vmm.out 2>&1 &
	vm=$!
	until [ "$(lines write_exec)" -ge 1 ]; do kill -0 $vm || break; done
}
go_on() { # WHAT RANGE...: sealed; sets $status
	what=$1
	shift
	ok "$what are sealed" ./aegishv vm seal held "$@"
	ok "wx is off for it" ./aegishv vm set held wx=off wx_action=log
	forget
	ok "resume" ./aegishv vm resume held
	wait $vm
	status=$?
}

# KVM of 7.3 stops a VM whose VMCB it cannot map, where others inject #GP.
for guest in vmsave vmrun; do
	start $guest
	ok "$guest: a guest is paused at its first page" grep -q '"gpa":"0x401000"' $events
	before=$(count denied)
	go_on "its other pages" 0x402000-0x403fff
	told="0x402000 0x403000 "
	[ "$KERNEL" = newest ] && told="0x402000 "
	n=$(echo "$told" | wc -w)
	is "$(gpas seal)$(field seal answer) $(field seal access)" "${told}deny write" "each write is refused and told of"
	is "$(all_lines) $(by_kvm seal)" "$n $n" "... as what KVM did, and nothing else"
	is "$(($(count denied) - before))" "$n" "... and counted"
	if [ "$KERNEL" = newest ]; then
		ok "... and KVM stops the VM" grep -q 'reason 17, expected 0' /tmp/vmm.out
	else
		is "$status" 0 "... and the guest gets #GP, and finds the pages as they were"
	fi
	forget
	start $guest
	go_on "pages that it does not write" 0x3f0000-0x3fffff
	is "$status $(all_lines)" "0 0" "it goes on, and nothing is told"
	forget
done

start vmexit
is "$(gpas write_exec)" "0x402000 " "vmexit: a guest's guest that has its memory is paused at its first page"
go_on "others than its VMCB" 0x3f0000-0x3fffff
is "$status $(all_lines)" "0 0" "it stops for the guest, and nothing is told"
forget
start vmexit
go_on "its VMCB" 0x401000-0x401fff
is "$(gpas seal)$(field seal answer) $(field seal access)" "0x401000 deny write" \
	"... that it stops for the guest is refused and told of"
is "$(all_lines) $(by_kvm seal)" "1 1" "... as what KVM did, and nothing else"
ok "... and the VM is shut down" grep -q 'reason 8, expected 0' /tmp/vmm.out

forget

# Its guest's guest has page tables of its own for what is sealed, too.
start npwrite
is "$(gpas write_exec)" "0x402000 " "npwrite: it is paused before it runs its own guest"
go_on "pages that this does not write" 0x3f0000-0x3fffff
is "$status" 0 "it goes on and ends"
start npwrite
ok "what this writes is sealed" ./aegishv vm seal held 0x404000-0x404fff
./aegishv vm set held wx=off wx_action=log
exits() { ./aegishv vm show held --json | sed -n 's/.*"exits": *\([0-9]*\),.*/\1/p' | head -n 1; }
before=$(exits)
ok "resume" ./aegishv vm resume held
until [ "$(exits)" -gt $((before + 2000)) ]; do kill -0 $vm || break; done
ok "the write is not done, however often it is tried" kill -0 $vm
ok "until nothing is sealed" ./aegishv vm unseal held
wait $vm
is "$?" 0 "then it is"
stop_events
ok "unloads" rmmod aegishv
done_testing
