# SPDX-License-Identifier: GPL-2.0-or-later
# What follows when a rule is met: audit and enforce, exempt cgroups, signals and
# who is spared them, storm and deadman, paths and processes in records, losses;
# with each back end. The source is in selftests/bypass.
# files: build/{k}/aegishv.ko build/bypass/respond build/bypass/hello
# timeout: 900
# kmemleak: yes
n=0
status=0
for hook in ${AHV_HOOKS:-direct ftrace kprobe}; do
	echo "# hook=$hook"
	insmod aegishv.ko hook="$hook" ring_bytes=65536 || { echo "Bail out! no module"; exit 1; }
	respond >out || status=1
	sed '/^1\.\.[0-9]*$/d' out | awk -v n=$n -v hook="$hook" '
		/^(not )?ok [0-9]+ / { n++; sub(/ok [0-9]+ - /, "ok " n " - " hook ": ") } { print }'
	grep -q '^1\.\.' out || status=1
	n=$((n + $(grep -c '^ok \|^not ok ' out)))
	rmmod aegishv || { echo "not ok $((n += 1)) - $hook: unloads"; status=1; }
done

# Enforce that could not be true is refused.
insmod aegishv.ko hook=off
n=$((n + 1))
if respond refuses >out; then
	echo "ok $n - enforce is refused with hook=off"
else
	echo "not ok $n - enforce is refused with hook=off"
	status=1
fi
sed 's/^/# /' out
rmmod aegishv
echo "1..$n"
exit $status
