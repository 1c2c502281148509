// SPDX-License-Identifier: GPL-2.0-only
/*
 * Policy operations of the netlink family: transactions, and what is in force.
 * A rule that is refused is pointed at by its offset in the message.
 *
 * Process context; current is the client. A socket that is closed takes its
 * transactions along: the kernel tells by a notifier.
 */
#include <linux/kdev_t.h>
#include <linux/notifier.h>
#include "lsm/lsm.h"
#include "netlink.h"
#include "netlink_gen.h"
#include "policy_int.h"

#define refuse ahv_nl_refuse

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, AEGISHV_A_POLICY_PAD);
}

/* ---- transactions ---- */

int aegishv_nl_policy_begin_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *base_attr = info->attrs[AEGISHV_A_POLICY_BASE_GENERATION];
	bool reset = nla_get_flag(info->attrs[AEGISHV_A_POLICY_RESET]);
	u64 base = base_attr ? nla_get_u64(base_attr) : 0, generation;
	const char *why = NULL;
	struct ahv_nl_reply r;
	int txn, err;

	txn = ahv_txn_begin(info->snd_portid, reset, base_attr ? &base : NULL,
			    &generation, &why);
	if (txn < 0)
		return ahv_nl_refuse_why(info, txn, why);
	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	if (err) {
		ahv_txn_abort(txn, info->snd_portid, &why);
		return err;
	}
	err = nla_put_u32(r.skb, AEGISHV_A_POLICY_TXN, txn) ?:
	      put_u64(r.skb, AEGISHV_A_POLICY_GENERATION, generation);
	return ahv_nl_end(&r, info, err);
}

/* The rules of a message, one after the other. */
struct rules {
	struct ahv_txn_rules t;
	struct genl_info *info;
	struct nlattr *at;
	int left;
};

static struct nlattr *next_rule(struct rules *rs)
{
	struct nlattr *a;

	while (nla_ok(rs->at, rs->left)) {
		a = rs->at;
		rs->at = nla_next(a, &rs->left);
		if (nla_type(a) == AEGISHV_A_POLICY_RULE)
			return a;
	}
	return NULL;
}

static void read_rule(struct ahv_ask *ask, struct nlattr **a)
{
	int i;

	memset(ask, 0, sizeof(*ask));
	for (i = 1; i <= AEGISHV_A_RULE_MAX; i++)
		if (a[i])
			ask->have |= 1U << i;
	if (a[AEGISHV_A_RULE_KIND])
		ask->kind = nla_get_u32(a[AEGISHV_A_RULE_KIND]);
	if (a[AEGISHV_A_RULE_FLAGS])
		ask->flags = nla_get_u32(a[AEGISHV_A_RULE_FLAGS]);
	if (a[AEGISHV_A_RULE_ID])
		ask->id = nla_get_u32(a[AEGISHV_A_RULE_ID]);
	if (a[AEGISHV_A_RULE_PATH]) {
		ask->path = nla_data(a[AEGISHV_A_RULE_PATH]);
		ask->path_len = nla_len(a[AEGISHV_A_RULE_PATH]);
	}
	if (a[AEGISHV_A_RULE_FD])
		ask->fd = nla_get_s32(a[AEGISHV_A_RULE_FD]);
	if (a[AEGISHV_A_RULE_DEV])
		ask->dev = nla_get_u32(a[AEGISHV_A_RULE_DEV]);
	if (a[AEGISHV_A_RULE_INO])
		ask->ino = nla_get_u64(a[AEGISHV_A_RULE_INO]);
	if (a[AEGISHV_A_RULE_GEN])
		ask->gen = nla_get_u32(a[AEGISHV_A_RULE_GEN]);
	if (a[AEGISHV_A_RULE_CGROUP])
		ask->cgroup = nla_get_u64(a[AEGISHV_A_RULE_CGROUP]);
}

/* Until the next call, a refusal is about this rule. */
static int parse_next(struct ahv_txn_rules *t, struct ahv_ask *ask)
{
	struct rules *rs = container_of(t, struct rules, t);
	struct nlattr *a[AEGISHV_A_RULE_MAX + 1], *rule;
	int err;

	rule = next_rule(rs);
	if (!rule)
		return 0;
	/* The message as a whole has passed the policy; this only finds the pieces. */
	err = nla_parse_nested_deprecated(a, AEGISHV_A_RULE_MAX, rule, NULL, rs->info->extack);
	NL_SET_BAD_ATTR(rs->info->extack, rule);
	if (err)
		return err;
	read_rule(ask, a);
	return 1;
}

