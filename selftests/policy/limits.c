// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory: a policy that would take more than policy_max_bytes is refused, and
 * what was in force stays. And how long many rules take, for a machine that
 * counts instructions instead of time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/stat.h>

#include "poltest.h"

/* A message full of rules, numbered on from *@i, up to @end. */
static int stage_some(struct nlc *c, uint32_t txn, int *i, int end, struct nlc_answer *a)
{
	struct nl_msg *msg = pol_message(c, AEGISHV_CMD_POLICY_ADD, txn);
	struct pol_rule r = BY_NUMBER(0x55, 0);

	for (; *i < end; ++*i) {
		r.ino = *i + 1;
		if (!pol_put(msg, &r))
			break;
	}
	return nlc_ask(c, msg, a);
}

void test_limits(struct nlc *c)
{
	struct pol_rule one = BY_NUMBER(0x44, 1);
	struct nlc_answer a = { 0 };
	struct pol_state before, after;
	uint64_t bytes;
	uint32_t txn = 0;
	int i = 0;

	pol_replace(c, &one, 1);
	pol_state(c, &before);
	bytes = memory(c);
	note("%llu bytes of %llu", (unsigned long long)before.bytes,
	     (unsigned long long)before.max_bytes);
	pol_begin(c, true, &txn);
	while (i < 1000000 && !stage_some(c, txn, &i, 1000000, &a))
		;
	refused(&a, -EDQUOT, "policy_max_bytes", "rules until the memory is used up");
	ok(a.offset, "... points at the one that did not fit");
	note("%d rules", i);
	is(pol_abort(c, txn), 0, "the transaction can be dropped");
	pol_state(c, &after);
	ok(!memcmp(&before, &after, sizeof(after)), "the policy in force is as before");
	is(memory(c), bytes, "... and so is the memory");
	is(pol_replace(c, &one, 1), 0, "there is room for another policy");
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int count_of(const char *var, int other)
{
	const char *s = getenv(var);

	return s ? atoi(s) : other;
}

/* Paths in directories of 100, half of them of files that are there. */
static int stage_paths(struct nlc *c, uint32_t txn, int *i, int end)
{
	struct nl_msg *msg = pol_message(c, AEGISHV_CMD_POLICY_ADD, txn);
	struct nlc_answer a = { 0 };
	char path[100];

	for (; *i < end; ++*i) {
		struct pol_rule r = { .have = HAS(KIND) | HAS(PATH), .kind = PATH, .path = path };

		r.path_len = snprintf(path, sizeof(path), "/tmp/p/bulk/dir%06d/file%06d",
				      *i / 100, *i);
		if (!pol_put(msg, &r))
			break;
	}
	nlc_ask(c, msg, &a);
	if (a.err)
		note("%d %s at %u", a.err, a.text, a.offset);
	return a.err;
}

static void make_files(int n)
{
	char path[100];

	make("/tmp/p/bulk/");
	for (int i = 0; i < n; i += 2) {
		snprintf(path, sizeof(path), "/tmp/p/bulk/dir%06d", i / 100);
		if (i % 100 == 0)
			mkdir(path, 0755);
		snprintf(path, sizeof(path), "/tmp/p/bulk/dir%06d/file%06d", i / 100, i);
		fclose(fopen(path, "w"));
	}
}

static void timed(struct nlc *c, const char *what, int n, bool paths)
{
	uint64_t start = now_ns(), staged;
	struct nlc_answer a = { 0 };
	struct pol_state s = { 0 };
	uint32_t txn = 0;
	int i = 0, err;

	err = pol_begin(c, true, &txn);
	while (i < n && !err)
		err = paths ? stage_paths(c, txn, &i, n) : stage_some(c, txn, &i, n, &a);
	staged = now_ns();
	err = err ?: pol_commit(c, txn, &s);
	note("%d %s: staged in %llu, committed in %llu ns (instructions under icount); %llu bytes",
	     n, what, (unsigned long long)(staged - start),
	     (unsigned long long)(now_ns() - staged), (unsigned long long)s.bytes);
	is(err, 0, what);
	is(s.rules, n, "... all of them");
}

void test_bulk(struct nlc *c)
{
	int paths = count_of("AHV_PATHS", 10000), inodes = count_of("AHV_INODES", 100000);

	make_files(paths);
	timed(c, "paths", paths, true);
	timed(c, "paths, which are in force already", paths, true);
	timed(c, "inodes", inodes, false);
	pol_replace(c, NULL, 0);
}
