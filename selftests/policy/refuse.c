// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules that are refused: each with its errno, words, and the place in the
 * message; and nothing has changed, neither in force nor in the transaction.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "poltest.h"

static char too_long[PATH_MAX + 8], long_name[400];

static const struct refusal {
	const char *what;
	int err;
	const char *text;
	struct pol_rule rule;
} refusals[] = {
	{ "no kind", -EINVAL, "kind: it is missing", { .have = HAS(PATH), .path = "/a", .path_len = 2 } },
	{ "kind 0", -ERANGE, "range", { .have = HAS(KIND) | HAS(PATH), .path = "/a", .path_len = 2 } },
	{ "kind 5", -ERANGE, "range",
	  { .have = HAS(KIND) | HAS(PATH), .kind = 5, .path = "/a", .path_len = 2 } },
	{ "an empty path", -EINVAL, "empty", BY_PATH(PATH, "") },
	{ "a path that is not absolute", -EINVAL, "not absolute", BY_PATH(PATH, "tmp/p") },
	{ "a NUL in a path", -EINVAL, "NUL",
	  { .have = HAS(KIND) | HAS(PATH), .kind = PATH, .path = "/tm\0p", .path_len = 5 } },
	{ "a path of 4096 bytes", -EINVAL, "4095",
	  { .have = HAS(KIND) | HAS(PATH), .kind = PATH, .path = too_long, .path_len = 4096 } },
	{ "a name of 300 bytes", -ENAMETOOLONG, "longer than the file system",
	  { .have = HAS(KIND) | HAS(PATH), .kind = PATH, .path = long_name, .path_len = 301 } },
	{ "no such directory", -ENOENT, "no such directory", BY_PATH(PATH, "/tmp/p/none/x") },
	{ "a file as a directory", -ENOTDIR, "should be a directory", BY_PATH(PATH, "/tmp/p/refuse/f/x") },
	{ "a circle of links", -ELOOP, "symbolic links", BY_PATH(PATH, "/tmp/p/refuse/loop") },
	{ "a circle of links as directory", -ELOOP, "symbolic links",
	  BY_PATH(PATH, "/tmp/p/refuse/loop/x") },
	{ "deny-path of a directory", -EISDIR, "deny-dir", BY_PATH(PATH, "/tmp/p/refuse") },
	{ "deny-path of a link to one", -EISDIR, "deny-dir", BY_PATH(PATH, "/tmp/p/refuse/todir") },
	{ "deny-path of /", -EINVAL, "names no file", BY_PATH(PATH, "/") },
	{ "deny-path of ..", -EINVAL, "names no file", BY_PATH(PATH, "/tmp/..") },
	{ "deny-dir of a file", -ENOTDIR, "deny-path", BY_PATH(DIR_, "/tmp/p/refuse/f") },
	{ "deny-dir of nothing", -ENOENT, "no such file", BY_PATH(DIR_, "/tmp/p/refuse/none") },
	{ "deny-dir of /", -EPERM, "root directory", BY_PATH(DIR_, "/") },
	{ "deny-dir of / by another path", -EPERM, "root directory", BY_PATH(DIR_, "/tmp/../tmp/..") },
	{ "deny-inode of nothing", -ENOENT, "no such file", BY_PATH(INODE, "/tmp/p/refuse/none") },
	{ "inode 0", -EINVAL, "number 0", BY_NUMBER(5, 0) },
	{ "a device without inode", -EINVAL, "needs ino",
	  { .have = HAS(KIND) | HAS(DEV), .kind = INODE, .dev = 5 } },
	{ "an inode without device", -EINVAL, "needs one of",
	  { .have = HAS(KIND) | HAS(INO), .kind = INODE, .ino = 5 } },
	{ "a generation without inode", -EINVAL, "gen: it needs ino",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(GEN), .kind = INODE, .path = "/tmp", .path_len = 4 } },
	{ "a path and a descriptor", -EINVAL, "either path or fd",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(FD), .kind = PATH, .path = "/tmp/x", .path_len = 6 } },
	{ "neither path nor descriptor", -EINVAL, "either path or fd",
	  { .have = HAS(KIND), .kind = PATH } },
	{ "a descriptor that is none", -EBADF, "no such descriptor",
	  { .have = HAS(KIND) | HAS(FD), .kind = PATH, .fd = 999 } },
	{ "descriptor -1", -EBADF, "no such descriptor",
	  { .have = HAS(KIND) | HAS(FD), .kind = DIR_, .fd = -1 } },
	{ "a path rule with an inode", -EINVAL, "cannot have",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(INO), .kind = PATH, .path = "/tmp/x",
	    .path_len = 6, .ino = 5 } },
	{ "a cgroup that is a file", -EINVAL, "no directory of cgroup v2",
	  BY_PATH(CGROUP, "/sys/fs/cgroup/cgroup.procs") },
	{ "a cgroup elsewhere", -EINVAL, "no directory of cgroup v2", BY_PATH(CGROUP, "/tmp") },
	{ "a cgroup that is not there", -ENOENT, "no such file", BY_PATH(CGROUP, "/sys/fs/cgroup/none") },
	{ "a cgroup id that is none", -ENOENT, "no cgroup v2 with this id",
	  { .have = HAS(KIND) | HAS(CGROUP), .kind = CGROUP, .cgroup = 1ULL << 60 } },
	{ "the root cgroup", -EPERM, "root cgroup", BY_PATH(CGROUP, "/sys/fs/cgroup") },
	{ "the root cgroup by id", -EPERM, "root cgroup",
	  { .have = HAS(KIND) | HAS(CGROUP), .kind = CGROUP, .cgroup = 1 } },
	{ "protect for a cgroup", -EINVAL, "protects nothing",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(FLAGS), .kind = CGROUP, .flags = PROTECT,
	    .path = "/sys/fs/cgroup/x", .path_len = 16 } },
	{ "a flag of the kernel's", -EINVAL, "only protect",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(FLAGS), .kind = PATH, .path = "/tmp/x",
	    .path_len = 6, .flags = AEGISHV_RULE_FLAG_UNBOUND } },
	{ "an unknown flag", -EINVAL, "reserved bit",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(FLAGS), .kind = PATH, .path = "/tmp/x",
	    .path_len = 6, .flags = 8 } },
	{ "a number of its own", -EINVAL, "given by the kernel",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(ID), .kind = PATH, .path = "/tmp/x",
	    .path_len = 6, .id = 7 } },
	{ "hits of its own", -EINVAL, "given by the kernel",
	  { .have = HAS(KIND) | HAS(PATH) | HAS(HITS), .kind = PATH, .path = "/tmp/x",
	    .path_len = 6, .hits = 7 } },
};

