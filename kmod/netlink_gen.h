/* SPDX-License-Identifier: GPL-2.0-only */
/* Do not edit directly, auto-generated from: */
/*	include/uapi/aegishv.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_AEGISHV_GEN_H
#define _LINUX_AEGISHV_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/aegishv_genl.h>

/* Common nested types */
extern const struct nla_policy aegishv_range_nl_policy[AEGISHV_A_RANGE_PAD + 1];
extern const struct nla_policy aegishv_rule_nl_policy[AEGISHV_A_RULE_PAD + 1];

extern const struct nla_policy aegishv_info_get_nl_policy[AEGISHV_A_INFO_API_VERSION + 1];

extern const struct nla_policy aegishv_config_get_nl_policy[AEGISHV_A_CONFIG_VM + 1];

extern const struct nla_policy aegishv_config_set_nl_policy[AEGISHV_A_CONFIG_WX_SCOPE + 1];

extern const struct nla_policy aegishv_vm_get_nl_policy[AEGISHV_A_VM_ID + 1];

extern const struct nla_policy aegishv_counters_get_nl_policy[AEGISHV_A_COUNTERS_VCPU + 1];

extern const struct nla_policy aegishv_ring_get_nl_policy[AEGISHV_A_RING_CPU + 1];

extern const struct nla_policy aegishv_policy_begin_nl_policy[AEGISHV_A_POLICY_BASE_GENERATION + 1];

extern const struct nla_policy aegishv_policy_add_nl_policy[AEGISHV_A_POLICY_RULE + 1];

extern const struct nla_policy aegishv_policy_del_nl_policy[AEGISHV_A_POLICY_SKIP_MISSING + 1];

extern const struct nla_policy aegishv_policy_commit_nl_policy[AEGISHV_A_POLICY_TXN + 1];

extern const struct nla_policy aegishv_policy_abort_nl_policy[AEGISHV_A_POLICY_TXN + 1];

extern const struct nla_policy aegishv_policy_get_nl_policy[AEGISHV_A_POLICY_GENERATION + 1];

extern const struct nla_policy aegishv_rule_get_nl_policy[AEGISHV_A_POLICY_RULE_ID + 1];

extern const struct nla_policy aegishv_denial_get_nl_policy[AEGISHV_A_DENIAL_CGROUP + 1];

extern const struct nla_policy aegishv_vm_set_nl_policy[AEGISHV_A_VM_SEAL_KERNEL_TEXT + 1];

/* Ops table for aegishv */
extern const struct genl_ops aegishv_nl_ops[15];

int aegishv_nl_info_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int aegishv_nl_counters_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_ring_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_ring_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int aegishv_nl_policy_begin_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_policy_add_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_policy_del_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_policy_commit_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_policy_abort_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_policy_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_rule_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_rule_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int aegishv_nl_denial_get_doit(struct sk_buff *skb, struct genl_info *info);
int aegishv_nl_denial_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int aegishv_nl_vm_set_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	AEGISHV_NLGRP_EVENTS,
};

#endif /* _LINUX_AEGISHV_GEN_H */
