# SPDX-License-Identifier: GPL-2.0-or-later
# Memory runs out for what W^X has to know: no guest stands still, what nobody
# could look at is counted, and mappings that were made meanwhile are taken away
# once there is memory again, so that nothing stays writable and executable.
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/ahvctl build/shim/aegishv selftests/wx/wx.sh selftests/faults.sh
# kernels: debug
# mem: 1536
# timeout: 900
# kmemleak: yes
. ./tap.sh
. ./faults.sh
. ./wx.sh

exits() { ./ahvctl counters | awk '$1 == "exit" { n += $4 } END { print n + 0 }'; }
unseen() { ./aegishv metrics | sed -n 's/^aegishv_unseen_total //p'; }
told_of() { gpas write_exec | xargs -n 1 | sort -u; }
known() { ./aegishv vm list | grep -c "$1"; }

# One page is written and executed in turn, by a guest that leaves often.
guest() { # NAME
	./aegishv-vmm flipout --count 1000000 --name "$1" >/tmp/vmm.out 2>&1 &
	guest=$!
}
stop_guest() {
	kill -0 $guest && kill -KILL $guest
	wait $guest
}
reached() { # COUNT COMMAND...
	least=$1
	shift
	for _ in $(seq 300); do
		[ "$("$@")" -lt "$least" ] || return 0
	done
	return 1
}

ok "kvm loads" modprobe kvm-amd
ok "the module loads" insmod aegishv.ko wx=detect
watch_events

our_module
fail_next 3000 $slab
guest late
ok "a VM that could not be recorded is known in the end" reached 1 known late
off
ok "its page changes its mind" reached 16 count flip
is "$(told_of)" 0x400000 "... which is told of"
is "$(unseen)" 0 "no fault of a VM that was known went unseen"
stop_guest
forget

our_function ahv_s2_of
fail_next -1 $slab
before=$(count flip)
guest unseen
ok "faults go unseen while there is no memory for a VM's pages, and are counted" reached 2 unseen
now=$(exits)
ok "... the guest goes on" reached $((now + 1000)) exits
is "$(count flip) $(all_lines)" "$before 0" "... unseen"
off
ok "with memory its page changes its mind" reached $((before + 16)) count flip
is "$(told_of)" 0x400000 "... which is told of"
stop_guest
forget

our_function ahv_s2_lock_with_memory
fail_next -1 $slab
before=$(unseen)
ok "100 pages are written and executed without memory for more than 64" vmm wx --count 100
is "$(lines write_exec)" 100 "... each is told of"
ok "80 pages are written and then executed likewise" vmm patch --count 80
is "$(unseen)" "$before" "... nothing went unseen"
off
stop_events
ok "the module unloads" rmmod aegishv
done_testing
