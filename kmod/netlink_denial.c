// SPDX-License-Identifier: GPL-2.0-only
/*
 * Denials by cgroup and by inode, as the file source counts them, over netlink.
 * The table is bounded; what found it full is summed up in two entries at the
 * end. Process context.
 */
#include <linux/kdev_t.h>
#include "lsm/lsm.h"
#include "netlink.h"
#include "netlink_gen.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, AEGISHV_A_DENIAL_PAD);
}

static int fill_denial(struct sk_buff *skb, const struct ahv_tally *t)
{
	int err = t->dev ? nla_put_u32(skb, AEGISHV_A_DENIAL_DEV, new_encode_dev(t->dev)) ?:
			   put_u64(skb, AEGISHV_A_DENIAL_INO, t->key) :
			   put_u64(skb, AEGISHV_A_DENIAL_CGROUP, t->key);

	return err ?: put_u64(skb, AEGISHV_A_DENIAL_COUNT, t->count);
}

/* By cgroup: no key and no device. */
static int fill_other(struct sk_buff *skb, bool inodes, u64 count)
{
	int err = inodes ? put_u64(skb, AEGISHV_A_DENIAL_INO, 0) :
			   put_u64(skb, AEGISHV_A_DENIAL_CGROUP, 0);

	return err ?: put_u64(skb, AEGISHV_A_DENIAL_COUNT, count) ?:
	       nla_put_flag(skb, AEGISHV_A_DENIAL_OTHER);
}

static bool find_cgroup(u64 id, struct ahv_tally *t)
{
	u32 n;

	for (n = 0; ahv_tally_get(n, t); n++)
		if (t->count && !t->dev && t->key == id)
			return true;
	return false;
}

int aegishv_nl_denial_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[AEGISHV_A_DENIAL_CGROUP];
	struct ahv_nl_reply r;
	struct ahv_tally t;
	int err;

	if (!id)
		return ahv_nl_refuse(info, -EINVAL,
				     "cgroup: which one? Give its id, or dump them all");
	if (!find_cgroup(nla_get_u64(id), &t))
		return ahv_nl_refuse(info, -ENOENT, "cgroup: nothing was denied to it");
	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	return err ?: ahv_nl_end(&r, info, fill_denial(r.skb, &t));
}

static int dump_one(struct sk_buff *skb, struct netlink_callback *cb,
		    const struct ahv_tally *t, int other)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&ahv_nl_family, NLM_F_MULTI, AEGISHV_CMD_DENIAL_GET);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = other ? fill_other(skb, other == 2, t->count) : fill_denial(skb, t);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* The two sums, one after the other; the stage of the dump is the one to begin with. */
static long dump_others(struct sk_buff *skb, struct netlink_callback *cb, long stage)
{
	struct ahv_tally t = {};
	u64 sums[2];

	ahv_tally_other(&sums[0], &sums[1]);
	for (; stage <= 2; stage++) {
		t.count = sums[stage - 1];
		if (t.count && dump_one(skb, cb, &t, stage))
			break;
	}
	return stage;
}

int aegishv_nl_denial_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ahv_tally t;
	int err;

	err = ahv_nl_check_dump(cb);
	if (err)
		return err;
	while (!cb->args[1]) {
		if (!ahv_tally_get(cb->args[0], &t)) {
			cb->args[1] = 1;
			break;
		}
		if (t.count && dump_one(skb, cb, &t, 0))
			return skb->len;
		cb->args[0]++;
	}
	if (cb->args[1] <= 2)
		cb->args[1] = dump_others(skb, cb, cb->args[1]);
	return skb->len;
}
