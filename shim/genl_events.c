// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The multicast group of the netlink family, and the spelling of what comes
 * from it. Reading does not block; a struct genl that has joined the group is
 * used for nothing else.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include "genl_int.h"
#include "genl_parse.h"
#include "genl_policy.h"

#define EVENT_RCVBUF	(1 << 20)

/* Notifications have no sequence number. */
static int any_seq(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

int genl_subscribe(struct genl *g)
{
	int group = genl_ctrl_resolve_grp(g->sock, AEGISHV_GENL_NAME, AEGISHV_MCGRP_EVENTS);
	int err = group < 0 ? group : nl_socket_add_membership(g->sock, group);

	if (err) {
		snprintf(g->why, WHY, "the multicast group \"%s\" cannot be joined: %s",
			 AEGISHV_MCGRP_EVENTS, nl_geterror(err));
		return -EIO;
	}
	nl_socket_set_buffer_size(g->sock, EVENT_RCVBUF, 0);
	nl_socket_set_nonblocking(g->sock);
	return 0;
}

int genl_fd(const struct genl *g)
{
	return nl_socket_get_fd(g->sock);
}

struct event_taker {
	const struct genl_events *ev;
	bool birth;
};

static void event_vm(void *arg, const struct genl_vm *vm)
{
	struct event_taker *t = arg;

	t->ev->vm(t->ev->arg, t->birth, vm);
}

static int take_event(struct nl_msg *msg, void *arg)
{
	const struct genl_events *ev = arg;
	struct event_taker t = { .ev = ev };
	struct vm_taker v = { event_vm, &t };
	struct genlmsghdr *h = nlmsg_data(nlmsg_hdr(msg));
	struct genl_policy policy;
	struct genl_info info;
	struct nlattr *a;
	int len;

	switch (h->cmd) {
	case AEGISHV_CMD_VM_BIRTH_NTF:
	case AEGISHV_CMD_VM_DEATH_NTF:
		t.birth = h->cmd == AEGISHV_CMD_VM_BIRTH_NTF;
		return genl_take_vm(msg, &v);
	case AEGISHV_CMD_HEALTH_NTF:
		genl_take_info(msg, &info);
		ev->health(ev->arg, &info);
		break;
	case AEGISHV_CMD_POLICY_NTF:
		memset(&policy, 0, sizeof(policy));
		a = genl_attrs(msg, &len);
		genl_parse_policy(a, len, &policy);
		ev->policy(ev->arg, &policy);
		break;
	}
	return NL_OK;
}

int genl_events(struct genl *g, const struct genl_events *ev)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int n;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, take_event, (void *)ev);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_seq, NULL);
	do {
		n = nl_recvmsgs(g->sock, cb);
	} while (n == 0);
	nl_cb_put(cb);
	if (n == -NLE_NOMEM) {
		ev->overrun(ev->arg);
		return 0;
	}
	return n == -NLE_AGAIN ? 0 : -EIO;
}

const char *genl_state_name(uint32_t state)
{
	static const char *const names[] = { "absent", "attached", "failed", "idle" };

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "?";
}

const char *genl_isa_name(uint32_t isa)
{
	static const char *const names[] = {
		[0] = "none",
#define AHV_ISA(value, name) [value] = name,
#include "../kmod/pure/names.def"
	};

	return isa < sizeof(names) / sizeof(names[0]) ? names[isa] : "?";
}
