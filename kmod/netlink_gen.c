// SPDX-License-Identifier: GPL-2.0-only
/* Do not edit directly, auto-generated from: */
/*	include/uapi/aegishv.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <linux/aegishv_genl.h>

/* Common nested types */
const struct nla_policy aegishv_range_nl_policy[AEGISHV_A_RANGE_PAD + 1] = {
	[AEGISHV_A_RANGE_START] = { .type = NLA_U64, },
	[AEGISHV_A_RANGE_END] = { .type = NLA_U64, },
};

const struct nla_policy aegishv_rule_nl_policy[AEGISHV_A_RULE_PAD + 1] = {
	[AEGISHV_A_RULE_ID] = { .type = NLA_U32, },
	[AEGISHV_A_RULE_KIND] = NLA_POLICY_RANGE(NLA_U32, 1, 4),
	[AEGISHV_A_RULE_PATH] = { .type = NLA_BINARY, },
	[AEGISHV_A_RULE_FD] = { .type = NLA_S32, },
	[AEGISHV_A_RULE_DEV] = { .type = NLA_U32, },
	[AEGISHV_A_RULE_INO] = { .type = NLA_U64, },
	[AEGISHV_A_RULE_GEN] = { .type = NLA_U32, },
	[AEGISHV_A_RULE_CGROUP] = { .type = NLA_U64, },
	[AEGISHV_A_RULE_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0x7),
	[AEGISHV_A_RULE_HITS] = { .type = NLA_U64, },
};

/* AEGISHV_CMD_INFO_GET - do */
const struct nla_policy aegishv_info_get_nl_policy[AEGISHV_A_INFO_API_VERSION + 1] = {
	[AEGISHV_A_INFO_API_VERSION] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_CONFIG_GET - do */
const struct nla_policy aegishv_config_get_nl_policy[AEGISHV_A_CONFIG_VM + 1] = {
	[AEGISHV_A_CONFIG_VM] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* AEGISHV_CMD_CONFIG_SET - do */
const struct nla_policy aegishv_config_set_nl_policy[AEGISHV_A_CONFIG_WX_SCOPE + 1] = {
	[AEGISHV_A_CONFIG_EXIT_EVENTS] = NLA_POLICY_MAX(NLA_U32, 3),
	[AEGISHV_A_CONFIG_SAMPLE] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_VM] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_INHERIT] = { .type = NLA_FLAG, },
	[AEGISHV_A_CONFIG_COUNTERS] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_RING_BYTES] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_WATERMARK_BYTES] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_DEADLINE_US] = NLA_POLICY_MIN(NLA_U32, 100),
	[AEGISHV_A_CONFIG_FILE_MODE] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_SIGNAL] = NLA_POLICY_MAX(NLA_U32, 3),
	[AEGISHV_A_CONFIG_ALLOW_SIGKILL] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_KILL_THRESHOLD] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_KILL_WINDOW_S] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_DENY_MODE] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_PROC_EVENTS] = NLA_POLICY_MAX(NLA_U32, 2),
	[AEGISHV_A_CONFIG_BREAK_GLASS] = { .type = NLA_U64, },
	[AEGISHV_A_CONFIG_DEADMAN_S] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_DEADMAN_REFRESH] = { .type = NLA_FLAG, },
	[AEGISHV_A_CONFIG_STORM_DENIALS] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_STORM_WINDOW_S] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_WX] = NLA_POLICY_MAX(NLA_U32, 2),
	[AEGISHV_A_CONFIG_WX_ACTION] = NLA_POLICY_MAX(NLA_U32, 3),
	[AEGISHV_A_CONFIG_WX_GRANULARITY] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_WX_SCOPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_DETECT] = { .type = NLA_BINARY, },
};

