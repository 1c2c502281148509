// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the module's netlink family. One socket, one thread; an answer
 * is read to its end before the next request.
 */
#include <errno.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdio.h>
#include <string.h>

#include "mod.h"

struct reader {
	void (*fn)(struct nlattr *first, int len, struct reader *r);
	void *user_fn, *user_arg;
	int err;
	bool done;
};

int mod_open(struct mod_client *c)
{
	c->sock = nl_socket_alloc();
	if (!c->sock)
		return -ENOMEM;
	if (genl_connect(c->sock)) {
		fprintf(stderr, "netlink: cannot connect\n");
		mod_close(c);
		return -EIO;
	}
	nl_socket_disable_auto_ack(c->sock);
	c->family = genl_ctrl_resolve(c->sock, AEGISHV_GENL_NAME);
	if (c->family < 0) {
		fprintf(stderr, "netlink family %s: %s; load aegishv.ko first\n",
			AEGISHV_GENL_NAME, nl_geterror(c->family));
		mod_close(c);
		return -ENOENT;
	}
	return 0;
}

void mod_close(struct mod_client *c)
{
	nl_socket_free(c->sock);
	c->sock = NULL;
}

static struct nl_msg *request(struct mod_client *c, int cmd, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, c->family, 0, flags, cmd,
				AEGISHV_GENL_VERSION)) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct genlmsghdr *g = nlmsg_data(nlmsg_hdr(msg));
	struct reader *r = arg;

	if (r->fn)
		r->fn(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0), r);
	return NL_OK;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	struct reader *r = arg;

	(void)msg;
	r->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	struct reader *r = arg;

	(void)who;
	r->err = e->error;
	r->done = true;
	return NL_STOP;
}

/* Sends @msg and hands each part of the answer to @r. */
static int ask(struct mod_client *c, struct nl_msg *msg, struct reader *r)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int ret = cb && msg ? nl_send_auto(c->sock, msg) : -NLE_NOMEM;

	if (cb) {
		nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, r);
		nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, r);
		nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, r);
		nl_cb_err(cb, NL_CB_CUSTOM, on_error, r);
	}
	while (ret >= 0 && !r->done)
		ret = nl_recvmsgs(c->sock, cb);
	if (ret < 0) {
		fprintf(stderr, "netlink: %s\n", nl_geterror(ret));
		r->err = -EIO;
	} else if (r->err) {
		fprintf(stderr, "netlink: the module refused: %s\n", strerror(-r->err));
	}
	nl_cb_put(cb);
	nlmsg_free(msg);
	return r->err;
}

/* @attrs: pairs of attribute and u32 value */
int mod_set(struct mod_client *c, const uint32_t *attrs, unsigned int n)
{
	struct nl_msg *msg = request(c, AEGISHV_CMD_CONFIG_SET, NLM_F_REQUEST | NLM_F_ACK);
	struct reader r = { 0 };

	for (unsigned int i = 0; msg && i < n; i++)
		if (nla_put_u32(msg, attrs[2 * i], attrs[2 * i + 1])) {
			nlmsg_free(msg);
			return -EMSGSIZE;
		}
	return ask(c, msg, &r);
}

