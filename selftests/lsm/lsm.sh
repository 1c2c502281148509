# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the tests of file rules share.

# attributes of config-set
FILE_MODE=9
DENY_MODE=14

enforce() { nltool set $FILE_MODE 1; }
audit() { nltool set $FILE_MODE 0; }
healthy() { nltool info | grep -q '^healthy 1'; }

hook() { # FUNCTION: state, back end, errno, reason
	nltool info | sed -n "s/^hook $1 //p"
}

load() { # HOOK [PARAMETER...]: the module, a denied file /tmp/f, enforce
	how=$1
	shift
	insmod aegishv.ko hook="$how" "$@" && ahvrule reset inode /tmp/f >/dev/null && enforce
}

unload() {
	audit && rmmod aegishv
}

denies() { # that /tmp/f is denied and /tmp/other is not
	[ "$(ahvfile open /tmp/f)" = EPERM ] && [ "$(ahvfile open /tmp/other)" = ok ]
}

# PROGRAM...: started, and has said "attached": pid in $other; not by ok, which
# would keep that to itself
other_starts() {
	rm -f other.out
	"$@" >other.out 2>&1 &
	other=$!
	until grep -q attached other.out; do
		kill -0 $other 2>/dev/null || return 1
		usleep 10000
	done
}

other() { # TEXT PROGRAM...
	other_text=$1
	shift
	if other_starts "$@"; then
		tap_result ok "$other_text"
	else
		tap_result not "$other_text"
		note "$(cat other.out)"
	fi
}

other_ends() {
	kill -TERM $other
	wait $other 2>/dev/null
	true
}

echo secret >/tmp/f
echo other >/tmp/other
