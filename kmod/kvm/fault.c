// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stage-2 faults: counted by access, always recorded.
 *
 * From the kvm_page_fault and kvm_guest_fault tracepoints: the vCPU's thread,
 * preemption off. No locks.
 */
#include <linux/bitops.h>
#include "event.h"
#include "kvm.h"

/* Return: its time, 0 when there is no record. */
static __always_inline u64 record(struct ahv_vcpu *v, u64 gpa, u64 code, u8 access)
{
	struct aegishv_rec_fault *rec;
	u64 time_ns;

	rec = ahv_event_begin(AEGISHV_REC_FAULT, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return 0;
	rec->gpa = gpa;
	rec->rip = ahv_kvm_rip((struct kvm_vcpu *)v->key);
	rec->code = code;
	rec->access = access;
	rec->flags = ahv_fault_flags(ahv_isa(), code);
	rec->rsvd = 0;
	rec->tid = current->pid;
	time_ns = rec->h.time_ns;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
	return time_ns;
}

void ahv_kvm_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 code)
{
	struct ahv_vcpu *v = ahv_kvm_vcpu(vcpu);
	u8 access = ahv_fault_access(ahv_isa(), code);
	u64 time_ns;

	if (!v)
		return;
	v->counts.faults[__ffs(access)]++;
	WRITE_ONCE(v->tid, current->pid);
	time_ns = record(v, gpa, code, access);
	if (likely(!(v->exit_work & AHV_WORK_DETECT)))
		return;
	v->seen_ns = time_ns;
	ahv_kvm_detect_fault(v, gpa, access);
}
