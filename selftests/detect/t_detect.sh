# SPDX-License-Identifier: GPL-2.0-or-later
# Each attack is told once, its benign twin not at all, and a replay of the
# recording finds the same as the module did. One counter for each detector.
# runs: host
# kernels: 6.1 6.12 newest debug
# timeout: 900
. selftests/tap.sh
name=detect-$KERNEL
share=build/run/$name/share
D=selftests/detect
SHIM=build/shim/aegishv

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" --mem 1536 \
	-f "build/$KERNEL/aegishv.ko" -f $SHIM -f build/vmm/aegishv-vmm -f "$(command -v jq)" \
	-f selftests/tap.sh -f selftests/e2e/lib.sh -f $D/rules.conf -f $D/guest.sh -- 'sh guest.sh'
grep '^not ok' $share/out | sed 's/^/# in the machine: /'
grep '"type":"detect"' $share/events.jsonl >$share/detect.jsonl

# alerts NAME: detectors that fired for a VM, with how many alerts each
alerts() {
	jq -r --arg n "$1" 'select(.type == "detect" and .vm == $n) | .detector' $share/detect.jsonl |
		sort | uniq -c | awk '{ printf "%s%s=%s", s, $2, $1; s = " " }'
}

# field NAME DETECTOR FIELD: of its first alert
field() {
	jq -r --arg n "$1" --arg d "$2" "select(.type == \"detect\" and .detector == \$d and .vm == \$n) | .$3" \
		$share/detect.jsonl | head -n 1
}

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
is "$(jq -s -r '[.[] | select(.type == "detect" and .detector == "headless") | .vm] | length' $share/detect.jsonl)" 1 \
	"of the guests without and with a device one is told"
for twin in burst-not unwatched console mmio-not hyper-not tamper-not; do
	is "$(alerts $twin)" "" "twin $twin is silent"
done

for d in exit_burst pio_storm mmio_storm hypercall headless cr0_wp nested; do
	ok "aegishv_detections_total of $d" grep -q "^aegishv_detections_total{detector=\"$d\"} [1-9]" $share/metrics
done
is "$(sed -n 's/^aegishv_detections_total{detector="hypercall"} //p' $share/metrics)" 400 "held back ones are counted: hypercalls"
is "$(sed -n 's/^aegishv_detections_total{detector="cr0_wp"} //p' $share/metrics)" 101 "held back ones are counted: WP"
is "$(sed -n 's/^aegishv_detections_total{detector="wx"} //p' $share/metrics)" 0 "what did not happen is there as 0"
is "$(grep -c '"type":"lost"' $share/events.jsonl)" 0 "nothing was lost"

grep -e '"type":"detect"' -e '"type":"guest"' $share/events.jsonl >$share/new.jsonl
ok "these lines are valid by the schema" selftests/validate_jsonl.py schema/event.schema.json $share/new.jsonl

# Replay judges the same exits anew.
replay() { # FILE ARGUMENT...
	$SHIM run --listen none --quiet --replay $share/rec.ahv --jsonl "$share/$1" $2 $3
}
rm -f $share/again.jsonl $share/plain.jsonl
ok "the recording is replayed with the rules" replay again.jsonl --rules $D/rules.conf
sed 's/"seq":[0-9]*,//' $share/detect.jsonl >$share/live.detect
grep '"type":"detect"' $share/again.jsonl >$share/again.detect
ok "and the same is found" cmp $share/live.detect $share/again.detect
ok "without rules it shows what the module told" replay plain.jsonl
ok "byte by byte" cmp $share/plain.jsonl $share/events.jsonl
done_testing
