# SPDX-License-Identifier: GPL-2.0-or-later
# Policies over netlink: transactions, what rules become, what is refused with
# which words, dumps, clients that race and die, memory that is bounded.
# files: build/{k}/aegishv.ko build/policy/poltest build/policy/poltool
# kmemleak: yes
insmod aegishv.ko policy_max_bytes=${AHV_POLICY_BYTES:-4000000} || { echo "Bail out! no module"; exit 1; }

# The areas' results, numbered through.
n=0
status=0
for area in txn rules refuse dump race limits; do
	echo "# $area"
	poltest $area >out 2>&1 || status=1
	sed -n '/^1\.\.[0-9]*$/!p' out | awk -v n=$n '
		/^(not )?ok [0-9]+ / { n++; sub(/ok [0-9]+ /, "ok " n " ") } { print }'
	grep -q '^1\.\.' out || status=1
	n=$((n + $(grep -c '^ok \|^not ok ' out)))
done
rmmod aegishv || status=1
echo "1..$n"
exit $status
