# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What W^X costs: the part of the benchmark that runs guests with wx=off, detect
# and enforce. One CPU, one instruction a nanosecond, "NAME VALUE..." a line into
# /share/results. wx.*.boot and wx.*.compile are instructions of the VMM's
# threads, guest included, from the kernel's first to its last.
set -eu
RUNS=3
EXITS=20000	# port writes in one run
PAGES=16384	# 64 MiB

result() { # NAME VALUE...
	echo "$*" | tee -a /share/results
}

fail() {
	echo "guest_wx.sh: $*" >&2
	exit 1
}

measure() { # NAME GUEST COUNT [OPTION]
	line=$1
	for _ in $(seq $RUNS); do
		line="$line $(./aegishv-vmm "$2" --count "$3" ${4:-} --time --json | sed 's/.*"ns_per_unit":\([0-9.]*\).*/\1/')"
	done
	result "$line"
}

exits() { # all that were counted; none without the module
	[ -e /sys/module/aegishv ] || return 0
	./ahvctl counters | awk '$1 == "exit" { n += $4 } END { printf "%.0f", n }'
}

# COMMANDS: typed into the guest's shell; $ran says for how long it ran
linux() {
	printf '%s\nreboot -f\n' "$1" >commands
	./aegishv-vmm linux --kernel vmlinuz --initrd guest-cc.gz --append quiet --time \
		<commands >console 2>end || fail "the guest ended badly: $(cat end)"
	ran=$(sed -n 's/.*ran for \([0-9]*\) ns/\1/p' end)
}

# MODE: once each, since one run takes billions
boot_and_compile() {
	before=$(exits)
	linux :
	boot=$ran
	grep -q '^guest: up' console || fail "the guest did not come to its shell"
	result "wx.$1.boot" "$boot"
	[ -z "$before" ] || result "wx.$1.boot_exits" $(($(exits) - before))
	linux 'cc1 -quiet -O2 -fpreprocessed /bin/compile.i -o /out.s; echo "compiled: $? $(wc -l </out.s)"'
	grep -q '^compiled: 0 [1-9]' console || fail "the guest compiled nothing: $(tail -n 3 console)"
	result "wx.$1.compile" $((ran - boot))
}

all_of() { # MODE
	measure "wx.$1.exit" portio $EXITS
	measure "wx.$1.touch64m" touchwrite $PAGES
	measure "wx.$1.touch64m_huge" touchwrite $PAGES --huge
	boot_and_compile "$1"
}

modprobe kvm-amd || fail "kvm-amd does not load"
rm -f /share/results
export AEGISHV_STATE_DIR=/tmp/state
mkdir -p $AEGISHV_STATE_DIR
all_of unloaded
insmod aegishv.ko ring_bytes=67108864 || fail "aegishv.ko does not load"
all_of off
./aegishv config set wx=detect || fail "wx=detect is refused"
all_of detect
# programs of users die, kernels are only told of
./aegishv config set wx=enforce wx_action=deny wx_scope=user || fail "wx=enforce is refused"
all_of enforce
./aegishv config set wx=detect wx_action=log wx_granularity=huge || fail "huge pages are refused"
all_of huge
./ahvctl counters | grep -E '^wx' || true
