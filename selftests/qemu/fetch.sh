#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Brings Debian's kernels into the cache, without installing anything and
# without root: image, modules, headers ready for `make -C`, and parts of the
# source package. Uses the mirror that this machine's apt already uses, with
# apt's signature checks, and a private apt state below the cache.
#
# usage: fetch.sh [--refresh] WHAT...
#   6.1 | 6.12              image and headers -> $CACHE/TAG/{vmlinuz,root,build,release}
#   newest                  the newest that Debian has for its stable release, with the
#                           compiler that its headers want -> $CACHE/newest/bin
#   6.12-arm64              likewise, for building and running on amd64, with a busybox
#   source-6.1 | source-6.12 | source-newest
#                           what the tests need of the source -> $CACHE/source-TAG
#   prometheus              prometheus and promtool -> $CACHE/tools (installing the
#                           package would start a server)
#   fullsource-6.12         the whole tree, for the debug kernel -> $CACHE/fullsource-TAG
# What is there is kept; once a day, or with --refresh, apt is asked whether
# the metapackage has moved on, and then the new version replaces the old.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

HOST_ARCH=$(dpkg --print-architecture)
ARCH=$HOST_ARCH
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
NEWEST=trixie	# its backports have the kernel, itself what that kernel is built with
# Parts of linux-source that ordinary runs use: KUnit, checkpatch; ynl is 6.12's.
PARTS=(lib/kunit include/kunit scripts/checkpatch.pl scripts/spelling.txt
	scripts/const_structs.checkpatch)
YNL_PARTS=(tools/net/ynl Documentation/netlink)

retry() {
	local try
	for try in 1 2 3 4; do
		"$@" && return 0
		[ $try = 4 ] || {
			say "failed (attempt $try of 4), trying again: $*"
			sleep $((try * 3))
		}
	done
	return 1
}

# mirror_of SUITE...: the URI that apt uses for the first suite that it knows
mirror_of() {
	local suite uri
	for suite in "$@"; do
		uri=$(env -u APT_CONFIG apt-get indextargets --no-release-info \
			--format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
			awk -v s="$suite" '$1 == s { print $2; exit }')
		[ -n "$uri" ] && { echo "$uri"; return; }
	done
	return 1
}

# write_sources NAME: sources.list of the suites that NAME's kernel comes from
write_sources() {
	local host main sec
	host=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	main=$(mirror_of bookworm "$host") ||
		die "apt has no source for bookworm or $host; add one to /etc/apt/sources.list.d"
	[ -r "$KEYRING" ] || die "$KEYRING is missing; install debian-archive-keyring"
	case $1 in
	stable*)
		echo "deb [signed-by=$KEYRING] $main bookworm main"
		if sec=$(mirror_of bookworm-security "$host-security"); then
			echo "deb [signed-by=$KEYRING] $sec bookworm-security main"
		fi
		;;
	backports*)
		echo "deb [signed-by=$KEYRING] $main bookworm-backports main"
		;;
	newest)
		echo "deb [signed-by=$KEYRING] $main $NEWEST main"
		echo "deb [signed-by=$KEYRING] $main $NEWEST-backports main"
		;;
	esac
}

