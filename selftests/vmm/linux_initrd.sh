#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Makes the RAM disk of a tiny Linux guest: busybox and an init that prints a
# marker and becomes a shell on the serial port; programs and other files go to
# /bin, the libraries of programs to where they are here.
# Usage: linux_initrd.sh FILE [PROGRAM...]
set -eu

[ $# -ge 1 ] || { echo "usage: linux_initrd.sh FILE [PROGRAM...]" >&2; exit 2; }
for need in /bin/busybox /usr/bin/busybox; do
	[ -x "$need" ] && busybox=$need
done
[ "${busybox:-}" ] || {
	echo "linux_initrd.sh: busybox: not found; apt install busybox-static" >&2
	exit 1
}
command -v cpio >/dev/null || {
	echo "linux_initrd.sh: cpio: not found; apt install cpio" >&2
	exit 1
}

out=$(realpath "$1")
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/bin" "$dir/proc" "$dir/sys" "$dir/dev"
cp "$busybox" "$dir/bin/busybox"
for program; do
	cp "$program" "$dir/bin/"
	ldd "$program" 2>/dev/null | grep -o '/[^ ]*' | while read -r lib; do
		mkdir -p "$dir${lib%/*}"
		cp -L "$lib" "$dir$lib"
	done
done
cat > "$dir/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
echo "guest: up $(cut -d' ' -f1 /proc/uptime) s, $(uname -r)"
exec setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1'
INIT
chmod +x "$dir/init"
(cd "$dir" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) | gzip -n -1 > "$out"
