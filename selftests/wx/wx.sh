# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of W^X share: the module with somebody who reads its events.

events=/tmp/events.jsonl
kept=/dev/null		# lines of W^X that are forgotten go here

watch_events() {
	: >$events
	./aegishv run --quiet --listen none --proc-events off --jsonl $events >/tmp/run.out 2>&1 &
	reader=$!
	until [ "$(./aegishv health | grep -c 'events are read')" = 1 ]; do
		kill -0 $reader || return 1
		usleep 100000
	done
}

# Everything that was written until now has been read, or does not come.
settle() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		./ahvctl rings | grep -qv ' used 0 ' || break
		usleep 100000
	done
	usleep 300000
}

forget() {
	settle
	grep '"type":"wx"' $events >>$kept
	: >$events
}

lines() { # RULE: how many
	settle
	grep -c "\"type\":\"wx\".*\"rule\":\"$1\"" $events
}

all_lines() {
	settle
	grep -c '"type":"wx"' $events
}

# GPAs of a rule, in order, in one line
gpas() { # RULE
	settle
	grep "\"rule\":\"$1\"" $events | sed 's/.*"gpa":"\([^"]*\)".*/\1/' | tr '\n' ' '
}

field() { # RULE NAME: of the first line, of the access itself
	settle
	grep "\"rule\":\"$1\"" $events | head -n 1 | grep -o "\"$2\":\"\{0,1\}[^,\"}]*" | head -n 1 |
		sed "s/.*://; s/\"//"
}

count() { # NAME: of the counter kind wx, since load
	./ahvctl counters | awk -v n="$1" '$1 == "wx" && $3 == n { print $4 }'
}

vmm() {
	timeout 120 ./aegishv-vmm "$@" >/tmp/vmm.out 2>&1
}

stop_events() {
	kill $reader
	wait $reader
}

add_to() { # RAMDISK FILE...: prints a RAM disk that has them in /bin, too
	ramdisk=$1
	shift
	mkdir -p extra/bin
	cp "$@" extra/bin
	(cd extra && find . | busybox cpio -o -H newc 2>/dev/null) | gzip | cat "$ramdisk" -
}
