# SPDX-License-Identifier: GPL-2.0-or-later
# A stopped reader costs events, each of them counted: what is in the stream,
# what it says is missing and what the module numbered agree to the last one.
# layer: 4
# runs: host
# kernels: 6.1 6.12
. selftests/tap.sh
name=e2e-losses-$KERNEL
share=build/run/$name/share
E=selftests/e2e

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" \
	-f "build/$KERNEL/aegishv.ko" -f build/shim/aegishv -f build/vmm/aegishv-vmm \
	-f "$(command -v jq)" -f $E/lib.sh -f $E/losses_guest.sh -- 'sh losses_guest.sh'

is "$(cat $share/run.status)" 0 "the run ended with success"
$E/check_stream.py $share/events.jsonl >$share/stream.json
is $? 0 "every missing sequence number is told by a lost line"
ok "events were lost" jq -e '.lost.ring > 10000' $share/stream.json
ok "every line is valid by the schema" selftests/validate_jsonl.py schema/event.schema.json \
	$share/events.jsonl
is "$(jq '.lost.ring' $share/stream.json)" \
	"$(jq '.events_lost.telemetry + .events_lost.alert' $share/stats.json)" \
	"lost in the stream = lost in the module's rings"
is "$(jq '([.events[]] | add)' $share/stream.json)" \
	"$(jq -s '.[0].ring.records - (.[1] // 0)' $share/stats.json)" \
	"events in the stream = records in the module's rings"
is "$(jq '.events_lost.alert' $share/stats.json)" 0 "no alert was lost"
is "$(jq -s 'map(select(.type == "vm" and .event == "birth")) | length' $share/events.jsonl)" \
	"$(jq -s 'map(select(.type == "vm" and .event == "death")) | length' $share/events.jsonl)" \
	"each VM's birth and death is there"
ok "the replay of the recording is the same, byte by byte" cmp $share/events.jsonl $share/replay.jsonl
is "$(jq -s 'map(select(.type == "fault" and .ept.access == "write")) | length' $share/after.jsonl)" 20 \
	"after a reader was killed, the next one reads what the ring kept"
done_testing
