#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Static checks of the kernel side. Each prints what is wrong and fails, or
# says what it checked.
#
# usage: lint.sh checkpatch | sparse | netlink | targets
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# kernel sources that somebody wrote, from the top
sources() {
	(cd "$TOP" && find kmod include/uapi/linux -name '*.[chS]' -o -name '*.def' |
		grep -v -e _gen -e '/[.]' | sort)
}

# Not errors outside the kernel tree: compat.h compares versions (that is its
# job); a macro that makes "[slot] = name" is no subscript.
checkpatch() {
	need perl
	local ignore=LINUX_VERSION_CODE,CONSTANT_COMPARISON,BRACKET_SPACE
	local tool=$CACHE/source-6.12/scripts/checkpatch.pl
	[ -r "$tool" ] || die "checkpatch.pl is not in the cache; run selftests/qemu/fetch.sh source-6.12"
	# shellcheck disable=SC2046
	(cd "$TOP" && perl "$tool" --no-tree --no-summary --terse --show-types \
		--color=never --max-line-length=100 --ignore "$ignore" -f $(sources)) || return 1
	echo "checkpatch: $(sources | wc -l) files are clean"
}

# A build of its own, so that an object made before does not hide its file.
# Only complaints about our files count: stock headers have some of their own.
sparse() {
	need sparse
	local d=$OUT/sparse log=$OUT/sparse.log
	rm -rf "$d"
	link_tree "$d"
	ln -sf "$TOP/Kbuild" "$d/Kbuild"
	make -C "$CACHE/6.1/build" M="$d" C=2 CF=-D__CHECK_ENDIAN__ modules >"$log" 2>&1 || {
		tail -30 "$log"
		return 1
	}
	grep -q 'CHECK .*/main.c' "$log" || { echo "sparse did not run, see $log"; return 1; }
	if grep -E "^$d/.*(warning|error):" "$log"; then
		return 1
	fi
	echo "sparse: $(grep -c '^  CHECK ' "$log") files are clean"
}

# The committed netlink code must be what the generator makes of the yaml.
netlink() {
	local tmp f
	tmp=$(mktemp -d)
	sh "$TOP/kmod/netlink_regen.sh" "$CACHE/source-6.12" "$tmp" || { rm -rf "$tmp"; return 1; }
	while read -r f; do
		diff -u "$TOP/$f" "$tmp/$f" || {
			rm -rf "$tmp"
			echo "$f differs from include/uapi/aegishv.yaml; run make regen"
			return 1
		}
	done < <(cd "$tmp" && find . -type f | sed 's|^./||')
	rm -rf "$tmp"
	echo "netlink: generated code is up to date"
}

# What make help names is there, and so is what it calls.
targets() {
	local t names said
	names=$(make -s -C "$TOP" help | sed -n 's/^  make \([a-z0-9-]*\)  .*/\1/p')
	[ "$names" ] || { echo "make help names no target"; return 1; }
	for t in $names; do
		said=$(make -C "$TOP" -n AEGISHV_NO_INSTALL=1 KDIR="$CACHE/6.1/build" "$t" 2>&1) || {
			echo "$said" | tail -n 5
			echo "make $t cannot work"
			return 1
		}
	done
	echo "targets: $(echo "$names" | wc -l) of make help are there"
}

case ${1:-} in
checkpatch | sparse | netlink | targets) "$1" ;;
*) usage ;;
esac
