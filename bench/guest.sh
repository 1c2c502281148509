# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# The half of the benchmark that runs in QEMU, one CPU, one instruction a
# nanosecond: "NAME VALUE..." a line into /share/results, a value for each run,
# in instructions a unit of the guest's work.
set -eu
T=/sys/kernel/tracing
RUNS=3
EXITS=20000	# port writes in one run
LIVE=60000	# port writes with a reader on the same CPU
FAULTS=5000	# pages touched in one run

field() { # NAME: of the JSON line that aegishv-vmm printed
	sed "s/.*\"$1\":\([0-9.]*\).*/\1/"
}

measure() { # NAME GUEST COUNT
	line=$1
	for _ in $(seq $RUNS); do
		line="$line $(./aegishv-vmm "$2" --count "$3" --time --json | field ns_per_unit)"
	done
	echo "$line" | tee -a /share/results
}

on_cpu() { # PID: nanoseconds that all its threads ran
	cat /proc/"$1"/task/*/schedstat | awk '{ n += $1 } END { printf "%.0f", n }'
}

# A reader on the same CPU: what the guest took until its end, reader included,
# and what the reader still ran after that, until DRAINED succeeds.
measure_with_reader() { # NAME READER_PID DRAINED
	line=$1
	for _ in $(seq $RUNS); do
		ns=$(./aegishv-vmm portio --count $LIVE --time --json | field ns)
		then=$(on_cpu "$2")
		until $3; do sleep 1; done
		now=$(on_cpu "$2")
		line="$line $(awk "BEGIN { printf \"%.1f\", ($ns + $now - $then) / $LIVE }")"
	done
	echo "$line" | tee -a /share/results
}

pipe_empty() {
	grep -q '^entries: 0$' $T/per_cpu/cpu0/stats
}

rings_empty() {
	./ahvctl rings | grep -q ' used 0 '
}

fail() {
	echo "guest.sh: $*" >&2
	exit 1
}

bare() {
	measure exit.bare portio $EXITS
	measure cpuid.bare cpuid $EXITS
	measure fault.bare touchread $FAULTS
}

ours() {
	insmod aegishv.ko ring_bytes=67108864 || fail "aegishv.ko does not load"
	measure exit.counted portio $EXITS
	measure cpuid.counted cpuid $EXITS
	measure fault.ring touchread $FAULTS
	./ahvctl set exit-events=all
	measure exit.ring portio $EXITS
	measure cpuid.ring cpuid $EXITS
	./ahvctl set exit-events=full counters=all
	measure exit.ring_full portio $EXITS
	./ahvctl rings | grep -q ' lost 0 0 ' || fail "the ring was too small: $(./ahvctl rings)"
	./ahvctl set exit-events=off counters=exits
}

# All detectors on, none of which has anything to tell, and all off again.
detecting() {
	export AEGISHV_STATE_DIR=/tmp/state
	mkdir -p $AEGISHV_STATE_DIR
	./aegishv policy apply detect.conf --reset || fail "detectors cannot be turned on"
	measure exit.detect portio $EXITS
	measure cpuid.detect cpuid $EXITS
	measure fault.detect touchread $FAULTS
	./ahvctl counters | grep -q '^detect' && fail "a detector fired: $(./ahvctl counters)"
	echo version=1 >none.conf
	./aegishv policy apply none.conf --reset || fail "detectors cannot be turned off"
	measure exit.detect_off portio $EXITS
}

ours_live() {
	./aegishv run --quiet --listen none --proc-events off --exit-events all --jsonl /tmp/events.jsonl &
	shim=$!
	sleep 2
	measure_with_reader exit.jsonl_live $shim rings_empty
	kill $shim
	wait $shim || fail "aegishv run ended with $?"
	written=$(wc -l </tmp/events.jsonl)
	[ "$written" -gt $((RUNS * LIVE)) ] || fail "only $written JSON Lines for $((RUNS * LIVE)) exits"
	rm /tmp/events.jsonl
	rmmod aegishv
	measure exit.unloaded portio $EXITS
}

peers() {
	echo 65536 >$T/buffer_size_kb
	echo 1 >$T/events/kvm/kvm_page_fault/enable
	measure fault.tracefs_kvm_page_fault touchread $FAULTS
	echo 0 >$T/events/kvm/enable
	echo 1 >$T/events/kvm/kvm_exit/enable
	measure exit.tracefs_kvm_exit portio $EXITS
	echo 1 >$T/events/kvm/enable
	measure exit.tracefs_kvm_all portio $EXITS
	echo 0 >$T/events/kvm/enable
	echo >$T/trace
	echo 1 >$T/events/kvm/kvm_exit/enable
	cat $T/trace_pipe >/dev/null &
	measure_with_reader exit.tracefs_tailed $! pipe_empty
	kill $!
}

[ -d $T/events ] || mount -t tracefs tracefs $T
modprobe kvm-amd || fail "kvm-amd does not load"
rm -f /share/results
bare
ours
detecting
ours_live
peers
