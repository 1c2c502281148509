// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: handlers and notifications. Attribute types,
 * ranges and the operations table are generated from include/uapi/aegishv.yaml.
 *
 * Handlers are process context and run in parallel. A caller needs
 * CAP_NET_ADMIN (GENL_ADMIN_PERM) and CAP_SYS_ADMIN, both in the initial user
 * namespace, and is in the initial network namespace, since the family is in no
 * other. VM notifications start in atomic context and go out from a work item.
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "config.h"
#include "netlink.h"
#include "netlink_gen.h"

/* Room for one object that grows with the host: a VM's vCPUs, all counters. */
#define BIG_REPLY_BYTES (128U << 10)
/* Room for all hooks, each with its reason. */
#define INFO_BYTES (16U << 10)

#define refuse ahv_nl_refuse

static int pre_doit(const struct ahv_genl_op *ops, struct sk_buff *skb,
		    struct genl_info *info)
{
	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return refuse(info, -EPERM, "needs CAP_SYS_ADMIN in the initial user namespace");
	return 0;
}

/* Dumps do not pass through pre_doit, and share the attributes of the request for one. */
int ahv_nl_check_dump(struct netlink_callback *cb)
{
	if (!netlink_capable(cb->skb, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(cb->extack, "needs CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}
	if (nlmsg_attrlen(cb->nlh, GENL_HDRLEN) > 0) {
		NL_SET_ERR_MSG(cb->extack,
			       "a dump takes no attributes: ask for one object without NLM_F_DUMP");
		return -EINVAL;
	}
	return 0;
}

int ahv_nl_begin(struct ahv_nl_reply *r, struct genl_info *info, size_t bytes)
{
	r->skb = genlmsg_new(bytes, GFP_KERNEL);
	if (!r->skb)
		return -ENOMEM;
	r->hdr = genlmsg_put_reply(r->skb, info, &ahv_nl_family, 0, info->genlhdr->cmd);
	if (!r->hdr) {
		nlmsg_free(r->skb);
		return -EMSGSIZE;
	}
	return 0;
}

int ahv_nl_end(struct ahv_nl_reply *r, struct genl_info *info, int err)
{
	if (err) {
		nlmsg_free(r->skb);
		return refuse(info, err, "the answer does not fit into a message");
	}
	genlmsg_end(r->skb, r->hdr);
	return genlmsg_reply(r->skb, info);
}

int aegishv_nl_info_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *want = info->attrs[AEGISHV_A_INFO_API_VERSION];
	struct ahv_nl_reply r;
	int err;

	if (want && nla_get_u32(want) > AEGISHV_API_VERSION)
		return refuse(info, -EOPNOTSUPP,
			      "the module is older than this program: load the module that came with it");
	err = ahv_nl_begin(&r, info, INFO_BYTES);
	return err ?: ahv_nl_end(&r, info, ahv_nl_fill_info(r.skb));
}

int aegishv_nl_config_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *vm_attr = info->attrs[AEGISHV_A_CONFIG_VM];
	struct ahv_vm *vm = NULL;
	struct ahv_nl_reply r;
	int err;

	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	if (err)
		return err;
	rcu_read_lock();
	if (vm_attr)
		vm = ahv_vm_find(nla_get_u32(vm_attr));
	err = vm_attr && !vm ? -ENOENT : ahv_nl_fill_config(r.skb, vm);
	rcu_read_unlock();
	if (err == -ENOENT) {
		nlmsg_free(r.skb);
		return refuse(info, err, "vm: there is no VM with this number");
	}
	return ahv_nl_end(&r, info, err);
}

int aegishv_nl_config_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ahv_config_change c = {};
	const char *why = NULL;
	int err;

	ahv_nl_take_config(&c, info->attrs);
	if (!c.what && !c.vm)
		return refuse(info, -EINVAL, "nothing to change: name at least one setting");

	err = ahv_config_change(&c, &why);
	return err ? ahv_nl_refuse_why(info, err, why) : 0;
}

int aegishv_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *id = info->attrs[AEGISHV_A_VM_ID];
	struct ahv_vm *vm;
	struct ahv_nl_reply r;
	int err;

	if (!id)
		return refuse(info, -EINVAL, "id: which VM? Give its number, or dump them all");
	err = ahv_nl_begin(&r, info, BIG_REPLY_BYTES);
	if (err)
		return err;
	rcu_read_lock();
	vm = ahv_vm_find(nla_get_u32(id));
	err = vm ? ahv_nl_fill_vm(r.skb, vm, true) : -ENOENT;
	rcu_read_unlock();
	if (err == -ENOENT) {
		nlmsg_free(r.skb);
		return refuse(info, err, "id: there is no VM with this number");
	}
	return ahv_nl_end(&r, info, err);
}

