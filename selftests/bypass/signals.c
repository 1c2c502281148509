// SPDX-License-Identifier: GPL-2.0-only
/* Signals after the denial: which, to whom, and from when on SIGKILL. */
#include <signal.h>
#include <sys/wait.h>

#include "events.h"

static int action(const struct outcome *o, int n)
{
	const struct aegishv_rec_block *b = event(AEGISHV_REC_BLOCK, o->pid, n);

	return b ? b->action : -1;
}

/* Records of one process may be in the rings of several CPUs: count, do not order. */
static int how_many(const struct outcome *o, int which)
{
	int i, n = 0;

	for (i = 0; action(o, i) >= 0; i++)
		n += action(o, i) == which;
	return n;
}

static bool spared(const struct outcome *o)
{
	const struct aegishv_rec_block *b = event(AEGISHV_REC_BLOCK, o->pid, 0);

	return b && b->flags & AEGISHV_BLOCK_SURVIVOR && b->action == AEGISHV_ACTION_BLOCK;
}

static void test_one(uint32_t signal_, int sig, int want)
{
	struct offence o = {};
	struct outcome out;

	configure(AEGISHV_A_CONFIG_SIGNAL, signal_);
	out = offend(&o);
	check(WIFSIGNALED(out.status) && WTERMSIG(out.status) == sig, "the signal ends the offender");
	check_number(action(&out, 0), want, "and is told");
	o.ignore = sig;
	out = offend(&o);
	check(out.err == -EPERM && !out.status, "who ignores it gets EPERM still");
}

static void test_kill(void)
{
	struct setting s[] = {
		{ AEGISHV_A_CONFIG_SIGNAL, AEGISHV_SIGNAL_KILL },
		{ AEGISHV_A_CONFIG_ALLOW_SIGKILL, 1 },
		{ AEGISHV_A_CONFIG_KILL_THRESHOLD, 3 },
		{ AEGISHV_A_CONFIG_KILL_WINDOW_S, 3600 },
	};
	struct offence o = { .opens = 10, .ignore = SIGTERM };
	struct outcome out;

	check(!nl_set(s, 4), "signal=kill is taken with allow-sigkill");
	out = offend(&o);
	check(WIFSIGNALED(out.status) && WTERMSIG(out.status) == SIGKILL, "SIGKILL in the end");
	check_number(events_of(AEGISHV_REC_BLOCK, out.pid), 3, "after as many denials as configured");
	check_number(how_many(&out, AEGISHV_ACTION_TERM), 2, "all but one brought SIGTERM");
	check_number(how_many(&out, AEGISHV_ACTION_KILL), 1, "and one SIGKILL");
	o.opens = 2;
	out = offend(&o);
	check(!out.status, "another process starts to count anew");

	/* longer pauses make no difference: they only end the window more surely */
	configure(AEGISHV_A_CONFIG_KILL_WINDOW_S, 1);
	o.opens = 4;
	o.pause_us = 1200000;
	out = offend(&o);
	check(!out.status && how_many(&out, AEGISHV_ACTION_TERM) == 4,
	      "denials that are further apart than the window bring no SIGKILL");
}

static void test_survivors(void)
{
	struct setting term = { AEGISHV_A_CONFIG_SIGNAL, AEGISHV_SIGNAL_TERM };
	struct offence o = { .cgroup = "respond-glass/below" };
	struct outcome out;
	uint64_t id, below;

	nl_set(&term, 1);
	if (make_cgroup("respond-glass", &id) || make_cgroup("respond-glass/below", &below))
		return check(0, "cgroups are made");
	out = offend(&o);
	check(WIFSIGNALED(out.status), "a cgroup like any other: the signal comes");
	check(!nl_set_u64(AEGISHV_A_CONFIG_BREAK_GLASS, id), "it becomes the break-glass cgroup");
	out = offend(&o);
	check(!out.status && out.err == -EPERM, "now there is EPERM but no signal below it");
	check(spared(&out), "and the record says so");
	nl_set_u64(AEGISHV_A_CONFIG_BREAK_GLASS, 0);

	check_number(open_and_read(FILE_), -EPERM, "the reader of events is denied, and lives");
	events_read();
	out.pid = getpid();
	check(spared(&out), "and the record says so");
}

void test_signals(void)
{
	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	configure(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE);
	test_one(AEGISHV_SIGNAL_TERM, SIGTERM, AEGISHV_ACTION_TERM);
	test_one(AEGISHV_SIGNAL_INT, SIGINT, AEGISHV_ACTION_INT);
	test_kill();
	test_survivors();
}
