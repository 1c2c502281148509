# SPDX-License-Identifier: GPL-2.0-or-later
# Runs guests under `aegishv run`, rotates its file, replays its recording.
# Results to /share; t_events.sh judges them outside.
. ./lib.sh
load_module || exit 1

start_run --jsonl /share/events.jsonl --record /share/events.rec --exit-events full || exit 1
aegishv run --jsonl /share/second.jsonl 2>/share/second.err
echo $? >/share/second.status

: >/share/truth.jsonl
vmm() {
	aegishv-vmm --json "$@" >/share/one.json || exit 1
	cat /share/one.json >>/share/truth.jsonl
}
vmm portio -n 1000 --name web-01
vmm cpuid -n 700
vmm touchwrite -n 60
vmm touchread -n 40
vmm wx -n 25
vmm mmio -n 30 -c 2

wait_for "empty rings" drained
mv /share/events.jsonl /share/events.jsonl.1
kill -HUP "$run"
wait_for "the new file" test -e /share/events.jsonl
vmm hypercall -n 50
wait_for "empty rings" drained

get metrics >/share/metrics
get readyz >/share/readyz
wget -q -O - "$URL/nothing" >/dev/null 2>&1
echo $? >/share/notfound.status
aegishv stats --json >/share/stats.json
aegishv snapshot --out /share/snapshot.json || exit 1
aegishv metrics --detailed --out /share/metrics.detailed || exit 1
aegishv vm list --json >/share/vms.json
stop_run
echo $? >/share/run.status

aegishv run --quiet --replay /share/events.rec --jsonl /share/replay.jsonl || exit 1
aegishv health >/share/health
aegishv config get --json >/share/config.json
