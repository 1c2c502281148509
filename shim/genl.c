// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Netlink client on libnl-genl-3. Extended acks are asked for and their text
 * kept. Blocking with a time limit, so that a wedged kernel does not hang the
 * program. A struct genl is used by one thread.
 */
#include "genl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include "genl_int.h"
#include "genl_parse.h"

#define TIMEOUT_S	5

/* An answer that comes after its caller gave up is not the next one's. */
static int on_seq(struct nl_msg *msg, void *arg)
{
	struct genl *g = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == g->seq ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct genl *g = arg;

	return g->on_msg ? g->on_msg(msg, g->arg) : NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	struct genl *g = arg;
	struct nlmsghdr *h = nlmsg_hdr(msg);

	/* The end of a dump carries its error. */
	if (h->nlmsg_type == NLMSG_DONE && nlmsg_datalen(h) >= (int)sizeof(int))
		g->err = *(int *)nlmsg_data(h);
	g->done = true;
	return NL_STOP;
}

/* Attributes of an error message follow the request it quotes, if it does. */
static void read_ext(struct genl *g, struct nlmsgerr *e)
{
	struct nlmsghdr *h = (struct nlmsghdr *)((char *)e - NLMSG_HDRLEN);
	int skip = sizeof(*e);
	struct nlattr *a;
	int len;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - NLMSG_HDRLEN;
	len = nlmsg_datalen(h) - skip;
	if (len <= 0)
		return;
	a = nla_find((struct nlattr *)((char *)e + skip), len, NLMSGERR_ATTR_MSG);
	if (a)
		snprintf(g->ext, sizeof(g->ext), "%.*s", nla_len(a), (char *)nla_data(a));
	a = nla_find((struct nlattr *)((char *)e + skip), len, NLMSGERR_ATTR_OFFS);
	if (a && nla_len(a) >= 4)
		g->err_offset = nla_get_u32(a);
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct genl *g = arg;

	(void)from;
	g->err = e->error;
	g->done = true;
	read_ext(g, e);
	return NL_STOP;
}

static const char *way_out(int err)
{
	switch (err) {
	case -EPERM:
		return " (needs root: CAP_NET_ADMIN and CAP_SYS_ADMIN in the initial user namespace)";
	case -EAGAIN:
	case -ETIMEDOUT:
		return " (no answer in time)";
	}
	return "";
}

static int fail(struct genl *g, int err)
{
	if (g->ext[0])
		snprintf(g->why, WHY, "%s", g->ext);
	else
		snprintf(g->why, WHY, "%s%s", strerror(-err), way_out(err));
	return err;
}

static int receive(struct genl *g)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int n = 0;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, g);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, g);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, g);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, g);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, g);
	while (!g->done && n >= 0) {
		errno = 0;
		n = nl_recvmsgs(g->sock, cb);
	}
	nl_cb_put(cb);
	if (g->done)
		return g->err;
	return n == -NLE_AGAIN ? -ETIMEDOUT : n == -NLE_NOMEM ? -ENOBUFS : -EIO;
}

int genl_call(struct genl *g, const struct genl_call *c)
{
	struct nl_msg *msg = c->size ? nlmsg_alloc_size(c->size) : nlmsg_alloc();
	int err;

	g->why[0] = g->ext[0] = '\0';
	g->err_offset = 0;
	g->err = 0;
	g->done = false;
	g->on_msg = c->on_msg;
	g->arg = c->arg;
	if (!msg || !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, g->family, 0,
				 c->flags | NLM_F_ACK, c->cmd, AEGISHV_GENL_VERSION)) {
		nlmsg_free(msg);
		return fail(g, -ENOMEM);
	}
	if (c->fill)
		c->fill(msg, c->fill_arg);
	err = nl_send_auto(g->sock, msg);
	g->seq = nlmsg_hdr(msg)->nlmsg_seq;
	nlmsg_free(msg);
	if (err < 0)
		return fail(g, -EIO);
	err = receive(g);
	return err ? fail(g, err) : 0;
}

