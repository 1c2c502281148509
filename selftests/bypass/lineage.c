// SPDX-License-Identifier: GPL-2.0-only
/* Processes that execute, are made and end; and losses that are exact. */
#include <sys/wait.h>

#include "events.h"

#define FLOOD 2000

static int run_hello(struct env *e)
{
	char *const argv[] = { "hello", NULL };

	(void)e;
	return with_program("/t/hello", argv);
}

static void test_exec(const struct outcome *o)
{
	const struct aegishv_rec_proc *p = event(AEGISHV_REC_EXEC, 0, 0);

	check_number(events_of(AEGISHV_REC_EXEC, 0), 1, "an execution is told");
	if (!p)
		return check(0, "with its path");
	check(p->path_len == 8 && !memcmp(p->text, "/t/hello", 8), "with its path");
	check_text(p->proc.comm, "hello", "and the name that the process has from then on");
	check_number(p->proc.ppid, o->pid, "and its parent");
}

static void test_life(const struct outcome *o)
{
	const struct aegishv_rec_proc *exec = event(AEGISHV_REC_EXEC, 0, 0);
	const struct aegishv_rec_proc *end;
	uint32_t pid = exec ? exec->proc.pid : 0;

	check_number(events_of(AEGISHV_REC_FORK, o->pid), 1, "a process that is made is told");
	check_number(events_of(AEGISHV_REC_FORK, pid), 1, "its child, too");
	check_number(events_of(AEGISHV_REC_PEXIT, o->pid), 1, "its end is told");
	end = event(AEGISHV_REC_PEXIT, pid, 0);
	check(end && end->status == HELLO << 8, "the child's with its status");
	check(end && exec && end->proc.start_ns == exec->proc.start_ns, "both ends of one life match");
}

void test_lineage(void)
{
	struct offence o = { .instead = run_hello };
	struct outcome out;

	configure(AEGISHV_A_CONFIG_PROC_EVENTS, AEGISHV_PROC_EVENTS_EXEC);
	events_drop();
	out = offend(&o);
	test_exec(&out);
	check_number(events_of(AEGISHV_REC_FORK, 0), 0, "forks are not, by default");

	configure(AEGISHV_A_CONFIG_PROC_EVENTS, AEGISHV_PROC_EVENTS_ALL);
	events_drop();
	out = offend(&o);
	test_life(&out);

	configure(AEGISHV_A_CONFIG_PROC_EVENTS, AEGISHV_PROC_EVENTS_OFF);
	events_drop();
	offend(&o);
	check_number(events_of(AEGISHV_REC_EXEC, 0), 0, "and nothing when it is off");
	configure(AEGISHV_A_CONFIG_PROC_EVENTS, AEGISHV_PROC_EVENTS_EXEC);
}

/* Nobody reads meanwhile: more than the rings hold. */
void test_losses(void)
{
	struct offence o = { .opens = FLOOD };
	uint64_t before[AEGISHV_A_POLICY_MAX + 1], after[AEGISHV_A_POLICY_MAX + 1];

	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	configure(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE);
	nl_policy(before, AEGISHV_A_POLICY_MAX);
	events_drop();
	offend(&o);
	nl_policy(after, AEGISHV_A_POLICY_MAX);
	check(events_lost() > 0, "a flood that nobody reads loses events");
	check_number(events_of(AEGISHV_REC_BLOCK, 0) + events_lost(), FLOOD,
		     "events and losses together are the denials");
	check_number(after[AEGISHV_A_POLICY_BLOCKS] - before[AEGISHV_A_POLICY_BLOCKS], FLOOD,
		     "which are counted, all");
}
