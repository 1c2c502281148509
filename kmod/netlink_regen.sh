#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Regenerates the netlink family's C from include/uapi/aegishv.yaml with the
# kernel's own generator (tools/net/ynl of the source tree given).
# usage: netlink_regen.sh KERNEL-SOURCE-TREE [OUTPUT-TREE]
set -eu

src=${1:?usage: $0 KERNEL-SOURCE-TREE [OUTPUT-TREE]}
top=$(cd "$(dirname "$0")/.." && pwd)
out=${2:-$top}
gen=$src/tools/net/ynl/ynl-gen-c.py
[ -r "$gen" ] || { echo "$0: $gen is missing: give a 6.12 source tree" >&2; exit 1; }

# The generator insists on the layout of a kernel tree around the spec (it
# climbs until it meets MAINTAINERS) and accepts one licence line only: ours
# goes back in below.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
spec=$tmp/Documentation/netlink/specs/aegishv.yaml
mkdir -p "$(dirname "$spec")" "$out/include/uapi/linux" "$out/kmod"
touch "$tmp/MAINTAINERS"
cp "$src"/Documentation/netlink/*.yaml "$tmp/Documentation/netlink/"
sed '1s/.*/# SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)/' \
	"$top/include/uapi/aegishv.yaml" >"$spec"

emit() { # MODE KIND LICENCE FILE
	gen_out=$tmp/$(basename "$4")
	timeout 60 python3 "$gen" --spec "$spec" --mode "$1" "$2" -o "$gen_out"
	sed -e "1s|((GPL-2.0 WITH.*BSD-3-Clause)|$3|" \
	    -e 's|Documentation/netlink/specs/|include/uapi/|' \
	    -e 's|<uapi/linux/aegishv_genl.h>|<linux/aegishv_genl.h>|' \
		"$gen_out" >"$out/$4"
}
emit uapi --header "GPL-2.0 WITH Linux-syscall-note" include/uapi/linux/aegishv_genl.h
emit kernel --header GPL-2.0-only kmod/netlink_gen.h
emit kernel --source GPL-2.0-only kmod/netlink_gen.c
mkdir -p "$out/docs"
python3 "$top/kmod/netlink_doc.py" "$top/include/uapi/aegishv.yaml" >"$out/docs/NETLINK.md"