static int dump_vm(struct sk_buff *skb, struct netlink_callback *cb, struct ahv_vm *vm)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&ahv_nl_family, NLM_F_MULTI, AEGISHV_CMD_VM_GET);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	/* vCPUs are for a request about one VM: there may be more than fit here. */
	err = ahv_nl_fill_vm(skb, vm, false);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int aegishv_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	u32 last = cb->args[0];
	struct ahv_vm *vm;
	int err;

	err = ahv_nl_check_dump(cb);
	if (err)
		return err;
	rcu_read_lock();
	for (vm = ahv_vm_next(last); vm; vm = ahv_vm_after(vm)) {
		if (dump_vm(skb, cb, vm))
			break;
		last = vm->id;
	}
	rcu_read_unlock();
	cb->args[0] = last;
	return skb->len;
}

static struct ahv_vcpu *find_vcpu(struct ahv_vm *vm, u32 id)
{
	struct ahv_vcpu *v;

	list_for_each_entry_rcu(v, &vm->vcpus, in_vm)
		if (v->id == id)
			return v;
	return NULL;
}

/* Sum what the request is about; NULL, or what there is not. */
static const char *sum_counts(struct ahv_counts *sum, struct nlattr *vm_attr,
			      struct nlattr *vcpu_attr)
{
	struct ahv_vcpu *v;
	struct ahv_vm *vm;

	if (!vm_attr) {
		ahv_stats_host(sum);
		return NULL;
	}
	vm = ahv_vm_find(nla_get_u32(vm_attr));
	if (!vm)
		return "vm: there is no VM with this number";
	if (!vcpu_attr) {
		ahv_stats_vm(sum, vm);
		return NULL;
	}
	v = find_vcpu(vm, nla_get_u32(vcpu_attr));
	if (!v)
		return "vcpu: the VM has no vCPU with this number";
	ahv_stats_vcpu(sum, v);
	return NULL;
}

static int reply_counts(struct genl_info *info, const struct ahv_counts *sum)
{
	struct nlattr *vm = info->attrs[AEGISHV_A_COUNTERS_VM];
	struct nlattr *vcpu = info->attrs[AEGISHV_A_COUNTERS_VCPU];
	struct ahv_nl_reply r;
	int err;

	err = ahv_nl_begin(&r, info, BIG_REPLY_BYTES);
	if (err)
		return err;
	if (vm)
		err = nla_put_u32(r.skb, AEGISHV_A_COUNTERS_VM, nla_get_u32(vm));
	if (!err && vcpu)
		err = nla_put_u32(r.skb, AEGISHV_A_COUNTERS_VCPU, nla_get_u32(vcpu));
	return ahv_nl_end(&r, info, err ?: ahv_nl_fill_counts(r.skb, sum));
}

int aegishv_nl_counters_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *vm = info->attrs[AEGISHV_A_COUNTERS_VM];
	struct nlattr *vcpu = info->attrs[AEGISHV_A_COUNTERS_VCPU];
	struct ahv_counts *sum;
	const char *missing;
	int err;

	if (vcpu && !vm)
		return refuse(info, -EINVAL, "vcpu: it needs vm");
	sum = kzalloc(sizeof(*sum), GFP_KERNEL);
	if (!sum)
		return -ENOMEM;
	rcu_read_lock();
	missing = sum_counts(sum, vm, vcpu);
	rcu_read_unlock();
	err = missing ? ahv_nl_refuse_why(info, -ENOENT, missing) : reply_counts(info, sum);
	kfree(sum);
	return err;
}

int aegishv_nl_ring_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *cpu = info->attrs[AEGISHV_A_RING_CPU];
	struct ahv_ring_state s;
	struct ahv_nl_reply r;
	int err;

	if (!cpu)
		return refuse(info, -EINVAL, "cpu: which ring? Give a CPU, or dump them all");
	if (nla_get_u32(cpu) >= nr_cpu_ids || !cpu_possible(nla_get_u32(cpu)) ||
	    ahv_ring_state(nla_get_u32(cpu), &s))
		return refuse(info, -ENXIO, "cpu: it has no ring");
	err = ahv_nl_begin(&r, info, NLMSG_GOODSIZE);
	return err ?: ahv_nl_end(&r, info, ahv_nl_fill_ring(r.skb, nla_get_u32(cpu), &s));
}

