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
	uint32_t err_offset;	/* of the attribute that they are about, or 0 */
	int err;		/* of the request that is being answered */
	bool done;
	int (*on_msg)(struct nl_msg *msg, void *arg);
	void *arg;
};

/* One request: what it is, and who takes the answers. */
struct genl_call {
	int cmd;
	int flags;
	size_t size;		/* of the request, 0 where a page is enough */
	void (*fill)(struct nl_msg *msg, const void *arg);
	const void *fill_arg;
	int (*on_msg)(struct nl_msg *msg, void *arg);
	void *arg;
};

int genl_call(struct genl *g, const struct genl_call *c);

/* Where in the request the last refusal points at, 0 when nowhere. */
static inline uint32_t genl_err_offset(const struct genl *g)
{
	return g->err_offset;
}

struct nlattr *genl_attrs(struct nl_msg *msg, int *len);
struct nlattr *genl_find(struct nl_msg *msg, int type);

struct vm_taker {
	void (*fn)(void *arg, const struct genl_vm *vm);
	void *arg;
};

/* Callbacks of libnl: one VM to a struct vm_taker, info to a struct genl_info. */
int genl_take_vm(struct nl_msg *msg, void *arg);
int genl_take_info(struct nl_msg *msg, void *arg);

#endif
