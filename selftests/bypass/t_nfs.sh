# SPDX-License-Identifier: GPL-2.0-or-later
# A file that is denied on an NFS server, read by a client of its own: by name,
# and by a handle that has none on the server. The kernel serves without the
# usual daemons: what they would tell it is written here.
# files: build/{k}/aegishv.ko build/bypass/deny /sbin/mkfs.ext4
# modules: nfsd nfsv4 loop ext4 crc32c_generic
# kernels: 6.1 6.12
. ./tap.sh
E=/tmp/export
C=/tmp/client

serve() {
	mkdir -p $E $C /var/lib/nfs/v4recovery
	for m in loop crc32c_generic ext4 nfsd nfsv4; do modprobe $m; done
	truncate -s 16M /tmp/export.img
	mkfs.ext4 -q -F /tmp/export.img
	mount -t ext4 -o loop /tmp/export.img $E
	mount -t nfsd nfsd /proc/fs/nfsd
	echo 10 >/proc/fs/nfsd/nfsv4leasetime
	echo 10 >/proc/fs/nfsd/nfsv4gracetime
	echo "-3 +4" >/proc/fs/nfsd/versions
	echo "nfsd 127.0.0.1 2147483647 all" >/proc/net/rpc/auth.unix.ip/channel
	# 9218: fsid=0, no_subtree_check, insecure
	echo "all $E 2147483647 9218 65534 65534 0" >/proc/net/rpc/nfsd.export/channel
	echo "all 1 \\x00000000 2147483647 $E" >/proc/net/rpc/nfsd.fh/channel
	echo "tcp 2049" >/proc/fs/nfsd/portlist
	echo 2 >/proc/fs/nfsd/threads
	echo Y >/proc/fs/nfsd/v4_end_grace
}

connect() {
	mount -t nfs4 -o vers=4.2,addr=127.0.0.1,clientaddr=127.0.0.1,sec=sys 127.0.0.1:/ $C
}

# A client that knows nothing, and a server that has nothing open.
anew() {
	umount $C
	sync
	echo 3 >/proc/sys/vm/drop_caches
	sleep 3
	connect
}

reads() {
	cat $C/"$1"
}

insmod aegishv.ko || { echo "Bail out! no module"; exit 1; }
serve
if ! connect; then
	skip_all "this kernel does not mount NFS from itself"
fi
echo "TOP SECRET" >$E/secret
is "$(reads secret)" "TOP SECRET" "a client reads the file without a rule"

anew
ok "the rule is taken on the server" deny path $E/secret
fails "the client is refused what the server denies by name" reads secret
anew
ok "the rule is taken on the server" deny inode $E/secret
fails "the client is refused what the server denies by inode" reads secret
deny nothing
anew
is "$(reads secret)" "TOP SECRET" "without the rule the client reads again"
deny path $C/secret
fails "a rule on the client's own mount denies" reads secret
is "$(cat $E/secret)" "TOP SECRET" "and not on the server, which is another file system"

# A file that got the denied name without being opened, and a client that asks
# by handle after the server has forgotten the name: nfsd opens it, known.
deny nothing
ok "the name is denied before there is a file" deny path $E/late
deny mknod $E/late
fails "the server itself is refused the new file" cat $E/late
deny nothing
rm $E/late
deny path $E/late
deny mknod $E/late
# a mount holds on to the client's name, so that only the server forgets
>/tmp/held
mount --bind $C/late /tmp/held
# a name looked up lately is spared the first time
for _ in 1 2 3; do
	sync
	echo 3 >/proc/sys/vm/drop_caches
done
ok "nfsd opens by handle what has no name yet: known not to be blocked" cat /tmp/held

deny nothing
umount /tmp/held
umount $C
echo 0 >/proc/fs/nfsd/threads
umount /proc/fs/nfsd
ok "the module unloads" rmmod aegishv
done_testing
