# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Names that every script of this directory shares; to be sourced.
# Exports TOP (the checkout), CACHE (downloads and kernels, outside the
# checkout, safe to delete) and OUT (build/, everything made from the checkout).

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${AEGISHV_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set: set AEGISHV_CACHE}/.cache}/aegishv}
OUT=$TOP/build

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

say() {
	echo "==> $*"
}

# need COMMAND...: each must be there
need() {
	local c
	for c in "$@"; do
		command -v "$c" >/dev/null ||
			die "$c is not installed; run selftests/qemu/install-packages.sh"
	done
}

# lock NAME: one process at a time below the cache, until this one ends
lock() {
	mkdir -p "$CACHE"
	exec 9>"$CACHE/.lock-$1"
	flock -n 9 || {
		say "waiting for another run that holds $CACHE/.lock-$1"
		flock 9
	}
}

# link_tree DEST: links to kmod/ and include/ below DEST; links whose source is gone are removed
link_tree() {
	mkdir -p "$1/kmod" "$1/include"
	find "$1" -xtype l -delete
	cp -asf "$TOP/kmod/." "$1/kmod/"
	cp -asf "$TOP/include/." "$1/include/"
}

# cross_args KDIR: make arguments where the kernel is not one for this machine
cross_args() {
	if grep -qs '^CONFIG_ARM64=y' "$1/.config" && [ "$(uname -m)" != aarch64 ]; then
		echo ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	fi
}

# kbuild_args KDIR: make arguments for external modules. Type information needs
# the kernel's own, and kbuild would say for each module that it is not there;
# Debian's headers name their compiler, those of the debug kernel do not.
kbuild_args() {
	cross_args "$1"
	[ -e "$1/vmlinux" ] || echo CONFIG_DEBUG_INFO_BTF_MODULES=
	! grep -q aegishv-debug "$1/include/generated/utsrelease.h" || echo CC=gcc-12
}

# make_in KDIR ARGUMENT...: make in a kernel's headers, with the compiler beside
# them where the cache has one
make_in() {
	local kdir=$1
	shift
	# shellcheck disable=SC2046
	PATH=${kdir%/*}/bin:$PATH make -s -C "$kdir" $(kbuild_args "$kdir") "$@"
}

# usage: shows the comment block at the top of the script
usage() {
	sed -n '3,/^[^#]/{ s/^# \{0,1\}//p }' "$0" >&2
	exit 2
}