/* AEGISHV_CMD_VM_GET - do */
const struct nla_policy aegishv_vm_get_nl_policy[AEGISHV_A_VM_ID + 1] = {
	[AEGISHV_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* AEGISHV_CMD_COUNTERS_GET - do */
const struct nla_policy aegishv_counters_get_nl_policy[AEGISHV_A_COUNTERS_VCPU + 1] = {
	[AEGISHV_A_COUNTERS_VM] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_COUNTERS_VCPU] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_RING_GET - do */
const struct nla_policy aegishv_ring_get_nl_policy[AEGISHV_A_RING_CPU + 1] = {
	[AEGISHV_A_RING_CPU] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_POLICY_BEGIN - do */
const struct nla_policy aegishv_policy_begin_nl_policy[AEGISHV_A_POLICY_BASE_GENERATION + 1] = {
	[AEGISHV_A_POLICY_RESET] = { .type = NLA_FLAG, },
	[AEGISHV_A_POLICY_BASE_GENERATION] = { .type = NLA_U64, },
};

/* AEGISHV_CMD_POLICY_ADD - do */
const struct nla_policy aegishv_policy_add_nl_policy[AEGISHV_A_POLICY_RULE + 1] = {
	[AEGISHV_A_POLICY_TXN] = { .type = NLA_U32, },
	[AEGISHV_A_POLICY_RULE] = NLA_POLICY_NESTED(aegishv_rule_nl_policy),
};

/* AEGISHV_CMD_POLICY_DEL - do */
const struct nla_policy aegishv_policy_del_nl_policy[AEGISHV_A_POLICY_SKIP_MISSING + 1] = {
	[AEGISHV_A_POLICY_TXN] = { .type = NLA_U32, },
	[AEGISHV_A_POLICY_RULE] = NLA_POLICY_NESTED(aegishv_rule_nl_policy),
	[AEGISHV_A_POLICY_SKIP_MISSING] = { .type = NLA_FLAG, },
};

/* AEGISHV_CMD_POLICY_COMMIT - do */
const struct nla_policy aegishv_policy_commit_nl_policy[AEGISHV_A_POLICY_TXN + 1] = {
	[AEGISHV_A_POLICY_TXN] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_POLICY_ABORT - do */
const struct nla_policy aegishv_policy_abort_nl_policy[AEGISHV_A_POLICY_TXN + 1] = {
	[AEGISHV_A_POLICY_TXN] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_POLICY_GET - do */
const struct nla_policy aegishv_policy_get_nl_policy[AEGISHV_A_POLICY_GENERATION + 1] = {
	[AEGISHV_A_POLICY_GENERATION] = { .type = NLA_U64, },
};

/* AEGISHV_CMD_RULE_GET - do */
const struct nla_policy aegishv_rule_get_nl_policy[AEGISHV_A_POLICY_RULE_ID + 1] = {
	[AEGISHV_A_POLICY_RULE_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* AEGISHV_CMD_DENIAL_GET - do */
const struct nla_policy aegishv_denial_get_nl_policy[AEGISHV_A_DENIAL_CGROUP + 1] = {
	[AEGISHV_A_DENIAL_CGROUP] = { .type = NLA_U64, },
};

/* AEGISHV_CMD_VM_SET - do */
const struct nla_policy aegishv_vm_set_nl_policy[AEGISHV_A_VM_SEAL_KERNEL_TEXT + 1] = {
	[AEGISHV_A_VM_ID] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_VM_WX] = NLA_POLICY_MAX(NLA_U32, 2),
	[AEGISHV_A_VM_WX_ACTION] = NLA_POLICY_MAX(NLA_U32, 3),
	[AEGISHV_A_VM_WX_GRANULARITY] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_VM_WX_SCOPE] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_VM_WX_INHERIT] = { .type = NLA_FLAG, },
	[AEGISHV_A_VM_SEAL] = NLA_POLICY_NESTED(aegishv_range_nl_policy),
	[AEGISHV_A_VM_TRAP] = NLA_POLICY_NESTED(aegishv_range_nl_policy),
	[AEGISHV_A_VM_UNSEAL] = { .type = NLA_FLAG, },
	[AEGISHV_A_VM_UNTRAP] = { .type = NLA_FLAG, },
	[AEGISHV_A_VM_TRAP_REARM_MS] = { .type = NLA_U32, },
	[AEGISHV_A_VM_PAUSE] = { .type = NLA_FLAG, },
	[AEGISHV_A_VM_RESUME] = { .type = NLA_FLAG, },
	[AEGISHV_A_VM_SEAL_KERNEL_TEXT] = { .type = NLA_FLAG, },
};

/* Ops table for aegishv */
const struct genl_ops aegishv_nl_ops[15] = {
	{
		.cmd		= AEGISHV_CMD_INFO_GET,
		.doit		= aegishv_nl_info_get_doit,
		.policy		= aegishv_info_get_nl_policy,
		.maxattr	= AEGISHV_A_INFO_API_VERSION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_CONFIG_GET,
		.doit		= aegishv_nl_config_get_doit,
		.policy		= aegishv_config_get_nl_policy,
		.maxattr	= AEGISHV_A_CONFIG_VM,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_CONFIG_SET,
		.doit		= aegishv_nl_config_set_doit,
		.policy		= aegishv_config_set_nl_policy,
		.maxattr	= AEGISHV_A_CONFIG_WX_SCOPE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_VM_GET,
		.doit		= aegishv_nl_vm_get_doit,
		.dumpit		= aegishv_nl_vm_get_dumpit,
		.policy		= aegishv_vm_get_nl_policy,
		.maxattr	= AEGISHV_A_VM_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_COUNTERS_GET,
		.doit		= aegishv_nl_counters_get_doit,
		.policy		= aegishv_counters_get_nl_policy,
		.maxattr	= AEGISHV_A_COUNTERS_VCPU,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_RING_GET,
		.doit		= aegishv_nl_ring_get_doit,
		.dumpit		= aegishv_nl_ring_get_dumpit,
		.policy		= aegishv_ring_get_nl_policy,
		.maxattr	= AEGISHV_A_RING_CPU,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_BEGIN,
		.doit		= aegishv_nl_policy_begin_doit,
		.policy		= aegishv_policy_begin_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_BASE_GENERATION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_ADD,
		.doit		= aegishv_nl_policy_add_doit,
		.policy		= aegishv_policy_add_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_RULE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_DEL,
		.doit		= aegishv_nl_policy_del_doit,
		.policy		= aegishv_policy_del_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_SKIP_MISSING,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_COMMIT,
		.doit		= aegishv_nl_policy_commit_doit,
		.policy		= aegishv_policy_commit_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_TXN,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_ABORT,
		.doit		= aegishv_nl_policy_abort_doit,
		.policy		= aegishv_policy_abort_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_TXN,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_POLICY_GET,
		.doit		= aegishv_nl_policy_get_doit,
		.policy		= aegishv_policy_get_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_GENERATION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_RULE_GET,
		.doit		= aegishv_nl_rule_get_doit,
		.dumpit		= aegishv_nl_rule_get_dumpit,
		.policy		= aegishv_rule_get_nl_policy,
		.maxattr	= AEGISHV_A_POLICY_RULE_ID,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_DENIAL_GET,
		.doit		= aegishv_nl_denial_get_doit,
		.dumpit		= aegishv_nl_denial_get_dumpit,
		.policy		= aegishv_denial_get_nl_policy,
		.maxattr	= AEGISHV_A_DENIAL_CGROUP,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= AEGISHV_CMD_VM_SET,
		.doit		= aegishv_nl_vm_set_doit,
		.policy		= aegishv_vm_set_nl_policy,
		.maxattr	= AEGISHV_A_VM_SEAL_KERNEL_TEXT,
		.flags		= GENL_ADMIN_PERM,
	},
};

static const struct genl_multicast_group aegishv_nl_mcgrps[] = {
	[AEGISHV_NLGRP_EVENTS] = { "events", },
};
