// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records that are not a source's own: VMs, hooks. Alerts, both: they have
 * room that telemetry cannot take. Any context.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>
#include "event.h"
#include "lsm/lsm.h"

/**
 * ahv_event_vm() - a VM or vCPU came or went
 * @vm: the VM
 * @event: enum aegishv_vm_event
 * @vcpu: KVM's vcpu_id, or %AEGISHV_VCPU_NONE
 */
void ahv_event_vm(const struct ahv_vm *vm, u32 event, u32 vcpu)
{
	struct aegishv_rec_vm *rec;

	preempt_disable_notrace();
	rec = ahv_event_begin(AEGISHV_REC_VM, sizeof(*rec), AEGISHV_CLASS_ALERT, NULL);
	if (!rec)
		goto out;
	rec->h.vm = vm->id;
	rec->h.vcpu = vcpu;
	rec->event = event;
	rec->tgid = vm->tgid;
	rec->exits = vm->exits;
	rec->faults = vm->faults;
	rec->vcpus = vm->nr_vcpus;
	rec->found = vm->found;
	memcpy(rec->comm, vm->comm, sizeof(rec->comm));
	ahv_event_end(&rec->h, AEGISHV_CLASS_ALERT);
out:
	preempt_enable_notrace();
}

/**
 * ahv_event_health() - a hook changed its state
 * @name: its name
 * @state: enum aegishv_hook_state
 * @err: 0 or a negative errno
 */
void ahv_event_health(const char *name, u32 state, int err)
{
	struct aegishv_rec_health *rec;

	preempt_disable_notrace();
	rec = ahv_event_begin(AEGISHV_REC_HEALTH, sizeof(*rec), AEGISHV_CLASS_ALERT, NULL);
	if (!rec)
		goto out;
	rec->state = state;
	rec->err = err;
	strscpy_pad(rec->name, name, sizeof(rec->name));
	ahv_event_end(&rec->h, AEGISHV_CLASS_ALERT);
out:
	preempt_enable_notrace();
}

static void fill_caller(struct aegishv_rec_policy *rec)
{
	rec->pid = task_tgid_nr_ns(current, &init_pid_ns);
	rec->uid = from_kuid(&init_user_ns, current_euid());
	memcpy(rec->comm, current->comm, sizeof(rec->comm));
}

/**
 * ahv_event_policy() - the policy or its mode changed
 * @event: enum aegishv_policy_event
 * @by_caller: current asked for it, not the module itself
 */
void ahv_event_policy(u32 event, bool by_caller)
{
	const struct ahv_policy_head *p;
	struct aegishv_rec_policy *rec;

	preempt_disable_notrace();
	rec = ahv_event_begin(AEGISHV_REC_POLICY, sizeof(*rec), AEGISHV_CLASS_ALERT, NULL);
	if (!rec)
		goto out;
	p = rcu_dereference_sched(ahv_policy);
	rec->generation = p->generation;
	rec->rules = p->rules;
	rec->event = event;
	rec->mode = ahv_file_mode(NULL);
	rec->pid = 0;
	rec->uid = 0;
	memset(rec->comm, 0, sizeof(rec->comm));
	if (by_caller)
		fill_caller(rec);
	ahv_event_end(&rec->h, AEGISHV_CLASS_ALERT);
out:
	preempt_enable_notrace();
}