#define NR	(sizeof(refusals) / sizeof(*refusals))

static const struct pol_rule good = BY_PATH(PATH, "/tmp/p/refuse/f");
static const struct pol_rule good2 = BY_PATH(PATH, "/tmp/p/refuse/g");

/* Where the n-th rule of a message begins. */
static unsigned int offset_of(struct nl_msg *msg, int n)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, genlmsg_attrdata(nlmsg_data(h), 0),
			  genlmsg_attrlen(nlmsg_data(h), 0), rem)
		if (nla_type(a) == AEGISHV_A_POLICY_RULE && !n--)
			return (char *)a - (char *)h;
	return 0;
}

/* Between two that are good. */
static bool right(struct nlc *c, uint32_t txn, const struct refusal *r)
{
	struct nl_msg *msg = pol_message(c, AEGISHV_CMD_POLICY_ADD, txn);
	struct nlc_answer a = { 0 };
	unsigned int at, end;

	pol_put(msg, &good);
	pol_put(msg, &r->rule);
	pol_put(msg, &good2);
	at = offset_of(msg, 1);
	end = offset_of(msg, 2);
	nlc_ask(c, msg, &a);
	if (a.err == r->err && strstr(a.text, r->text) && a.offset >= at && a.offset < end)
		return true;
	note("errno %d, want %d; \"%s\", want \"%s\"; points at %u, want %u to %u", a.err, r->err,
	     a.text, r->text, a.offset, at, end);
	return false;
}

