// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of rules: numbers that stay with them, what they resolve to,
 * how they are taken away again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "poltest.h"

static const struct pol_rule a = BY_PATH(PATH, "/tmp/p/rules/a");
static const struct pol_rule b = BY_PATH(PATH, "/tmp/p/rules/b");
static const struct pol_rule c_ = BY_PATH(PATH, "/tmp/p/rules/c");

static uint32_t id_of(struct nlc *c, const char *path)
{
	struct pol_rule r;

	return pol_find(c, path, &r) ? 0 : r.id;
}

static void numbers(struct nlc *c)
{
	const struct pol_rule ab[] = { a, b }, bc[] = { b, c_ }, all[] = { c_, b, a };
	uint32_t ida, idb, idc, txn = 0;

	pol_replace(c, ab, 2);
	ida = id_of(c, a.path);
	idb = id_of(c, b.path);
	ok(ida && idb > ida, "rules are numbered in order");
	pol_replace(c, bc, 2);
	idc = id_of(c, c_.path);
	is(id_of(c, b.path), idb, "a rule that stays keeps its number");
	ok(idc > idb, "a new one gets a new number");
	pol_replace(c, all, 3);
	ok(id_of(c, a.path) > idc, "one that was gone comes back with another number");
	is(id_of(c, b.path) * 1000 + id_of(c, c_.path), idb * 1000 + idc,
	   "... and those that were there keep theirs, in whatever order");
	pol_begin(c, false, &txn);
	pol_del(c, txn, &b);
	pol_add(c, txn, &b);
	pol_commit(c, txn, NULL);
	is(id_of(c, b.path), idb, "taken away and added in one transaction, it keeps its number");
}

static void got(struct nlc *c, uint32_t id, const char *path)
{
	struct pol_rule r = { 0 };

	is(pol_get(c, id, &r), 0, "a rule by its number");
	ok(r.id == id && r.path_len == strlen(path) && !memcmp(r.path, path, r.path_len),
	   "... is that rule");
}

/* tmpfs does not find an inode by its number. */
static void inode_of(struct nlc *c, const char *file, const struct pol_rule *rule)
{
	uint32_t flags = rule->have & HAS(INO) ? AEGISHV_RULE_FLAG_ANY_GENERATION : 0;
	struct pol_rule r = { 0 };
	struct stat st;
	int err = pol_replace(c, rule, 1);

	if (!is(err, 0, "a rule for a file by path, descriptor, or number") || stat(file, &st))
		return;
	pol_last(c, &r);
	ok(r.ino == st.st_ino && r.dev == ((minor(st.st_dev) & 0xff) | major(st.st_dev) << 8 |
					   (minor(st.st_dev) & ~0xffU) << 12),
	   "... is about its inode %llu on its device %#x", (unsigned long long)r.ino, r.dev);
	is(r.flags, flags, flags ? "... of any generation" : "... of this generation");
}

static void inodes(struct nlc *c)
{
	struct pol_rule by_fd = { .have = HAS(KIND) | HAS(FD), .kind = INODE };
	struct pol_rule by_ino = { .have = HAS(KIND) | HAS(FD) | HAS(INO), .kind = INODE };
	struct pol_rule number = BY_NUMBER(0x12, 34), r;
	struct pol_rule by_path = BY_PATH(INODE, "/tmp/p/rules/a");
	struct stat st;

	stat(a.path, &st);
	by_fd.fd = open(a.path, O_PATH);
	by_ino.fd = open("/tmp/p/rules", O_RDONLY);
	by_ino.ino = st.st_ino;
	inode_of(c, a.path, &by_path);
	inode_of(c, a.path, &by_fd);
	inode_of(c, a.path, &by_ino);
	close(by_fd.fd);
	close(by_ino.fd);
	pol_replace(c, &number, 1);
	pol_last(c, &r);
	is(r.flags, AEGISHV_RULE_FLAG_ANY_GENERATION, "a bare number is for any generation");
	number.have |= HAS(GEN);
	number.gen = 5;
	pol_replace(c, &number, 1);
	pol_last(c, &r);
	ok(!r.flags && r.gen == 5, "... unless it is given");
}

static uint32_t flags_of(struct nlc *c, const char *path)
{
	struct pol_rule r;

	return pol_find(c, path, &r) ? ~0U : r.flags;
}

