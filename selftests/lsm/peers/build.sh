#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the modules of this directory into build/lsm/TAG.
#
# usage: build.sh TAG...     e.g. build.sh 6.1 6.12
set -euo pipefail
. "$(dirname "$0")/../../qemu/lib.sh"

[ $# -gt 0 ] || usage
for tag in "$@"; do
	kdir=$CACHE/$tag/build
	[ -e "$kdir/Makefile" ] || die "no headers of $tag in $CACHE; run selftests/qemu/fetch.sh $tag"
	say "modules of others for $tag"
	mkdir -p "$OUT/lsm/$tag"
	cp -asf "$TOP"/selftests/lsm/peers/*.c "$TOP/selftests/lsm/peers/Kbuild" "$OUT/lsm/$tag/"
	make_in "$kdir" M="$OUT/lsm/$tag" KCFLAGS=-Werror modules
done
