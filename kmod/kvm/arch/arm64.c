// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: probes of KVM's tracepoints, which carry no vCPU: KVM knows which one
 * this CPU runs. KVM is part of the kernel here, and cannot come or go.
 */
#include <asm/esr.h>
#include <asm/kvm_asm.h>
#include "hook.h"
#include "kvm/kvm.h"
#include "kvm/stage2_settings.h"

static struct kvm_vcpu *(*running_vcpu)(void);

u64 ahv_kvm_rip(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.ctxt.regs.pc;
}

bool ahv_kvm_regs(struct kvm_vcpu *vcpu, u64 *regs)
{
	return false;
}

bool ahv_kvm_hypercall(struct kvm_vcpu *vcpu, u64 *number)
{
	return false;
}

static void probe_exit(void *data, int ret, unsigned int esr_ec, unsigned long pc)
{
	struct kvm_vcpu *vcpu;
	struct ahv_vcpu *v;

	ahv_probe_enter();
	vcpu = running_vcpu();
	v = vcpu ? ahv_kvm_vcpu(vcpu) : NULL;
	if (v) {
		v->last.reason = ARM_EXCEPTION_CODE(ret);
		if (v->last.reason == ARM_EXCEPTION_TRAP)
			v->last.reason = AHV_ARM64_TRAP_REASON + (esr_ec & 0x3f);
		ahv_kvm_count_exit(v);
	}
	ahv_probe_exit();
}

static void probe_entry(void *data, unsigned long pc)
{
	struct kvm_vcpu *vcpu;

	ahv_probe_enter();
	vcpu = running_vcpu();
	if (vcpu)
		ahv_kvm_probe_entry(vcpu);
	ahv_probe_exit();
}

static void probe_fault(void *data, unsigned long pc, unsigned long esr,
			unsigned long far, unsigned long long ipa)
{
	struct kvm_vcpu *vcpu;

	ahv_probe_enter();
	vcpu = running_vcpu();
	if (vcpu)
		ahv_kvm_fault(vcpu, ipa, esr);
	ahv_probe_exit();
}

const struct ahv_kvm_probe ahv_kvm_probes[AHV_NR_KVM_PROBES] = {
	{ "kvm_exit", probe_exit, AHV_HOOK_KVM_EXIT },
	{ "kvm_guest_fault", probe_fault, AHV_HOOK_KVM_FAULT },
	{ "kvm_entry", probe_entry, AHV_HOOK_KVM_ENTRY, true },
	{ "kvm_userspace_exit", ahv_kvm_probe_uexit, AHV_HOOK_KVM_UEXIT, true },
};

int ahv_kvm_arch_attach(void)
{
	running_vcpu = (void *)ahv_symbol("kvm_get_running_vcpu");
	if (!running_vcpu)
		return -ENOENT;
	ahv_health_set_isa(AEGISHV_ISA_ARM64);
	return 0;
}

/* Stage 2 is another matter here: what asks for it is refused. */
void ahv_s2_attach(void)
{
	ahv_s2_detach("not on this architecture");
}

void ahv_s2_detach(const char *why)
{
	int i;

	for (i = AHV_HOOK_S2_FAULT; i <= AHV_HOOK_GUEST_STATE; i++)
		ahv_health_set(i, AEGISHV_HOOK_STATE_ABSENT, 0, why);
}

void ahv_kvm_arch_detach(void)
{
	ahv_health_set_isa(0);
}
