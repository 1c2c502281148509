#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds aegishv.ko for kernels of the cache, each in a directory of its own:
# build/TAG holds symbolic links to Kbuild, kmod/ and include/ and what kbuild
# makes of them, so that kernels do not clash and the checkout stays clean.
#
# usage: modules.sh TAG... [-- MAKE-ARGUMENT...]     e.g. modules.sh 6.1 6.12 -- W=1
set -euo pipefail
. "$(dirname "$0")/lib.sh"

build_for() {
	local tag=$1
	shift
	[ -e "$CACHE/$tag/build" ] || die "no headers of $tag in $CACHE; run selftests/qemu/fetch.sh $tag"
	link_tree "$OUT/$tag"
	ln -sf "$TOP/Kbuild" "$OUT/$tag/Kbuild"
	# what was built against headers that have been replaced since is void
	if ! cmp -s "$CACHE/$tag/release" "$OUT/$tag/.release"; then
		make -s -C "$CACHE/$tag/build" M="$OUT/$tag" clean
		cp "$CACHE/$tag/release" "$OUT/$tag/.release"
	fi
	make -s -C "$CACHE/$tag/build" M="$OUT/$tag" "$@" modules
}

tags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	tags+=("$1")
	shift
done
[ $# -gt 0 ] && shift
[ ${#tags[@]} -gt 0 ] || { sed -n '7s/^# //p' "$0" >&2; exit 2; }
[ -e "$TOP/Kbuild" ] || die "$TOP/Kbuild is missing"
for tag in "${tags[@]}"; do
	say "aegishv.ko for $tag ($(cat "$CACHE/$tag/release" 2>/dev/null))"
	build_for "$tag" "$@"
done
