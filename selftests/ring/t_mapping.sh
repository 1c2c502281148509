# SPDX-License-Identifier: GPL-2.0-or-later
# Who may open /dev/aegishv, what may be mapped, and that only the consumer's
# page can be written.
# files: build/{k}/aegishv.ko build/ring/ahv-ring
insmod aegishv.ko || exit 1
ahv-ring mapping
status=$?
rmmod aegishv || exit 1
exit $status
