# SPDX-License-Identifier: GPL-2.0-or-later
# Random and mutated netlink messages from one seed, with VMs coming and going
# at the same time; afterwards all works as before. AHV_FUZZ_COUNT=5000000 for a long run.
# files: build/{k}/aegishv.ko build/netlink/nlfuzz build/netlink/nltool build/netlink/vmlives
. ./tap.sh
count=${AHV_FUZZ_COUNT:-$(amount 100000 30000 30000)}

ok "kvm loads" modprobe kvm-amd
ok "the module loads" insmod aegishv.ko
dmesg -n 1
vmlives 0 1 20 >/dev/null 2>&1 &
vms=$!
ok "$count messages, seed ${AHV_FUZZ_SEED:-1}" nlfuzz "$count" "${AHV_FUZZ_SEED:-1}"
note "$tap_out"
ok "the VMs still come and go" kill $vms
wait $vms

ok "exit-events can be set" nltool set 1 0 5 0 6 524288 7 32768 9 0
before=$(nltool exits)
vmlives 3 1 1000 >lives
is "$(cat lives)" "lives 3 refused 0 exits 3003" "VMs run"
grown=$(($(nltool exits) - before))
ok "their exits are counted ($grown, at least 3003)" test "$grown" -ge 3003
is "$(nltool info | grep '^vms ')" "vms 0" "no VM is left in the registry"
ok "the device opens" dd if=/dev/aegishv of=/dev/null count=0
ok "the module unloads" rmmod aegishv
done_testing
