# SPDX-License-Identifier: GPL-2.0-or-later
# KUnit suites of kmod/tests, on the kernel's own KUnit where it has one.
# layer: 2
# kernels: 6.1 6.12 newest debug 6.12-arm64
# files: build/kunit/{k}/kunit.ko? build/kunit/{k}/aegishv_kunit.ko

# without kunit.ko it is part of the kernel
[ ! -e kunit.ko ] || insmod kunit.ko || exit 1
echo "suites start" >/dev/kmsg
insmod aegishv_kunit.ko || exit 1
# from the log: what 6.1 keeps in debugfs is cut off at 2 KiB a suite
dmesg | sed -e '1,/suites start/d' -e 's/^\[[^]]*\] //'
rmmod aegishv_kunit
[ ! -e kunit.ko ] || rmmod kunit
