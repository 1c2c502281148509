#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs those Debian packages of packages.txt, and of other such lists beside
# it, that are missing; does nothing and asks nobody when none is.
#
# usage: install-packages.sh [--list] [LIST...]     --list only prints what is missing
set -euo pipefail
. "$(dirname "$0")/lib.sh"

command -v dpkg-query >/dev/null ||
	die "this needs Debian or a relative of it; install what packages.txt lists by hand and set AEGISHV_NO_INSTALL=1"

list=
[ "${1:-}" = --list ] && { list=1; shift; }
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
(cd "$TOP/selftests/qemu" && sed 's/#.*//' packages.txt "$@") | tr -d ' \t' | grep . | sort -u >"$tmp"

have=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' | awk '$2 == "ii" { print $1 }' | sort -u)
missing=$(comm -23 "$tmp" <(echo "$have"))
[ -n "$missing" ] || exit 0
if [ -n "$list" ]; then
	echo "$missing"
	exit 1
fi

root=()
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null ||
		die "missing packages, and neither root nor sudo to install them: $(xargs <<<"$missing")"
	root=(sudo)
fi
say "installing $(xargs <<<"$missing")"
export DEBIAN_FRONTEND=noninteractive
apt() {
	"${root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing >"$tmp" 2>&1 || {
	apt update || die "apt-get update failed; is there a network?"
	apt install -y --no-install-recommends $missing >"$tmp" 2>&1 || {
		tail -20 "$tmp" >&2
		die "apt-get install failed"
	}
}
