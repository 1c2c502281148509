#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-or-later
# First process of the test machine. Mounts what a Linux system has, then the
# directory shared with the outside on /share, runs /command in /t with its
# output in /share/out, leaves the exit status and the kernel's log there and
# powers off. run.py judges from outside.
/bin/busybox --install -s /bin
export PATH=/t:/bin HOME=/root LD_LIBRARY_PATH=/t
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t securityfs securityfs /sys/kernel/security 2>/dev/null
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ln -s /proc/self/fd /dev/fd 2>/dev/null
ip link set lo up

# An emulated CPU on a busy host can stand still for long: only real lock-ups
# may trip the watchdogs, and an NMI handler may take a millisecond.
echo 60 >/proc/sys/kernel/watchdog_thresh 2>/dev/null
echo 1000000000 >/sys/kernel/debug/x86/nmi_longest_ns 2>/dev/null
echo 600 >/proc/sys/kernel/hung_task_timeout_secs 2>/dev/null

modprobe virtio_pci 2>/dev/null
modprobe 9pnet_virtio 2>/dev/null
modprobe 9p 2>/dev/null
if ! mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share; then
	echo "rig: cannot mount the shared directory (9p over virtio)"
	dmesg | tail -20
	poweroff -f
fi
if [ -e /net ]; then
	modprobe virtio_net
	ip link set eth0 up
	ip addr add 10.0.2.15/24 dev eth0
	ip route add default via 10.0.2.2
fi

cd /t
echo "<6>rig: command starts" >/dev/kmsg
if [ -e /tty ]; then
	setsid cttyhack sh /command
else
	sh /command >/share/out 2>&1 </dev/null
fi
echo $? >/share/exit
echo "<6>rig: command ended" >/dev/kmsg
if [ -e /kmemleak ]; then
	# an object must look unreferenced in two scans, some seconds old
	scan() {
		echo scan >/sys/kernel/debug/kmemleak ||
			echo "kmemleak does not run on this kernel, or has given up" >/share/kmemleak
	}
	scan
	sleep 6
	scan
	scan
	cat /sys/kernel/debug/kmemleak >>/share/kmemleak
fi
dmesg >/share/dmesg
echo complete >/share/done
sync
poweroff -f
