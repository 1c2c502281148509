# SPDX-License-Identifier: GPL-2.0-or-later
# Sequence numbers have no hole that a loss record does not explain, with real
# VM exits on two CPUs and a consumer that is fast, slow, scribbling, killed,
# stopped, or replaced for rings of another size.
# AHV_TORTURE_RECORDS=10000000 for the long run.
# files: build/{k}/aegishv.ko build/ring/ahv-ring build/vmm/aegishv-vmm build/vmm/ahvctl
# timeout: 3600
. ./tap.sh
modprobe kvm-amd && insmod aegishv.ko proc_events=off || exit 1
AHV_TORTURE_RECORDS=${AHV_TORTURE_RECORDS:-$(amount 200000 60000 60000)} ahv-ring torture
status=$?
rmmod aegishv || exit 1
exit $status
