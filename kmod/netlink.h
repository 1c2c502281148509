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

/* An answer under way. */
struct ahv_nl_reply {
	struct sk_buff *skb;
	void *hdr;
};

extern struct genl_family ahv_nl_family;

/* Refuse with words: errno, and what userspace prints. */
#define ahv_nl_refuse(info, err, msg) ({ GENL_SET_ERR_MSG(info, msg); (err); })

/* Likewise, where the words come from elsewhere: a constant string, or NULL. */
static inline int ahv_nl_refuse_why(struct genl_info *info, int err, const char *why)
{
	if (why && info->extack)
		info->extack->_msg = why;
	return err;
}

int ahv_nl_begin(struct ahv_nl_reply *r, struct genl_info *info, size_t bytes);
/* Sends it; or drops it when @err says that it did not fit. */
int ahv_nl_end(struct ahv_nl_reply *r, struct genl_info *info, int err);
int ahv_nl_check_dump(struct netlink_callback *cb);
void ahv_nl_multicast(u32 cmd, int (*fill)(struct sk_buff *skb, const void *arg),
		      const void *arg);

/* netlink_policy.c */
int ahv_netlink_policy_init(void);
void ahv_netlink_policy_exit(void);

int ahv_nl_fill_info(struct sk_buff *skb);
int ahv_nl_fill_config(struct sk_buff *skb, const struct ahv_vm *vm);
int ahv_nl_fill_file_info(struct sk_buff *skb);
int ahv_nl_fill_vm(struct sk_buff *skb, const struct ahv_vm *vm, bool with_vcpus);
/* netlink_vm.c */
int ahv_nl_fill_vm_wx(struct sk_buff *skb, const struct ahv_vm *vm);
int ahv_nl_fill_counts(struct sk_buff *skb, const struct ahv_counts *c);
int ahv_nl_fill_ring(struct sk_buff *skb, unsigned int cpu,
		     const struct ahv_ring_state *s);

/* netlink_config.c */
void ahv_nl_take_config(struct ahv_config_change *c, struct nlattr **attrs);

#endif
