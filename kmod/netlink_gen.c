// SPDX-License-Identifier: GPL-2.0-only
/* Do not edit directly, auto-generated from: */
/*	include/uapi/aegishv.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink_gen.h"

#include <linux/aegishv_genl.h>

/* AEGISHV_CMD_INFO_GET - do */
const struct nla_policy aegishv_info_get_nl_policy[AEGISHV_A_INFO_API_VERSION + 1] = {
	[AEGISHV_A_INFO_API_VERSION] = { .type = NLA_U32, },
};

/* AEGISHV_CMD_CONFIG_GET - do */
const struct nla_policy aegishv_config_get_nl_policy[AEGISHV_A_CONFIG_VM + 1] = {
	[AEGISHV_A_CONFIG_VM] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* AEGISHV_CMD_CONFIG_SET - do */
const struct nla_policy aegishv_config_set_nl_policy[AEGISHV_A_CONFIG_DEADLINE_US + 1] = {
	[AEGISHV_A_CONFIG_EXIT_EVENTS] = NLA_POLICY_MAX(NLA_U32, 3),
	[AEGISHV_A_CONFIG_SAMPLE] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_VM] = NLA_POLICY_MIN(NLA_U32, 1),
	[AEGISHV_A_CONFIG_INHERIT] = { .type = NLA_FLAG, },
	[AEGISHV_A_CONFIG_COUNTERS] = NLA_POLICY_MAX(NLA_U32, 1),
	[AEGISHV_A_CONFIG_RING_BYTES] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_WATERMARK_BYTES] = { .type = NLA_U32, },
	[AEGISHV_A_CONFIG_DEADLINE_US] = NLA_POLICY_MIN(NLA_U32, 100),
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

/* Ops table for aegishv */
const struct genl_ops aegishv_nl_ops[6] = {
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
		.maxattr	= AEGISHV_A_CONFIG_DEADLINE_US,
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
};

static const struct genl_multicast_group aegishv_nl_mcgrps[] = {
	[AEGISHV_NLGRP_EVENTS] = { "events", },
};