static int stage(struct genl_info *info, bool del)
{
	struct nlattr *txn = info->attrs[AEGISHV_A_POLICY_TXN];
	struct rules rs = {
		.t = {
			.owner = info->snd_portid,
			.del = del,
			.next = parse_next,
		},
		.info = info,
		.at = genlmsg_data(info->genlhdr),
		.left = genlmsg_len(info->genlhdr),
	};
	int err;

	if (!txn)
		return refuse(info, -EINVAL, "txn: which transaction? policy-begin numbers it");
	if (!info->attrs[AEGISHV_A_POLICY_RULE])
		return refuse(info, -EINVAL, "rule: there is none in the message");
	rs.t.txn = nla_get_u32(txn);
	if (del)
		rs.t.skip_missing = nla_get_flag(info->attrs[AEGISHV_A_POLICY_SKIP_MISSING]);
	err = ahv_txn_rules(&rs.t);
	if (!err && info->extack)
		info->extack->bad_attr = NULL;
	return err ? ahv_nl_refuse_why(info, err, rs.t.why) : 0;
}

int aegishv_nl_policy_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	return stage(info, false);
}

int aegishv_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return stage(info, true);
}

static int reply_commit(struct ahv_nl_reply *r, struct genl_info *info,
			const struct ahv_commit *c)
{
	int err = put_u64(r->skb, AEGISHV_A_POLICY_GENERATION, c->generation) ?:
		  nla_put_u32(r->skb, AEGISHV_A_POLICY_RULES, c->rules) ?:
		  put_u64(r->skb, AEGISHV_A_POLICY_BYTES, c->bytes);

	return ahv_nl_end(r, info, err);
}

int aegishv_nl_policy_commit_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *txn = info->attrs[AEGISHV_A_POLICY_TXN];
	const char *why = NULL;
	struct ahv_nl_reply r;
	struct ahv_commit c;
	int err;

	if (!txn)
		return refuse(info, -EINVAL, "txn: which transaction? policy-begin numbers it");
	/* First: a commit that cannot be answered would look like a refusal. */
	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	if (err)
		return err;
	err = ahv_txn_commit(nla_get_u32(txn), info->snd_portid, &c, &why);
	if (err) {
		nlmsg_free(r.skb);
		return ahv_nl_refuse_why(info, err, why);
	}
	ahv_event_policy(AEGISHV_POLICY_APPLIED, true);
	ahv_netlink_policy_ntf();
	return reply_commit(&r, info, &c);
}

int aegishv_nl_policy_abort_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *txn = info->attrs[AEGISHV_A_POLICY_TXN];
	const char *why = NULL;
	int err;

	if (!txn)
		return refuse(info, -EINVAL, "txn: which transaction? policy-begin numbers it");
	err = ahv_txn_abort(nla_get_u32(txn), info->snd_portid, &why);
	return err ? ahv_nl_refuse_why(info, err, why) : 0;
}

/* ---- what is in force ---- */

static int fill_policy(struct sk_buff *skb, const void *stats)
{
	const struct ahv_policy_stats *s = stats;
	const u32 *n = s->by_kind;
	struct ahv_respond_stats did;

	ahv_respond_stats(&did);
	return put_u64(skb, AEGISHV_A_POLICY_GENERATION, s->generation) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_RULES, s->rules) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_DENY_PATH, n[AEGISHV_RULE_KIND_DENY_PATH]) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_DENY_INODE, n[AEGISHV_RULE_KIND_DENY_INODE]) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_DENY_DIR, n[AEGISHV_RULE_KIND_DENY_DIR]) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_ALLOW_CGROUP,
			   n[AEGISHV_RULE_KIND_ALLOW_CGROUP]) ?:
	       put_u64(skb, AEGISHV_A_POLICY_BYTES, s->bytes) ?:
	       put_u64(skb, AEGISHV_A_POLICY_MAX_BYTES, s->max_bytes) ?:
	       nla_put_u32(skb, AEGISHV_A_POLICY_MARKS, s->marks) ?:
	       put_u64(skb, AEGISHV_A_POLICY_BLOCKS, did.blocks) ?:
	       put_u64(skb, AEGISHV_A_POLICY_AUDITS, did.audits) ?:
	       put_u64(skb, AEGISHV_A_POLICY_EXEMPT, did.exempt) ?:
	       put_u64(skb, AEGISHV_A_POLICY_SIGNALS, did.signals);
}

int aegishv_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *want = info->attrs[AEGISHV_A_POLICY_GENERATION];
	struct ahv_policy_stats s;
	struct ahv_nl_reply r;
	int err;

	ahv_policy_stats(&s);
	if (want && nla_get_u64(want) != s.generation)
		return refuse(info, -ESTALE, "generation: another policy is in force");
	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	return err ?: ahv_nl_end(&r, info, fill_policy(r.skb, &s));
}

void ahv_netlink_policy_ntf(void)
{
	struct ahv_policy_stats s;

	ahv_policy_stats(&s);
	ahv_nl_multicast(AEGISHV_CMD_POLICY_NTF, fill_policy, &s);
}

