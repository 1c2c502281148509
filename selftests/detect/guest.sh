# SPDX-License-Identifier: GPL-2.0-or-later
# The part of t_detect.sh that runs in the test machine: attacks and their benign
# twins, one after the other. What came of them is judged outside.
. ./tap.sh
. ./lib.sh

# guest NAME SCRIPT ARGUMENT...: one that ends by itself
guest() {
	vm_name=$1
	shift
	./aegishv-vmm "$@" --name "$vm_name" >/dev/null 2>>vmm.err
}

# endless NAME SCRIPT SECONDS: one that is stopped
endless() {
	./aegishv-vmm "$2" --name "$1" >/dev/null 2>>vmm.err &
	endless_pid=$!
	sleep "$3"
	kill -TERM $endless_pid
	wait $endless_pid
}

ok "the module loads" load_module ring_bytes=16777216
ok "nothing is detected unasked" guest before cpuid --count 3000
start_run --rules rules.conf --exit-events all --record rec.ahv --jsonl events.jsonl

ok "attack: an exit burst" guest burst cpuid --count 3000
ok "twin: fewer exits" guest burst-not cpuid --count 300
ok "twin: another policy" guest unwatched cpuid --count 3000
ok "attack: a storm of ports" guest ports portio --count 3000
ok "twin: a port that is expected" guest console portio --count 3000
ok "attack: a storm of MMIO" guest mmio mmio --count 3000
ok "twin: some MMIO" guest mmio-not mmio --count 300
ok "attack: hypercalls that KVM does not know" guest hyper hypercall --count 400
ok "twin: hypercalls that it knows" guest hyper-not known --count 400
ok "attack: WP, SMEP, SMAP and NXE cleared" guest tamper tamper
ok "again and again" guest tamper-often tamper --count 100
ok "twin: they stay set" guest tamper-not protect --count 100
ok "attack: nested virtualization" guest nested nested --count 100
ok "attack: a guest without any device" endless patient alone 4
ok "twin: a guest with one" endless patient load 4
ok "four vCPUs that burst at once" guest four cpuid --count 3000 --vcpus 4

ok "all of it is written" wait_for "the end of the stream" drained
get metrics >metrics
aegishv stats >stats
stop_run
ok "the module unloads" rmmod aegishv
cp events.jsonl rec.ahv metrics stats vmm.err /share/
done_testing

