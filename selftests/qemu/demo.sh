#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The main job on this terminal: a stock Debian kernel in QEMU, aegishv.ko in
# it, real KVM guests, their exits and faults as JSON Lines, table and /metrics.
# Without a terminal the table is printed once, not live.
#
# usage: demo.sh      KERNEL=6.12 for another kernel than 6.1
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ $# = 0 ] || usage
tag=${KERNEL:-6.1}
here=$TOP/selftests/qemu
run=$OUT/run/demo

say "kernel $tag, module, program, guests"
"$here/fetch.sh" "$tag"
"$here/modules.sh" "$tag"
make -s --no-print-directory -C "$TOP/shim"
make -s --no-print-directory -C "$TOP/selftests/vmm" O="$OUT/vmm"

files=(-f "$OUT/$tag/aegishv.ko" -f "$OUT/shim/aegishv" -f "$OUT/vmm/aegishv-vmm"
	-f "$here/demo_guest.sh")
for f in /lib/terminfo/l/linux /usr/share/terminfo/l/linux; do
	[ -e "$f" ] && files+=(-f "$f:/lib/terminfo/l/linux") && break
done
tty=()
[ -t 0 ] && [ -t 1 ] && tty=(--tty)
say "booting Debian's $(cat "$CACHE/$tag/release") in QEMU, emulated"
"$here/run.py" -k "$tag" -n demo --timeout 300 "${tty[@]}" "${files[@]}" -- sh ./demo_guest.sh

say "what the machine left:"
wc -l "$run/share/events.jsonl"
wc -l "$run/share/metrics.txt"
