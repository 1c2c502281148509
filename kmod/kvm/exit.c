// SPDX-License-Identifier: GPL-2.0-only
/*
 * VM exits, entries and returns to the VMM. Counting an exit is inline in
 * kvm.h; what is here runs when a record is asked for, or a vCPU is new to this
 * CPU.
 *
 * From tracepoint probes: the vCPU's thread, preemption off, interrupts
 * possibly off. No locks.
 */
#include "event.h"
#include "kvm.h"
#include "kvm/stage2_settings.h"

struct ahv_vcpu *ahv_kvm_vcpu_slow(struct kvm_vcpu *vcpu)
{
	struct ahv_vcpu_key key = {
		.vcpu = vcpu,
		.kvm = vcpu->kvm,
		.id = vcpu->vcpu_id,
	};
	struct ahv_vcpu *v = ahv_vcpu_lookup(&key);

	if (v && unlikely(READ_ONCE(v->vm->unseen)) && READ_ONCE(v->vm->watch))
		ahv_s2_unseen_later();
	return v;
}

static bool sampled(struct ahv_vcpu *v)
{
	if (v->until_sample) {
		v->until_sample--;
		return false;
	}
	v->until_sample = READ_ONCE(v->sample) - 1;
	return true;
}

/* Return: its time, 0 when there is no record. */
static __always_inline u64 record_exit(struct ahv_vcpu *v)
{
	const struct ahv_exit_info *info = &v->last;
	struct aegishv_rec_exit *rec;
	u64 time_ns;

	if (v->exit_events == AEGISHV_EXIT_EVENTS_SAMPLE && !sampled(v))
		return 0;
	rec = ahv_event_begin(AEGISHV_REC_EXIT, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return 0;
	rec->rip = ahv_kvm_rip((struct kvm_vcpu *)v->key);
	rec->info1 = info->info1;
	rec->info2 = info->info2;
	rec->reason = info->reason;
	rec->intr_info = info->intr_info;
	rec->error_code = info->error_code;
	rec->tid = current->pid;
	time_ns = rec->h.time_ns;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
	return time_ns;
}

static noinline void detect_exit(struct ahv_vcpu *v)
{
	v->seen_ns = v->exit_work & AHV_WORK_RECORD ? record_exit(v) : 0;
	ahv_kvm_detect_exit(v);
}

/* What an exit asks for besides being counted. */
void ahv_kvm_exit_work(struct ahv_vcpu *v)
{
	if (unlikely(v->exit_work & AHV_WORK_DETECT))
		detect_exit(v);
	else
		record_exit(v);
}

/* Reasons that are no slot themselves. */
void ahv_kvm_count_high(struct ahv_vcpu *v)
{
	v->counts.exits[ahv_exit_slot(ahv_isa(), v->last.reason)]++;
	if (v->exit_work)
		ahv_kvm_exit_work(v);
}

void ahv_kvm_probe_entry(struct kvm_vcpu *vcpu)
{
	struct ahv_vcpu *v = ahv_kvm_vcpu(vcpu);
	struct aegishv_rec_entry *rec;

	if (!v)
		return;
	v->counts.entries++;
	/* What kvm_userspace_exit goes by. */
	WRITE_ONCE(v->tid, current->pid);
	if (v->exit_events != AEGISHV_EXIT_EVENTS_FULL)
		return;
	rec = ahv_event_begin(AEGISHV_REC_ENTRY, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return;
	rec->rip = ahv_kvm_rip(vcpu);
	rec->tid = current->pid;
	rec->rsvd = 0;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
}

static void record_uexit(struct ahv_vcpu *v, u32 reason, int err)
{
	struct aegishv_rec_uexit *rec;

	rec = ahv_event_begin(AEGISHV_REC_UEXIT, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return;
	rec->reason = reason;
	rec->err = err;
	rec->tid = current->pid;
	rec->rsvd = 0;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
}

/*
 * The kvm_userspace_exit tracepoint, the same on every architecture: it has no
 * vCPU, and KVM has just put away the one that ran.
 */
void ahv_kvm_probe_uexit(void *data, u32 reason, int err)
{
	struct ahv_vcpu *v;

	ahv_probe_enter();
	v = ahv_vcpu_of_thread();
	if (v) {
		v->counts.uexits++;
		if (v->exit_events == AEGISHV_EXIT_EVENTS_FULL)
			record_uexit(v, reason, err);
	}
	ahv_probe_exit();
}