# apt_state NAME: APT_CONFIG for a private apt that keeps only how the machine
# reaches its mirrors (proxies, tolerances) from the machine's configuration
apt_state() {
	local d=$CACHE/apt/$1
	mkdir -p "$d/lists/partial" "$d/cache/archives/partial" "$d/none"
	: >"$d/status"
	write_sources "$1" >"$d/sources.list.new"
	cmp -s "$d/sources.list.new" "$d/sources.list" || rm -f "$d/updated"
	mv "$d/sources.list.new" "$d/sources.list"
	env -u APT_CONFIG apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' >"$d/apt.conf"
	cat >>"$d/apt.conf" <<-EOF
		Dir::Etc::Main "/dev/null";
		Dir::Etc::Parts "$d/none";
		Dir::Etc::PreferencesParts "$d/none";
		Dir::Etc::SourceList "$d/sources.list";
		Dir::Etc::SourceParts "$d/none";
		Dir::State "$d";
		Dir::State::Lists "$d/lists";
		Dir::State::Status "$d/status";
		Dir::Cache "$d/cache";
		APT::Architecture "$ARCH";
		APT::Architectures { "$ARCH"; "$HOST_ARCH"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Retries "3";
	EOF
	[ "$1" != newest ] || echo "APT::Default-Release \"$NEWEST-backports\";" >>"$d/apt.conf"
	export APT_CONFIG=$d/apt.conf
	lists_are_fresh "$d" || update_lists "$d"
}

lists_are_fresh() {
	[ -z "$refresh" ] && [ -n "$(find "$1/updated" -mmin -1440 2>/dev/null)" ]
}

# up_to_date STATE STAMP: STAMP was written from lists that are still fresh
up_to_date() {
	lists_are_fresh "$CACHE/apt/$1" && [ "$2" -nt "$CACHE/apt/$1/updated" ]
}

update_lists() {
	say "asking the mirror for the kernels of: $(awk '{print $4}' "$1/sources.list" | xargs)"
	if retry apt-get -qq update; then
		touch "$1/updated"
	elif [ -e "$1/updated" ]; then
		echo "fetch.sh: the mirror does not answer; going on with what the cache has" >&2
	else
		die "apt-get update failed for $1/sources.list; check network and proxy (apt-config dump Acquire)"
	fi
}

# depends PACKAGE PREFIX: the dependency that a metapackage points to
depends() {
	apt-cache depends --important "$1" |
		awk -v p="$2" '$1 == "Depends:" && index($2, p) == 1 { print $2; exit }'
}

# version PACKAGE: PACKAGE=VERSION of the candidate
version() {
	local v
	v=$(apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }')
	[ -n "$v" ] && [ "$v" != "(none)" ] || die "the mirror has no package $1"
	echo "$1=$v"
}

# download DIR PACKAGE=VERSION...
download() {
	local d=$1
	shift
	mkdir -p "$d"
	say "downloading $*"
	(cd "$d" && retry apt-get -qq download "$@") ||
		die "download failed; run again, finished files are kept"
}

# extract STATE DEST PACKAGE=VERSION...: unpack below DEST, drop the archives
extract() {
	local state=$1 dest=$2 deb
	shift 2
	rm -rf "$state/debs"
	mkdir -p "$dest"
	download "$state/debs" "$@"
	for deb in "$state"/debs/*.deb; do
		dpkg-deb -x "$deb" "$dest"
	done
	rm -rf "$state/debs"
}

# extract_with_depends STATE DEST PACKAGE...: likewise, with all that they depend on
extract_with_depends() {
	local archives=$1/cache/archives dest=$2 deb
	shift 2
	rm -f "$archives"/*.deb
	say "downloading $* and what they need"
	retry apt-get -qq -y --no-install-recommends --download-only install "$@" ||
		die "download failed; run again"
	for deb in "$archives"/*.deb; do
		dpkg-deb -x "$deb" "$dest"
	done
	rm -f "$archives"/*.deb
}

suite_of() {
	case $1 in
	newest) echo newest ;;
	6.1) echo stable ;;
	6.12) echo backports ;;
	6.12-arm64) echo backports-arm64 ;;
	*) die "unknown kernel '$1'; known: 6.1 6.12 newest 6.12-arm64" ;;
	esac
}

# arch_of TAG
arch_of() {
	case $1 in
	*-arm64) echo arm64 ;;
	*) echo "$HOST_ARCH" ;;
	esac
}

# relocate_headers ROOT RELEASE: the packages assume /usr/src and /usr/lib
relocate_headers() {
	local hdr=$1/usr/src/linux-headers-$2
	sed -i "s|\([ =]\)/usr/src/|\1$1/usr/src/|" "$hdr/Makefile"
	ln -sfn "$hdr" "$1/lib/modules/$2/build"
	rm -f "$1/lib/modules/$2/source"
}

# adopt_tools ROOT: the programs below ROOT were made for another C library than
# this machine's, and are run with the one that is there
adopt_tools() {
	local ldso libs f
	ldso=$(echo "$1"/usr/lib*/ld-linux*.so.*)
	libs=$(dirname "$(readlink -f "$ldso")")
	find "$1/usr" -type f -perm -u+x ! -name '*.so*' ! -name '*.elf' |
		while read -r f; do
			readelf -l "$f" 2>/dev/null | grep -q ' INTERP ' || continue
			mv "$f" "$f.elf"
			printf '#!/bin/sh\nexec "%s" --library-path "%s" --argv0 "$0" "%s" "$@"\n' \
				"$ldso" "$libs" "$f.elf" >"$f"
			chmod +x "$f"
		done
}

