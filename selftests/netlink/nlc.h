/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's netlink family, for tests: any message, and the whole answer. */
#ifndef NLC_H
#define NLC_H

#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "linux/aegishv_genl.h"

struct nlc {
	struct nl_sock *sock;
	int family;
	int group;
	int recv_bytes;	/* how much to receive at once, 0 for much; the kernel's parts follow it */
	uint32_t seq;
};

/**
 * struct nlc_answer - what came back
 * @on_msg: called for each object; may be NULL
 * @arg: for it
 * @err: 0 or the negative errno of the refusal
 * @text: the extended ack's words, "" without any
 * @offset: what the extended ack points at in the request, 0 for nothing
 * @interrupted: a dump says that it is not of one state
 * @messages: objects that came
 */
struct nlc_answer {
	void (*on_msg)(struct nlattr *first, int len, void *arg);
	void *arg;
	int err;
	char text[160];
	unsigned int offset;
	bool interrupted;
	unsigned int messages;
};

/* One attribute to send: @len bytes, of which the first four are @value. */
struct nlc_attr {
	uint16_t type;
	uint16_t len;
	uint32_t value;
};

#define U32(t, v)	{ AEGISHV_A_##t, 4, v }
#define FLAG(t)		{ AEGISHV_A_##t, 0, 0 }

/* The configuration, to be compared as a whole. */
struct nlc_config {
	uint32_t exit_events, sample, counters, ring_bytes, watermark, deadline;
};

struct nlc_info {
	uint32_t vms, healthy, isa, consumer;
	uint64_t vms_total, memory, unattributed;
};

struct nlc_vm {
	uint32_t id, tgid, found, vcpus, exit_events, sample, own, tid;
	uint64_t exits, faults;
	char comm[20];
};

struct nlc_rings {
	uint64_t records, lost, bytes, used;
	unsigned int n;
};

int nlc_connect(struct nlc *c);		/* 0, or -errno: -ENOENT without the family */
int nlc_reconnect(struct nlc *c);	/* a new socket, the family as it was */
void nlc_close(struct nlc *c);
int nlc_join(struct nlc *c);

struct nl_msg *nlc_new(struct nlc *c, int cmd, int flags, const struct nlc_attr *attrs);
int nlc_send(struct nlc *c, struct nl_msg *msg);
void nlc_receive(struct nlc *c, struct nlc_answer *a);
int nlc_ask(struct nlc *c, struct nl_msg *msg, struct nlc_answer *a);
int nlc_next_event(struct nlc *c, int flags, void (*fn)(int cmd, struct nlattr *first, int len,
							 void *arg), void *arg);

int nlc_set(struct nlc *c, const struct nlc_attr *attrs);
int nlc_get_config(struct nlc *c, struct nlc_config *cfg);
int nlc_get_info(struct nlc *c, struct nlc_info *info);
int nlc_get_vm(struct nlc *c, uint32_t id, struct nlc_vm *vm);
int nlc_get_rings(struct nlc *c, struct nlc_rings *r);
void nlc_read_vm(struct nlattr *first, int len, void *vm);
int nlc_dump_vms(struct nlc *c, struct nlc_vm *vms, int max);

uint32_t nlc_u32(struct nlattr *a);
uint64_t nlc_u64(struct nlattr *a);

#endif