static int dump_ring(struct sk_buff *skb, struct netlink_callback *cb, unsigned int cpu)
{
	struct ahv_ring_state s;
	void *hdr;

	if (ahv_ring_state(cpu, &s))
		return 0;	/* it never was online */
	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &ahv_nl_family, NLM_F_MULTI, AEGISHV_CMD_RING_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (ahv_nl_fill_ring(skb, cpu, &s)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

int aegishv_nl_ring_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	unsigned int cpu = cb->args[0];
	int err;

	err = ahv_nl_check_dump(cb);
	if (err)
		return err;
	for (; cpu < nr_cpu_ids; cpu++)
		if (cpu_possible(cpu) && dump_ring(skb, cb, cpu))
			break;
	cb->args[0] = cpu;
	return skb->len;
}

/* ---- notifications ---- */

/* For want of memory: listeners are told as when they read too slowly, by ENOBUFS. */

static bool registered;

void ahv_nl_multicast(u32 cmd, int (*fill)(struct sk_buff *skb, const void *arg),
		      const void *arg)
{
	struct sk_buff *skb;
	void *hdr;

	if (!registered)
		return;
	skb = genlmsg_new(INFO_BYTES, GFP_KERNEL);
	if (!skb) {
		genl_set_err(&ahv_nl_family, &init_net, 0, AEGISHV_NLGRP_EVENTS, -ENOBUFS);
		return;
	}
	hdr = genlmsg_put(skb, 0, 0, &ahv_nl_family, 0, cmd);
	if (!hdr || fill(skb, arg)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast(&ahv_nl_family, skb, 0, AEGISHV_NLGRP_EVENTS, GFP_KERNEL);
}

static int fill_vm_ntf(struct sk_buff *skb, const void *vm)
{
	int err;

	rcu_read_lock();
	err = ahv_nl_fill_vm(skb, vm, false);
	rcu_read_unlock();
	return err;
}

static int fill_info_ntf(struct sk_buff *skb, const void *unused)
{
	return ahv_nl_fill_info(skb);
}

/* VMs to announce: births and deaths. */
static LLIST_HEAD(births);
static LLIST_HEAD(deaths);

static void announce(struct work_struct *work);
static DECLARE_WORK(announce_work, announce);

static void announce_list(struct llist_head *list, int which, u32 cmd)
{
	struct llist_node *first = llist_reverse_order(llist_del_all(list));
	struct ahv_vm *vm, *next;

	llist_for_each_entry_safe(vm, next, first, ntf[which]) {
		ahv_nl_multicast(cmd, fill_vm_ntf, vm);
		ahv_vm_put(vm);
	}
}

static void announce(struct work_struct *work)
{
	announce_list(&births, 0, AEGISHV_CMD_VM_BIRTH_NTF);
	announce_list(&deaths, 1, AEGISHV_CMD_VM_DEATH_NTF);
}

/* Any context but NMI. */
void ahv_netlink_vm_ntf(struct ahv_vm *vm, bool death)
{
	refcount_inc(&vm->refs);
	llist_add(&vm->ntf[death], death ? &deaths : &births);
	schedule_work(&announce_work);
}

void ahv_netlink_health_ntf(void)
{
	ahv_nl_multicast(AEGISHV_CMD_HEALTH_NTF, fill_info_ntf, NULL);
}

static const struct genl_multicast_group groups[] = {
	[AEGISHV_NLGRP_EVENTS] = {
		.name = AEGISHV_MCGRP_EVENTS,
		.flags = GENL_MCAST_CAP_NET_ADMIN | GENL_MCAST_CAP_SYS_ADMIN,
	},
};

struct genl_family ahv_nl_family __ro_after_init = {
	.name = AEGISHV_GENL_NAME,
	.version = AEGISHV_GENL_VERSION,
	.ops = aegishv_nl_ops,
	.n_ops = ARRAY_SIZE(aegishv_nl_ops),
	.resv_start_op = AEGISHV_CMD_INFO_GET,	/* strict from the first operation on */
	/* A rule's path may lead to a file system that lets us wait. */
	.parallel_ops = true,
	.pre_doit = pre_doit,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.module = THIS_MODULE,
};

int ahv_netlink_init(void)
{
	int err = ahv_netlink_policy_init();

	if (err)
		return err;
	err = genl_register_family(&ahv_nl_family);
	if (err)
		ahv_netlink_policy_exit();
	registered = !err;
	return err;
}

/* After the sources have stopped. */
void ahv_netlink_exit(void)
{
	flush_work(&announce_work);
	registered = false;
	genl_unregister_family(&ahv_nl_family);
	ahv_netlink_policy_exit();
}
