// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86: memory layout, first state of a vCPU, names of exit reasons. Layout of
 * low memory, from ARCH_LOW_GPA: a page of script for each vCPU, then, for
 * scripts in long mode, four page tables for each vCPU.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guests_x86.h"
#include "vmm.h"

#define MAX_CPUID	256
#define CPUID_1_ECX_HYPERVISOR	(1U << 31)
#define TABLES		4
#define PTE_FLAGS	0x63ULL		/* present, writable, accessed, dirty */
#define CR0_PE_ET	0x11ULL
#define CR0_PG		(1ULL << 31)
#define CR4_PAE		(1ULL << 5)
#define EFER_LME_LMA	0x500ULL
#define WALK_START	(2ULL << 20)

/* script of an Intel host for "hypercall" */
extern const uint8_t guest_hypercall[], guest_hypercall_vmx[], guest_hypercall_vmx_end[];

static bool host_is_intel(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(0, &a, &b, &c, &d) && b == signature_INTEL_ebx;
}

size_t arch_low_bytes(const struct options *o)
{
	return o->vcpus * (1 + TABLES) * VMM_PAGE;
}

static uint64_t script_gpa(const struct vcpu *v)
{
	return ARCH_LOW_GPA + v->id * VMM_PAGE;
}

static uint64_t tables_gpa(const struct vcpu *v)
{
	return ARCH_LOW_GPA + (v->vm->o->vcpus + v->id * TABLES) * VMM_PAGE;
}

static void set_entry(struct vm *vm, uint64_t table, unsigned int index, uint64_t to)
{
	uint8_t *at = table < ARCH_PAGES_GPA ? vm->low + (table - ARCH_LOW_GPA) :
					       vm->pages + (table - ARCH_PAGES_GPA);

	((uint64_t *)at)[index] = to | PTE_FLAGS;
}

/* Script identity mapped; then each 2 MiB through a table of its own to one data page. */
static void fill_tables(struct vcpu *v)
{
	uint64_t pml4 = tables_gpa(v), pdpt = pml4 + VMM_PAGE;
	uint64_t pd = pdpt + VMM_PAGE, pt = pd + VMM_PAGE;
	uint64_t own;

	vm_vcpu_pages(v->vm, v, &own);
	set_entry(v->vm, pml4, 0, pdpt);
	set_entry(v->vm, pdpt, 0, pd);
	set_entry(v->vm, pd, 0, pt);
	set_entry(v->vm, pt, script_gpa(v) / VMM_PAGE, script_gpa(v));
	for (unsigned int i = 0; i < v->count; i++) {
		uint64_t table = own + (i + 1) * VMM_PAGE;

		set_entry(v->vm, pd, i + WALK_START / (2 << 20), table);
		set_entry(v->vm, table, 0, own);
	}
}

int arch_vm_init(struct vm *vm)
{
	const uint8_t *code = vm->g->code, *end = vm->g->end;

	if (code == guest_hypercall && host_is_intel()) {
		code = guest_hypercall_vmx;
		end = guest_hypercall_vmx_end;
	}
	for (unsigned int i = 0; i < vm->o->vcpus; i++)
		memcpy(vm->low + i * VMM_PAGE, code, end - code);
	return 0;
}

/* jmp *%edx, see guests_x86.S */
void arch_fill_code(uint8_t *page)
{
	page[0] = 0xff;
	page[1] = 0xe2;
}

static struct kvm_segment flat_segment(enum cpu_mode mode, bool code)
{
	struct kvm_segment s = {
		.limit = 0xffffffff, .selector = code ? 8 : 16, .present = 1,
		.type = code ? 11 : 3, .s = 1, .g = 1,
		.db = !(code && mode == MODE_LONG64), .l = code && mode == MODE_LONG64,
	};

	return s;
}

static void set_real_mode(struct kvm_sregs *s, uint64_t script)
{
	s->cs.base = script;
	s->cs.selector = script >> 4;
	s->idt.base = script;
	s->idt.limit = 0x3ff;
}

static void set_flat_mode(struct kvm_sregs *s, enum cpu_mode mode, uint64_t cr3)
{
	s->cs = flat_segment(mode, true);
	s->ss = s->ds = s->es = s->fs = s->gs = flat_segment(mode, false);
	s->cr0 = CR0_PE_ET;
	if (mode != MODE_LONG64)
		return;
	s->cr0 |= CR0_PG;
	s->cr3 = cr3;
	s->cr4 |= CR4_PAE;
	s->efer |= EFER_LME_LMA;
}

