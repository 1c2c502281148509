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

#include "txn.h"

#define NO_FILE_INO	(1ULL << 40)

static uint32_t device_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		txn_die(path, strerror(errno));
	/* As the kernel encodes it: 12 bits of major, 20 of minor, in two parts. */
	return (minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 |
	       (minor(st.st_dev) & ~0xffU) << 12;
}

static void add_inodes(struct txn *t, unsigned long count, const char *path)
{
	uint32_t dev = device_of(path);

	for (unsigned long i = 0; i < count; i++) {
		struct nlattr *nest = txn_rule(t, AEGISHV_RULE_KIND_DENY_INODE);

		if (nla_put_u32(t->msg, AEGISHV_A_RULE_DEV, dev) ||
		    nla_put_u64(t->msg, AEGISHV_A_RULE_INO, NO_FILE_INO + i) ||
		    nla_put_u32(t->msg, AEGISHV_A_RULE_GEN, 1))
			txn_die("inodes", "the message is full");
		nla_nest_end(t->msg, nest);
	}
}

static void add_paths(struct txn *t, unsigned long count, const char *dir)
{
	char path[4096];

	for (unsigned long i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/no-such-file-%lu", dir, i);
		txn_add_path(t, AEGISHV_RULE_KIND_DENY_PATH, path);
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
			txn_add_path(t, path ? AEGISHV_RULE_KIND_DENY_PATH :
					   AEGISHV_RULE_KIND_DENY_INODE, argv[i]);
	else
		txn_die(argv[0], "inode FILE..., path FILE..., inodes COUNT FILE or paths COUNT DIR");
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
		txn_die("usage", "ahvrule [reset] [protect] [inode|path FILE...|inodes COUNT FILE|paths COUNT DIR]");
	reset = word(&argc, &argv, "reset");
	t.protect = word(&argc, &argv, "protect");
	txn_begin(&t, reset);
	if (argc > 1)
		add(&t, argc - 1, argv + 1);
	txn_commit(&t);
	printf("rules %u bytes %llu\n", t.rules, (unsigned long long)t.bytes);
	nlc_close(&t.nlc);
	return 0;
}
