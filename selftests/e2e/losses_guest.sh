# SPDX-License-Identifier: GPL-2.0-or-later
# A reader that is stopped while guests run, and goes on: to /share.
. ./lib.sh
load_module || exit 1
aegishv config set ring_bytes=64K watermark_bytes=16K proc_events=off || exit 1

start_run --jsonl /share/events.jsonl --record /share/events.rec --exit-events full || exit 1
aegishv-vmm portio -n 500 >/dev/null || exit 1
for i in 1 2 3; do
	kill -STOP "$run"
	aegishv-vmm portio -n 15000 -c 2 --json >>/share/truth.jsonl || exit 1
	kill -CONT "$run"
	wait_for "empty rings" drained
	aegishv-vmm portio -n 100 >/dev/null || exit 1
done
# No record comes after this loss: the program itself has to tell it.
kill -STOP "$run"
aegishv-vmm portio -n 15000 -c 2 >/dev/null || exit 1
kill -TERM "$run"
kill -CONT "$run"
wait "$run"
echo $? >/share/run.status
aegishv stats --json --detailed >/share/stats.json
aegishv run --quiet --replay /share/events.rec --jsonl /share/replay.jsonl || exit 1

# A reader that is killed loses nothing that the ring still holds.
aegishv run --quiet --listen none --jsonl /share/killed.jsonl --exit-events off &
run=$!
wait_for "the reader" grep -q . /share/killed.jsonl
kill -KILL "$run"
wait "$run"
aegishv-vmm touchwrite -n 20 >/dev/null || exit 1
aegishv run --quiet --listen none --jsonl /share/after.jsonl --duration 1s || exit 1
