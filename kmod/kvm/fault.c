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

void ahv_kvm_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 code)
{
	struct ahv_vcpu *v = ahv_kvm_vcpu(vcpu);
	u32 isa = ahv_isa();
	u8 access = ahv_fault_access(isa, code);
	struct aegishv_rec_fault *rec;

	if (!v)
		return;
	v->counts.faults[__ffs(access)]++;
	WRITE_ONCE(v->tid, current->pid);
	rec = ahv_event_begin(AEGISHV_REC_FAULT, sizeof(*rec), AEGISHV_CLASS_TELEMETRY, v);
	if (!rec)
		return;
	rec->gpa = gpa;
	rec->rip = ahv_kvm_rip(vcpu);
	rec->code = code;
	rec->access = access;
	rec->flags = ahv_fault_flags(isa, code);
	rec->rsvd = 0;
	rec->tid = current->pid;
	ahv_event_end(&rec->h, AEGISHV_CLASS_TELEMETRY);
}