static void each(struct nlc *c)
{
	struct pol_state before, after;
	uint32_t txn = 0;

	pol_replace(c, NULL, 0);
	pol_state(c, &before);
	pol_begin(c, false, &txn);
	for (size_t i = 0; i < NR; i++)
		ok(right(c, txn, &refusals[i]), "refused, with words and place: %s", refusals[i].what);
	pol_state(c, &after);
	ok(!memcmp(&before, &after, sizeof(after)), "the policy in force has not changed");
	pol_commit(c, txn, &after);
	is(after.rules, 0, "... and nothing of those messages was staged");
}

/* What a refused message would have changed in rules that are there. */
static void undone(struct nlc *c)
{
	struct pol_rule with = good, bad = BY_PATH(PATH, "nowhere"), r;
	struct pol_rule rules[3] = { good, good2, bad };
	uint32_t txn = 0;

	pol_replace(c, rules, 2);
	pol_begin(c, false, &txn);
	with.have |= HAS(FLAGS);
	with.flags = PROTECT;
	rules[0] = with;
	is(pol_stage(c, AEGISHV_CMD_POLICY_ADD, txn, rules, 3, NULL), -EINVAL,
	   "protect for one, then a rule that is refused");
	is(pol_stage(c, AEGISHV_CMD_POLICY_DEL, txn, rules, 3, NULL), -EINVAL,
	   "two taken away, then a rule that is refused");
	pol_commit(c, txn, NULL);
	ok(!pol_find(c, good.path, &r) && !(r.flags & PROTECT), "the first is there as it was");
	ok(!pol_find(c, good2.path, &r), "... and the second");
}

static void requests(struct nlc *c)
{
	struct nlc_answer a = { 0 };
	struct pol_rule r;

	nlc_ask(c, nlc_new(c, AEGISHV_CMD_POLICY_ADD, NLM_F_ACK, NULL), &a);
	refused(&a, -EINVAL, "which transaction", "policy-add without a transaction");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, pol_message(c, AEGISHV_CMD_POLICY_ADD, 1), &a);
	refused(&a, -EINVAL, "there is none in the message", "... without a rule");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_POLICY_COMMIT, NLM_F_ACK, NULL), &a);
	refused(&a, -EINVAL, "which transaction", "policy-commit without a transaction");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_POLICY_ABORT, NLM_F_ACK, NULL), &a);
	refused(&a, -EINVAL, "which transaction", "policy-abort without a transaction");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_RULE_GET, NLM_F_ACK, NULL), &a);
	refused(&a, -EINVAL, "which rule", "rule-get without a number");
	is(pol_get(c, 0xfffffff0, &r), -ENOENT, "rule-get of no rule");
	is(pol_get(c, 0, &r), -ERANGE, "rule-get of rule 0");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_DENIAL_GET, NLM_F_ACK, NULL), &a);
	refused(&a, -EINVAL, "which one", "denial-get without a cgroup");
}

void test_refuse(struct nlc *c)
{
	memset(too_long, 'a', sizeof(too_long));
	memset(long_name, 'a', sizeof(long_name));
	too_long[0] = long_name[0] = '/';
	make("/tmp/p/refuse/f");
	if (symlink("loop", "/tmp/p/refuse/loop") || symlink(".", "/tmp/p/refuse/todir"))
		note("links: %s", strerror(errno));
	each(c);
	undone(c);
	requests(c);
	pol_replace(c, NULL, 0);
}
