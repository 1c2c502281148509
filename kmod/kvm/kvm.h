/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the parts of the KVM source: attach and detach (kvm.c), what a probe
 * does (exit.c, fault.c), what differs between architectures (arch/).
 */
#ifndef AHV_KVM_H
#define AHV_KVM_H

#include <linux/kvm_host.h>
#include "aegishv.h"

/**
 * struct ahv_kvm_probe - a tracepoint and what to call there
 * @tracepoint: its name in KVM
 * @fn: a probe of that tracepoint's prototype
 * @id: whose health it is
 * @on_demand: only with ahv_config_wants_entries()
 */
struct ahv_kvm_probe {
	const char *tracepoint;
	void *fn;
	enum ahv_hook_id id;
	bool on_demand;
};

#define AHV_NR_KVM_PROBES 4

/* kvm.c: guards what is attached; while it is held, kvm.ko stays. */
extern struct mutex ahv_kvm_mutex;

/* arch/: what there is on this one. */
extern const struct ahv_kvm_probe ahv_kvm_probes[AHV_NR_KVM_PROBES];
int ahv_kvm_arch_attach(void);
void ahv_kvm_arch_detach(void);
u64 ahv_kvm_rip(struct kvm_vcpu *vcpu);
/* CR0, CR4 and EFER as enum ahv_detect_reg has them; false where they are not to be known. */
bool ahv_kvm_regs(struct kvm_vcpu *vcpu, u64 *regs);
/* Number of the hypercall that a vCPU exited with; false where it has none of KVM's. */
bool ahv_kvm_hypercall(struct kvm_vcpu *vcpu, u64 *number);

/* exit.c, fault.c: the dearer half of the probes. */
void ahv_kvm_exit_work(struct ahv_vcpu *v);
void ahv_kvm_count_high(struct ahv_vcpu *v);
void ahv_kvm_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 code);
void ahv_kvm_probe_entry(struct kvm_vcpu *vcpu);
void ahv_kvm_probe_uexit(void *data, u32 reason, int err);
struct ahv_vcpu *ahv_kvm_vcpu_slow(struct kvm_vcpu *vcpu);

/* detect.c: what the detectors look at. */
void ahv_kvm_detect_exit(struct ahv_vcpu *v);
void ahv_kvm_detect_fault(struct ahv_vcpu *v, u64 gpa, u8 access);

/* kvm.c */
bool ahv_kvm_sees_ends(void);

/* running.c: VMs that were there before us. */
void ahv_kvm_find_running(void);

/**
 * ahv_kvm_vcpu() - our entry of the vCPU that runs on this CPU
 * @vcpu: KVM's
 *
 * Preemption off. Return: the entry, or NULL for want of memory.
 */
static __always_inline struct ahv_vcpu *ahv_kvm_vcpu(struct kvm_vcpu *vcpu)
{
	struct ahv_vcpu *v = this_cpu_read(ahv_vcpu_cache);

	if (likely(v->key == vcpu))
		return v;
	return ahv_kvm_vcpu_slow(vcpu);
}

/**
 * ahv_kvm_count_exit() - count v->last, and do what else is asked for
 * @v: the vCPU that exited
 */
static __always_inline void ahv_kvm_count_exit(struct ahv_vcpu *v)
{
	u32 reason = v->last.reason;

	if (unlikely(reason >= AHV_EXIT_DIRECT)) {
		ahv_kvm_count_high(v);
		return;
	}
	v->counts.exits[reason]++;
	if (unlikely(v->exit_work))
		ahv_kvm_exit_work(v);
}

#endif
