# SPDX-License-Identifier: GPL-2.0-or-later
# Denying files from the command line: block, allow, policy, restore, sweep, run
# and explain on a live module. A frozen, killed or starved program changes no
# decision, and every denial is an event or a loss that was told.
# layer: 4
# runs: host
# timeout: 600
. selftests/tap.sh
name=e2e-policy-$KERNEL
share=build/run/$name/share
E=selftests/e2e

ok "the machine ran" "$RUN" -k "$KERNEL" -n "$name" --timeout "$TIMEOUT" \
	-f "build/$KERNEL/aegishv.ko" -f build/shim/aegishv \
	-f "$(command -v jq)" -f $E/lib.sh -f $E/policy_guest.sh -- 'sh policy_guest.sh'

status() { cat "$share/$1.status"; }
tried() { xargs <"$share/$1.tried"; }
said() { grep -q "$2" "$share/$1.err"; }

# order: secret inode dir/below/deep other/free
is "$(tried control)" "open open open open" "control: all files open without rules"
is "$(status enforce)" 0 "config set file_mode=enforce"
is "$(status add) $(tried added)" "0 denied open open open" "block add: denied at once, without an agent"
is "$(jq -r '.[0].path, .[0].kind' $share/list.out | xargs)" "/srv/secret deny_path" "block list --json"
is "$(status del) $(tried deleted)" "0 open open open open" "block del: open again"
is "$(status del_again)" 1 "block del of what is not there fails"
ok "and says so" said del_again 'no such rule'
is "$(status add_inode) $(tried inode)" "0 denied" "block add --inode: denied under another name"
is "$(status clear) $(tried cleared)" "0 open open open open" "block clear"

is "$(status sum)" 1 "apply: another checksum is refused"
ok "and says which it is" said sum 'its SHA-256 is'
is "$(status dry) $(tried dry)" "0 open open open open" "apply --dry-run changes nothing"
is "$(status apply) $(tried applied)" "0 denied denied denied open" "apply: path, inode and directory"
is "$(status bad) $(tried bad)" "1 denied denied denied open" "apply: one bad rule refuses the file"
ok "by its line and column" said bad '/tmp/bad.policy:10:1: /no/such/directory/file: '
ok "nothing was changed by it, state files included" cmp $share/before.state $share/after.state
is "$(status export) $(status lint)" "0 0" "export, which lint accepts"
is "$(grep -c '^/srv' $share/exported.policy)" 2 "it has the paths"
is "$(status second) $(tried second)" "0 open open open denied" "apply --reset: the new rules alone"
is "$(status rollback) $(tried rolledback)" "0 denied denied denied open" "rollback: the rules before"
is "$(status additive) $(tried additive)" "0 denied denied denied denied" "apply without --reset adds"
is "$(status weird) $(cat $share/weird.tried)" "0 denied" "a name with newline, blank and no UTF-8"
is "$(status weird_again) $(status weird_del)" "0 0" "exported, applied and deleted"

is "$(status pinned)" 1 "rmmod is refused while enforcing"
is "$(status health_forgotten)" 1 "a module loaded anew without the policy is not healthy"
ok "and health says why" grep -q "aegishv restore" $share/health_forgotten.out
is "$(status restore) $(status health_restored)" "0 0" "restore makes it so"
is "$(sed 1d $share/reload.after)" "$(sed 1d $share/reload.before)" "the rules are those from before"
is "$(tried restored)" "denied denied denied open" "and in force"
is "$(status full) $(tried full)" "1 denied denied denied open" "no room for the state: refused, nothing in force"
is "$(cat $share/full.same)" same "nor in the files"

is "$(status allow) $(status allowed)" "0 0" "allow add: the cgroup reads what is denied"
read -r holder spared <$share/sweep.pids
is "$(jq -c "[.sweep.held[] | select(.pid == $holder) | [.held, .fd, .path, .answer]]" $share/sweep.out)" \
	'[["fd",0,"/srv/other/free","reported"]]' "--sweep finds a descriptor"
is "$(jq -r "[.sweep.held[] | select(.pid == $spared) | .answer][0]" $share/sweep.out)" exempt \
	"and knows who is allowed"
