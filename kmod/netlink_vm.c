// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm-set, and what vm-get tells about W^X: attributes of one VM, in both
 * directions. Process context; a VM that is filled in is kept by
 * rcu_read_lock() or a reference.
 */
#include <linux/slab.h>
#include "config.h"
#include "kvm/stage2_settings.h"
#include "netlink.h"
#include "netlink_gen.h"

static int take_range(struct ahv_wx_ranges *s, struct nlattr *nest, struct genl_info *info)
{
	struct nlattr *a[AEGISHV_A_RANGE_MAX + 1];
	u64 start, end;
	int err;

	err = nla_parse_nested(a, AEGISHV_A_RANGE_MAX, nest, aegishv_range_nl_policy, info->extack);
	if (err)
		return err;
	if (!a[AEGISHV_A_RANGE_START] || !a[AEGISHV_A_RANGE_END])
		return ahv_nl_refuse(info, -EINVAL, "seal, trap: a range needs start and end");
	start = nla_get_u64(a[AEGISHV_A_RANGE_START]);
	end = nla_get_u64(a[AEGISHV_A_RANGE_END]);
	if (offset_in_page(start) || offset_in_page(end) != PAGE_SIZE - 1 || start > end)
		return ahv_nl_refuse(info, -EINVAL,
				     "seal, trap: a range is whole pages: its end is the last byte of one");
	if (!ahv_wx_add_range(s, start >> PAGE_SHIFT, end >> PAGE_SHIFT))
		return ahv_nl_refuse(info, -ENOSPC, "seal, trap: a VM has at most 32 ranges of each");
	return 0;
}

static int take_ranges(struct ahv_vm_change *c, struct genl_info *info)
{
	struct nlattr *a;
	int rem, err = 0;

	nlmsg_for_each_attr(a, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(a) == AEGISHV_A_VM_SEAL)
			err = take_range(&c->seals, a, info);
		else if (nla_type(a) == AEGISHV_A_VM_TRAP)
			err = take_range(&c->traps, a, info);
		if (err)
			return err;
	}
	return 0;
}

static const struct {
	u16 attr;
	u32 what;
} flags[] = {
	{ AEGISHV_A_VM_WX_INHERIT, AHV_VM_INHERIT },
	{ AEGISHV_A_VM_UNSEAL, AHV_VM_UNSEAL },
	{ AEGISHV_A_VM_UNTRAP, AHV_VM_UNTRAP },
	{ AEGISHV_A_VM_PAUSE, AHV_VM_PAUSE },
	{ AEGISHV_A_VM_RESUME, AHV_VM_RESUME },
	{ AEGISHV_A_VM_SEAL_KERNEL_TEXT, AHV_VM_SEAL_TEXT },
};

static void take_setting(struct ahv_config_change *c, struct nlattr *a, u32 what, u32 *to)
{
	if (!a)
		return;
	c->what |= what;
	*to = nla_get_u32(a);
}

static int take_change(struct ahv_vm_change *c, struct genl_info *info)
{
	struct ahv_wx_settings *wx = &c->config.wx;
	struct nlattr **a = info->attrs;
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (nla_get_flag(a[flags[i].attr]))
			c->what |= flags[i].what;
	take_setting(&c->config, a[AEGISHV_A_VM_WX], AHV_SET_WX, &wx->mode);
	take_setting(&c->config, a[AEGISHV_A_VM_WX_ACTION], AHV_SET_WX_ACTION, &wx->action);
	take_setting(&c->config, a[AEGISHV_A_VM_WX_GRANULARITY], AHV_SET_WX_GRANULARITY,
		     &wx->granularity);
	take_setting(&c->config, a[AEGISHV_A_VM_WX_SCOPE], AHV_SET_WX_SCOPE, &wx->scope);
	if (a[AEGISHV_A_VM_TRAP_REARM_MS]) {
		c->what |= AHV_VM_REARM;
		c->rearm_ms = nla_get_u32(a[AEGISHV_A_VM_TRAP_REARM_MS]);
	}
	return take_ranges(c, info);
}

