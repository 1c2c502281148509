// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the family and back. Answers are taken apart by hand: a test
 * wants to see the extended ack, and the error at the end of a dump, which a
 * library's receive loop keeps to itself.
 */
#include "nlc.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECV_BYTES	(256 << 10)

static uint8_t buffer[RECV_BYTES] __attribute__((aligned(8)));

static int open_socket(struct nlc *c)
{
	int on = 1, fd;

	c->sock = nl_socket_alloc();
	if (!c->sock || genl_connect(c->sock))
		return -EIO;
	fd = nl_socket_get_fd(c->sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	nl_socket_set_buffer_size(c->sock, 4 << 20, 200 << 10);
	return 0;
}

int nlc_connect(struct nlc *c)
{
	memset(c, 0, sizeof(*c));
	if (open_socket(c))
		return -EIO;
	c->family = genl_ctrl_resolve(c->sock, AEGISHV_GENL_NAME);
	if (c->family < 0)
		return -ENOENT;
	c->group = genl_ctrl_resolve_grp(c->sock, AEGISHV_GENL_NAME, AEGISHV_MCGRP_EVENTS);
	return c->group < 0 ? -ENOENT : 0;
}

int nlc_reconnect(struct nlc *c)
{
	nlc_close(c);
	return open_socket(c);
}

void nlc_close(struct nlc *c)
{
	nl_socket_free(c->sock);
	c->sock = NULL;
}

int nlc_join(struct nlc *c)
{
	return setsockopt(nl_socket_get_fd(c->sock), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			  &c->group, sizeof(c->group)) ? -errno : 0;
}

/* @attrs ends with type 0, or is NULL. */
struct nl_msg *nlc_new(struct nlc *c, int cmd, int flags, const struct nlc_attr *attrs)
{
	struct nl_msg *msg = nlmsg_alloc_size(64 << 10);
	uint8_t payload[256] = { 0 };

	if (!msg || !genlmsg_put(msg, 0, ++c->seq, c->family, 0, NLM_F_REQUEST | flags, cmd,
				 AEGISHV_GENL_VERSION))
		abort();
	for (; attrs && attrs->type; attrs++) {
		memcpy(payload, &attrs->value, sizeof(attrs->value));
		if (nla_put(msg, attrs->type, attrs->len, payload))
			abort();
	}
	return msg;
}

int nlc_send(struct nlc *c, struct nl_msg *msg)
{
	struct nlmsghdr *h = nlmsg_hdr(msg);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t n = sendto(nl_socket_get_fd(c->sock), h, h->nlmsg_len, 0,
			   (struct sockaddr *)&kernel, sizeof(kernel));
	int err = n < 0 ? -errno : 0;

	nlmsg_free(msg);
	return err;
}

static void read_text(struct nlattr *a, int len, struct nlc_answer *ans)
{
	struct nlattr *text = nla_find(a, len, NLMSGERR_ATTR_MSG);
	struct nlattr *offset = nla_find(a, len, NLMSGERR_ATTR_OFFS);

	if (text)
		nla_strlcpy(ans->text, text, sizeof(ans->text));
	if (offset)
		ans->offset = nla_get_u32(offset);
}

/* NETLINK_CAP_ACK: the request is not quoted, attributes follow at once. */
static void read_error(struct nlmsghdr *h, struct nlc_answer *ans)
{
	struct nlmsgerr *e = nlmsg_data(h);

	ans->err = e->error;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		read_text((void *)(e + 1), nlmsg_datalen(h) - sizeof(*e), ans);
}

static void read_done(struct nlmsghdr *h, struct nlc_answer *ans)
{
	int *err = nlmsg_data(h);

	ans->err = nlmsg_datalen(h) >= (int)sizeof(*err) ? *err : 0;
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		read_text((void *)(err + 1), nlmsg_datalen(h) - sizeof(*err), ans);
}

/* Returns whether this was the end of the answer. */
static bool read_one(struct nlmsghdr *h, struct nlc_answer *ans)
{
	struct genlmsghdr *g = nlmsg_data(h);

	ans->interrupted |= h->nlmsg_flags & NLM_F_MULTI && h->nlmsg_flags & NLM_F_DUMP_INTR;
	if (h->nlmsg_type == NLMSG_ERROR) {
		read_error(h, ans);
		return true;
	}
	if (h->nlmsg_type == NLMSG_DONE) {
		read_done(h, ans);
		return true;
	}
	ans->messages++;
	if (ans->on_msg)
		ans->on_msg(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), ans->arg);
	return false;
}

/* The answer to the request sent last; every request but a dump asks for an ack. */
void nlc_receive(struct nlc *c, struct nlc_answer *ans)
{
	bool end = false;

	while (!end) {
		struct nlmsghdr *h = (void *)buffer;
		int n = recv(nl_socket_get_fd(c->sock), buffer,
			     c->recv_bytes ?: RECV_BYTES, 0);

		if (n < 0) {
			ans->err = -errno;
			return;
		}
		for (; nlmsg_ok(h, n) && !end; h = nlmsg_next(h, &n))
			if (h->nlmsg_seq == c->seq)
				end = read_one(h, ans);
	}
}

int nlc_ask(struct nlc *c, struct nl_msg *msg, struct nlc_answer *ans)
{
	ans->err = nlc_send(c, msg);
	if (!ans->err)
		nlc_receive(c, ans);
	return ans->err;
}

/* One datagram of notifications; returns how many, or a negative errno. */
int nlc_next_event(struct nlc *c, int flags, void (*fn)(int cmd, struct nlattr *first, int len,
							 void *arg), void *arg)
{
	int n = recv(nl_socket_get_fd(c->sock), buffer, sizeof(buffer), flags), count = 0;
	struct nlmsghdr *h = (void *)buffer;

	if (n < 0)
		return -errno;
	for (; nlmsg_ok(h, n); h = nlmsg_next(h, &n)) {
		struct genlmsghdr *g = nlmsg_data(h);

		if (h->nlmsg_type != c->family)
			continue;
		fn(g->cmd, genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), arg);
		count++;
	}
	return count;
}