is "$(cat $share/sweep.holder) $(cat $share/sweep.spared)" "137 alive" "--sweep=kill ends the one, not the other"
is "$(jq .generation $share/many.out | wc -l) $(cat $share/many.rules)" "1 $(($(cat $share/many.before) + 20000))" "20,000 rules in one transaction"

ok "every line is valid by the schema" selftests/validate_jsonl.py schema/event.schema.json \
	$share/events.jsonl
is "$(cat $share/leaks)" "" "nothing opened while the reader ran, was frozen, was dead"
lines=$(grep -c '"type":"block"' $share/events.jsonl)
lost=$(jq -s 'map(select(.type == "lost" and .source == "ring").count) | add // 0' $share/events.jsonl)
ok "some denials found the ring full" test "$lost" -gt 0
$E/check_stream.py $share/events.jsonl >$share/stream.json
is $? 0 "no sequence number is missing"
is "$(jq '.files.blocks + .files.audits' $share/stats.json)" \
	"$((lines + $(jq .events_lost.alert $share/stats.json)))" "denials are events and reported losses"
is "$(tried full_disk)" "denied denied denied denied" "a full disk: as much is denied"
dropped=$(jq -s 'map(select(.type == "lost" and .source == "output").count) | add // 0' $share/full.jsonl)
ok "lines found no room" test "$dropped" -gt 0
is "$(($(jq -c 'select(.type != "lost")' $share/full.jsonl | wc -l) + dropped))" \
	"$(($(cat $share/full.last) - $(cat $share/full.first)))" "lines and lines that were dropped are all events"
is "$(jq -c 'select(.type == "block" and .comm == "cat") | [.path, .action, .op, .rule_kind]' $share/events.jsonl | sort -u | xargs)" \
	"[/srv/dir/below/deep,BLOCK,open,deny_dir] [/srv/secret,BLOCK,open,deny_path]" "what the events tell"
is "$(jq -s 'map(select(.type == "exec" and .cgroup_path == "/sys/fs/cgroup")) | length > 0' $share/events.jsonl)" \
	true "exec events with the cgroup's path"
is "$(jq -s '(map(select(.type == "fork").exec_id) - map(select(.type == "pexit").exec_id)) | length < 20' $share/events.jsonl)" \
	true "forks and their ends"
ok "/readyz said ready while enforcing" grep -q '^ready' $share/readyz.enforce
is "$(cat $share/readyz.status)" 1 "/readyz falls when somebody sets audit"
ok "/metrics counts denials" grep -Eq '^aegishv_blocks_total [1-9]' $share/metrics
fails "without a series a cgroup" grep -q by_cgroup $share/metrics
ok "with --detailed it has them" grep -q 'aegishv_blocks_by_cgroup_total{cgroup_id="1",cgroup_path="/sys/fs/cgroup"}' \
	$share/metrics.detailed
ok "and the older names" grep -Eq '^aegisbpf_blocks_total [1-9]' $share/metrics.detailed
is "$(status explain) $(jq -c '[.explained, .matches[0].path]' $share/explain.out)" '0 [true,"/srv/secret"]' \
	"explain names the rule"

is "$(cat $share/term.out)" "" "SIGTERM after EPERM"
is "$(status health_deadman)" 1 "the deadman: health fails"
ok "says that enforce went back to audit" grep -q 'enforce went back to audit' $share/health_deadman.out
ok "and doctor what to do" grep -q 'config set file_mode=enforce' $share/doctor_deadman.out
is "$(tried deadman)" "open open open open" "and nothing is denied"

is "$(cat $share/seccomp.status | xargs)" "Seccomp: 2" "--seccomp: a filter is there"
is "$(grep -c '"action":"BLOCK"' $share/seccomp.jsonl.1)" 3 "and events are written"
ok "metrics are served" grep -q '^aegishv_ready 1' $share/seccomp.metrics
ok "/readyz too" grep -q '^ready' $share/seccomp.readyz
is "$(cat $share/seccomp.end)" 0 "files opened anew, and the end in success"

PATH="${AEGISHV_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aegishv}/tools:$PATH"
if command -v promtool >/dev/null; then
	ok "promtool accepts metrics --detailed --legacy-names" sh -c "promtool check metrics <$share/metrics.detailed"
else
	skip "promtool accepts metrics --detailed --legacy-names" "no promtool here"
fi
done_testing
