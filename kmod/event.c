// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records: the header they share, and those that are not a source's own.
 *
 * Any context. Between begin and end preemption is off and nothing sleeps.
 */
#include <linux/string.h>
#include "aegishv.h"
#include "ring.h"

static u32 class_of(u32 type)
{
	switch (type) {
	case AEGISHV_REC_VM:
	case AEGISHV_REC_HEALTH:
		return AEGISHV_CLASS_ALERT;
	default:
		return AEGISHV_CLASS_TELEMETRY;
	}
}

/**
 * ahv_event_begin() - start a record on this CPU's ring
 * @e: the record being written
 * @type: enum aegishv_rec_type
 * @len: bytes of it, a multiple of 8; the caller fills all behind the header
 * @v: the vCPU it is about, or NULL
 *
 * Return: false when the ring had no room, which is counted; there is nothing
 * to end then.
 */
bool ahv_event_begin(struct ahv_event *e, u32 type, u32 len, const struct ahv_vcpu *v)
{
	u32 class_ = class_of(type);

	preempt_disable_notrace();
	e->ring = this_cpu_read(ahv_ring);
	e->h = ahv_ring_reserve(e->ring, len, class_);
	if (unlikely(!e->h)) {
		preempt_enable_notrace();
		return false;
	}
	e->h->type = type;
	e->h->cpu = smp_processor_id();
	e->h->class_ = class_;
	e->h->isa = ahv_isa();
	e->h->time_ns = ktime_get_mono_fast_ns();
	e->h->vm = v ? v->vm_id : 0;
	e->h->vcpu = v ? v->id : AEGISHV_VCPU_NONE;
	return true;
}

/**
 * ahv_event_end() - the record is complete
 * @e: what ahv_event_begin() started
 */
void ahv_event_end(struct ahv_event *e)
{
	ahv_ring_commit(e->ring, e->h->class_);
	preempt_enable_notrace();
}

/**
 * ahv_event_vm() - a VM or vCPU came or went
 * @vm: the VM
 * @event: enum aegishv_vm_event
 * @vcpu: KVM's vcpu_id, or %AEGISHV_VCPU_NONE
 */
void ahv_event_vm(const struct ahv_vm *vm, u32 event, u32 vcpu)
{
	struct aegishv_rec_vm *rec;
	struct ahv_event e;

	if (!ahv_event_begin(&e, AEGISHV_REC_VM, sizeof(*rec), NULL))
		return;
	rec = (void *)e.h;
	rec->h.vm = vm->id;
	rec->h.vcpu = vcpu;
	rec->event = event;
	rec->tgid = vm->tgid;
	rec->exits = vm->exits;
	rec->faults = vm->faults;
	rec->vcpus = vm->nr_vcpus;
	rec->found = vm->found;
	memcpy(rec->comm, vm->comm, sizeof(rec->comm));
	ahv_event_end(&e);
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
	struct ahv_event e;

	if (!ahv_event_begin(&e, AEGISHV_REC_HEALTH, sizeof(*rec), NULL))
		return;
	rec = (void *)e.h;
	rec->state = state;
	rec->err = err;
	strscpy_pad(rec->name, name, sizeof(rec->name));
	ahv_event_end(&e);
}
