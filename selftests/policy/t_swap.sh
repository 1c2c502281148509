# SPDX-License-Identifier: GPL-2.0-or-later
# Policies are swapped while files that both deny are opened on two CPUs: no
# open succeeds, each denial is an event or counted as lost, with a reader and
# with one that stands still. AHV_SWAPS=1000 AHV_OPENS=1000000 for a long run.
# files: build/{k}/aegishv.ko build/policy/polswap build/policy/poltool
# parallel: yes
. ./tap.sh
swaps=${AHV_SWAPS:-100}
opens=${AHV_OPENS:-20000}
[ "$KERNEL" != debug ] || opens=${AHV_OPENS:-4000}

run() { # TEXT ARG...
	text=$1
	shift
	polswap "$swaps" "$opens" "$@" >out 2>&1
	status=$?
	note "$(grep -v '^ok' out)"
	is "$status" 0 "$text"
}

ok "the module loads" insmod aegishv.ko
run "$swaps swaps, $opens opens, somebody reads the events"
run "$swaps swaps, $opens opens, nobody reads them" frozen
ok "audit lets the module go" poltool mode audit
ok "... and it unloads" rmmod aegishv
done_testing