static int fill_fid(struct sk_buff *skb, const struct ahv_rule *r)
{
	if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
		return nla_put_u64_64bit(skb, AEGISHV_A_RULE_CGROUP, r->fid.ino,
					 AEGISHV_A_RULE_PAD);
	return nla_put_u32(skb, AEGISHV_A_RULE_DEV, new_encode_dev(r->fid.dev)) ?:
	       nla_put_u64_64bit(skb, AEGISHV_A_RULE_INO, r->fid.ino, AEGISHV_A_RULE_PAD) ?:
	       nla_put_u32(skb, AEGISHV_A_RULE_GEN, r->fid.gen);
}

static int fill_rule(struct sk_buff *skb, const struct ahv_policy *p,
		     const struct ahv_rule *r)
{
	struct nlattr *nest = nla_nest_start(skb, AEGISHV_A_POLICY_RULE);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, AEGISHV_A_RULE_ID, r->id) ?:
	      nla_put_u32(skb, AEGISHV_A_RULE_KIND, r->kind) ?:
	      fill_fid(skb, r) ?:
	      nla_put_u32(skb, AEGISHV_A_RULE_FLAGS, r->flags) ?:
	      nla_put_u64_64bit(skb, AEGISHV_A_RULE_HITS, atomic64_read(&r->hits),
				AEGISHV_A_RULE_PAD);
	if (!err && r->text_len)
		err = nla_put(skb, AEGISHV_A_RULE_PATH, r->text_len,
			      ahv_text(&p->set, r->text));
	if (err)
		nla_nest_cancel(skb, nest);
	else
		nla_nest_end(skb, nest);
	return err;
}

int aegishv_nl_rule_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[AEGISHV_A_POLICY_RULE_ID];
	const struct ahv_policy *p;
	const struct ahv_rule *rule;
	struct ahv_nl_reply r;
	int err;

	if (!id)
		return refuse(info, -EINVAL, "rule-id: which rule? Give its number, or dump them all");
	/* a path takes up to PATH_MAX */
	err = ahv_nl_begin(&r, info, PATH_MAX + NLMSG_GOODSIZE);
	if (err)
		return err;
	p = ahv_policy_lock();
	rule = ahv_set_by_id(&p->set, nla_get_u32(id));
	err = !rule ? -ENOENT : put_u64(r.skb, AEGISHV_A_POLICY_GENERATION, p->head.generation) ?:
				fill_rule(r.skb, p, rule);
	ahv_policy_unlock();
	if (err == -ENOENT) {
		nlmsg_free(r.skb);
		return refuse(info, err, "rule-id: there is no rule with this number");
	}
	return ahv_nl_end(&r, info, err);
}

/* As many as fit; returns the next one. */
static u32 fill_rules(struct sk_buff *skb, const struct ahv_policy *p, u32 at)
{
	while (at < p->set.rules.n && !fill_rule(skb, p, &ahv_rules(&p->set)[at]))
		at++;
	return at;
}

static int dump_rules(struct sk_buff *skb, struct netlink_callback *cb,
		      const struct ahv_policy *p)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&ahv_nl_family, NLM_F_MULTI, AEGISHV_CMD_RULE_GET);
	u32 next;

	if (!hdr)
		return -EMSGSIZE;
	cb->seq = p->head.generation + 1;	/* 0 means that it was never set */
	genl_dump_check_consistent(cb, hdr);
	if (put_u64(skb, AEGISHV_A_POLICY_GENERATION, p->head.generation)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	next = fill_rules(skb, p, cb->args[0]);
	genlmsg_end(skb, hdr);
	/* The longest path fits next time, whatever the client's buffer. */
	if (next == cb->args[0])
		cb->min_dump_alloc = max_t(u32, cb->min_dump_alloc, PATH_MAX + NLMSG_GOODSIZE);
	cb->args[0] = next;
	return skb->len;
}

int aegishv_nl_rule_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ahv_policy *p;
	int ret;

	ret = ahv_nl_check_dump(cb);
	if (ret)
		return ret;
	p = ahv_policy_lock();
	ret = cb->args[0] < p->set.rules.n ? dump_rules(skb, cb, p) : 0;
	ahv_policy_unlock();
	return ret;
}

static int a_socket_closed(struct notifier_block *nb, unsigned long event, void *arg)
{
	struct netlink_notify *n = arg;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC &&
	    net_eq(n->net, &init_net))
		ahv_txn_owner_gone(n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block closed = { .notifier_call = a_socket_closed };

int ahv_netlink_policy_init(void)
{
	return netlink_register_notifier(&closed);
}

void ahv_netlink_policy_exit(void)
{
	netlink_unregister_notifier(&closed);
}
