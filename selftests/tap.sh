# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# TAP for test scripts in shell; a test sources it first: . tap.sh
# End with `done_testing`, so that a script that died in the middle is seen.
#
#   ok TEXT COMMAND...       passes when the command succeeds
#   fails TEXT COMMAND...    passes when it fails (but was found and ran)
#   is GOT WANT TEXT         passes when the two strings are equal
#   skip TEXT REASON         counts as skipped, with its reason
#   skip_all REASON          ends the script: nothing of it can run here
#   note TEXT...             for whoever reads the log
#   amount STOCK DEBUG LEAKS prints how much is to be done, by the machine: a
#                            debug kernel is slow, with kmemleak ten times more so
#   kernel_kib               prints what slab and vmalloc hold, in all; what is on
#                            its way to be freed goes first

tap_count=0
tap_failed=0

tap_result() { # ok|not TEXT
	tap_count=$((tap_count + 1))
	if [ "$1" = ok ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
	fi
}

note() {
	echo "$*" | sed 's/^/# /'
}

ok() {
	tap_text=$1
	shift
	if tap_out=$("$@" 2>&1); then
		tap_result ok "$tap_text"
	else
		tap_status=$?
		tap_result not "$tap_text"
		note "$* ended with $tap_status"
		note "$tap_out"
	fi
}

fails() {
	tap_text=$1
	shift
	tap_out=$("$@" 2>&1) && tap_status=0 || tap_status=$?
	if [ "$tap_status" -gt 0 ] && [ "$tap_status" -lt 126 ]; then
		tap_result ok "$tap_text"
	else
		tap_result not "$tap_text"
		note "$* ended with $tap_status, a failure from 1 to 125 was expected"
		note "$tap_out"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		tap_result ok "$3"
	else
		tap_result not "$3"
		note "got:  $1"
		note "want: $2"
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

amount() {
	case $KERNEL in
	debug) if [ -e /kmemleak ]; then echo "$3"; else echo "$2"; fi ;;
	*) echo "$1" ;;
	esac
}

kernel_kib() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(Slab|VmallocUsed|KernelStack|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}