static void set_timeout(struct nl_sock *sock)
{
	struct timeval tv = { .tv_sec = TIMEOUT_S };

	setsockopt(nl_socket_get_fd(sock), SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
}

static void want_ext_ack(struct nl_sock *sock)
{
	int one = 1;

	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
}

struct genl *genl_open(char *why)
{
	struct genl *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		goto nomem;
	g->sock = nl_socket_alloc();
	if (!g->sock)
		goto nomem;
	err = genl_connect(g->sock);
	if (err) {
		snprintf(why, WHY, "generic netlink cannot be reached: %s", nl_geterror(err));
		goto out;
	}
	set_timeout(g->sock);
	want_ext_ack(g->sock);
	g->family = genl_ctrl_resolve(g->sock, AEGISHV_GENL_NAME);
	if (g->family < 0) {
		snprintf(why, WHY, "aegishv.ko is not loaded: load it with 'modprobe aegishv', then see 'dmesg' if it refuses");
		goto out;
	}
	return g;
nomem:
	snprintf(why, WHY, "%s", strerror(ENOMEM));
out:
	genl_close(g);
	return NULL;
}

void genl_close(struct genl *g)
{
	if (!g)
		return;
	nl_socket_free(g->sock);
	free(g);
}

const char *genl_why(const struct genl *g)
{
	return g->why;
}

struct nlattr *genl_attrs(struct nl_msg *msg, int *len)
{
	struct genlmsghdr *h = nlmsg_data(nlmsg_hdr(msg));

	*len = genlmsg_attrlen(h, 0);
	return genlmsg_attrdata(h, 0);
}

struct nlattr *genl_find(struct nl_msg *msg, int type)
{
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	return nla_find(a, len, type);
}

int genl_take_info(struct nl_msg *msg, void *arg)
{
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_info(a, len, arg);
	return NL_OK;
}

int genl_info(struct genl *g, struct genl_info *info)
{
	struct genl_call c = { .cmd = AEGISHV_CMD_INFO_GET, .on_msg = genl_take_info, .arg = info };

	return genl_call(g, &c);
}

static void fill_vm(struct nl_msg *msg, const void *arg)
{
	if (*(const uint32_t *)arg)
		nla_put_u32(msg, AEGISHV_A_CONFIG_VM, *(const uint32_t *)arg);
}

static int take_config(struct nl_msg *msg, void *arg)
{
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_config(a, len, arg);
	return NL_OK;
}

int genl_config_get(struct genl *g, uint32_t vm, struct genl_config *config)
{
	struct genl_call c = {
		.cmd = AEGISHV_CMD_CONFIG_GET, .fill = fill_vm, .fill_arg = &vm,
		.on_msg = take_config, .arg = config,
	};

	return genl_call(g, &c);
}

static void fill_config(struct nl_msg *msg, const void *arg)
{
	const struct genl_config *c = arg;
	unsigned int type;

	for (type = 1; type <= AEGISHV_A_CONFIG_MAX; type++) {
		uint32_t *v32 = genl_config_u32((struct genl_config *)c, type);

		if (!(c->set & GENL_CONFIG(type)))
			continue;
		if (type == AEGISHV_A_CONFIG_BREAK_GLASS)
			nla_put_u64(msg, type, c->break_glass);
		else if (type == AEGISHV_A_CONFIG_DETECT)
			nla_put(msg, type, c->detect_drop ? 0 : sizeof(c->detect), &c->detect);
		else if (v32)
			nla_put_u32(msg, type, *v32);
		else
			nla_put_flag(msg, type);
	}
}

int genl_config_set(struct genl *g, const struct genl_config *config)
{
	struct genl_call c = { .cmd = AEGISHV_CMD_CONFIG_SET, .fill = fill_config, .fill_arg = config };

	return genl_call(g, &c);
}

int genl_take_vm(struct nl_msg *msg, void *arg)
{
	struct vm_taker *t = arg;
	struct genl_vm vm;
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	if (!genl_parse_vm(a, len, &vm))
		return NL_SKIP;
	t->fn(t->arg, &vm);
	free((void *)vm.vcpu);
	return NL_OK;
}

static void fill_id(struct nl_msg *msg, const void *arg)
{
	nla_put_u32(msg, AEGISHV_A_VM_ID, *(const uint32_t *)arg);
}

int genl_vm(struct genl *g, uint32_t id, void (*fn)(void *arg, const struct genl_vm *vm),
	    void *arg)
{
	struct vm_taker t = { fn, arg };
	struct genl_call c = {
		.cmd = AEGISHV_CMD_VM_GET, .fill = fill_id, .fill_arg = &id,
		.on_msg = genl_take_vm, .arg = &t,
	};

	return genl_call(g, &c);
}

int genl_vms(struct genl *g, void (*fn)(void *arg, const struct genl_vm *vm), void *arg)
{
	struct vm_taker t = { fn, arg };
	struct genl_call c = {
		.cmd = AEGISHV_CMD_VM_GET, .flags = NLM_F_DUMP, .on_msg = genl_take_vm, .arg = &t,
	};

	return genl_call(g, &c);
}

struct counter_taker {
	void (*fn)(void *arg, const struct genl_counter *c);
	void *arg;
};

static int take_counters(struct nl_msg *msg, void *arg)
{
	struct counter_taker *t = arg;
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_counters(a, len, t->fn, t->arg);
	return NL_OK;
}

static void fill_scope(struct nl_msg *msg, const void *arg)
{
	const struct genl_scope *s = arg;

	if (s->vm)
		nla_put_u32(msg, AEGISHV_A_COUNTERS_VM, s->vm);
	if (s->has_vcpu)
		nla_put_u32(msg, AEGISHV_A_COUNTERS_VCPU, s->vcpu);
}

int genl_counters(struct genl *g, const struct genl_scope *scope,
		  void (*fn)(void *arg, const struct genl_counter *c), void *arg)
{
	struct counter_taker t = { fn, arg };
	struct genl_call c = {
		.cmd = AEGISHV_CMD_COUNTERS_GET, .fill = fill_scope, .fill_arg = scope,
		.on_msg = take_counters, .arg = &t,
	};

	return genl_call(g, &c);
}

struct ring_taker {
	void (*fn)(void *arg, const struct genl_ring *r);
	void *arg;
};

static int take_ring(struct nl_msg *msg, void *arg)
{
	struct ring_taker *t = arg;
	struct genl_ring r;
	int len;
	struct nlattr *a = genl_attrs(msg, &len);

	genl_parse_ring(a, len, &r);
	t->fn(t->arg, &r);
	return NL_OK;
}

int genl_rings(struct genl *g, void (*fn)(void *arg, const struct genl_ring *r), void *arg)
{
	struct ring_taker t = { fn, arg };
	struct genl_call c = {
		.cmd = AEGISHV_CMD_RING_GET, .flags = NLM_F_DUMP, .on_msg = take_ring, .arg = &t,
	};

	return genl_call(g, &c);
}
