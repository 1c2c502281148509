# SPDX-License-Identifier: GPL-2.0-or-later
# The commands about files, on a live module: results to /share, one file each;
# t_policy.sh judges them outside. Each denial has its control before the rule.
. ./lib.sh
load_module || exit 1
export AEGISHV_STATE_DIR=/tmp/state

reads() { true 2>/dev/null <"$1"; }	# whether a file opens for reading
try() { # NAME FILE...: what opens, in one word each
	n=$1
	shift
	for f; do
		if reads "$f"; then echo open; else echo denied; fi
	done | tr '\n' ' ' >"/share/$n.tried"
}
keep() { # NAME COMMAND...: output and status of a command
	n=$1
	shift
	"$@" >"/share/$n.out" 2>"/share/$n.err"
	echo $? >"/share/$n.status"
}
files() { aegishv stats --json | jq ".files.$1"; }
snapshot_of() { # NAME: what must not change when something is refused
	{ aegishv policy show; cat /tmp/state/policy.*; } >"/share/$1.state"
}

mkdir -p /srv/dir/below /srv/other
for f in /srv/secret /srv/inode /srv/other/free /srv/dir/below/deep; do
	echo text >$f
done
ALL="/srv/secret /srv/inode /srv/dir/below/deep /srv/other/free"

# block: at once, with no agent running
try control $ALL
keep enforce aegishv config set file_mode=enforce
keep add aegishv block add /srv/secret
try added $ALL
keep list aegishv block list --json
keep del aegishv block del /srv/secret
try deleted $ALL
keep del_again aegishv block del /srv/secret
keep add_inode aegishv block add --inode /srv/inode
mv /srv/inode /srv/renamed
try inode /srv/renamed
mv /srv/renamed /srv/inode
keep clear aegishv block clear
try cleared $ALL

# policy: files, refused ones, rollback
cat >/tmp/one.policy <<X
version=1
[deny_path]
/srv/secret
[deny_dir]
/srv/dir
[deny_inode]
$(stat -c %d:%i /srv/inode)
X
keep sum aegishv policy apply /tmp/one.policy --sha256 "$(printf '%064d' 0)"
keep dry aegishv policy apply /tmp/one.policy --dry-run
try dry $ALL
keep apply aegishv policy apply /tmp/one.policy --reset --sha256 "$(sha256sum </tmp/one.policy | cut -d' ' -f1)"
try applied $ALL
snapshot_of before
cp /tmp/one.policy /tmp/bad.policy
printf '[deny_path]\n/srv/other/free\n/no/such/directory/file\n' >>/tmp/bad.policy
keep bad aegishv policy apply /tmp/bad.policy --reset
snapshot_of after
try bad $ALL
keep export aegishv policy export /share/exported.policy
keep lint aegishv policy lint /share/exported.policy
printf 'version=1\n[deny_path]\n/srv/other/free\n' >/tmp/two.policy
keep second aegishv policy apply /tmp/two.policy --reset
try second $ALL
keep rollback aegishv policy rollback
try rolledback $ALL
keep additive aegishv policy apply /tmp/two.policy
try additive $ALL
keep rollback2 aegishv policy rollback

# names that no text file holds
weird=$(printf '/srv/a\nb \377')
echo text >"$weird"
keep weird aegishv block add "$weird"
if reads "$weird"; then echo open; else echo denied; fi >/share/weird.tried
aegishv policy export /tmp/weird.policy && keep weird_again aegishv policy apply /tmp/weird.policy --reset
keep weird_del aegishv block del "$weird"

# the module comes back: enforce holds it, restore brings the rules
keep pinned rmmod aegishv
aegishv policy show >/share/reload.before
keep audit aegishv config set file_mode=audit
rmmod aegishv && insmod aegishv.ko && aegishv config set ring_bytes=64K || exit 1
keep health_forgotten aegishv health
keep restore aegishv restore
keep health_restored aegishv health
aegishv policy show >/share/reload.after
aegishv config set file_mode=enforce || exit 1
try restored $ALL

# no room for the state: nothing changes in the kernel either
mkdir -p /small && mount -t tmpfs -o size=64k small /small && cp /tmp/state/policy.* /small/
dd if=/dev/zero of=/small/fill bs=1k >/dev/null 2>&1
keep full env AEGISHV_STATE_DIR=/small aegishv block add /srv/other/free
try full $ALL
cmp /small/policy.applied /tmp/state/policy.applied && echo same >/share/full.same

