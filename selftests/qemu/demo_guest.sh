# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The demo, inside the machine: guests of which it is known what they do, the
# program that watches them, and then what it saw.
events=/share/events.jsonl
metrics=/share/metrics.txt
export TERM=linux TERMINFO=/lib/terminfo

title() {
	printf '\n\033[1m%s\033[0m\n' "$*"
}

modprobe kvm-amd || exit 1
title "uname -r; insmod aegishv.ko; aegishv health"
uname -r
insmod aegishv.ko || exit 1
aegishv health

guests() {
	aegishv-vmm load --name web-01 >/dev/null &
	while sleep 1; do
		aegishv-vmm portio --count 500 --name db-01
		aegishv-vmm wx --count 64 --name build-01
		aegishv-vmm touchwrite --count 200 --vcpus 2 --name cache-01
	done >/dev/null
}
guests &
guests=$!

watch() {
	aegishv run --jsonl "$events" --listen 127.0.0.1:9108 --exit-events sample:100 "$@"
}
scrape() {
	sleep 12
	wget -q -O "$metrics" http://127.0.0.1:9108/metrics
	wget -q -O /tmp/readyz http://127.0.0.1:9108/readyz
}
scrape &
title "aegishv run --jsonl events.jsonl --listen 127.0.0.1:9108 --exit-events sample:100"
if [ -t 1 ]; then
	watch --duration 15s || exit 1
	printf '\033[?25h\n'
else
	watch --quiet --duration 15s &
	run=$!
	sleep 13
	aegishv vm list
	aegishv stats
	wait "$run" || exit 1
fi
kill "$guests" "$(pidof aegishv-vmm)" 2>/dev/null

title "events.jsonl: $(wc -l <"$events") lines, some of each type"
for type in vm exit fault lost; do
	grep -m 3 "\"type\":\"$type\"" "$events"
done
title "/metrics"
grep -E '^aegishv_(vm_exits_total|ept_violations_total|events|ring|lost|build|vms)' "$metrics" | head -40
title "/readyz: $(cat /tmp/readyz)"
[ -s "$metrics" ] && grep -q '"type":"exit"' "$events" && grep -q '"type":"fault"' "$events"