static void bound(struct nlc *c)
{
	struct pol_rule none = BY_PATH(PATH, "/tmp/p/rules/none");
	struct pol_rule link = BY_PATH(PATH, "/tmp/p/rules/link");
	struct pol_rule with = a;
	uint32_t txn = 0;

	unlink(none.path);
	unlink(link.path);
	pol_replace(c, &none, 1);
	is(flags_of(c, none.path), AEGISHV_RULE_FLAG_UNBOUND, "a file that is not there");
	make(none.path);
	pol_begin(c, false, &txn);
	pol_add(c, txn, &none);
	pol_commit(c, txn, NULL);
	is(flags_of(c, none.path), 0, "... is bound when it is added again and there");
	is(symlink("nowhere", link.path), 0, "a link to nothing");
	pol_replace(c, &link, 1);
	is(flags_of(c, link.path), AEGISHV_RULE_FLAG_UNBOUND, "... binds to no file either");
	with.have |= HAS(FLAGS);
	with.flags = PROTECT;
	pol_replace(c, &a, 1);
	pol_begin(c, false, &txn);
	pol_add(c, txn, &with);
	pol_commit(c, txn, NULL);
	is(flags_of(c, a.path), PROTECT, "protect is added to a rule that is there");
	pol_begin(c, false, &txn);
	pol_add(c, txn, &a);
	pol_commit(c, txn, NULL);
	is(flags_of(c, a.path), PROTECT, "... and adding it without takes nothing away");
}

static void odd_paths(struct nlc *c)
{
	struct pol_rule slash = BY_PATH(PATH, "/tmp/p/rules//a//");
	struct pol_rule odd = BY_PATH(PATH, "/tmp/p/rules/new\nline \xff\x01");
	struct pol_rule r;

	pol_replace(c, &slash, 1);
	is(flags_of(c, "/tmp/p/rules//a"), 0, "slashes at the end are not kept");
	pol_replace(c, &odd, 1);
	is(pol_find(c, odd.path, &r), 0, "a name may have any byte");
}

static int del(struct nlc *c, const struct pol_rule *rule)
{
	uint32_t txn = 0;
	int err = pol_begin(c, false, &txn) ?: pol_del(c, txn, rule);

	if (!err)
		return pol_commit(c, txn, NULL);
	pol_abort(c, txn);
	return err;
}

static unsigned int left(struct nlc *c)
{
	struct pol_state s;

	return pol_state(c, &s) ? ~0U : s.rules;
}

static void taken_away(struct nlc *c)
{
	struct pol_rule number = BY_NUMBER(0x12, 34), other = BY_NUMBER(0x12, 35);
	struct pol_rule by_id = { .have = HAS(ID) };
	const struct pol_rule all[] = { a, b, c_, number };

	pol_replace(c, all, 4);
	by_id.id = id_of(c, c_.path);
	is(del(c, &a), 0, "a rule goes by its path");
	is(del(c, &a), -ENOENT, "... once");
	is(del(c, &by_id), 0, "one by its number");
	is(del(c, &by_id), -ENOENT, "... once");
	is(del(c, &other), -ENOENT, "not another inode's");
	is(del(c, &number), 0, "one by its inode, whatever the generation");
	is(left(c), 1, "the last one is left");
	is(id_of(c, b.path) != 0, 1, "... and is the right one");
	rename("/tmp/p/rules", "/tmp/p/moved");
	is(del(c, &b), 0, "it goes by a path that leads nowhere any more");
	rename("/tmp/p/moved", "/tmp/p/rules");
	is(left(c), 0, "none is left");
}

static void skipped(struct nlc *c)
{
	struct nlc_answer ans = { 0 };
	uint32_t txn = 0;
	struct nl_msg *msg;

	pol_replace(c, &b, 1);
	pol_begin(c, false, &txn);
	pol_stage(c, AEGISHV_CMD_POLICY_DEL, txn, (struct pol_rule[]){ b, a }, 2, &ans);
	refused(&ans, -ENOENT, "no such rule", "of two to take away, one is not there");
	ans.err = 0;
	msg = pol_message(c, AEGISHV_CMD_POLICY_DEL, txn);
	nla_put_flag(msg, AEGISHV_A_POLICY_SKIP_MISSING);
	pol_put(msg, &a);
	pol_put(msg, &b);
	is(nlc_ask(c, msg, &ans), 0, "with skip-missing, that is no error");
	pol_commit(c, txn, NULL);
	is(left(c), 0, "... and the other is gone");
}

void test_rules(struct nlc *c)
{
	make("/tmp/p/rules/a");
	make("/tmp/p/rules/b");
	pol_replace(c, NULL, 0);
	numbers(c);
	got(c, id_of(c, a.path), a.path);
	got(c, id_of(c, c_.path), c_.path);
	inodes(c);
	bound(c);
	odd_paths(c);
	taken_away(c);
	skipped(c);
	pol_replace(c, NULL, 0);
}
