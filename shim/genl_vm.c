// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * W^X, seals, traps and pauses of one VM, asked for and told.
 */
#include <stddef.h>
#include <string.h>
#include <netlink/genl/genl.h>
#include "genl.h"
#include "genl_attr.h"
#include "genl_int.h"

static const struct {
	unsigned int attr;
	size_t offset;
} numbers[] = {
	{ AEGISHV_A_VM_WX, offsetof(struct genl_vm_wx, wx) },
	{ AEGISHV_A_VM_WX_ACTION, offsetof(struct genl_vm_wx, action) },
	{ AEGISHV_A_VM_WX_GRANULARITY, offsetof(struct genl_vm_wx, granularity) },
	{ AEGISHV_A_VM_WX_SCOPE, offsetof(struct genl_vm_wx, scope) },
	{ AEGISHV_A_VM_TRAP_REARM_MS, offsetof(struct genl_vm_wx, rearm_ms) },
	{ AEGISHV_A_VM_WX_PAGES, offsetof(struct genl_vm_wx, pages) },
};

static const unsigned int flags[] = {
	AEGISHV_A_VM_WX_INHERIT, AEGISHV_A_VM_UNSEAL, AEGISHV_A_VM_UNTRAP,
	AEGISHV_A_VM_PAUSE, AEGISHV_A_VM_RESUME, AEGISHV_A_VM_SEAL_KERNEL_TEXT,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void put_ranges(struct nl_msg *msg, int attr, const struct genl_range *r, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct nlattr *nest = nla_nest_start(msg, attr);

		nla_put_u64(msg, AEGISHV_A_RANGE_START, r[i].start);
		nla_put_u64(msg, AEGISHV_A_RANGE_END, r[i].end);
		nla_nest_end(msg, nest);
	}
}

static void fill_change(struct nl_msg *msg, const void *arg)
{
	const struct genl_vm_change *c = arg;
	size_t i;

	nla_put_u32(msg, AEGISHV_A_VM_ID, c->id);
	for (i = 0; i < COUNT(numbers); i++) {
		if (c->set & GENL_VM(numbers[i].attr))
			nla_put_u32(msg, numbers[i].attr,
				    *(const uint32_t *)((const char *)&c->to + numbers[i].offset));
	}
	for (i = 0; i < COUNT(flags); i++) {
		if (c->set & GENL_VM(flags[i]))
			nla_put_flag(msg, flags[i]);
	}
	put_ranges(msg, AEGISHV_A_VM_SEAL, c->to.seals, c->to.nr_seals);
	put_ranges(msg, AEGISHV_A_VM_TRAP, c->to.traps, c->to.nr_traps);
}

int genl_vm_set(struct genl *g, const struct genl_vm_change *c)
{
	struct genl_call call = {
		.cmd = AEGISHV_CMD_VM_SET, .fill = fill_change, .fill_arg = c,
	};

	return genl_call(g, &call);
}

static void take_range(struct nlattr *nest, struct genl_range *r, uint32_t *n)
{
	struct nlattr *a;
	int rem;

	if (*n == GENL_RANGES_MAX)
		return;
	r += (*n)++;
	for_each_attr(a, nla_data(nest), nla_len(nest), rem) {
		if (nla_type(a) == AEGISHV_A_RANGE_START)
			r->start = get_u64(a);
		else if (nla_type(a) == AEGISHV_A_RANGE_END)
			r->end = get_u64(a);
	}
}

static void take_attr(struct nlattr *a, struct genl_vm_wx *wx)
{
	size_t i;

	for (i = 0; i < COUNT(numbers); i++) {
		if ((unsigned int)nla_type(a) == numbers[i].attr)
			*(uint32_t *)((char *)wx + numbers[i].offset) = get_u32(a);
	}
	switch (nla_type(a)) {
	case AEGISHV_A_VM_OWN_WX:
		wx->own = get_u32(a);
		break;
	case AEGISHV_A_VM_PAUSED:
		wx->paused = get_u32(a);
		break;
	case AEGISHV_A_VM_WX_FORGOTTEN:
		wx->forgotten = get_u64(a);
		break;
	case AEGISHV_A_VM_WX_BYTES:
		wx->bytes = get_u64(a);
		break;
	case AEGISHV_A_VM_WX_PROBLEM:
		nla_strlcpy(wx->problem, a, sizeof(wx->problem));
		break;
	case AEGISHV_A_VM_SEAL:
		take_range(a, wx->seals, &wx->nr_seals);
		break;
	case AEGISHV_A_VM_TRAP:
		take_range(a, wx->traps, &wx->nr_traps);
		break;
	}
}

static int take_wx(struct nl_msg *msg, void *arg)
{
	struct nlattr *head, *a;
	int len, rem;

	head = genl_attrs(msg, &len);
	for_each_attr(a, head, len, rem)
		take_attr(a, arg);
	return NL_OK;
}

static void fill_id(struct nl_msg *msg, const void *arg)
{
	nla_put_u32(msg, AEGISHV_A_VM_ID, *(const uint32_t *)arg);
}

int genl_vm_wx(struct genl *g, uint32_t id, struct genl_vm_wx *wx)
{
	struct genl_call call = {
		.cmd = AEGISHV_CMD_VM_GET, .fill = fill_id, .fill_arg = &id,
		.on_msg = take_wx, .arg = wx,
	};

	memset(wx, 0, sizeof(*wx));
	return genl_call(g, &call);
}
