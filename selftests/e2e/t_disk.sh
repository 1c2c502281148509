# SPDX-License-Identifier: GPL-2.0-or-later
# A full disk tears no line, stops neither reading nor metrics, and what is
# missing is told in the stream when there is room again.
# layer: 4
# runs: host
# kernels: 6.1
. selftests/tap.sh
name=e2e-disk-$KERNEL
share=build/run/$name/share
E=selftests/e2e

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" \
	-f "build/$KERNEL/aegishv.ko" -f build/shim/aegishv -f build/vmm/aegishv-vmm \
	-f "$(command -v jq)" -f $E/lib.sh -f $E/disk_guest.sh -- 'sh disk_guest.sh'

value() { sed -n "s/^$1 //p" "$share/metrics.full"; }
ok "while the disk was full: /metrics counted lines that were dropped" \
	test "$(value aegishv_output_dropped_total)" -gt 0
ok "and writes that failed" test "$(value aegishv_output_errors_total)" -gt 0
ok "and all exits" grep -Eq '^aegishv_vm_exits_total\{reason="io"\} 15002$' $share/metrics.full
is "$(cat $share/healthz)" ok "/healthz said ok"
is "$(grep -c 'No space left on device; events wait' $share/run.err)" 1 "the program said it once"
ok "it said when it could write again" grep -q 'writing again' $share/run.err
is "$(cat $share/run.status)" 1 "it ends with failure, since lines are missing"
ok "every line is valid by the schema" selftests/validate_jsonl.py schema/event.schema.json \
	$share/events.jsonl
ok "the stream says how many lines are missing" \
	jq -es 'map(select(.type == "lost" and .source == "output").count) | add > 0' $share/events.jsonl
is "$(jq -s 'map(if .type == "lost" then (if .source == "output" then .count else 0 end) else 1 end) | add' $share/events.jsonl)" \
	"$(jq .ring.records $share/stats.json)" "lines and missing lines are all records of the rings"
done_testing
