#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Counters are exact: for each guest of aegishv-vmm they equal what it provably
# caused, per VM, vCPU, reason and access.
#
# files: build/{k}/aegishv.ko build/vmm/aegishv-vmm build/vmm/exact
# mem: 1536
modprobe kvm-amd && insmod aegishv.ko || {
	echo "Bail out! kvm-amd or aegishv.ko does not load"
	exit 1
}
exec ./exact ./aegishv-vmm
