// SPDX-License-Identifier: GPL-2.0-only
/* Transactions: begin, stage, commit, abort; whose they are; what ends them. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "poltest.h"

static const struct pol_rule a = BY_PATH(PATH, "/tmp/p/txn/a");
static const struct pol_rule b = BY_PATH(PATH, "/tmp/p/txn/b");
static const struct pol_rule d = BY_PATH(DIR_, "/tmp/p/txn/d");
static const struct pol_rule n = BY_NUMBER(0x12345, 77);

static void one(struct nlc *c)
{
	struct pol_state before, after, told;
	uint32_t txn = 0;

	pol_state(c, &before);
	is(pol_begin(c, false, &txn), 0, "a transaction begins");
	ok(txn != 0, "... and has a number");
	is(pol_add(c, txn, &a), 0, "a path is staged");
	is(pol_add(c, txn, &d), 0, "a directory is staged");
	is(pol_add(c, txn, &n), 0, "an inode is staged");
	pol_state(c, &after);
	ok(!memcmp(&before, &after, sizeof(after)), "nothing has changed yet");
	is(pol_commit(c, txn, &told), 0, "the commit");
	pol_state(c, &after);
	is(after.generation, before.generation + 1, "the generation is the next");
	is(told.generation, after.generation, "... and told by the commit");
	is(after.rules, 3, "three rules are in force");
	is(told.rules, 3, "... as told by the commit");
	ok(told.bytes == after.bytes && after.bytes > before.bytes, "the bytes are told, and more");
	is(after.by_kind[PATH] * 100 + after.by_kind[INODE] * 10 + after.by_kind[DIR_], 111,
	   "one of each kind");
	is(pol_add(c, txn, &b), -ENOENT, "the transaction is over");
	is(pol_commit(c, txn, NULL), -ENOENT, "... and cannot be committed twice");
}

static void additive_and_reset(struct nlc *c)
{
	struct pol_state s;
	uint32_t txn = 0;

	pol_replace(c, &a, 1);
	pol_begin(c, false, &txn);
	pol_add(c, txn, &b);
	pol_add(c, txn, &a);
	pol_add(c, txn, &b);
	pol_commit(c, txn, &s);
	is(s.rules, 2, "a rule that is there already is not added again");
	pol_begin(c, true, &txn);
	pol_add(c, txn, &n);
	pol_commit(c, txn, &s);
	is(s.rules, 1, "with reset, the old ones are gone");
	pol_begin(c, true, &txn);
	pol_commit(c, txn, &s);
	is(s.rules, 0, "reset and nothing else is the empty policy");
}

static void aborted(struct nlc *c)
{
	struct pol_state before, after;
	uint32_t txn = 0;

	pol_state(c, &before);
	pol_begin(c, false, &txn);
	pol_add(c, txn, &a);
	is(pol_abort(c, txn), 0, "abort");
	is(pol_abort(c, txn), -ENOENT, "... ends it");
	pol_state(c, &after);
	ok(!memcmp(&before, &after, sizeof(after)), "... and nothing has changed");
}

static void two_clients(struct nlc *c)
{
	struct nlc_answer ans = { 0 };
	struct pol_state s;
	uint32_t mine = 0, his = 0;
	struct nlc other;

	nlc_connect(&other);
	pol_begin(c, false, &mine);
	pol_begin(&other, false, &his);
	ok(mine != his, "two clients, two transactions");
	pol_stage(&other, AEGISHV_CMD_POLICY_ADD, mine, &a, 1, &ans);
	refused(&ans, -ENOENT, "this socket has no such transaction", "one may not stage in the other's");
	memset(&ans, 0, sizeof(ans));
	pol_commit_ask(&other, mine, &ans);
	refused(&ans, -ENOENT, "no such transaction", "... nor commit it");
	is(pol_abort(&other, mine), -ENOENT, "... nor abort it");
	pol_add(c, mine, &a);
	pol_add(&other, his, &b);
	is(pol_commit(&other, his, NULL), 0, "who commits first wins");
	memset(&ans, 0, sizeof(ans));
	pol_commit_ask(c, mine, &ans);
	refused(&ans, -ESTALE, "changed meanwhile", "... the other is told to begin again");
	is(pol_abort(c, mine), -ENOENT, "... and his transaction is over");
	pol_state(c, &s);
	is(s.rules, 1, "only the winner's rule is in force");
	nlc_close(&other);
}

static void base(struct nlc *c)
{
	struct nlc_answer ans = { 0 };
	struct pol_state s;
	uint32_t txn = 0;

	pol_state(c, &s);
	pol_begin_on(c, false, s.generation + 1, &txn, &ans);
	refused(&ans, -ESTALE, "another policy is in force", "a base that is not in force");
	memset(&ans, 0, sizeof(ans));
	is(pol_begin_on(c, false, s.generation, &txn, &ans), 0, "the base that is");
	is(pol_commit(c, txn, NULL), 0, "... and its commit");
}

static void many(struct nlc *c)
{
	struct nlc_answer ans = { 0 };
	uint32_t txn[9] = { 0 };
	int err = 0;

	for (int i = 0; i < 8; i++)
		err |= pol_begin(c, i & 1, &txn[i]);
	is(err, 0, "eight transactions at once");
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK, NULL), &ans);
	refused(&ans, -EBUSY, "8 transactions", "the ninth is refused");
	is(pol_abort(c, txn[3]), 0, "one ends");
	is(pol_begin(c, false, &txn[8]), 0, "... and there is room for one");
	is(nlc_reconnect(c), 0, "the socket is closed");
	err = pol_begin(c, false, &txn[0]);
	is(err, 0, "... and its transactions went with it");
	pol_abort(c, txn[0]);
}

/* Stages until it is killed. */
static _Noreturn void stage_on(int say)
{
	struct pol_rule r = n;
	struct nlc c;
	uint32_t txn;

	if (nlc_connect(&c) || pol_begin(&c, false, &txn))
		_exit(1);
	for (int i = 0; ; i++) {
		r.ino = i + 1;
		if (pol_add(&c, txn, &r))
			_exit(2);
		if (i == 100 && write(say, "", 1) != 1)
			_exit(3);
	}
}

static bool killed_while_staging(void)
{
	int say[2], status = 0;
	char byte;
	pid_t pid;

	if (pipe(say))
		return false;
	pid = fork();
	if (!pid)
		stage_on(say[1]);
	close(say[1]);
	if (read(say[0], &byte, 1) != 1)
		return false;
	close(say[0]);
	kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
}

static void dead_clients(struct nlc *c)
{
	struct pol_state before, after;
	uint64_t bytes = memory(c);
	int killed = 0;

	pol_state(c, &before);
	for (int i = 0; i < 20; i++)
		killed += killed_while_staging();
	is(killed, 20, "20 clients killed in the middle of a transaction");
	pol_state(c, &after);
	ok(!memcmp(&before, &after, sizeof(after)), "... have changed nothing");
	is(memory(c), bytes, "... and what they staged is freed");
}

void test_txn(struct nlc *c)
{
	make("/tmp/p/txn/a");
	make("/tmp/p/txn/d/");
	pol_replace(c, NULL, 0);
	one(c);
	additive_and_reset(c);
	aborted(c);
	two_clients(c);
	base(c);
	many(c);
	dead_clients(c);
	pol_replace(c, NULL, 0);
}
