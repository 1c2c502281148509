#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# From [vm] sections of a policy file to what holds for a VM: with no agent
# running, for VMs that run and for those that come, after a reset, a rollback
# and a reload of the module.
#
# files: build/{k}/aegishv.ko build/shim/aegishv build/vmm/aegishv-vmm /usr/bin/jq selftests/e2e/lib.sh
# mem: 1536
# timeout: 900
. ./tap.sh
. ./lib.sh
export AEGISHV_STATE_DIR=/tmp/state
mkdir -p $AEGISHV_STATE_DIR
PATH=$PWD:$PATH

seen() { # DETECTOR: how often it fired since the module was loaded
	aegishv metrics | sed -n "s/^aegishv_detections_total{detector=\"$1\"} //p"
}
guest() { # NAME SCRIPT ARGUMENT...
	vm_name=$1
	shift
	aegishv-vmm "$@" --name "$vm_name" >/dev/null 2>&1
}
apply() { aegishv policy apply "$@" >applied 2>&1; }
vm() { # NAME FILTER: of vm show
	aegishv vm show "$1" --json | jq -c "$2"
}

ok "the module loads" load_module
ok "a hypercall that nobody asked about" guest first hypercall --count 10
is "$(seen hypercall)" 0 "is not looked at"

printf 'version=1\n[vm]\ndetect=hypercall\n' >all.conf
ok "a policy with [vm]" apply all.conf --reset
ok "then, with no agent running" guest second hypercall --count 10
is "$(seen hypercall)" 10 "each is counted"
ok "policy show has the section" sh -c 'aegishv policy show | grep -qx "detect=hypercall"'

printf 'version=1\n[vm]\ndetect=hypercal\n' >bad.conf
fails "a detector that there is not is refused" apply bad.conf --reset
ok "with its line and column" grep -q 'bad.conf:3:8: .*no detector' applied
guest third hypercall --count 10
is "$(seen hypercall)" 20 "and what was before holds on"

# A VM that runs, by its name.
aegishv-vmm load --name web-01 >/dev/null 2>&1 &
load=$!
wait_for "the VM" aegishv vm show web-01
printf 'version=1\n[vm web-01]\ndetect=exit_burst\nexit_burst=20/1s\n' >named.conf
is "$(seen exit_burst)" 0 "its exits are not looked at"
ok "a section for a VM that runs, on top" apply named.conf
is "$(vm web-01 '[.detect, .exit_burst, .own_detect]')" '[["exit_burst"],{"count":20,"window_ms":1000},true]' "vm show tells"
ok "... to people, too" sh -c 'aegishv vm show web-01 | grep -q "^  detect *exit_burst (its own)$"'
ok "is in force for it" wait_for "the burst" sh -c '[ "$(aegishv metrics | sed -n "s/^aegishv_detections_total{detector=\"exit_burst\"} //p")" -gt 0 ]'
guest other cpuid --count 500
bursts=$(seen exit_burst)
ok "and [vm] is still in force for others" guest fourth hypercall --count 10
is "$(seen hypercall)" 30 "which is counted"
kill -TERM $load
wait $load

# A VM that comes while an agent runs.
aegishv run --quiet --listen 127.0.0.1:9108 &
run=$!
wait_for "the server" wget -q -O - http://127.0.0.1:9108/healthz
aegishv-vmm load --name web-01 >/dev/null 2>&1 &
load=$!
ok "a VM of that name that comes has it" wait_for "the burst" sh -c "[ \"\$(aegishv metrics | sed -n 's/^aegishv_detections_total{detector=\"exit_burst\"} //p')\" -gt $bursts ]"
kill -TERM $load
wait $load
kill -TERM $run
wait $run

# Reset, rollback, reload.
printf 'version=1\n' >none.conf
ok "a policy without VMs, in place of all" apply none.conf --reset
guest fifth hypercall --count 10
is "$(seen hypercall)" 30 "nothing is detected any more"
ok "rollback" sh -c 'aegishv policy rollback >/dev/null'
guest sixth hypercall --count 10
is "$(seen hypercall)" 40 "brings it back"
ok "the module is loaded anew" sh -c 'rmmod aegishv && insmod aegishv.ko'
guest seventh hypercall --count 10
is "$(seen hypercall)" 0 "which forgets"
ok "restore" sh -c 'aegishv restore >/dev/null'
guest eighth hypercall --count 10
is "$(seen hypercall)" 10 "brings it back"

