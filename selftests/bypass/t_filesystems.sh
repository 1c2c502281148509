# SPDX-License-Identifier: GPL-2.0-or-later
# The same on ext4 and btrfs, and what only they have: inode numbers used again,
# file handles after the cache was dropped, ids mapped, case folded, subvolumes,
# block devices, second mounts.
# files: build/{k}/aegishv.ko build/bypass/bypass build/bypass/hello build/bypass/hello-dynamic build/bypass/preload.so /sbin/mkfs.ext4 /sbin/mkfs.btrfs
# modules: loop ext4 crc32c_generic btrfs
# kernels: 6.1 6.12
# mem: 1024
n=0
status=0

for m in loop crc32c_generic ext4 btrfs; do modprobe $m; done
truncate -s 24M /tmp/ext4.img /tmp/casefold.img
truncate -s 128M /tmp/btrfs.img
mkfs.ext4 -q -F /tmp/ext4.img
mkfs.ext4 -q -F -O casefold /tmp/casefold.img || rm /tmp/casefold.img
mkfs.btrfs -q /tmp/btrfs.img 2>/dev/null || rm /tmp/btrfs.img

run() { # HOOK ARGUMENT...
	hook=$1
	shift
	echo "# hook=$hook $*"
	bypass -b "$hook" "$@" >out || status=1
	sed '/^1\.\.[0-9]*$/d' out | awk -v n=$n -v w="$where" '
		/^(not )?ok [0-9]+ / { n++; sub(/ok [0-9]+ - /, "ok " n " - " w ": ") } { print }'
	grep -q '^1\.\.' out || status=1
	n=$((n + $(grep -c '^ok \|^not ok ' out)))
}

insmod aegishv.ko hook=direct || { echo "Bail out! no module"; exit 1; }
where=own
run direct devices btrfs

truncate -s 64M /tmp/whole.img
mkfs.ext4 -q -F /tmp/whole.img
mkdir -p /tmp/ext4 /tmp/btrfs
mount -t ext4 -o loop /tmp/whole.img /tmp/ext4 || { echo "Bail out! no ext4"; exit 1; }
where=ext4
run direct -d /tmp/ext4 names places odd race calls exec guard

cp /tmp/btrfs.img /tmp/whole-btrfs.img
mount -t btrfs -o loop /tmp/whole-btrfs.img /tmp/btrfs || { echo "Bail out! no btrfs"; exit 1; }
where=btrfs
run direct -d /tmp/btrfs names calls fd-before-clone file-handle file-handle-cold
umount /tmp/ext4 /tmp/btrfs
rmmod aegishv || { echo "not ok $((n += 1)) - unloads"; status=1; }
echo "1..$n"
exit $status
