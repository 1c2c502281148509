/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the handlers of netlink.c and the attribute writers of
 * netlink_fill.c. Every writer returns 0 or -EMSGSIZE.
 */
#ifndef AHV_NETLINK_H
#define AHV_NETLINK_H

#include <net/genetlink.h>
#include "aegishv.h"
#include "config.h"
#include "ring.h"

int ahv_nl_fill_info(struct sk_buff *skb);
int ahv_nl_fill_config(struct sk_buff *skb, const struct ahv_vm *vm);
int ahv_nl_fill_file_info(struct sk_buff *skb);
int ahv_nl_fill_vm(struct sk_buff *skb, const struct ahv_vm *vm, bool with_vcpus);
int ahv_nl_fill_counts(struct sk_buff *skb, const struct ahv_counts *c);
int ahv_nl_fill_ring(struct sk_buff *skb, unsigned int cpu,
		     const struct ahv_ring_state *s);

/* netlink_config.c */
void ahv_nl_take_config(struct ahv_config_change *c, struct nlattr **attrs);

#endif
