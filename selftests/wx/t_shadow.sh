# SPDX-License-Identifier: GPL-2.0-or-later
# Shadow paging, where KVM maps a guest's own virtual addresses: not watched, and
# vm show says so; with wx_untested=1 it is, with the same results.
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/shim/aegishv selftests/wx/wx.sh
# mem: 1536
. ./tap.sh
. ./wx.sh

ok "kvm loads without nested paging" modprobe kvm-amd npt=0
is "$(cat /sys/module/kvm_amd/parameters/npt)" N "... which it says"
ok "the module loads" insmod aegishv.ko wx=detect
watch_events
ok "a guest with page tables writes, then executes pages" vmm wxpaged --count 3
is "$(all_lines)" 0 "it is not watched"
./aegishv-vmm wxpaged --hold --name shadow </dev/null >/dev/null 2>&1 &
guest=$!
until ./aegishv vm show shadow 2>/dev/null | grep -q 'not watched.*shadow paging.*wx_untested=1'; do
	kill -0 $guest || break
done
ok "... vm show says so" kill -0 $guest
kill -TERM $guest
wait $guest
stop_events
ok "unloads" rmmod aegishv

ok "the module loads with wx_untested=1" insmod aegishv.ko wx=detect wx_untested=1
watch_events
ok "without page tables" vmm wx --count 3
is "$(gpas write_exec)" "0x400000 0x401000 0x402000 " "each page is told of"
forget
ok "with page tables" vmm wxpaged --count 3
is "$(gpas write_exec)" "0x401000 0x402000 0x403000 " "each page is told of"
is "$(field write_exec mapping) $(field write_exec rip)" "writable 0x401000" "... its mapping, the instruction"
forget
before=$(count boot)
ok "a 64-bit kernel that boots executes one page by eight addresses" vmm wx64 --count 8
ok "... which is counted" test "$(count boot)" -gt "${before:-0}"
ok "a page that was forgotten among 17000" vmm forget --count 17000
is "$(gpas write_exec)" "0x400000 " "is told of all the same"
is "$(field write_exec write)" "" "... without the write before it"
forget
ok "17000 written, 17000 others executed" vmm wsplit --count 17000
for twin in walk protect; do ok "$twin" vmm $twin; done
for twin in wsplit touchexec; do ok "$twin" vmm $twin --count 50; done
is "$(all_lines)" 0 "what is no attack is not told of"
ok "two vCPUs in turn" vmm relay --count 8 --vcpus 2
is "$(gpas write_exec)" "0x400000 " "... are told of once"
forget
ok "deny" ./aegishv config set wx=enforce wx_action=deny
fails "a guest without vectors for #GP does not go on" vmm wxpaged
is "$(gpas write_exec)$(field write_exec answer)" "0x401000 deny" "... and is told of"
ok "one with vectors does" vmm wxdeny --count 3
stop_events
ok "unloads again" rmmod aegishv
done_testing
