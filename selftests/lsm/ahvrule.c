// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules into the kernel in one transaction, for tests and the benchmark:
 *   ahvrule [reset] inode FILE...	deny the inodes that have these names now
 *   ahvrule [reset] path FILE...	deny these names
 *   ahvrule [reset] inodes COUNT FILE	deny inode numbers that no file has, on the
 *					file system of FILE
 *   ahvrule [reset] paths COUNT DIR	deny names that no file has, in DIR
 *   ahvrule reset			no rules
 * Without reset they are added to those in force; protect behind it asks for that.
 * Prints "rules N bytes N".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "nlc.h"

#define MSG_BYTES	(48 << 10)
#define NO_FILE_INO	(1ULL << 40)

struct txn {
	struct nlc nlc;
	uint32_t id;
	uint32_t rules;
	uint64_t bytes;
	bool protect;
	struct nl_msg *msg;	/* rules not sent yet */
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "ahvrule: %s: %s\n", what, why);
	exit(1);
}

static void note(struct nlattr *first, int len, void *arg)
{
	struct txn *t = arg;
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, first, len, rem) {
		if (nla_type(a) == AEGISHV_A_POLICY_TXN)
			t->id = nlc_u32(a);
		if (nla_type(a) == AEGISHV_A_POLICY_RULES)
			t->rules = nlc_u32(a);
		if (nla_type(a) == AEGISHV_A_POLICY_BYTES)
			t->bytes = nlc_u64(a);
	}
}

static void ask(struct txn *t, struct nl_msg *msg, const char *what)
{
	struct nlc_answer a = { .on_msg = note, .arg = t };

	nlc_ask(&t->nlc, msg, &a);
	if (a.err)
		die(what, a.text[0] ? a.text : strerror(-a.err));
}

static void begin(struct txn *t, bool reset)
{
	struct nlc_attr attrs[] = { { reset ? AEGISHV_A_POLICY_RESET : 0, 0, 0 }, { 0 } };

	ask(t, nlc_new(&t->nlc, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK, attrs), "begin");
}

static void send_rules(struct txn *t)
{
	if (t->msg)
		ask(t, t->msg, "add");
	t->msg = NULL;
}

static struct nlattr *rule_begin(struct txn *t, uint32_t kind)
{
	struct nlc_attr attrs[] = { { AEGISHV_A_POLICY_TXN, 4, t->id }, { 0 } };
	struct nlattr *nest;

	if (t->msg && nlmsg_hdr(t->msg)->nlmsg_len > MSG_BYTES)
		send_rules(t);
	if (!t->msg)
		t->msg = nlc_new(&t->nlc, AEGISHV_CMD_POLICY_ADD, NLM_F_ACK, attrs);
	nest = nla_nest_start(t->msg, AEGISHV_A_POLICY_RULE);
	if (!nest || nla_put_u32(t->msg, AEGISHV_A_RULE_KIND, kind) ||
	    nla_put_u32(t->msg, AEGISHV_A_RULE_FLAGS, t->protect * AEGISHV_RULE_FLAG_PROTECT))
		die("rule", "the message is full");
	return nest;
}

static void add_path(struct txn *t, uint32_t kind, const char *path)
{
	struct nlattr *nest = rule_begin(t, kind);

	if (nla_put(t->msg, AEGISHV_A_RULE_PATH, strlen(path), path))
		die(path, "the message is full");
	nla_nest_end(t->msg, nest);
}

static uint32_t device_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		die(path, strerror(errno));
	/* As the kernel encodes it: 12 bits of major, 20 of minor, in two parts. */
	return (minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 |
	       (minor(st.st_dev) & ~0xffU) << 12;
}

static void add_inodes(struct txn *t, unsigned long count, const char *path)
{
	uint32_t dev = device_of(path);

	for (unsigned long i = 0; i < count; i++) {
		struct nlattr *nest = rule_begin(t, AEGISHV_RULE_KIND_DENY_INODE);

		if (nla_put_u32(t->msg, AEGISHV_A_RULE_DEV, dev) ||
		    nla_put_u64(t->msg, AEGISHV_A_RULE_INO, NO_FILE_INO + i) ||
		    nla_put_u32(t->msg, AEGISHV_A_RULE_GEN, 1))
			die("inodes", "the message is full");
		nla_nest_end(t->msg, nest);
	}
}

static void add_paths(struct txn *t, unsigned long count, const char *dir)
{
	char path[4096];

	for (unsigned long i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/no-such-file-%lu", dir, i);
		add_path(t, AEGISHV_RULE_KIND_DENY_PATH, path);
	}
}

static void add(struct txn *t, int argc, char **argv)
{
	bool path = !strcmp(argv[0], "path");

	if (!strcmp(argv[0], "inodes") && argc == 3)
		add_inodes(t, strtoul(argv[1], NULL, 10), argv[2]);
	else if (!strcmp(argv[0], "paths") && argc == 3)
		add_paths(t, strtoul(argv[1], NULL, 10), argv[2]);
	else if (path || !strcmp(argv[0], "inode"))
		for (int i = 1; i < argc; i++)
			add_path(t, path ? AEGISHV_RULE_KIND_DENY_PATH :
					   AEGISHV_RULE_KIND_DENY_INODE, argv[i]);
	else
		die(argv[0], "inode FILE..., path FILE..., inodes COUNT FILE or paths COUNT DIR");
	send_rules(t);
}

static bool word(int *argc, char ***argv, const char *w)
{
	if (*argc < 2 || strcmp((*argv)[1], w))
		return false;
	++*argv;
	--*argc;
	return true;
}

int main(int argc, char **argv)
{
	struct txn t = { 0 };
	bool reset;

	if (argc < 2)
		die("usage", "ahvrule [reset] [protect] [inode|path FILE...|inodes COUNT FILE|paths COUNT DIR]");
	reset = word(&argc, &argv, "reset");
	t.protect = word(&argc, &argv, "protect");
	if (nlc_connect(&t.nlc))
		die("no netlink family", "load aegishv.ko first");
	begin(&t, reset);
	if (argc > 1)
		add(&t, argc - 1, argv + 1);
	ask(&t, nlc_new(&t.nlc, AEGISHV_CMD_POLICY_COMMIT, NLM_F_ACK,
			(struct nlc_attr[]) { { AEGISHV_A_POLICY_TXN, 4, t.id }, { 0 } }), "commit");
	printf("rules %u bytes %llu\n", t.rules, (unsigned long long)t.bytes);
	nlc_close(&t.nlc);
	return 0;
}
