#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The test of the test: the kernel's own tracepoints see what aegishv-vmm says
# that its guests cause. The module is not loaded.
#
# files: build/vmm/aegishv-vmm build/vmm/exact
# mem: 1536
# kernels: 6.1 6.12 newest
modprobe kvm-amd || {
	echo "Bail out! kvm-amd does not load"
	exit 1
}
exec ./exact --tracefs ./aegishv-vmm
