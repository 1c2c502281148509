# SPDX-License-Identifier: GPL-2.0-or-later
# Ways around a file-deny rule, with each back end: each succeeds without a rule,
# and then is refused, or is one of those that docs/BYPASSES.md says cannot be.
# AHV_HOOKS="direct" tries fewer back ends.
# kernels: 6.1 6.12 newest debug 6.12-arm64
# files: build/{k}/aegishv.ko build/{o}bypass/bypass build/{o}bypass/hello build/{o}bypass/hello-dynamic build/{o}bypass/preload.so build/{o}lib:/lib?
# modules: loop? overlay? fuse?
modprobe loop
modprobe overlay
modprobe fuse
n=0
status=0

# Results of several runs, numbered through.
run() { # HOOK ARGUMENT...
	hook=$1
	shift
	echo "# hook=$hook $*"
	insmod aegishv.ko hook="$hook" || { echo "Bail out! no module"; exit 1; }
	bypass -b "$hook" "$@" >out || status=1
	sed '/^1\.\.[0-9]*$/d' out | awk -v n=$n -v hook="$hook" '
		/^(not )?ok [0-9]+ / { n++; sub(/ok [0-9]+ - /, "ok " n " - " hook ": ") } { print }'
	grep -q '^1\.\.' out || status=1
	n=$((n + $(grep -c '^ok \|^not ok ' out)))
	rmmod aegishv || { echo "not ok $((n += 1)) - $hook: unloads"; status=1; }
}

for hook in ${AHV_HOOKS:-direct ftrace kprobe}; do
	# what tmpfs cannot show is in t_filesystems.sh
	run "$hook" -s devices,btrfs,inode-number-reused,fd-before-clone
done
echo "1..$n"
exit $status
