# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that goes on, to be scraped from outside until somebody says stop.
. ./lib.sh
load_module || exit 1
start_run --jsonl /share/events.jsonl || exit 1
aegishv-vmm load --name web-01 >/dev/null &
vmm=$!
touch /share/started
wait_for "the end of the test" test -e /share/stop
kill $vmm
stop_run
