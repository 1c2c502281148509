# SPDX-License-Identifier: GPL-2.0-or-later
# KUnit suites of kmod/tests, on the kernel's own KUnit where it has one.
# layer: 2
# files: build/kunit/{k}/kunit.ko? build/kunit/{k}/aegishv_kunit.ko

if [ -e kunit.ko ]; then
	insmod kunit.ko || exit 1
else
	modprobe kunit || exit 1
fi
insmod aegishv_kunit.ko || exit 1
cat /sys/kernel/debug/kunit/aegishv*/results
rmmod aegishv_kunit kunit
