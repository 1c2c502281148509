/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What genl.c and genl_events.c share.
 */
#ifndef AHV_SHIM_GENL_INT_H
#define AHV_SHIM_GENL_INT_H

#include <netlink/netlink.h>
#include "genl.h"

#define WHY		256

struct genl {
	struct nl_sock *sock;
	int family;
	uint32_t seq;		/* of the request that is being answered */
	char why[WHY];
	char ext[WHY];		/* the module's own words */
	int err;		/* of the request that is being answered */
	bool done;
	int (*on_msg)(struct nl_msg *msg, void *arg);
	void *arg;
};

struct vm_taker {
	void (*fn)(void *arg, const struct genl_vm *vm);
	void *arg;
};

/* Callbacks of libnl: one VM to a struct vm_taker, info to a struct genl_info. */
int genl_take_vm(struct nl_msg *msg, void *arg);
int genl_take_info(struct nl_msg *msg, void *arg);

#endif
