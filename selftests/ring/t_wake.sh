# SPDX-License-Identifier: GPL-2.0-or-later
# poll() on /dev/aegishv wakes for an alert, at the watermark and at the
# deadline, and not for each record.
# files: build/{k}/aegishv.ko build/ring/ahv-ring build/vmm/aegishv-vmm build/vmm/ahvctl
modprobe kvm-amd && insmod aegishv.ko proc_events=off || exit 1
ahv-ring wake
status=$?
rmmod aegishv || exit 1
exit $status
