// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects into netlink attributes. Nothing is changed here; callers hold what
 * keeps the object alive.
 */
#include <linux/utsname.h>
#include "netlink.h"
#include "detect.h"
#include "policy.h"
#include "pure/wx.h"

static int put_u64(struct sk_buff *skb, int attr, u64 value, int pad)
{
	return nla_put_u64_64bit(skb, attr, value, pad);
}

static int fill_hook(struct sk_buff *skb, const struct ahv_hook_status *h)
{
	struct nlattr *nest = nla_nest_start(skb, AEGISHV_A_INFO_HOOK);

	if (!nest ||
	    nla_put_string(skb, AEGISHV_A_HOOK_NAME, h->name) ||
	    nla_put_u32(skb, AEGISHV_A_HOOK_STATE, h->state) ||
	    nla_put_u32(skb, AEGISHV_A_HOOK_REQUIRED, h->required) ||
	    nla_put_s32(skb, AEGISHV_A_HOOK_ERRNO, h->err))
		return -EMSGSIZE;
	if (h->backend && nla_put_string(skb, AEGISHV_A_HOOK_BACKEND, h->backend))
		return -EMSGSIZE;
	if (h->reason && nla_put_string(skb, AEGISHV_A_HOOK_REASON, h->reason))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int fill_hooks(struct sk_buff *skb)
{
	struct ahv_hook_status h;
	int i, err;

	for (i = 0; i < AHV_NR_HOOKS; i++) {
		ahv_health_get(i, &h);
		err = fill_hook(skb, &h);
		if (err)
			return err;
	}
	return 0;
}

static int fill_consumer(struct sk_buff *skb)
{
	char comm[TASK_COMM_LEN];
	pid_t pid = ahv_consumer(comm);

	if (nla_put_u32(skb, AEGISHV_A_INFO_CONSUMER_PID, pid))
		return -EMSGSIZE;
	return pid ? nla_put_string(skb, AEGISHV_A_INFO_CONSUMER_COMM, comm) : 0;
}

static int fill_totals(struct sk_buff *skb)
{
	struct ahv_vm_stats s;

	ahv_vm_stats(&s);
	if (nla_put_u32(skb, AEGISHV_A_INFO_VMS, s.alive) ||
	    put_u64(skb, AEGISHV_A_INFO_VMS_TOTAL, s.total, AEGISHV_A_INFO_PAD) ||
	    put_u64(skb, AEGISHV_A_INFO_MEMORY_BYTES,
		    s.memory_bytes + ahv_rings_memory() + ahv_policy_memory() +
		    atomic_long_read(&ahv_detect_bytes),
		    AEGISHV_A_INFO_PAD) ||
	    put_u64(skb, AEGISHV_A_INFO_UNATTRIBUTED, s.unattributed, AEGISHV_A_INFO_PAD))
		return -EMSGSIZE;
	return 0;
}

int ahv_nl_fill_info(struct sk_buff *skb)
{
	if (nla_put_u32(skb, AEGISHV_A_INFO_API_VERSION, AEGISHV_API_VERSION) ||
	    nla_put_u32(skb, AEGISHV_A_INFO_EVENTS_VERSION, AEGISHV_EVENTS_VERSION) ||
	    nla_put_string(skb, AEGISHV_A_INFO_MODULE_VERSION, AHV_VERSION) ||
	    nla_put_string(skb, AEGISHV_A_INFO_KERNEL, init_utsname()->release) ||
	    nla_put_u32(skb, AEGISHV_A_INFO_ISA, ahv_isa()) ||
	    nla_put_u32(skb, AEGISHV_A_INFO_HEALTHY, ahv_healthy()))
		return -EMSGSIZE;
	return fill_hooks(skb) ?: fill_consumer(skb) ?: fill_totals(skb) ?:
	       ahv_nl_fill_file_info(skb);
}

static int fill_vcpu(struct sk_buff *skb, const struct ahv_vcpu *v)
{
	struct nlattr *nest = nla_nest_start(skb, AEGISHV_A_VM_VCPU);

	if (!nest ||
	    nla_put_u32(skb, AEGISHV_A_VCPU_ID, v->id) ||
	    nla_put_u32(skb, AEGISHV_A_VCPU_TID, READ_ONCE(v->tid)) ||
	    put_u64(skb, AEGISHV_A_VCPU_EXITS, ahv_counts_exits(&v->counts),
		    AEGISHV_A_VCPU_PAD) ||
	    put_u64(skb, AEGISHV_A_VCPU_FAULTS, ahv_counts_faults(&v->counts),
		    AEGISHV_A_VCPU_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static void vm_totals(const struct ahv_vm *vm, u64 *exits, u64 *faults)
{
	struct ahv_vcpu *v;

	*exits = READ_ONCE(vm->exits);
	*faults = READ_ONCE(vm->faults);
	if (READ_ONCE(vm->dead))
		return;
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm) {
		*exits += ahv_counts_exits(&v->counts);
		*faults += ahv_counts_faults(&v->counts);
	}
}

/* With rcu_read_lock(), or a reference on vm. */
int ahv_nl_fill_vm(struct sk_buff *skb, const struct ahv_vm *vm, bool with_vcpus)
{
	u64 exits, faults;
	struct ahv_vcpu *v;
	int err;

	vm_totals(vm, &exits, &faults);
	if (nla_put_u32(skb, AEGISHV_A_VM_ID, vm->id) ||
	    nla_put_u32(skb, AEGISHV_A_VM_TGID, vm->tgid) ||
	    nla_put_string(skb, AEGISHV_A_VM_COMM, vm->comm) ||
	    put_u64(skb, AEGISHV_A_VM_BIRTH_NS, vm->birth_ns, AEGISHV_A_VM_PAD) ||
	    nla_put_u32(skb, AEGISHV_A_VM_FOUND, vm->found) ||
	    nla_put_u32(skb, AEGISHV_A_VM_VCPUS, READ_ONCE(vm->nr_vcpus)) ||
	    put_u64(skb, AEGISHV_A_VM_EXITS, exits, AEGISHV_A_VM_PAD) ||
	    put_u64(skb, AEGISHV_A_VM_FAULTS, faults, AEGISHV_A_VM_PAD) ||
	    nla_put_u32(skb, AEGISHV_A_VM_EXIT_EVENTS,
			vm->own_setting ? vm->exit_events : ahv_config.exit_events) ||
	    nla_put_u32(skb, AEGISHV_A_VM_SAMPLE,
			vm->own_setting ? vm->sample : ahv_config.sample) ||
	    nla_put_u32(skb, AEGISHV_A_VM_OWN_SETTING, vm->own_setting))
		return -EMSGSIZE;
	err = ahv_nl_fill_vm_wx(skb, vm);
	if (err || !with_vcpus)
		return err;
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm) {
		err = fill_vcpu(skb, v);
		if (err)
			return err;
	}
	return 0;
}

static int fill_counter(struct sk_buff *skb, const char *kind, u32 reason, u64 value)
{
	struct nlattr *nest;
	const char *name = NULL;

	if (!value)
		return 0;
	if (!strcmp(kind, "exit"))
		name = ahv_exit_name(ahv_isa(), reason);
	else if (!strcmp(kind, "detect"))
		name = ahv_detector_name(reason);
	else if (!strcmp(kind, "wx"))
		name = ahv_wx_count_name(reason);
	nest = nla_nest_start(skb, AEGISHV_A_COUNTERS_COUNTER);
	if (!nest ||
	    nla_put_string(skb, AEGISHV_A_COUNTER_KIND, kind) ||
	    nla_put_u32(skb, AEGISHV_A_COUNTER_REASON, reason) ||
	    (name && nla_put_string(skb, AEGISHV_A_COUNTER_NAME, name)) ||
	    put_u64(skb, AEGISHV_A_COUNTER_VALUE, value, AEGISHV_A_COUNTER_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int ahv_nl_fill_counts(struct sk_buff *skb, const struct ahv_counts *c)
{
	u32 isa = ahv_isa();
	int i, err = 0;

	for (i = 0; i < AHV_EXIT_OTHER && !err; i++)
		err = fill_counter(skb, "exit", ahv_exit_slot_reason(isa, i), c->exits[i]);
	if (!err)
		err = fill_counter(skb, "exit", U32_MAX, c->exits[AHV_EXIT_OTHER]);
	for (i = 0; i < AHV_NR_ACCESS && !err; i++)
		err = fill_counter(skb, "fault", BIT(i), c->faults[i]);
	if (!err)
		err = fill_counter(skb, "entry", 0, c->entries);
	if (!err)
		err = fill_counter(skb, "uexit", 0, c->uexits);
	for (i = 1; i < AEGISHV_DETECT_END && !err; i++)
		err = fill_counter(skb, "detect", i, c->detections[i]);
	for (i = 0; i < AEGISHV_NR_WX_COUNTS && !err; i++)
		err = fill_counter(skb, "wx", i, c->wx[i]);
	if (!err)
		err = fill_counter(skb, "unseen", 0, c->unseen);
	return err;
}

int ahv_nl_fill_ring(struct sk_buff *skb, unsigned int cpu,
		     const struct ahv_ring_state *s)
{
	if (nla_put_u32(skb, AEGISHV_A_RING_CPU, cpu) ||
	    nla_put_u32(skb, AEGISHV_A_RING_BYTES, s->prod.size) ||
	    nla_put_u32(skb, AEGISHV_A_RING_ALERT_RESERVE, s->prod.alert_reserve) ||
	    nla_put_u32(skb, AEGISHV_A_RING_USED, s->used) ||
	    put_u64(skb, AEGISHV_A_RING_RECORDS, s->prod.records, AEGISHV_A_RING_PAD) ||
	    put_u64(skb, AEGISHV_A_RING_LOST_TELEMETRY,
		    s->prod.lost[AEGISHV_CLASS_TELEMETRY], AEGISHV_A_RING_PAD) ||
	    put_u64(skb, AEGISHV_A_RING_LOST_ALERT,
		    s->prod.lost[AEGISHV_CLASS_ALERT], AEGISHV_A_RING_PAD) ||
	    put_u64(skb, AEGISHV_A_RING_WAKEUPS, s->wakeups, AEGISHV_A_RING_PAD) ||
	    put_u64(skb, AEGISHV_A_RING_BAD_TAIL, s->bad_tail, AEGISHV_A_RING_PAD))
		return -EMSGSIZE;
	return 0;
}