static int check_change(const struct ahv_vm_change *c, struct genl_info *info)
{
	if (!c->what && !c->config.what && !c->seals.n && !c->traps.n)
		return ahv_nl_refuse(info, -EINVAL, "nothing to change: name at least one setting");
	if (c->what & AHV_VM_INHERIT && c->config.what)
		return ahv_nl_refuse(info, -EINVAL,
				     "wx-inherit: it drops the VM's own, do not give both");
	if (c->what & AHV_VM_PAUSE && c->what & AHV_VM_RESUME)
		return ahv_nl_refuse(info, -EINVAL, "pause, resume: do not give both");
	return 0;
}

int aegishv_nl_vm_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[AEGISHV_A_VM_ID];
	struct ahv_vm_change *c;
	const char *why = NULL;
	int err;

	if (!id)
		return ahv_nl_refuse(info, -EINVAL, "id: which VM? Give its number");
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->vm = nla_get_u32(id);
	err = take_change(c, info) ?: check_change(c, info);
	if (!err) {
		err = ahv_config_change_vm(c, &why);
		if (err)
			ahv_nl_refuse_why(info, err, why);
		if (c->writable_gpa)
			NL_SET_ERR_MSG_FMT(info->extack,
					   "kernel text: gpa 0x%llx is writable: seal it after boot",
					   c->writable_gpa);
	}
	kfree(c);
	return err;
}

static int fill_ranges(struct sk_buff *skb, int attr, const struct ahv_wx_ranges *s)
{
	struct nlattr *nest;
	u32 i;

	for (i = 0; i < s->n; i++) {
		nest = nla_nest_start(skb, attr);
		if (!nest ||
		    nla_put_u64_64bit(skb, AEGISHV_A_RANGE_START, s->r[i].first << PAGE_SHIFT,
				      AEGISHV_A_RANGE_PAD) ||
		    nla_put_u64_64bit(skb, AEGISHV_A_RANGE_END,
				      ((s->r[i].last + 1) << PAGE_SHIFT) - 1, AEGISHV_A_RANGE_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

/**
 * ahv_nl_fill_vm_wx() - W^X of a VM
 * @skb: where to put it
 * @vm: the VM
 *
 * Return: 0 or -EMSGSIZE.
 */
int ahv_nl_fill_vm_wx(struct sk_buff *skb, const struct ahv_vm *vm)
{
	struct ahv_s2_status s;

	ahv_s2_status(vm, &s);
	if (nla_put_u32(skb, AEGISHV_A_VM_WX, READ_ONCE(vm->wx.mode)) ||
	    nla_put_u32(skb, AEGISHV_A_VM_WX_ACTION, READ_ONCE(vm->wx.action)) ||
	    nla_put_u32(skb, AEGISHV_A_VM_WX_GRANULARITY, READ_ONCE(vm->wx.granularity)) ||
	    nla_put_u32(skb, AEGISHV_A_VM_WX_SCOPE, READ_ONCE(vm->wx.scope)) ||
	    nla_put_u32(skb, AEGISHV_A_VM_OWN_WX, vm->own_wx) ||
	    nla_put_u32(skb, AEGISHV_A_VM_PAUSED, s.paused) ||
	    nla_put_u32(skb, AEGISHV_A_VM_TRAP_REARM_MS, s.rearm_ms) ||
	    nla_put_u32(skb, AEGISHV_A_VM_WX_PAGES, s.pages) ||
	    nla_put_u64_64bit(skb, AEGISHV_A_VM_WX_FORGOTTEN, s.forgotten, AEGISHV_A_VM_PAD) ||
	    nla_put_u64_64bit(skb, AEGISHV_A_VM_WX_BYTES, s.bytes, AEGISHV_A_VM_PAD))
		return -EMSGSIZE;
	if (s.problem && nla_put_string(skb, AEGISHV_A_VM_WX_PROBLEM, s.problem))
		return -EMSGSIZE;
	return fill_ranges(skb, AEGISHV_A_VM_SEAL, &s.seals) ?:
	       fill_ranges(skb, AEGISHV_A_VM_TRAP, &s.traps);
}
