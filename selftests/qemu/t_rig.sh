# SPDX-License-Identifier: GPL-2.0-or-later
# The test machine itself must be able to fail: a command's status, a
# complaint of the kernel, a crash and a hang each come out as what they are.
# layer: 2
# runs: host
# kernels: 6.1
# timeout: 200
. selftests/tap.sh

machine() { # ARGUMENT... of run.py; output in $out, status in $status
	out=$("$RUN" -k "$KERNEL" -n rig-self "$@" 2>&1) && status=0 || status=$?
}

says() { # REGEX TEXT
	if echo "$out" | grep -qE "$1"; then
		tap_result ok "$2"
	else
		tap_result not "$2"
		note "$out"
	fi
}

machine -- 'echo hello; exit 7'
is "$status" 7 "the command's status comes out"
says '^hello$' "its output too"

machine -- 'echo "<4>WARNING: CPU: 0 PID: 1 at made-up.c:1" >/dev/kmsg'
is "$status" 1 "a warning in the kernel's log fails a command that succeeded"
says 'made-up.c:1' "and is shown"

machine -- 'echo before; echo c >/proc/sysrq-trigger'
is "$status" 125 "a panic ends the run"
says 'sysrq_handle_crash|sysrq triggered crash' "and its console is shown"
says '^before$' "with the output up to it"

machine --timeout 20 -- 'echo waiting; sleep 1000'
is "$status" 124 "a hang ends with the timeout"
says 'RIP=' "and says where the CPUs were"

machine --icount -- 'nproc'
is "$status" 0 "the machine that counts instructions boots"
says '^1$' "with one CPU"

machine -f /nonexistent -- true
is "$status" 125 "a file that is not there is an error"
says '/nonexistent does not exist' "that names it"

is "$(PYTHONPATH=selftests/qemu python3 -B -c '
import tap
def t(text):
    r = tap.parse(text)
    return f"{r.passed}{len(r.failed)}{len(r.skipped)}{chr(33) if r.problem else chr(46)}"
print(t("1..2\nok 1\nok 2\n"), t("1..3\nok 1\n"), t("ok 1\n"),
      t("1..2\nok 1 - a # SKIP why\nnot ok 2 - b\n"), t("1..0 # SKIP none\n"),
      t("1..1\n    1..2\n    ok 1\n    not ok 2\nnot ok 1\n"),
      t("1..1\n    1..2\n    ok 1\nok 1\n"))
')" "200. 100! 100! 011. 001. 110. 100!" "reports are counted, incomplete ones distrusted"

done_testing
