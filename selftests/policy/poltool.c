// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policies for test scripts:
 *   poltool set [-p] KIND PATH...	these rules and no others; -p with protect;
 *					KIND is path, inode, dir or cgroup
 *   poltool add [-p] KIND PATH...	these too
 *   poltool list			"ID KIND HITS FLAGS PATH", one rule a line
 *   poltool state			KEY VALUE lines
 *   poltool fill N			N rules for inodes of no file system
 *   poltool mode audit|enforce		config-set file-mode
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pol.h"

static const char *const kinds[] = { "?", "path", "inode", "dir", "cgroup" };

static int fail(const struct nlc_answer *a)
{
	fprintf(stderr, "poltool: %s (%d)\n", a->text, a->err);
	return 1;
}

static uint32_t kind_of(const char *name)
{
	for (uint32_t k = 1; k < 5; k++)
		if (!strcmp(kinds[k], name))
			return k;
	fprintf(stderr, "poltool: no kind of rule '%s'\n", name);
	exit(2);
}

static int change(struct nlc *c, bool reset, char **argv)
{
	struct pol_rule r = { .have = HAS(KIND) | HAS(PATH) | HAS(FLAGS) };
	struct nlc_answer a = { 0 };
	uint32_t txn = 0;

	if (*argv && !strcmp(*argv, "-p")) {
		r.flags = PROTECT;
		argv++;
	}
	a.err = pol_begin(c, reset, &txn);
	for (; !a.err && argv[0] && argv[1]; argv += 2) {
		r.kind = kind_of(argv[0]);
		r.path = argv[1];
		r.path_len = strlen(argv[1]);
		pol_stage(c, AEGISHV_CMD_POLICY_ADD, txn, &r, 1, &a);
	}
	if (!a.err)
		pol_commit_ask(c, txn, &a);
	return a.err ? fail(&a) : 0;
}

static int fill(struct nlc *c, int n)
{
	struct pol_rule r = BY_NUMBER(0x7ffff, 0);
	struct nlc_answer a = { 0 };
	uint32_t txn = 0;

	a.err = pol_begin(c, true, &txn);
	while (r.ino < (uint64_t)n && !a.err) {
		struct nl_msg *msg = pol_message(c, AEGISHV_CMD_POLICY_ADD, txn);

		for (r.ino++; r.ino <= (uint64_t)n && pol_put(msg, &r); r.ino++)
			;
		r.ino--;
		nlc_ask(c, msg, &a);
	}
	if (!a.err)
		pol_commit_ask(c, txn, &a);
	return a.err ? fail(&a) : 0;
}

static void print(const struct pol_rule *r, void *arg)
{
	(void)arg;
	printf("%u %s %llu %u %.*s\n", r->id, r->kind < 5 ? kinds[r->kind] : "?",
	       (unsigned long long)r->hits, r->flags, r->path_len, r->path ?: "-");
}

static int state(struct nlc *c)
{
	struct pol_state s;

	if (pol_state(c, &s))
		return 1;
	printf("generation %llu\nrules %u\npaths %u\ninodes %u\ndirs %u\ncgroups %u\n",
	       (unsigned long long)s.generation, s.rules, s.by_kind[PATH], s.by_kind[INODE],
	       s.by_kind[DIR_], s.by_kind[CGROUP]);
	printf("bytes %llu\nmarks %u\nblocks %llu\naudits %llu\nexempt %llu\nsignals %llu\n",
	       (unsigned long long)s.bytes, s.marks, (unsigned long long)s.blocks,
	       (unsigned long long)s.audits, (unsigned long long)s.exempt,
	       (unsigned long long)s.signals);
	return 0;
}

static int mode(struct nlc *c, const char *name)
{
	const struct nlc_attr attrs[] = {
		U32(CONFIG_FILE_MODE, !strcmp(name, "enforce")), { 0 }
	};
	struct nlc_answer a = { 0 };

	nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, attrs), &a);
	return a.err ? fail(&a) : 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct nlc c;

	if (nlc_connect(&c)) {
		fprintf(stderr, "poltool: no netlink family: load aegishv.ko first\n");
		return 1;
	}
	if (!strcmp(what, "set") || !strcmp(what, "add"))
		return change(&c, *what == 's', argv + 2);
	if (!strcmp(what, "list"))
		return pol_dump(&c, print, NULL, NULL) < 0;
	if (!strcmp(what, "state"))
		return state(&c);
	if (!strcmp(what, "fill") && argc == 3)
		return fill(&c, atoi(argv[2]));
	if (!strcmp(what, "mode") && argc == 3)
		return mode(&c, argv[2]);
	fprintf(stderr, "usage: poltool set|add [-p] KIND PATH... | list | state | fill N | mode M\n");
	return 2;
}
