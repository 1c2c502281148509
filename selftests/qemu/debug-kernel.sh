#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the debug kernel (debug.config over tinyconfig, Debian's 6.12 source)
# into the cache, where it looks like a fetched one: $CACHE/debug/{vmlinuz,
# build,root,release}. Built again only when the configuration or the source
# package changes. About 12 minutes on two idle cores, once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

HERE=$TOP/selftests/qemu
SRC=$CACHE/fullsource-6.12
DEST=$CACHE/debug
JOBS=${JOBS:-$(nproc)}
export KBUILD_BUILD_TIMESTAMP='2026-01-01' KBUILD_BUILD_USER=aegishv KBUILD_BUILD_HOST=aegishv

kmake() {
	nice make -s -C "$SRC" O="$DEST.new/build" CC=gcc-12 HOSTCC=gcc-12 -j"$JOBS" "$@"
}

# A line of the fragment that kconfig dropped would silently test less.
check_config() {
	local line name bad=0
	while read -r line; do
		case $line in
		CONFIG_*=n) name=${line%=n}; ! grep -q "^$name=" "$1" ;;
		CONFIG_*) grep -qxF -- "$line" "$1" ;;
		"# CONFIG_"*" is not set") name=${line#\# }; ! grep -q "^${name%% *}=" "$1" ;;
		*) true ;;
		esac || {
			echo "debug.config asks for '$line', kconfig made it: $(
				name=${line#\# }; name=${name%%[ =]*}
				grep -E "^(# )?${name}[ =]" "$1" || echo absent)" >&2
			bad=1
		}
	done <"$HERE/debug.config"
	return $bad
}

configure() {
	mkdir -p "$DEST.new/build"
	kmake tinyconfig >/dev/null
	cat "$HERE/debug.config" >>"$DEST.new/build/.config"
	kmake olddefconfig >/dev/null 2>&1
	check_config "$DEST.new/build/.config" || die "mend selftests/qemu/debug.config"
}

compile() {
	say "building the debug kernel with $JOBS jobs, log in $DEST.new/build.log (about 12 minutes, once)"
	kmake bzImage modules >"$DEST.new/build.log" 2>&1 || {
		tail -20 "$DEST.new/build.log" >&2
		die "the debug kernel does not build"
	}
}

install_kernel() {
	local rel
	rel=$(cat "$DEST.new/build/include/config/kernel.release")
	kmake INSTALL_MOD_PATH="$DEST.new/root" DEPMOD=true modules_install >/dev/null
	rm -f "$DEST.new/root/lib/modules/$rel/build" "$DEST.new/root/lib/modules/$rel/source"
	depmod -b "$DEST.new/root" "$rel"
	cp "$DEST.new/build/arch/x86/boot/bzImage" "$DEST.new/vmlinuz"
	echo "$rel" >"$DEST.new/release"
	# built tree: only what a module build and symbol look-up read stays
	find "$DEST.new/build" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \) \
		-not -path '*/scripts/*' -not -path '*/tools/*' -delete
}

need make gcc-12 flex bison bc depmod
"$HERE/fetch.sh" fullsource-6.12
lock debug-kernel
stamp="$DEST $(cat "$SRC/.stamp") $(sha256sum <"$HERE/debug.config")"
[ "$(cat "$DEST/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
rm -rf "$DEST.new"
configure
[ "${1:-}" = --config-only ] && exit 0
compile
install_kernel
rm -rf "$DEST"
mv "$DEST.new" "$DEST"
# the build directory knows its own place
sed -i "s|$DEST.new|$DEST|g" "$DEST/build/Makefile"
echo "$stamp" >"$DEST/stamp"
say "debug is $(cat "$DEST/release") in $DEST"
