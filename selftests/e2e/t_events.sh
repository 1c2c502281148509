# SPDX-License-Identifier: GPL-2.0-or-later
# From real guests' exits to JSON Lines and /metrics: valid by the schema,
# without a hole, and equal to what the VMM knows that its guests caused. A
# replay of the recording gives the same bytes.
# layer: 4
# runs: host
# kernels: 6.1 6.12
. selftests/tap.sh
name=e2e-events-$KERNEL
share=build/run/$name/share
E=selftests/e2e

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" \
	-f "build/$KERNEL/aegishv.ko" -f build/shim/aegishv -f build/vmm/aegishv-vmm \
	-f "$(command -v jq)" -f $E/lib.sh -f $E/events_guest.sh -- 'sh events_guest.sh'

is "$(cat $share/run.status)" 0 "SIGTERM ends the run with success"
is "$(cat $share/second.status)" 1 "a second reader is refused"
ok "and is told who reads" grep -Eq 'already read by process [0-9]+ \(aegishv\)' $share/second.err
fails "it left no file behind" test -e $share/second.jsonl
is "$(cat $share/notfound.status)" 1 "an unknown page is not found"
ok "/readyz says ready" grep -q '^ready' $share/readyz

ok "every line is valid by the schema" selftests/validate_jsonl.py schema/event.schema.json \
	$share/events.jsonl.1 $share/events.jsonl
ok "SIGHUP: the new file has events" test -s $share/events.jsonl
$E/check_stream.py $share/events.jsonl.1 $share/events.jsonl >$share/stream.json
is $? 0 "no sequence number is missing"
is "$(jq -c .holes $share/stream.json)" '[]' "and no problem was reported"
is "$(jq -c .lost $share/stream.json)" '{}' "nothing was lost"

cat $share/events.jsonl.1 $share/events.jsonl >$share/all.jsonl
ok "the replay of the recording is the same, byte by byte" cmp $share/all.jsonl $share/replay.jsonl

# Truth: exits by VM, without those that the host's own interrupts cause.
truth() { # exits|faults
	jq -c --arg k "$1" '.host_exits as $h | .[$k] | with_entries(select(.key as $r | $h | index($r) | not))' \
		$share/truth.jsonl
}
seen() {
	jq -c --arg k "$1" --slurpfile t $share/truth.jsonl \
		'$t[0].host_exits as $h | .[$k] | to_entries | sort_by(.key | tonumber)[]
		 | .value | with_entries(select(.key as $r | $h | index($r) | not))' $share/stream.json
}
sorted() { jq -cS .; }
is "$(seen exits | sorted)" "$(truth exits | sorted)" "JSON Lines: exits of each VM are what the VMM caused"
is "$(seen faults | sorted)" "$(truth faults | sorted)" "JSON Lines: faults of each VM are what the VMM caused"

total() { # exits|faults: over all VMs, by name
	truth "$1" | jq -cS -s 'reduce (.[] | to_entries[]) as $e ({}; .[$e.key] += $e.value)'
}
metric() { # NAME LABEL
	sed -n "s/^$1{$2=\"\([^\"]*\)\"} \(.*\)/{\"\1\":\2}/p" $share/metrics |
		jq -cS -s --slurpfile t $share/truth.jsonl 'add | with_entries(select(.value > 0))
			| with_entries(select(.key as $r | $t[0].host_exits | index($r) | not))'
}
is "$(metric aegishv_vm_exits_total reason)" "$(total exits)" "/metrics: exits by reason are what the VMMs caused"
is "$(metric aegishv_ept_violations_total type)" "$(total faults)" "/metrics: faults by access are what the VMMs caused"
is "$(jq -cS .faults $share/stats.json)" "$(total faults)" "stats: faults by access are what the VMMs caused"
is "$(jq -cS '[.exits_total, .faults_total]' $share/snapshot.json)" \
	"$(jq -cS '[.exits_total, .faults_total]' $share/stats.json)" "snapshot and stats agree"
is "$(jq '[.[] | .exits] | length' $share/vms.json)" 0 "no VM is left"
is "$(jq -s 'map(select(.vm == "web-01")) | map(.vm_id) | unique' -c $share/all.jsonl)" "[1]" \
	"a VM has the name of its VMM"
is "$(jq -s 'map(select(.vm_id == 1)) | map(.vm) | unique' -c $share/all.jsonl)" '["web-01"]' "on every line"
is "$(jq -r .exit_events $share/config.json)" off "exit_events is what it was before the run"

PATH="${AEGISHV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aegishv}/tools:$PATH"
if command -v promtool >/dev/null; then
	ok "promtool accepts /metrics" sh -c "promtool check metrics <$share/metrics"
	ok "promtool accepts metrics --detailed" sh -c "promtool check metrics <$share/metrics.detailed"
else
	skip "promtool accepts /metrics" "no promtool here"
fi
done_testing
