// SPDX-License-Identifier: GPL-2.0-only
/* Audit, enforce, exempt; what the record says; what is counted. */
#include <sys/wait.h>

#include "events.h"

static uint64_t numbers[AEGISHV_A_POLICY_MAX + 1];

static uint64_t policy_number(int attr)
{
	nl_policy(numbers, AEGISHV_A_POLICY_MAX);
	return numbers[attr];
}

/* The one record of an outcome; what it needs is checked before it is used. */
static const struct aegishv_rec_block *the_block(const struct outcome *o)
{
	static const struct aegishv_rec_block none;
	const struct aegishv_rec_block *b = event(AEGISHV_REC_BLOCK, o->pid, 0);

	return b ?: &none;
}

static void test_record(const struct aegishv_rec_block *b)
{
	struct stat st;

	stat(FILE_, &st);
	check_text(block_path(b), FILE_, "the record tells the path");
	check(b->flags & AEGISHV_BLOCK_SAME_PATH && !b->host_len, "which is the host's, too");
	check_number(b->ino, st.st_ino, "the inode number");
	check_number(b->dev, st.st_dev, "the device");
	check_number(b->generation, policy_number(AEGISHV_A_POLICY_GENERATION), "the policy");
	check_number(b->kind, AEGISHV_RULE_KIND_DENY_PATH, "the kind of the rule");
	check(b->rule && b->rule != AEGISHV_RULE_NAMELESS, "the rule");
	check_number(b->proc.ppid, getpid(), "the parent");
	check_number(b->proc.tid, b->proc.pid, "the thread");
	check(!b->proc.uid && !b->proc.gid, "user and group");
	check_text(b->proc.comm, "respond", "the name of the thread");
	check(b->proc.start_ns >= b->proc.parent_start_ns && b->proc.parent_start_ns,
	      "when it and its parent were made");
	check(!stat("/sys/fs/cgroup", &st) && b->proc.cgid == st.st_ino, "its cgroup");
}

static int as_nobody(struct env *e)
{
	(void)e;
	if (setgid(65534) || setuid(65533))
		return -errno;
	return open_and_read(FILE_);
}

static int run_it(struct env *e)
{
	char *const argv[] = { "x", NULL };

	(void)e;
	return with_program(FILE_, argv);
}

static int cut_it(struct env *e)
{
	(void)e;
	return result(truncate(FILE_, 0));
}

static void test_ops(void)
{
	struct offence o = { .instead = as_nobody };
	struct outcome out = offend(&o);
	const struct aegishv_rec_block *b = the_block(&out);

	check(b->proc.uid == 65533 && b->proc.gid == 65534, "another user is told as such");
	o.instead = cut_it;
	out = offend(&o);
	check(out.err == -EPERM && the_block(&out)->op == AEGISHV_OP_TRUNCATE, "truncate is told");
	chmod(FILE_, 0755);
	events_drop();
	o.instead = run_it;
	out = offend(&o);
	b = event(AEGISHV_REC_BLOCK, 0, 0);
	check(out.err == -EPERM && b && b->op == AEGISHV_OP_EXEC, "execution is told");
}

static void test_exempt(void)
{
	struct offence o = { .cgroup = "respond-exempt" };
	uint64_t before = policy_number(AEGISHV_A_POLICY_EXEMPT);
	struct outcome out;

	if (make_cgroup("respond-exempt", &extra_rule.cgroup))
		return check(0, "a cgroup is made");
	extra_rule.kind = AEGISHV_RULE_KIND_ALLOW_CGROUP;
	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	out = offend(&o);
	check_number(out.err, 0, "an exempt process opens");
	check_number(events_of(AEGISHV_REC_BLOCK, out.pid), 0, "without a record");
	check_number(policy_number(AEGISHV_A_POLICY_EXEMPT), before + 1, "but counted");
	out = offend_once();
	check_number(out.err, -EPERM, "others do not");
	memset(&extra_rule, 0, sizeof(extra_rule));
}

void test_answers(void)
{
	uint64_t audits = policy_number(AEGISHV_A_POLICY_AUDITS);
	uint64_t blocks = numbers[AEGISHV_A_POLICY_BLOCKS];
	struct outcome out = offend_once();

	check_number(out.err, 0, "without a rule the file opens");
	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	out = offend_once();
	check_number(out.err, 0, "in audit mode it opens, too");
	check_number(events_of(AEGISHV_REC_BLOCK, out.pid), 1, "and that is told once");
	check_number(the_block(&out)->action, AEGISHV_ACTION_AUDIT, "as audit");
	test_record(the_block(&out));
	check_number(policy_number(AEGISHV_A_POLICY_AUDITS), audits + 1, "and counted");

	configure(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE);
	out = offend_once();
	check_number(out.err, -EPERM, "in enforce mode it does not open");
	check_number(events_of(AEGISHV_REC_BLOCK, out.pid), 1, "and that is told once");
	check_number(the_block(&out)->action, AEGISHV_ACTION_BLOCK, "as blocked");
	check_number(the_block(&out)->op, AEGISHV_OP_OPEN, "as an open");
	check_number(policy_number(AEGISHV_A_POLICY_BLOCKS), blocks + 1, "and counted");
	check_number(out.status, 0, "and the process lives on");
	test_ops();
	test_exempt();
}
