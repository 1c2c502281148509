# SPDX-License-Identifier: GPL-2.0-or-later
# VMs that come and go, are killed and paused, while W^X, seals and traps of each
# and of all change at random moments, leave nothing behind. AHV_LIVES=1000 for
# the long run, AHV_FUZZ_SEED for other moments.
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/shim/aegishv build/netlink/nltool build/netlink/wxlives selftests/wx/wx.sh
# mem: 1536
# timeout: 1200
# kmemleak: yes
. ./tap.sh
. ./wx.sh
lives=${AHV_LIVES:-$(amount 40 40 8)}
seed=${AHV_FUZZ_SEED:-1}
work=$(amount 1000 200 100)

stage2() { ./aegishv health | grep -c "hook:stage2_[a-z]* *$1"; }
field() { nltool info | sed -n "s/^$1 //p"; }
told() { grep -c "\"type\":\"vm\".*\"event\":\"$1\"" $events; }

many() { # LIVES
	./wxlives "$1" 4 "$seed" "$work" >lives 2>wrong || { cat wrong; return 1; }
	./aegishv config set wx=off wx_action=log wx_granularity=4k || return 1
	[ "$(grep -vc '^asked' lives)" = $(($1 / 4 * 4)) ]
}

note "seed $seed"
ok "kvm loads" modprobe kvm-amd
ok "the module loads" insmod aegishv.ko
watch_events
is "$(./aegishv health | grep -c 'events are read')" 1 "its events are read"
memory=$(field memory)
ok "the first lives, which fill caches" many 8
is "$(field vms)" 0 "no VM is left"
forget
total=$(field vms-total)
denied=$(count denied)
before=$(kernel_kib)
ok "$lives lives" many "$lives"
settle
after=$(kernel_kib)
note "$(grep -v '^asked' lives | sort | uniq -c)"
note "$(grep '"type":"wx"' $events | sed 's/.*"rule":"\([a-z_]*\)".*"answer":"\([a-z]*\)".*/\1 \2/' | sort | uniq -c)"
note "$(awk '$1 == "asked" { n += $2; m += $4 } END { print n " requests, " m " for a VM that was gone" }' lives)"
is "$(field vms)" 0 "no VM is left"
is "$(field memory)" "$memory" "the module holds as much memory as before"
born=$(($(field vms-total) - total))
ok "at most $lives VMs were born: $born" test "$born" -le "$lives"
# wxdeny and copydeny end so where they are refused nothing, stepwx by KVM's doing from 6.14 on
refused=$(grep -v '^[a-z]*deny\|^stepwx\|^asked' lives | grep -c ' 1$')
ok "no more guests were refused something ($refused) than the module counted ($(($(count denied) - denied)))" \
	test "$refused" -le $(($(count denied) - denied))
is "$(told birth) $(told death)" "$born $born" "each birth and each death is told"
is "$(stage2 idle)" 7 "no hook is attached"
is "$(grep -c '^make_spte\|^kvm_mmu_' /sys/kernel/tracing/enabled_functions)" 0 "... says the kernel, too"
is "$(field unattributed)" 0 "no exit was unattributed"
note "$(./aegishv stats | grep '^wx')"
note "kernel memory: $before KiB, then $after KiB"
# What KASAN keeps from reuse and lockdep's tables grow; there kmemleak looks.
[ "$KERNEL" = debug ] ||
	ok "the kernel holds as much memory as before, but for less than $((lives / 2 + 512)) KiB" \
		test $((after - before)) -lt $((lives / 2 + 512))

guest() { # NAME GUEST...: sets $started
	forget
	name=$1
	shift
	./aegishv-vmm "$@" --name $name >$name.out 2>&1 &
	started=$!
	until ./aegishv vm list | grep -q $name; do kill -0 $started || return; done
}

# ---- a VM is changed while no hook is attached ----
guest plain load
ok "a VM is changed that nobody watches" ./aegishv vm set plain wx_action=deny
ok "... and resumed, which is not paused" ./aegishv vm resume plain
ok "... and unsealed, which has no seal" ./aegishv vm unseal plain
is "$(stage2 idle)" 7 "no hook was wanted for that"
kill -TERM $started
wait $started
is "$? $(field vms)" "0 0" "it ends well, and is gone then"

# ---- kvm goes and comes while every VM is to be watched ----
ok "wx=detect" ./aegishv config set wx=detect
again() { # COMMAND...: that takes kvm away
	is "$(stage2 attached)" 7 "the hooks are attached"
	forget
	ok "a page that writes to itself, which is granted both for a while" vmm selfwrite --count 300
	ok "$*, while hooks are attached" "$@"
	fails "kvm is gone" grep -q '^kvm' /proc/modules
	is "$(stage2 absent)" 7 "the hooks are, too"
	ok "kvm again" modprobe kvm-amd
	is "$(stage2 attached)" 7 "the hooks are attached again"
	forget
	ok "a guest writes, then executes" vmm wx --count 3
	is "$(gpas write_exec)" "0x400000 0x401000 0x402000 " "... and is told of"
}
again modprobe -r kvm_amd
again rmmod kvm_amd kvm
again modprobe -r kvm_amd

# ---- the module goes while VMs are paused ----
paused() { ./aegishv vm show "$1" --json | grep -q '"paused": *true'; }

ok "wx=enforce for all" ./aegishv config set wx=enforce wx_action=pause
guest answered wx --count 3
answered=$started
until [ "$(lines write_exec)" -ge 1 ]; do kill -0 $answered || break; done
ok "a VM is paused by an answer" paused answered
guest asked load --vcpus 2
asked=$started
ok "one by request" ./aegishv vm pause asked
ok "... which it is" paused asked
guest runs load
runs=$started
fails "one runs" paused runs
stop_events
ok "the module unloads" rmmod aegishv
is "$(grep -c aegishv /proc/modules)" 0 "... and is gone"
wait $answered
is "$?" 0 "what was paused by an answer goes on and ends well"
ok "... it has done all of its work: $(cat answered.out)" grep -q . answered.out

ok "the module loads, wx=detect from the start" insmod aegishv.ko wx=detect
is "$(field vms)" 2 "the others are found"
ok "one of them is paused" ./aegishv vm pause runs
ok "the module unloads again" rmmod aegishv
for pid in $asked $runs; do
	kill -TERM $pid
	wait $pid
	is "$?" 0 "an endless guest goes on and ends well when it is told to"
done
done_testing
