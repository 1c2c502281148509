# SPDX-License-Identifier: GPL-2.0-or-later
# The netlink family: what it refuses, to whom, what it tells, in which order;
# settings per VM and for all; size of the rings.
# files: build/{k}/aegishv.ko build/netlink/nltest build/netlink/vmlives
# kmemleak: yes
. ./tap.sh
vms=${AHV_VMS:-$(amount 520 130 100)}
modprobe kvm-amd && insmod aegishv.ko || { echo "Bail out! no module"; exit 1; }

# One VM beside all others: KVM patches the kernel's code for the first VM and
# after the last one, which takes an emulated machine long.
vmlives hold 1 >/dev/null 2>&1 &
holder=$!

# The areas' results, numbered through.
n=0
status=0
for area in refuse perm notify settings resize "dump $vms"; do
	echo "# $area"
	nltest $area >out 2>&1 || status=1
	sed -n '/^1\.\.[0-9]*$/!p' out | awk -v n=$n '
		/^(not )?ok [0-9]+ / { n++; sub(/ok [0-9]+ /, "ok " n " ") } { print }'
	grep -q '^1\.\.' out || status=1
	n=$((n + $(grep -c '^ok \|^not ok ' out)))
done
kill $holder
wait $holder
rmmod aegishv || status=1
echo "1..$n"
exit $status
