#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds aegishv.ko for kernels of the cache, each in a directory of its own:
# build/TAG holds symbolic links to Kbuild, kmod/ and include/ and what kbuild
# makes of them, so that kernels do not clash and the checkout stays clean.
#
# The tag "host" is the kernel of this machine (KDIR, by default its headers);
# for all others a warning, W=1 included, is an error.
#
# usage: modules.sh TAG... [-- MAKE-ARGUMENT...]     e.g. modules.sh 6.1 6.12
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# kdir_of TAG: where its headers are
kdir_of() {
	local kdir=$CACHE/$1/build
	if [ "$1" = host ]; then
		kdir=${KDIR:-/lib/modules/$(uname -r)/build}
		[ -e "$kdir/Makefile" ] ||
			die "no kernel headers in $kdir; install linux-headers-$(uname -r) or set KDIR"
	fi
	[ -e "$kdir/Makefile" ] || die "no headers of $1 in $CACHE; run selftests/qemu/fetch.sh $1"
	echo "$kdir"
}

build_for() {
	local tag=$1 kdir release
	shift
	kdir=$(kdir_of "$tag")
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kdir/include/generated/utsrelease.h")
	say "aegishv.ko for $tag ($release)"
	link_tree "$OUT/$tag"
	ln -sf "$TOP/Kbuild" "$OUT/$tag/Kbuild"
	# what was built against headers that have been replaced since is void
	if [ "$kdir $release" != "$(cat "$OUT/$tag/.release" 2>/dev/null)" ]; then
		make_in "$kdir" M="$OUT/$tag" clean
		echo "$kdir $release" >"$OUT/$tag/.release"
	fi
	[ "$tag" = host ] || set -- W=1 KCFLAGS=-Werror "$@"
	make_in "$kdir" M="$OUT/$tag" "$@" modules
}

tags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	tags+=("$1")
	shift
done
[ $# -gt 0 ] && shift
[ ${#tags[@]} -gt 0 ] || usage
[ -e "$TOP/Kbuild" ] || die "$TOP/Kbuild is missing"
for tag in "${tags[@]}"; do
	build_for "$tag" "$@"
done
