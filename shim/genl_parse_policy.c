// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes about rules to structures; see genl_parse.h. No state.
 */
#include "genl_attr.h"
#include "genl_parse.h"
#include "genl_policy.h"

static uint32_t *policy_u32(struct genl_policy *p, int type)
{
	switch (type) {
	case AEGISHV_A_POLICY_RULES:
		return &p->rules;
	case AEGISHV_A_POLICY_DENY_PATH:
		return &p->by_kind[AEGISHV_RULE_KIND_DENY_PATH];
	case AEGISHV_A_POLICY_DENY_INODE:
		return &p->by_kind[AEGISHV_RULE_KIND_DENY_INODE];
	case AEGISHV_A_POLICY_DENY_DIR:
		return &p->by_kind[AEGISHV_RULE_KIND_DENY_DIR];
	case AEGISHV_A_POLICY_ALLOW_CGROUP:
		return &p->by_kind[AEGISHV_RULE_KIND_ALLOW_CGROUP];
	case AEGISHV_A_POLICY_MARKS:
		return &p->marks;
	}
	return NULL;
}

static uint64_t *policy_u64(struct genl_policy *p, int type)
{
	switch (type) {
	case AEGISHV_A_POLICY_GENERATION:
		return &p->generation;
	case AEGISHV_A_POLICY_BYTES:
		return &p->bytes;
	case AEGISHV_A_POLICY_MAX_BYTES:
		return &p->max_bytes;
	case AEGISHV_A_POLICY_BLOCKS:
		return &p->blocks;
	case AEGISHV_A_POLICY_AUDITS:
		return &p->audits;
	case AEGISHV_A_POLICY_EXEMPT:
		return &p->exempt;
	case AEGISHV_A_POLICY_SIGNALS:
		return &p->signals;
	}
	return NULL;
}

void genl_parse_policy(struct nlattr *head, int len, struct genl_policy *p)
{
	struct nlattr *a;
	int rem;

	for_each_attr(a, head, len, rem) {
		uint32_t *to32 = policy_u32(p, nla_type(a));
		uint64_t *to64 = policy_u64(p, nla_type(a));

		if (to32)
			*to32 = get_u32(a);
		else if (to64)
			*to64 = get_u64(a);
	}
}

static void parse_rule_attr(struct nlattr *a, struct policy_rule *r)
{
	switch (nla_type(a)) {
	case AEGISHV_A_RULE_ID:
		r->id = get_u32(a);
		break;
	case AEGISHV_A_RULE_KIND:
		r->kind = get_u32(a);
		break;
	case AEGISHV_A_RULE_PATH:
		r->path = nla_data(a);
		r->path_len = strnlen(nla_data(a), nla_len(a));
		break;
	case AEGISHV_A_RULE_DEV:
		r->dev = get_u32(a);
		break;
	case AEGISHV_A_RULE_INO:
		r->ino = get_u64(a);
		break;
	case AEGISHV_A_RULE_GEN:
		r->gen = get_u32(a);
		r->has_gen = true;
		break;
	case AEGISHV_A_RULE_CGROUP:
		r->cgid = get_u64(a);
		break;
	case AEGISHV_A_RULE_FLAGS:
		r->flags = get_u32(a);
		break;
	case AEGISHV_A_RULE_HITS:
		r->hits = get_u64(a);
		break;
	}
}

void genl_parse_rules(struct nlattr *head, int len, struct policy *p)
{
	struct nlattr *nest, *a;
	int rem, in;

	for_each_attr(nest, head, len, rem) {
		struct policy_rule r = { 0 };

		if (nla_type(nest) != AEGISHV_A_POLICY_RULE)
			continue;
		for_each_attr(a, nla_data(nest), nla_len(nest), in)
			parse_rule_attr(a, &r);
		if (r.flags & AEGISHV_RULE_FLAG_ANY_GENERATION)
			r.has_gen = false;
		/* Names of an inode come and go: the rule is about the inode. */
		if (!r.path_len || r.kind == AEGISHV_RULE_KIND_DENY_INODE)
			r.path = NULL;
		policy_add(p, &r);
	}
}

void genl_parse_denial(struct nlattr *head, int len, struct genl_denial *d)
{
	struct nlattr *a;
	int rem;

	memset(d, 0, sizeof(*d));
	for_each_attr(a, head, len, rem) {
		switch (nla_type(a)) {
		case AEGISHV_A_DENIAL_CGROUP:
			d->cgroup = get_u64(a);
			break;
		case AEGISHV_A_DENIAL_DEV:
			d->dev = get_u32(a);
			break;
		case AEGISHV_A_DENIAL_INO:
			d->ino = get_u64(a);
			d->is_inode = true;
			break;
		case AEGISHV_A_DENIAL_COUNT:
			d->count = get_u64(a);
			break;
		case AEGISHV_A_DENIAL_OTHER:
			d->other = true;
			break;
		}
	}
}
