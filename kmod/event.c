// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records that are not a source's own: VMs, hooks. Alerts, both: they have
 * room that telemetry cannot take. Any context.
 */
#include <linux/string.h>
#include "event.h"

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