# install_kernel TAG DEST IMAGE=V HEADERS=V COMMON=V KBUILD=V
install_kernel() {
	local tag=$1 dest=$2 tmp=$2.new rel=${3#linux-image-}
	rel=${rel%%=*}
	shift 2
	rm -rf "$tmp"
	mkdir -p "$tmp"
	extract "$CACHE/apt/$(suite_of "$tag")" "$tmp/root" "$@"
	[ "$tag" != newest ] || extract_with_depends "$CACHE/apt/newest" "$tmp/root" \
		"$(depends "${2%=*}" gcc-)" "${4%:*}"
	rm -rf "$tmp/root/usr/share"
	[ -d "$tmp/root/lib" ] || ln -s usr/lib "$tmp/root/lib"
	find "$tmp/root/lib/modules/$rel" -name '*.ko.xz' -print0 | xargs -0r -n 64 -P 2 xz -d
	[ -d "$tmp/root/lib/modules/$rel/kernel" ] || die "no modules for $rel in $*"
	depmod -b "$tmp/root" "$rel"
	cp "$tmp/root/boot/vmlinuz-$rel" "$tmp/vmlinuz" 2>/dev/null ||
		cp "$tmp/root/lib/modules/$rel/vmlinuz" "$tmp/vmlinuz"
	echo "$rel" >"$tmp/release"
	rm -rf "$dest"
	mv "$tmp" "$dest"
	[ "$tag" != newest ] || {
		adopt_tools "$dest/root"
		ln -s root/usr/bin "$dest/bin"
	}
	relocate_headers "$dest/root" "$rel"
	ln -sfn "$dest/root/usr/src/linux-headers-$rel" "$dest/build"
	make_in "$dest/build" kernelrelease >/dev/null || die "headers of $rel do not work in $dest"
}

# fetch_busybox DEST: of another architecture than this machine's
fetch_busybox() {
	apt_state "stable-$ARCH"
	extract "$CACHE/apt/stable-$ARCH" "$1/userland" "$(version busybox-static)"
	cp "$1/userland/bin/busybox" "$1/busybox"
	rm -rf "$1/userland"
}

fetch_kernel() {
	local tag=$1 dest=$CACHE/$1 image headers pkgs p ARCH
	ARCH=$(arch_of "$tag")
	up_to_date "$(suite_of "$tag")" "$dest/stamp" && return
	need depmod xz make
	apt_state "$(suite_of "$tag")"
	image=$(depends linux-image-$ARCH linux-image-)
	headers=$(depends linux-headers-$ARCH linux-headers-)
	[ -n "$image" ] && [ -n "$headers" ] ||
		die "linux-image-$ARCH of $(suite_of "$tag") names no kernel"
	pkgs=("$image" "$headers")
	pkgs+=("$(depends "$headers" "${headers%-"$ARCH"}-common")")
	pkgs+=("$(depends "$headers" linux-kbuild):$HOST_ARCH")	# programs that run here
	for p in linux-base- linux-binary- linux-modules-; do	# parts of an image since 7.2
		p=$(depends "$image" $p)
		pkgs+=(${p:+"$p"})
	done
	for p in "${!pkgs[@]}"; do
		pkgs[p]=$(version "${pkgs[p]}")
	done
	if [ "$(cat "$dest/stamp" 2>/dev/null)" = "$dest ${pkgs[*]}" ]; then
		touch "$dest/stamp"
		return
	fi
	install_kernel "$tag" "$dest" "${pkgs[@]}"
	[ "$ARCH" = "$HOST_ARCH" ] || fetch_busybox "$dest"
	echo "$dest ${pkgs[*]}" >"$dest/stamp"
	say "$tag is $(cat "$dest/release") in $dest"
}

# fetch_source TAG NAME [PART...]: no parts means the whole tree
fetch_source() {
	local tag=$1 dest=$CACHE/$2 tmp=$CACHE/$2.new name=linux-source-$1 pkg tarball
	shift 2
	up_to_date "$(suite_of "$tag")" "$dest/.stamp" && return
	need xz
	apt_state "$(suite_of "$tag")"
	[ "$tag" != newest ] || name=$(depends linux-source linux-source-)
	pkg=$(version "$name")
	if [ "$(cat "$dest/.stamp" 2>/dev/null)" = "$pkg $*" ]; then
		touch "$dest/.stamp"
		return
	fi
	rm -rf "$tmp"
	mkdir -p "$tmp"
	tarball=$CACHE/apt/$(suite_of "$tag")/$name.tar.xz
	keep_tarball "$tag" "$pkg" "$tarball"
	say "unpacking ${*:-all} of $pkg"
	xz -dc -T0 "$tarball" | tar -x -C "$tmp" --strip-components=1 \
		"${@/#/$name/}"
	echo "$pkg $*" >"$tmp/.stamp"
	rm -rf "$dest"
	mv "$tmp" "$dest"
}

# keep_tarball TAG PACKAGE=VERSION FILE: the archive is kept, both users share it
keep_tarball() {
	local state
	state=$CACHE/apt/$(suite_of "$1")
	[ "$(cat "$3.stamp" 2>/dev/null)" = "$2" ] && return
	extract "$state" "$state/unpacked" "$2"
	rm -f "$state"/linux-source-*.tar.xz
	mv "$state/unpacked/usr/src/${2%=*}.tar.xz" "$3"
	rm -rf "$state/unpacked"
	echo "$2" >"$3.stamp"
}

fetch_prometheus() {
	local state=$CACHE/apt/stable tmp=$CACHE/tools.new pkg
	[ -e "$CACHE/tools/prometheus" ] && up_to_date stable "$CACHE/tools/.stamp" && return
	apt_state stable
	pkg=$(version prometheus)
	if [ "$(cat "$CACHE/tools/.stamp" 2>/dev/null)" != "$pkg" ] || [ ! -e "$CACHE/tools/prometheus" ]; then
		rm -rf "$tmp"
		extract "$state" "$tmp/root" "$pkg"
		mv "$tmp/root/usr/bin/prometheus" "$tmp/root/usr/bin/promtool" "$tmp"
		rm -rf "$tmp/root" "$CACHE/tools"
		mv "$tmp" "$CACHE/tools"
		echo "$pkg" >"$CACHE/tools/.stamp"
	fi
	touch "$CACHE/tools/.stamp"
}

refresh=
[ "${1:-}" = --refresh ] && { refresh=1; shift; }
[ $# -gt 0 ] || usage
need apt-get apt-cache dpkg-deb flock
lock fetch
for what in "$@"; do
	case $what in
	source-6.1) fetch_source 6.1 "$what" "${PARTS[@]}" ;;
	source-newest) fetch_source newest "$what" "${PARTS[@]}" ;;
	source-6.12) fetch_source 6.12 "$what" "${PARTS[@]}" "${YNL_PARTS[@]}" ;;
	fullsource-6.12) fetch_source 6.12 "$what" ;;
	prometheus) fetch_prometheus ;;
	*) fetch_kernel "$what" ;;
	esac
done
