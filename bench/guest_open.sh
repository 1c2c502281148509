# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The part of the benchmark about opening files; runs as guest.sh does, in a
# machine of its own: "NAME VALUE..." a line, a value for each run, instructions
# for one open and close (or one denied open, one stat, one getppid).
set -eu
RUNS=3
COUNT=20000
DENIED=20000
FILE=/tmp/file
FILE_MODE=9	# attribute of config-set

fail() {
	echo "guest_open.sh: $*" >&2
	exit 1
}

measure() { # NAME LOOP [COUNT]
	line=$1
	for _ in $(seq $RUNS); do
		line="$line $(./ahvopen "$2" $FILE "${3:-$COUNT}" | cut -d' ' -f2)"
	done
	echo "$line" | tee -a /share/results
}

on_cpu() { # PID: nanoseconds that all its threads ran
	cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'
}

drained() { # until the reader has read all
	until ./nltool rings | grep -q ' used 0$'; do
		kill -0 $shim || fail "aegishv run ended: $(cat shim.out)"
		sleep 1
	done
	sleep 1
}

starts() { # PROGRAM...: in the background, and has said "attached": pid in $peer
	: >peer.out
	"$@" >>peer.out 2>&1 &
	peer=$!
	until grep -q attached peer.out; do
		kill -0 $peer || fail "$*: $(cat peer.out)"
		sleep 1
	done
}

ends() {
	kill $peer
	wait $peer || true
}

load() { # HOOK
	insmod aegishv.ko hook="$1" ring_bytes=67108864 || fail "aegishv.ko does not load"
	./nltool info | grep -q "^hook security_file_open attached $1 " ||
		fail "hook=$1: $(./nltool info | grep security_file_open)"
}

rules() { # ahvrule's words
	./ahvrule reset "$@" || fail "ahvrule $*"
}

bare() {
	measure open.bare open
	measure stat.bare stat
	measure getppid.bare getppid
}

ours() {
	for how in kprobe ftrace; do
		load $how
		rules inode /tmp/elsewhere/denied
		./nltool set $FILE_MODE 1
		measure open.$how.1 open
		./nltool set $FILE_MODE 0
		rmmod aegishv
	done
	load direct
	./nltool set $FILE_MODE 1
	rules inode /tmp/elsewhere/denied
	measure open.direct.1 open
	measure stat.direct stat
	measure getppid.direct getppid
	rules inodes 1000 $FILE
	measure open.direct.1000 open
	rules paths 1000 /tmp/elsewhere
	measure open.direct.path.1000 open
	rules inodes 1000000 $FILE
	measure open.direct.1000000 open
	./nltool set $FILE_MODE 0
	rules
	rmmod aegishv
	measure open.unloaded open
}

# What a denied open costs: its caller, and who reads and writes the event, on
# the same CPU.
ours_denied() {
	load direct
	rules inode $FILE
	./nltool set $FILE_MODE 1
	measure denied.ring denied 5000
	./aegishv run --quiet --listen none --proc-events off --enforce \
		--enforce-signal none --jsonl /tmp/events.jsonl >shim.out 2>&1 &
	shim=$!
	drained
	line=denied.json
	for _ in $(seq $RUNS); do
		since=$(on_cpu $shim)
		each=$(./ahvopen denied $FILE $DENIED | cut -d' ' -f2)
		during=$(on_cpu $shim)
		drained
		line="$line $(awk "BEGIN { printf \"%.1f\", $each + ($(on_cpu $shim) - $during) / ($DENIED * 9 / 8) }")"
		[ "$since" != "$during" ] || echo "the reader did not run meanwhile"
	done
	echo "$line" | tee -a /share/results
	./nltool rings | grep -q ' lost 0 ' || fail "the ring was too small: $(./nltool rings)"
	./nltool set $FILE_MODE 0
	kill $shim
	wait $shim || fail "aegishv run ended with $?: $(cat shim.out)"
	written=$(grep -c '"type":"block"' /tmp/events.jsonl)
	[ "$written" -ge $((RUNS * DENIED)) ] || fail "only $written JSON Lines"
	rm /tmp/events.jsonl
	rmmod aegishv
}

peers() {
	starts ./ahvbpf deny
	measure open.bpf_lsm.hash open
	ends
	starts ./ahvbpf deny $FILE
	measure denied.bare denied
	ends
	insmod ahv_kretprobe.ko ino=1 dev=0 || fail "ahv_kretprobe.ko does not load"
	measure open.kretprobe open
	rmmod ahv_kretprobe
	starts ./ahvfan /tmp
	measure open.fanotify open
	ends
}

mkdir -p /tmp/elsewhere
echo x >$FILE
echo x >/tmp/elsewhere/denied
rm -f /share/results
bare
ours
ours_denied
peers
