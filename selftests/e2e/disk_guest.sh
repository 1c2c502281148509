# SPDX-License-Identifier: GPL-2.0-or-later
# The disk is full while events come: to /share.
. ./lib.sh
load_module || exit 1
aegishv config set proc_events=off || exit 1
mkdir -p /small
mount -t tmpfs -o size=512k small /small || exit 1

start_run --jsonl /small/events.jsonl --exit-events full 2>/share/run.err || exit 1
aegishv-vmm portio -n 15000 >/dev/null || exit 1
wait_for "empty rings" drained
get metrics >/share/metrics.full || exit 1
get healthz >/share/healthz || exit 1

mount -o remount,size=64m /small || exit 1
output_works() { get metrics | grep -q '^aegishv_output_dropped_total' && aegishv-vmm portio -n 10 >/dev/null &&
	tail -c 1000000 /small/events.jsonl | grep -q '"source":"output"'; }
wait_for "room on the disk to be used" output_works
wait_for "empty rings" drained
stop_run
echo $? >/share/run.status
cp /small/events.jsonl /share/
aegishv stats --json >/share/stats.json
