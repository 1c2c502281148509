#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the modules that tests and the benchmark bring along: selftests/lsm/peers
# into build/lsm/TAG, selftests/wx/attack into build/wx/TAG.
#
# usage: test-modules.sh TAG...     e.g. test-modules.sh 6.1 6.12
set -euo pipefail
. "$(dirname "$0")/lib.sh"

build() { # SOURCE DEST KDIR
	mkdir -p "$2"
	cp -asf "$1"/*.c "$1/Kbuild" "$2/"
	make_in "$3" M="$2" KCFLAGS=-Werror modules
}

[ $# -gt 0 ] || usage
for tag in "$@"; do
	kdir=$CACHE/$tag/build
	[ -e "$kdir/Makefile" ] || die "no headers of $tag in $CACHE; run selftests/qemu/fetch.sh $tag"
	say "modules of the tests for $tag"
	build "$TOP/selftests/lsm/peers" "$OUT/lsm/$tag" "$kdir"
	build "$TOP/selftests/wx/attack" "$OUT/wx/$tag" "$kdir"
done
