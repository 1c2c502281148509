// SPDX-License-Identifier: GPL-2.0-only
/*
 * Feeding the detectors of pure/detect.h: each exit and fault of a vCPU whose
 * VM has one on. VMs without do not come here.
 *
 * From tracepoint probes: the vCPU's thread, preemption off, interrupts
 * possibly off. A vCPU's state is its own thread's; detect_lock guards the
 * VM's, and is taken for faults and for what set a detector off.
 */
#include <linux/slab.h>
#include "detect.h"
#include "event.h"
#include "kvm.h"

/* Memory for what is known, once; without it there is nothing to detect with. */
static bool have_state(struct ahv_vcpu *v)
{
	struct ahv_vm *vm = v->vm;
	struct ahv_detect_vm *d;

	if (likely(v->detect))
		return true;
	if (!READ_ONCE(vm->detect)) {
		d = kzalloc(sizeof(*d), GFP_ATOMIC | __GFP_NOWARN);
		if (d && cmpxchg(&vm->detect, NULL, d))
			kfree(d);	/* another vCPU was faster */
		else if (d)
			atomic_long_add(sizeof(*d), &ahv_detect_bytes);
		if (!READ_ONCE(vm->detect))
			return false;
	}
	v->detect = kzalloc(sizeof(*v->detect), GFP_ATOMIC | __GFP_NOWARN);
	if (v->detect)
		atomic_long_add(sizeof(*v->detect), &ahv_detect_bytes);
	return v->detect;
}

/* False when nothing is to be detected, or there is no memory for it. */
static bool begin(struct ahv_detect_at *at, struct ahv_vcpu *v)
{
	at->set = ahv_detect_set_of(v->vm);
	if (!at->set)
		return false;
	if (unlikely(!have_state(v))) {
		v->counts.unseen++;
		return false;
	}
	at->vm = READ_ONCE(v->vm->detect);
	at->vcpu = v->detect;
	at->now_ns = v->seen_ns ?: ktime_get_mono_fast_ns();
	at->vcpu_id = v->id;
	at->tid = current->pid;
	at->isa = ahv_isa();
	return true;
}

static void emit(struct ahv_vcpu *v, const struct ahv_detect_at *at,
		 const struct aegishv_rec_detect *told)
{
	struct aegishv_rec_detect *rec;
	struct aegishv_hdr h;

	rec = ahv_event_begin(AEGISHV_REC_DETECT, sizeof(*rec), AEGISHV_CLASS_ALERT, v);
	if (!rec)
		return;
	h = rec->h;
	*rec = *told;
	rec->h = h;
	rec->h.time_ns = at->now_ns;
	ahv_event_end(&rec->h, AEGISHV_CLASS_ALERT);
}

/* With detect_lock. */
static void tell_locked(struct ahv_vcpu *v, const struct ahv_detect_at *at, u32 fired)
{
	struct aegishv_rec_detect rec;
	u32 d;

	for (d = 0; d < AEGISHV_DETECT_END; d++) {
		u64 before = at->vm->total[d];

		if (!(fired & 1U << d))
			continue;
		memset(&rec.h, 0, sizeof(rec.h));
		if (ahv_detect_tell(at, d, &rec))
			emit(v, at, &rec);
		v->counts.detections[d] += at->vm->total[d] - before;
	}
}

static noinline void tell(struct ahv_vcpu *v, const struct ahv_detect_at *at, u32 fired)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&v->vm->detect_lock, flags);
	tell_locked(v, at, fired);
	raw_spin_unlock_irqrestore(&v->vm->detect_lock, flags);
}

