// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules over netlink. Rules are sent many to a message; a refused one is found
 * by the offset that the kernel's extended ack points at. Inodes are named by a
 * descriptor on their file system where there is a mount of it, so that the
 * kernel takes its own device number for what stat(2) says (btrfs). One thread.
 */
#include "genl_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netlink/genl/genl.h>
#include "devfd.h"
#include "genl_int.h"
#include "genl_parse.h"

#define BATCH_BYTES	32768	/* of rules in a message */
#define BATCH_RULES	1024
#define MSG_BYTES	(BATCH_BYTES + POLICY_PATH_MAX + 512)

/* Rules from @from to @to of @p in a message, and where each one is in it. */
struct batch {
	const struct policy *p;
	const struct genl_txn *txn;
	struct devfd *devfd;
	size_t from;
	size_t to;
	uint32_t offset[BATCH_RULES];
};

static void put_txn(struct nl_msg *msg, const void *arg)
{
	const struct genl_txn *t = arg;

	nla_put_u32(msg, AEGISHV_A_POLICY_TXN, t->id);
}

static void put_begin(struct nl_msg *msg, const void *arg)
{
	const struct genl_txn *t = arg;

	if (t->reset)
		nla_put_flag(msg, AEGISHV_A_POLICY_RESET);
	nla_put_u64(msg, AEGISHV_A_POLICY_BASE_GENERATION, t->base);
}

static int take_txn(struct nl_msg *msg, void *arg)
{
	struct genl_txn *t = arg;
	struct nlattr *a = genl_find(msg, AEGISHV_A_POLICY_TXN);

	if (a && nla_len(a) >= 4)
		t->id = nla_get_u32(a);
	return NL_OK;
}

int genl_txn_begin(struct genl *g, struct genl_txn *t)
{
	struct genl_call c = {
		.cmd = AEGISHV_CMD_POLICY_BEGIN, .fill = put_begin, .fill_arg = t,
		.on_msg = take_txn, .arg = t,
	};

	t->bad = -1;
	return genl_call(g, &c);
}

static void put_inode(struct nl_msg *msg, struct devfd *devfd, const struct policy_rule *r)
{
	int fd = devfd_get(devfd, r->dev);

	if (fd >= 0)
		nla_put_s32(msg, AEGISHV_A_RULE_FD, fd);
	else
		nla_put_u32(msg, AEGISHV_A_RULE_DEV, r->dev);
	nla_put_u64(msg, AEGISHV_A_RULE_INO, r->ino);
	if (r->has_gen)
		nla_put_u32(msg, AEGISHV_A_RULE_GEN, r->gen);
}

static void put_rule(struct nl_msg *msg, struct devfd *devfd, const struct policy_rule *r)
{
	if (!r->kind) {
		nla_put_u32(msg, AEGISHV_A_RULE_ID, r->id);
		return;
	}
	nla_put_u32(msg, AEGISHV_A_RULE_KIND, r->kind);
	if (r->path)
		nla_put(msg, AEGISHV_A_RULE_PATH, r->path_len, r->path);
	else if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
		nla_put_u64(msg, AEGISHV_A_RULE_CGROUP, r->cgid);
	else
		put_inode(msg, devfd, r);
	if (r->flags & AEGISHV_RULE_FLAG_PROTECT)
		nla_put_u32(msg, AEGISHV_A_RULE_FLAGS, AEGISHV_RULE_FLAG_PROTECT);
}

static void put_batch(struct nl_msg *msg, const void *arg)
{
	struct batch *b = (struct batch *)arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);

	put_txn(msg, b->txn);
	if (b->txn->skip_missing)
		nla_put_flag(msg, AEGISHV_A_POLICY_SKIP_MISSING);
	for (b->to = b->from; b->to < b->p->nr; b->to++) {
		struct nlattr *nest;

		if (b->to - b->from == BATCH_RULES || h->nlmsg_len >= BATCH_BYTES)
			break;
		b->offset[b->to - b->from] = h->nlmsg_len;
		nest = nla_nest_start(msg, AEGISHV_A_POLICY_RULE | NLA_F_NESTED);
		put_rule(msg, b->devfd, &b->p->rules[b->to]);
		nla_nest_end(msg, nest);
	}
}

/* The rule that byte @at of the message belongs to. */
static long rule_at(const struct batch *b, uint32_t at)
{
	long found = -1;
	size_t i;

	for (i = 0; at && i < b->to - b->from && b->offset[i] <= at; i++)
		found = b->from + i;
	return found;
}

static int send_rules(struct genl *g, struct genl_txn *t, const struct policy *p, int cmd)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct genl_call c = {
		.cmd = cmd, .fill = put_batch, .fill_arg = b, .size = MSG_BYTES,
	};
	int err = b ? 0 : -ENOMEM;

	if (b) {
		b->p = p;
		b->txn = t;
		b->devfd = devfd_new();
	}
	while (!err && b->from < p->nr) {
		err = genl_call(g, &c);
		if (err)
			t->bad = rule_at(b, genl_err_offset(g));
		b->from = b->to;
	}
	if (b)
		devfd_free(b->devfd);
	free(b);
	return err;
}

int genl_txn_add(struct genl *g, struct genl_txn *t, const struct policy *p)
{
	return send_rules(g, t, p, AEGISHV_CMD_POLICY_ADD);
}

int genl_txn_del(struct genl *g, struct genl_txn *t, const struct policy *p)
{
	return send_rules(g, t, p, AEGISHV_CMD_POLICY_DEL);
}

static int take_policy(struct nl_msg *msg, void *arg)
{
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_policy(a, len, arg);
	return NL_OK;
}

int genl_txn_commit(struct genl *g, struct genl_txn *t, struct genl_policy *p)
{
	struct genl_call c = {
		.cmd = AEGISHV_CMD_POLICY_COMMIT, .fill = put_txn, .fill_arg = t,
		.on_msg = take_policy, .arg = p,
	};

	return genl_call(g, &c);
}

int genl_policy_get(struct genl *g, struct genl_policy *p)
{
	struct genl_call c = {
		.cmd = AEGISHV_CMD_POLICY_GET, .on_msg = take_policy, .arg = p,
	};

	memset(p, 0, sizeof(*p));
	return genl_call(g, &c);
}

static int take_rules(struct nl_msg *msg, void *arg)
{
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_rules(a, len, arg);
	return NL_OK;
}

int genl_rules(struct genl *g, struct policy *p)
{
	struct genl_call c = {
		.cmd = AEGISHV_CMD_RULE_GET, .flags = NLM_F_DUMP, .on_msg = take_rules, .arg = p,
	};
	int err = genl_call(g, &c);

	return err ? err : p->nomem ? -ENOMEM : 0;
}

struct denial_taker {
	void (*fn)(void *arg, const struct genl_denial *d);
	void *arg;
};

static int take_denial(struct nl_msg *msg, void *arg)
{
	struct denial_taker *t = arg;
	struct genl_denial d;
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_denial(a, len, &d);
	t->fn(t->arg, &d);
	return NL_OK;
}

int genl_denials(struct genl *g, void (*fn)(void *arg, const struct genl_denial *d), void *arg)
{
	struct denial_taker t = { fn, arg };
	struct genl_call c = {
		.cmd = AEGISHV_CMD_DENIAL_GET, .flags = NLM_F_DUMP, .on_msg = take_denial,
		.arg = &t,
	};

	return genl_call(g, &c);
}