static uint32_t get32(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

static uint64_t get64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

static void read_vcpu(struct nlattr *nest, struct mod_vm *vm)
{
	struct nlattr *t[AEGISHV_A_VCPU_MAX + 1];
	struct mod_vcpu *v = &vm->vcpu[vm->nr_vcpus];

	if (vm->nr_vcpus == MOD_MAX_VCPUS || nla_parse_nested(t, AEGISHV_A_VCPU_MAX, nest, NULL))
		return;
	v->id = get32(t[AEGISHV_A_VCPU_ID]);
	v->tid = get32(t[AEGISHV_A_VCPU_TID]);
	v->exits = get64(t[AEGISHV_A_VCPU_EXITS]);
	v->faults = get64(t[AEGISHV_A_VCPU_FAULTS]);
	vm->nr_vcpus++;
}

static void read_vm(struct nlattr *first, int len, struct reader *r)
{
	void (*fn)(const struct mod_vm *vm, void *arg) = r->user_fn;
	struct nlattr *t[AEGISHV_A_VM_MAX + 1], *a;
	struct mod_vm vm = { 0 };
	int rem;

	if (nla_parse(t, AEGISHV_A_VM_MAX, first, len, NULL))
		return;
	vm.id = get32(t[AEGISHV_A_VM_ID]);
	vm.tgid = get32(t[AEGISHV_A_VM_TGID]);
	vm.found = get32(t[AEGISHV_A_VM_FOUND]);
	vm.vcpus = get32(t[AEGISHV_A_VM_VCPUS]);
	vm.exits = get64(t[AEGISHV_A_VM_EXITS]);
	vm.faults = get64(t[AEGISHV_A_VM_FAULTS]);
	if (t[AEGISHV_A_VM_COMM])
		nla_strlcpy(vm.comm, t[AEGISHV_A_VM_COMM], sizeof(vm.comm));
	nla_for_each_attr(a, first, len, rem)
		if (nla_type(a) == AEGISHV_A_VM_VCPU)
			read_vcpu(a, &vm);
	fn(&vm, r->user_arg);
}

int mod_vms(struct mod_client *c, void (*fn)(const struct mod_vm *vm, void *arg), void *arg)
{
	struct reader r = { .fn = read_vm, .user_fn = fn, .user_arg = arg };

	return ask(c, request(c, AEGISHV_CMD_VM_GET, NLM_F_REQUEST | NLM_F_DUMP), &r);
}

/* One VM, with its vCPUs, which the list leaves out. */
int mod_vm(struct mod_client *c, uint32_t id, void (*fn)(const struct mod_vm *vm, void *arg),
	   void *arg)
{
	struct reader r = { .fn = read_vm, .user_fn = fn, .user_arg = arg };
	struct nl_msg *msg = request(c, AEGISHV_CMD_VM_GET, NLM_F_REQUEST | NLM_F_ACK);

	if (msg && nla_put_u32(msg, AEGISHV_A_VM_ID, id)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return ask(c, msg, &r);
}

static void read_counter(struct nlattr *nest, struct reader *r)
{
	void (*fn)(const struct mod_counter *k, void *arg) = r->user_fn;
	struct nlattr *t[AEGISHV_A_COUNTER_MAX + 1];
	struct mod_counter k = { 0 };

	if (nla_parse_nested(t, AEGISHV_A_COUNTER_MAX, nest, NULL))
		return;
	k.reason = get32(t[AEGISHV_A_COUNTER_REASON]);
	k.value = get64(t[AEGISHV_A_COUNTER_VALUE]);
	if (t[AEGISHV_A_COUNTER_KIND])
		nla_strlcpy(k.kind, t[AEGISHV_A_COUNTER_KIND], sizeof(k.kind));
	if (t[AEGISHV_A_COUNTER_NAME])
		nla_strlcpy(k.name, t[AEGISHV_A_COUNTER_NAME], sizeof(k.name));
	fn(&k, r->user_arg);
}

static void read_counters(struct nlattr *first, int len, struct reader *r)
{
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, first, len, rem)
		if (nla_type(a) == AEGISHV_A_COUNTERS_COUNTER)
			read_counter(a, r);
}

int mod_counters(struct mod_client *c, uint32_t vm, uint32_t vcpu,
		void (*fn)(const struct mod_counter *k, void *arg), void *arg)
{
	struct reader r = { .fn = read_counters, .user_fn = fn, .user_arg = arg };
	struct nl_msg *msg = request(c, AEGISHV_CMD_COUNTERS_GET, NLM_F_REQUEST | NLM_F_ACK);

	if (msg && vm != MOD_NO_VM)
		nla_put_u32(msg, AEGISHV_A_COUNTERS_VM, vm);
	if (msg && vcpu != MOD_NO_VCPU)
		nla_put_u32(msg, AEGISHV_A_COUNTERS_VCPU, vcpu);
	return ask(c, msg, &r);
}

static void read_ring(struct nlattr *first, int len, struct reader *r)
{
	void (*fn)(struct nlattr **attrs, void *arg) = r->user_fn;
	struct nlattr *t[AEGISHV_A_RING_MAX + 1];

	if (!nla_parse(t, AEGISHV_A_RING_MAX, first, len, NULL))
		fn(t, r->user_arg);
}

int mod_rings(struct mod_client *c, void (*fn)(struct nlattr **attrs, void *arg), void *arg)
{
	struct reader r = { .fn = read_ring, .user_fn = fn, .user_arg = arg };

	return ask(c, request(c, AEGISHV_CMD_RING_GET, NLM_F_REQUEST | NLM_F_DUMP), &r);
}
