// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clients that change the policy at the same time, each its own rule, beginning
 * again when another was first: no change is lost. Meanwhile others dump, and
 * die in the middle of transactions.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "poltest.h"

#define CLIENTS	4

static int amount(void)
{
	const char *s = getenv("AHV_SWAPS");

	return s ? atoi(s) / 10 : 100;
}

/* Adds its rule, or takes it away again. */
static int change(struct nlc *c, const struct pol_rule *rule, bool add)
{
	uint32_t txn = 0;
	int err;

	for (;;) {
		err = pol_begin(c, false, &txn);
		if (err == -EBUSY)
			continue;
		err = err ?: add ? pol_add(c, txn, rule) : pol_del(c, txn, rule);
		if (err)
			return err;
		err = pol_commit(c, txn, NULL);
		if (err != -ESTALE)
			return err;
	}
}

static _Noreturn void client(int who, int times)
{
	struct pol_rule r = BY_NUMBER(0x77, who + 1);
	struct nlc c;

	if (nlc_connect(&c))
		_exit(1);
	for (int i = 0; i < times; i++)
		if (change(&c, &r, !(i & 1)))
			_exit(2);
	_exit(0);
}

static _Noreturn void dumper(void)
{
	struct nlc c;
	int n = 0;

	if (nlc_connect(&c))
		_exit(1);
	while (n >= 0 && n <= CLIENTS)
		n = pol_dump(&c, NULL, NULL, NULL);
	_exit(2);
}

static pid_t start(int who, int times)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (who < CLIENTS)
		client(who, times);
	dumper();
}

void test_race(struct nlc *c)
{
	struct pol_state before, after;
	pid_t pid[CLIENTS + 1];
	int status, bad = 0, times = amount() | 1;

	pol_replace(c, NULL, 0);
	pol_state(c, &before);
	for (int i = 0; i <= CLIENTS; i++)
		pid[i] = start(i, times);
	for (int i = 0; i < CLIENTS; i++)
		bad += waitpid(pid[i], &status, 0) < 0 || status;
	is(bad, 0, "four clients change the policy, over and over");
	ok(!waitpid(pid[CLIENTS], &status, WNOHANG), "dumps went well all the time");
	kill(pid[CLIENTS], SIGKILL);
	waitpid(pid[CLIENTS], &status, 0);
	pol_state(c, &after);
	is(after.generation - before.generation, CLIENTS * times, "each change is a generation");
	is(after.rules, CLIENTS, "every client's last word counts");
	pol_replace(c, NULL, 0);
}