# who has it open already
sleep 1000 </srv/other/free &
holder=$!
mkdir -p /sys/fs/cgroup/spared
sleep 1001 </srv/other/free &
spared=$!
echo $spared >/sys/fs/cgroup/spared/cgroup.procs
keep allow aegishv allow add /sys/fs/cgroup/spared
keep allowed sh -c 'echo $$ >/sys/fs/cgroup/spared/cgroup.procs; cat /srv/secret'
keep sweep aegishv policy apply /tmp/two.policy --sweep --json
echo "$holder $spared" >/share/sweep.pids
keep sweep_kill aegishv policy apply /tmp/two.policy --sweep=kill
wait $holder
echo $? >/share/sweep.holder
kill -0 $spared && echo alive >/share/sweep.spared
kill $spared
aegishv allow del /sys/fs/cgroup/spared; aegishv policy rollback >/dev/null

# many rules
awk 'BEGIN { print "version=1\n[deny_path]"; for (i = 0; i < 20000; i++) print "/srv/other/f" i }' >/tmp/many.policy
aegishv policy show --json | jq .rules >/share/many.before
keep many aegishv policy apply /tmp/many.policy --json 2>/dev/null
aegishv policy show --json | jq .rules >/share/many.rules
aegishv policy rollback >/dev/null

# run: its events, a frozen reader, a killed one
deny() { # TIMES
	i=0
	while [ $i -lt "$1" ]; do
		! reads /srv/secret || echo "opened in $2" >>/share/leaks
		i=$((i + 1))
	done
}
: >/share/leaks
aegishv config set file_mode=audit
start_run --jsonl /share/events.jsonl --enforce --enforce-signal none --proc-events all 2>/share/run.err || exit 1
get readyz >/share/readyz.enforce
sh -c 'cat /srv/secret' 2>/dev/null
sh -c 'cat /srv/dir/below/deep' 2>/dev/null
deny 20 running
kill -STOP "$run"
deny 1500 frozen
kill -CONT "$run"
wait_for "empty rings" drained
aegishv config set file_mode=audit
wget -q -O /share/readyz.audit "$URL/readyz"; echo $? >/share/readyz.status
aegishv config set file_mode=enforce
get metrics >/share/metrics
kill -KILL "$run"
wait "$run"
deny 50 killed
start_run --jsonl /share/events.jsonl --proc-events off 2>>/share/run.err || exit 1
wait_for "empty rings" drained
stop_run
aegishv stats --json --detailed >/share/stats.json

# a full disk
mkdir -p /full && mount -t tmpfs -o size=64k full /full || exit 1
aegishv config set proc_events=off ring_bytes=4M || exit 1
records() { aegishv stats --json | jq .ring.records; }
start_run --jsonl /dev/null || exit 1	# what waits is none of ours
wait_for "empty rings" drained
stop_run
records >/share/full.first
start_run --jsonl /full/events.jsonl 2>/share/full.run || exit 1
deny 2500 full
try full_disk $ALL
wait_for "empty rings" drained
mount -o remount,size=64m /full || exit 1
told() { get metrics >/dev/null; grep -q '"source":"output"' /full/events.jsonl; }
poke() { reads /srv/secret; told; }
wait_for "room on the disk to be used" poke
wait_for "empty rings" drained
stop_run
records >/share/full.last
mv /full/events.jsonl /share/full.jsonl
aegishv metrics --detailed --legacy-names --out /share/metrics.detailed
grep '"type":"block"' /share/events.jsonl | head -1 >/share/event.json
keep explain aegishv explain /share/event.json --json

# a signal after EPERM; the deadman
start_run --jsonl /dev/null --enforce --enforce-signal term --deadman 3 2>/share/deadman.err || exit 1
sh -c 'true </srv/secret; sleep 5; echo survived' >/share/term.out 2>/dev/null
echo $? >/share/term.status
kill -KILL "$run"
wait "$run"
reverted() { [ "$(files mode)" = '"audit"' ]; }
wait_for "the deadman" reverted
keep health_deadman aegishv health
keep doctor_deadman aegishv doctor
try deadman $ALL

# seccomp does not stand in the way
aegishv config set file_mode=enforce deadman_s=0
start_run --jsonl /share/seccomp.jsonl --seccomp --enforce --enforce-signal none || exit 1
deny 3 seccomp
get metrics >/share/seccomp.metrics
get readyz >/share/seccomp.readyz
grep Seccomp: /proc/$run/status >/share/seccomp.status
wait_for "empty rings" drained
mv /share/seccomp.jsonl /share/seccomp.jsonl.1
kill -HUP "$run"
wait_for "the new file" test -e /share/seccomp.jsonl
stop_run
echo $? >/share/seccomp.end
aegishv config set file_mode=audit
rmmod aegishv