/* So that a recording tells replay all that the detectors were told here. */
static void record_guest(struct ahv_vcpu *v, struct ahv_detect_at *at, u32 event, u64 value)
{
	struct aegishv_rec_guest *rec;

	if (v->exit_events != AEGISHV_EXIT_EVENTS_ALL &&
	    v->exit_events != AEGISHV_EXIT_EVENTS_FULL)
		return;
	rec = ahv_event_begin(AEGISHV_REC_GUEST, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return;
	rec->rip = at->rip;
	rec->value = value;
	rec->event = event;
	rec->tid = at->tid;
	at->now_ns = rec->h.time_ns;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
}

static void guest(struct ahv_vcpu *v, struct ahv_detect_at *at, u32 event, u64 value)
{
	u32 fired;

	record_guest(v, at, event, value);
	fired = ahv_detect_guest(at, event, value);
	if (fired)
		tell(v, at, fired);
}

/*
 * A register that the last exit's handler, or the guest itself, changed since.
 * CR0 first: whether paging is on decides what a change of the others means.
 */
static void registers(struct ahv_vcpu *v, struct ahv_detect_at *at)
{
	static const u32 events[AHV_NR_REGS] = {
		[AHV_REG_CR0] = AEGISHV_GUEST_CR0,
		[AHV_REG_CR4] = AEGISHV_GUEST_CR4,
		[AHV_REG_EFER] = AEGISHV_GUEST_EFER,
	};
	struct ahv_detect_vcpu *d = v->detect;
	u64 regs[AHV_NR_REGS], rip = at->rip;
	int i;

	if (!ahv_kvm_regs((struct kvm_vcpu *)v->key, regs))
		return;
	at->rip = v->prev_rip ?: rip;
	for (i = 0; i < AHV_NR_REGS; i++)
		if (d->regs[i] != regs[i] || !(d->known & BIT(i)))
			guest(v, at, events[i], regs[i]);
	v->prev_rip = rip;
	at->rip = rip;
}

#define OF_REGISTERS	(AHV_DETECT(CR0_WP) | AHV_DETECT(CR4_SMEP) | \
			 AHV_DETECT(CR4_SMAP) | AHV_DETECT(EFER_NXE))

/**
 * ahv_kvm_detect_exit() - let the detectors look at v->last
 * @v: the vCPU that exited
 */
void ahv_kvm_detect_exit(struct ahv_vcpu *v)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)v->key;
	struct ahv_detect_at at;
	u64 number;
	u32 fired;

	if (!begin(&at, v))
		return;
	at.rip = ahv_kvm_rip(vcpu);
	at.reason = v->last.reason;
	at.info1 = v->last.info1;
	at.info2 = v->last.info2;
	fired = ahv_detect_exit(&at);
	if (unlikely(fired))
		tell(v, &at, fired);
	if (at.set->rules.detectors & OF_REGISTERS)
		registers(v, &at);
	if (at.set->rules.detectors & AHV_DETECT(HYPERCALL) &&
	    ahv_detect_is_hypercall(at.isa, at.reason) && ahv_kvm_hypercall(vcpu, &number))
		guest(v, &at, AEGISHV_GUEST_HYPERCALL, number);
}

/**
 * ahv_kvm_detect_fault() - let the detectors look at a stage-2 fault
 * @v: the vCPU
 * @gpa: guest-physical address
 * @access: one of AEGISHV_ACCESS_*
 */
void ahv_kvm_detect_fault(struct ahv_vcpu *v, u64 gpa, u8 access)
{
	struct ahv_detect_at at;
	unsigned long flags;
	u32 fired;

	/* Of memory that is shaped, faults are what stage2.c makes of it: it tells. */
	if (READ_ONCE(v->vm->wx.mode) != AEGISHV_WX_MODE_OFF || !begin(&at, v))
		return;
	at.rip = ahv_kvm_rip((struct kvm_vcpu *)v->key);
	at.reason = 0;
	at.info1 = 0;
	at.info2 = 0;
	raw_spin_lock_irqsave(&v->vm->detect_lock, flags);
	fired = ahv_detect_fault(&at, gpa, access);
	if (fired)
		tell_locked(v, &at, fired);
	raw_spin_unlock_irqrestore(&v->vm->detect_lock, flags);
}
