#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each attack is told once, its benign twin not at all, and a replay of the
# recording finds the same as the module did. One counter for each detector.
#
# files: build/{k}/aegishv.ko build/shim/aegishv build/vmm/aegishv-vmm /usr/bin/jq selftests/e2e/lib.sh selftests/detect/rules.conf schema/event.schema.json
# mem: 1536
# timeout: 300
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

# alerts NAME: detectors that fired for a VM, with how many alerts each
alerts() {
	jq -r --arg n "$1" 'select(.type == "detect" and .vm == $n) | .detector' events.jsonl |
		sort | uniq -c | awk '{ printf "%s%s=%s", s, $2, $1; s = " " }'
}

# field NAME DETECTOR FIELD: of its first alert
field() {
	jq -r --arg n "$1" --arg d "$2" "select(.type == \"detect\" and .detector == \$d and .vm == \$n) | .$3" \
		events.jsonl | head -n 1
}

metric() { # DETECTOR
	get metrics | sed -n "s/^aegishv_detections_total{detector=\"$1\"} //p"
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
ok "attack: a guest without any device" endless patient alone 6
ok "twin: a guest with one" endless patient load 6
ok "four vCPUs that burst at once" guest four cpuid --count 3000 --vcpus 4

ok "all of it is written" wait_for "the end of the stream" drained
get metrics >metrics
aegishv stats >stats
stop_run
cp events.jsonl rec.ahv metrics stats vmm.err /share/

is "$(alerts before)" "" "before the rules: nothing"
is "$(alerts burst)" "exit_burst=1" "a burst is told once"
is "$(field burst exit_burst reason) $(field burst exit_burst limit)" "cpuid 500" "with its reason and the limit"
is "$(alerts ports)" "pio_storm=1" "a storm of ports is told once"
is "$(field ports pio_storm port)" 0xe9 "with the port"
is "$(alerts mmio)" "mmio_storm=1" "a storm of MMIO is told once"
is "$(field mmio mmio_storm gpa)" 0x30000000 "with the address"
is "$(alerts hyper)" "hypercall=1" "hypercalls are told once"
is "$(field hyper hypercall number)" 0x7fffffff "with the number"
is "$(alerts tamper)" "cr0_wp=1 cr4_smap=1 cr4_smep=1 efer_nxe=1" "each bit that is cleared is told once"
is "$(field tamper cr0_wp before) $(field tamper cr0_wp value)" "0x80010011 0x80000011" "WP: with CR0 before and after"
is "$(field tamper cr4_smep before) $(field tamper cr4_smep value)" "0x300020 0x200020" "SMEP: with CR4 before and after"
is "$(field tamper efer_nxe before) $(field tamper efer_nxe value)" "0xd00 0x500" "NXE: with EFER before and after"
is "$(alerts tamper-often)" "cr0_wp=1 cr4_smap=1 cr4_smep=1 efer_nxe=1" "a hundred times is told once"
is "$(alerts nested)" "nested=1" "nested virtualization is told once"
is "$(alerts four)" "exit_burst=1" "four vCPUs with one cause are told once"
is "$(jq -s -r '[.[] | select(.type == "detect" and .detector == "headless") | .vm] | length' events.jsonl)" 1 \
	"of the guests without and with a device one is told"
for twin in burst-not unwatched console mmio-not hyper-not tamper-not; do
	is "$(alerts $twin)" "" "twin $twin is silent"
done

for d in exit_burst pio_storm mmio_storm hypercall headless cr0_wp nested; do
	ok "aegishv_detections_total of $d" grep -q "^aegishv_detections_total{detector=\"$d\"} [1-9]" metrics
done
is "$(sed -n 's/^aegishv_detections_total{detector="hypercall"} //p' metrics)" 400 "held back ones are counted: hypercalls"
is "$(sed -n 's/^aegishv_detections_total{detector="cr0_wp"} //p' metrics)" 101 "held back ones are counted: WP"
is "$(sed -n 's/^aegishv_detections_total{detector="wx"} //p' metrics)" 0 "what did not happen is there as 0"
is "$(jq -r 'select(.type == "lost") | .count' events.jsonl)" "" "nothing was lost"

# Replay judges the same exits anew.
ok "the recording is replayed with the rules" \
	aegishv run --replay rec.ahv --rules rules.conf --quiet --jsonl replay.jsonl
jq -c 'select(.type == "detect") | del(.seq)' events.jsonl | sort >live.detect
jq -c 'select(.type == "detect") | del(.seq)' replay.jsonl | sort >replay.detect
cp live.detect replay.detect /share/
ok "and finds the same" cmp live.detect replay.detect
ok "without rules it shows what the module told" aegishv run --replay rec.ahv --quiet --jsonl plain.jsonl
ok "byte by byte" cmp plain.jsonl events.jsonl

ok "the module unloads" rmmod aegishv
done_testing
