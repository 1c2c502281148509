# SPDX-License-Identifier: GPL-2.0-or-later
# rmmod -f: what the kernel does for whoever may load modules cannot be refused.
# It is told in the kernel's log.
# files: build/{k}/aegishv.ko build/bypass/deny
# kernels: 6.1 6.12
. ./tap.sh
insmod aegishv.ko || { echo "Bail out! no module"; exit 1; }
echo secret >/tmp/file
ok "the file opens without a rule" cat /tmp/file
deny path /tmp/file
fails "it does not with one" cat /tmp/file
fails "in enforce mode the module is in use" rmmod aegishv
fails "and the file is denied still" cat /tmp/file
ok "rmmod -f takes it away" rmmod -f aegishv
ok "and the file opens: known not to be blocked" cat /tmp/file
ok "which the log tells" sh -c 'dmesg | grep "aegishv: unloaded by force"'
done_testing
