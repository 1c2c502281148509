#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the KUnit suites of kmod/tests: build/kunit/TAG/aegishv_kunit.ko, and
# beside it kunit.ko: the kernel's own where it has that module; for kernels
# configured without KUnit from the lib/kunit of the same kernel's source
# package, as an external module.
#
# usage: kunit.sh TAG... [-- MAKE-ARGUMENT...]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

OOT=$TOP/selftests/qemu/kunit_oot.h

has_kunit() {
	grep -q '^CONFIG_KUNIT=' "$CACHE/$1/build/.config"
}

# core_sources TAG DEST: lib/kunit without its own tests and without what
# needs symbols that this kernel does not export
core_sources() {
	local src=$CACHE/source-${1%-arm64}/lib/kunit f
	[ -d "$src" ] || die "no source of $1 in $CACHE; run selftests/qemu/fetch.sh source-${1%-arm64}"
	mkdir -p "$2"
	cp -p "$src"/*.h "$2"
	for f in "$src"/*.c; do
		case ${f##*/} in
		*-test.c | *_test.c | user_alloc.c) ;;
		*) cp -p "$f" "$2" ;;
		esac
	done
	# the loader's list of suites, in struct module, is not there: nobody looks for one
	sed -i -e '/^static void kunit_module_init/,/^};/d' -e '/unregister_module_notifier/d' \
		-e 's/return register_module_notifier(.*)/return 0/' \
		-e 's/current->kunit_test/kunit_current_test/' "$2"/*.c
	(cd "$2" && echo "obj-m := kunit.o" && printf 'kunit-y +=' &&
		printf ' %s.o' $(basename -s .c ./*.c)) >"$2/Kbuild"
}

build_core() {
	local d=$OUT/kunit/$1/core stamp
	stamp="$(cat "$CACHE/$1/release" "$CACHE/source-${1%-arm64}/.stamp") $(sha256sum <"$OOT")"
	[ "$(cat "$d/stamp" 2>/dev/null)" = "$stamp" ] && [ -e "$d/kunit.ko" ] && return
	rm -rf "$d"
	core_sources "$1" "$d"
	make_in "$CACHE/$1/build" M="$d" KCFLAGS="-include $OOT" modules
	echo "$stamp" >"$d/stamp"
	cp "$d/kunit.ko" "$OUT/kunit/$1/kunit.ko"
}

copy_core() {
	local ko
	ko=$(find "$CACHE/$1/root/lib/modules" -name kunit.ko)
	mkdir -p "$OUT/kunit/$1"
	[ -z "$ko" ] || cp "$ko" "$OUT/kunit/$1/kunit.ko"
}

# since 7.x, at the latest, who tells KUnit of suites says whether they shall run
runs_when_told() {
	! grep -q 'bool run_tests' "$CACHE/source-${1%-arm64}/include/kunit/test.h" || echo -DKUNIT_RUNS_WHEN_TOLD
}

build_suites() {
	local tag=$1 d=$OUT/kunit/$1/suites flags=()
	shift
	link_tree "$d"
	ln -sf "$TOP/kmod/tests/Kbuild" "$d/Kbuild"
	has_kunit "$tag" || flags=(KUNIT_CCFLAGS="-include $OOT $(runs_when_told "$tag")"
		KBUILD_EXTRA_SYMBOLS="$OUT/kunit/$tag/core/Module.symvers")
	make_in "$CACHE/$tag/build" M="$d" \
		KCFLAGS=-Werror "${flags[@]}" "$@" modules
	cp "$d/aegishv_kunit.ko" "$OUT/kunit/$tag/"
}

tags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	tags+=("$1")
	shift
done
[ $# -gt 0 ] && shift
[ ${#tags[@]} -gt 0 ] || usage
for tag in "${tags[@]}"; do
	[ -e "$CACHE/$tag/build" ] || die "no headers of $tag in $CACHE; run selftests/qemu/fetch.sh $tag"
	say "KUnit suites for $tag"
	if has_kunit "$tag"; then copy_core "$tag"; else build_core "$tag"; fi
	build_suites "$tag" "$@"
done