/* What KVM leaves to the VMM: that there is a hypervisor, and the vCPU's number. */
static void fix_cpuid(struct kvm_cpuid2 *c, unsigned int id)
{
	for (unsigned int i = 0; i < c->nent; i++) {
		struct kvm_cpuid_entry2 *e = &c->entries[i];

		if (e->function == 1) {
			e->ecx |= CPUID_1_ECX_HYPERVISOR;
			e->ebx = (e->ebx & 0x00ffffff) | id << 24;
		} else if (e->function == 0xb) {
			e->edx = id;
		}
	}
}

int arch_set_cpuid(struct vcpu *v)
{
	struct kvm_cpuid2 *c;
	int ret;

	c = calloc(1, sizeof(*c) + MAX_CPUID * sizeof(c->entries[0]));
	if (!c)
		return -ENOMEM;
	c->nent = MAX_CPUID;
	ret = ioctl(v->vm->kvm, KVM_GET_SUPPORTED_CPUID, c);
	fix_cpuid(c, v->id);
	if (!ret)
		ret = ioctl(v->fd, KVM_SET_CPUID2, c);
	ret = ret ? -errno : 0;
	free(c);
	return ret;
}

int arch_vcpu_init(struct vcpu *v)
{
	enum cpu_mode mode = v->vm->g->mode;
	uint64_t script = script_gpa(v);
	struct kvm_regs r = { .rflags = 2 };
	struct kvm_sregs s;

	if (arch_set_cpuid(v) || ioctl(v->fd, KVM_GET_SREGS, &s))
		return -errno;
	if (mode == MODE_LONG64)
		fill_tables(v);
	if (mode == MODE_REAL16)
		set_real_mode(&s, script);
	else
		set_flat_mode(&s, mode, tables_gpa(v));
	r.rip = mode == MODE_REAL16 ? 0 : script;
	r.rbp = v->count;
	r.rsi = script;
	r.rdi = ARCH_MMIO_GPA + v->id * ARCH_REGION;
	vm_vcpu_pages(v->vm, v, (uint64_t *)&r.rbx);
	if (mode == MODE_LONG64)
		r.rbx = WALK_START;
	if (ioctl(v->fd, KVM_SET_SREGS, &s) || ioctl(v->fd, KVM_SET_REGS, &r))
		return -errno;
	return 0;
}

enum port_event arch_port_event(const struct kvm_run *run)
{
	switch (run->io.port) {
	case PORT_WORK:
		return PORT_EVENT_WORK;
	case PORT_READY:
		return PORT_EVENT_READY;
	case PORT_SYNC:
		return PORT_EVENT_SYNC;
	case PORT_PATCH:
		return PORT_EVENT_PATCH;
	case PORT_WRONG:
		return PORT_EVENT_WRONG;
	case PORT_DONE:
		return PORT_EVENT_DONE;
	}
	return PORT_EVENT_NONE;
}

/* As arch/x86/include/uapi/asm/svm.h and vmx.h name them. */
const char *arch_cause_name(enum cause c)
{
	static const char *const svm[NR_CAUSES] = {
		[CAUSE_IO] = "io", [CAUSE_CPUID] = "cpuid", [CAUSE_MSR_READ] = "msr",
		[CAUSE_MSR_WRITE] = "msr", [CAUSE_HYPERCALL] = "hypercall",
		[CAUSE_HLT] = "hlt", [CAUSE_UD] = "UD excp", [CAUSE_SHUTDOWN] = "shutdown",
		[CAUSE_CR0] = "cr0_sel_write", [CAUSE_CR4] = "write_cr4",
		[CAUSE_NESTED] = "invlpga", [CAUSE_FAULT] = "npf", [CAUSE_MMIO_FIRST] = "npf", [CAUSE_MMIO_AGAIN] = "npf",
	};
	static const char *const vmx[NR_CAUSES] = {
		[CAUSE_IO] = "IO_INSTRUCTION", [CAUSE_CPUID] = "CPUID",
		[CAUSE_MSR_READ] = "MSR_READ", [CAUSE_MSR_WRITE] = "MSR_WRITE",
		[CAUSE_HYPERCALL] = "VMCALL", [CAUSE_HLT] = "HLT",
		[CAUSE_UD] = "EXCEPTION_NMI", [CAUSE_SHUTDOWN] = "TRIPLE_FAULT",
		[CAUSE_CR0] = "CR_ACCESS", [CAUSE_CR4] = "CR_ACCESS",
		[CAUSE_FAULT] = "EPT_VIOLATION", [CAUSE_MMIO_FIRST] = "EPT_VIOLATION",
		[CAUSE_MMIO_AGAIN] = "EPT_MISCONFIG",
	};

	return host_is_intel() ? vmx[c] : svm[c];
}

bool arch_mmio_again_is_fault(void)
{
	return !host_is_intel();
}
