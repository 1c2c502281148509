// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-64: probes of KVM's tracepoints, and exit information as KVM reads it.
 *
 * svm_get_exit_info() and vmx_get_exit_info() are static in kvm-amd and
 * kvm-intel; found by name, they are called through a static call, a direct
 * call that needs no retpoline and no endbr. Probes run on the vCPU's thread
 * with preemption off, kvm_exit with interrupts off too on newer kernels.
 */
#include <linux/static_call.h>
#include "hook.h"
#include "kvm/kvm.h"
#include "pure/detect.h"

/* Tables 15-7 of the AMD APM volume 2, and C-1 of the Intel SDM volume 3. */
#define SVM_EXIT_NPF		0x400
#define VMX_EXIT_EPT_VIOLATION	48

/* Vendor module not there: an exit without a reason counts as "other". */
static void no_exit_info(struct kvm_vcpu *vcpu, u32 *reason, u64 *info1, u64 *info2,
			 u32 *intr_info, u32 *error_code)
{
	*reason = U32_MAX;
	*info1 = 0;
	*info2 = 0;
	*intr_info = 0;
	*error_code = 0;
}

static void no_cache_reg(struct kvm_vcpu *vcpu, enum kvm_reg reg) { }

DEFINE_STATIC_CALL(ahv_get_exit_info, no_exit_info);
DEFINE_STATIC_CALL(ahv_cache_reg, no_cache_reg);

/* VMX reads the instruction pointer from the VMCS when it is asked for. */
u64 ahv_kvm_rip(struct kvm_vcpu *vcpu)
{
	if (!test_bit(VCPU_REG_RIP, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_cache_reg)(vcpu, VCPU_REG_RIP);
	return ahv_vcpu_rip(vcpu);
}

static u64 cached(struct kvm_vcpu *vcpu, enum kvm_reg reg, const unsigned long *value)
{
	if (!test_bit(reg, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_cache_reg)(vcpu, reg);
	return *value;
}

/* Those of a nested guest are its own hypervisor's business. */
bool ahv_kvm_regs(struct kvm_vcpu *vcpu, u64 *regs)
{
	if (vcpu->arch.hflags & HF_GUEST_MASK || vcpu->arch.guest_state_protected)
		return false;
	regs[AHV_REG_CR0] = cached(vcpu, VCPU_REG_CR0, &vcpu->arch.cr0);
	regs[AHV_REG_CR4] = cached(vcpu, VCPU_REG_CR4, &vcpu->arch.cr4);
	regs[AHV_REG_EFER] = vcpu->arch.efer;
	return true;
}

/* Hyper-V's hypercalls are numbered otherwise. */
bool ahv_kvm_hypercall(struct kvm_vcpu *vcpu, u64 *number)
{
	if (vcpu->arch.hflags & HF_GUEST_MASK || vcpu->arch.guest_state_protected ||
	    ahv_kvm_is_hyperv(vcpu->kvm))
		return false;
	*number = vcpu->arch.regs[VCPU_REGS_RAX];
	return true;
}

static __always_inline void read_exit(struct ahv_vcpu *v, struct kvm_vcpu *vcpu)
{
	struct ahv_exit_info *x = &v->last;

	static_call(ahv_get_exit_info)(vcpu, &x->reason, &x->info1, &x->info2,
				       &x->intr_info, &x->error_code);
}

/* A vCPU that did not run on this CPU last. */
static noinline void exit_uncached(struct kvm_vcpu *vcpu)
{
	struct ahv_vcpu *v = ahv_kvm_vcpu_slow(vcpu);

	if (v) {
		read_exit(v, vcpu);
		ahv_kvm_count_exit(v);
	}
}

/*
 * The hot path. It keeps nothing of its own across the call, neither on the
 * stack nor in a register that would have to be saved: the exit is read into
 * the vCPU's entry, which is looked up twice.
 */
static void probe_exit(void *data, struct kvm_vcpu *vcpu, u32 isa)
{
	struct ahv_vcpu *v;

	ahv_probe_enter();
	v = this_cpu_read(ahv_vcpu_cache);
	if (likely(v->key == vcpu)) {
		read_exit(v, vcpu);
		ahv_kvm_count_exit(this_cpu_read(ahv_vcpu_cache));
	} else {
		exit_uncached(vcpu);
	}
	ahv_probe_exit();
}

static void probe_entry(void *data, struct kvm_vcpu *vcpu)
{
	ahv_probe_enter();
	ahv_kvm_probe_entry(vcpu);
	ahv_probe_exit();
}

/*
 * The tracepoint also fires for guest page faults under shadow paging, with a
 * guest-virtual address: only what exited for stage 2 is a stage-2 fault.
 */
static bool stage2(const struct ahv_vcpu *v)
{
	u32 reason = v->last.reason;

	if (ahv_isa() == AEGISHV_ISA_SVM)
		return reason == SVM_EXIT_NPF;
	return (reason & AHV_VMX_REASON_MASK) == VMX_EXIT_EPT_VIOLATION;
}

static void probe_fault(void *data, struct kvm_vcpu *vcpu, u64 addr, u64 code)
{
	struct ahv_vcpu *v;

	ahv_probe_enter();
	v = ahv_kvm_vcpu(vcpu);
	if (v && stage2(v))
		ahv_kvm_fault(vcpu, addr, code);
	ahv_probe_exit();
}

const struct ahv_kvm_probe ahv_kvm_probes[AHV_NR_KVM_PROBES] = {
	{ "kvm_exit", probe_exit, AHV_HOOK_KVM_EXIT },
	{ "kvm_page_fault", probe_fault, AHV_HOOK_KVM_FAULT },
	{ "kvm_entry", probe_entry, AHV_HOOK_KVM_ENTRY, true },
	{ "kvm_userspace_exit", ahv_kvm_probe_uexit, AHV_HOOK_KVM_UEXIT, true },
};

struct vendor {
	u32 isa;
	const char *exit_info;
	const char *cache_reg;
};

static const struct vendor vendors[] = {
	{ AEGISHV_ISA_SVM, "svm_get_exit_info", "svm_cache_reg" },
	{ AEGISHV_ISA_VMX, "vmx_get_exit_info", "vmx_cache_reg" },
};

/**
 * ahv_kvm_arch_attach() - use the vendor module that is there
 *
 * Process context. Return: 0, or -ENOENT while there is none.
 */
int ahv_kvm_arch_attach(void)
{
	unsigned long info, reg;
	int i;

	for (i = 0; i < ARRAY_SIZE(vendors); i++) {
		info = ahv_symbol(vendors[i].exit_info);
		reg = ahv_symbol(vendors[i].cache_reg);
		if (!info)
			continue;
		static_call_update(ahv_get_exit_info, (void *)info);
		if (reg)
			static_call_update(ahv_cache_reg, (void *)reg);
		ahv_health_set_isa(vendors[i].isa);
		return 0;
	}
	return -ENOENT;
}

void ahv_kvm_arch_detach(void)
{
	static_call_update(ahv_get_exit_info, no_exit_info);
	static_call_update(ahv_cache_reg, no_cache_reg);
	ahv_health_set_isa(0);
}