# W^X, seals and traps go the same way.
aegishv-vmm idle --name db --hold </dev/null >/dev/null 2>&1 &
idle=$!
wait_for "the VM" aegishv vm show db
printf 'version=1\n[vm]\nwx=detect\n[vm db]\nwx=off\nseal_gpa=0x100000-0x100fff\nseal_gpa=0x200000-0x200fff\n' >wx.conf
ok "a policy about memory" apply wx.conf --reset
is "$(aegishv config get | sed -n 's/^wx=//p')" detect "wx of every VM"
is "$(vm db '[.wx, (.seal // [] | length)]')" '["off",2]' "wx and seals of one"
id=$(vm db .id)
fails "a number with something behind it is no VM's" aegishv vm show "${id}x"
fails "nor is no name" aegishv vm show ""

# What somebody sets by hand stays, until a policy names it or takes all its place.
ok "one more seal by hand" aegishv vm seal db 0x300000-0x300fff
printf 'version=1\n[vm db]\nwx=detect\nseal_gpa=0x200000-0x200fff\nseal_gpa=0x400000-0x400fff\n' >more.conf
ok "an answer and whose, by hand" aegishv config set wx_action=deny wx_scope=user
ok "the VM has them" aegishv vm set db wx=inherit
ok "a policy on top that names neither" apply more.conf
is "$(vm db '[.wx, .wx_action, .wx_scope]')" '["detect","deny","user"]' "they stay, as it does not name them"
is "$(vm db '.seal | sort | join(" ")')" '"0x100000-0x100fff 0x200000-0x200fff 0x300000-0x300fff 0x400000-0x400fff"' "and each seal"
ok "restore" sh -c 'aegishv restore >/dev/null'
is "$(vm db '[.wx_action, (.seal | length)]')" '["deny",4]' "takes nothing away"
ok "an agent with rules" sh -c 'printf "version=1\n[vm]\ndetect=all\n" >rules.conf; timeout 5 aegishv run --quiet --listen none --rules rules.conf >/dev/null || [ $? = 124 ]'
is "$(vm db '[.wx_action, (.seal | length)]')" '["deny",4]' "does not, either"
printf 'version=1\n[vm db]\nseal_gpa=none\n' >unseal.conf
ok "a policy that says that nothing is sealed" apply unseal.conf
is "$(vm db '.seal | length')" 0 "unseals"

# What the kernel refuses of VMs is not half applied.
ranges() { # FROM TO: pages at every other address
	i=$1
	while [ $i -lt "$2" ]; do
		printf '%s0x%x-0x%x\n' "$3" $((i * 8192)) $((i * 8192 + 4095))
		i=$((i + 1))
	done
}
ok "20 seals by hand" aegishv vm seal db $(ranges 0 20)
{ printf 'version=1\n[deny_path]\n/tmp/never\n[vm db]\n'; ranges 20 36 seal_gpa=; } >full.conf
fails "16 more are too many" apply full.conf
ok "... which is said: $(tail -n 2 applied | head -n 1)" grep -q 'at most 32 ranges' applied
is "$(aegishv policy show --json | jq '.list | length')" 0 "the rule about a file is not in force either"
fails "nor is any of it stored" grep -q never $AEGISHV_STATE_DIR/*
is "$(vm db '.seal | length')" 20 "the VM has the seals that it had"
ok "and without, in place of it" apply none.conf --reset
is "$(aegishv config get | sed -n 's/^wx=//p')" off "wx of every VM is off"
is "$(vm db '[.wx, (.seal // [] | length)]')" '["off",0]' "and the seals are gone"
kill -TERM $idle
wait $idle
ok "the module is loaded anew, with wx=detect" sh -c 'rmmod aegishv && insmod aegishv.ko wx=detect'
ok "restore of a policy that says nothing of it" sh -c 'aegishv restore >/dev/null'
is "$(aegishv config get | sed -n 's/^wx=//p')" detect "leaves it"

ok "the module unloads" rmmod aegishv
done_testing
