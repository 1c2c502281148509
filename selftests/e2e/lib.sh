# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For scripts in the test machine: starting and stopping `aegishv run`, and
# waiting for things to come true without counting on how long they take.

URL=http://127.0.0.1:9108

# wait_for TEXT COMMAND...: at most two minutes; says what it waited for in vain
wait_for() {
	what=$1
	shift
	i=0
	until "$@" >/dev/null 2>&1; do
		i=$((i + 1))
		if [ $i -gt 600 ]; then
			echo "waited in vain for $what" >&2
			return 1
		fi
		sleep 0.2
	done
}

load_module() {
	modprobe kvm-amd && insmod aegishv.ko "$@"
}

get() { # PAGE
	wget -q -O - "$URL/$1"
}

start_run() { # ARGUMENT...; its process is $run
	aegishv run --quiet --listen 0.0.0.0:9108 "$@" &
	run=$!
	wait_for "the server" get healthz
}

stop_run() {
	kill -TERM "$run"
	wait "$run"
}

# What was read so far has been written: nothing waits in a ring.
drained() {
	[ "$(aegishv stats --json | jq .ring.used_bytes)" = 0 ]
}
