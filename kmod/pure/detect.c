// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sets a detector off. See detect.h. Any context; no locks: exits and
 * guest events touch the vCPU's own state alone, faults touch the VM's, which
 * the caller serializes.
 */
#include "detect.h"
#include "since.h"

/* AMD APM volume 2, appendix C. */
#define SVM_INVLPGA	0x07a
#define SVM_IO		0x07b
#define SVM_VMRUN	0x080
#define SVM_VMMCALL	0x081
#define SVM_VMLOAD	0x082
#define SVM_SKINIT	0x086
#define SVM_NPF		0x400
#define NPF_RESERVED	(1ULL << 3)	/* how KVM marks what is no memory */

/* Intel SDM volume 3, appendix C. */
#define VMX_VMCALL	18
#define VMX_VMCLEAR	19
#define VMX_VMXON	27
#define VMX_IO		30
#define VMX_MISCONFIG	49
#define VMX_INVEPT	50
#define VMX_INVVPID	53

#define CR0_PE		(1ULL << 0)
#define CR0_WP		(1ULL << 16)
#define CR0_PG		(1ULL << 31)
#define CR4_SMEP	(1ULL << 20)
#define CR4_SMAP	(1ULL << 21)
#define EFER_NXE	(1ULL << 11)

#define NR_ELEMS(a) (sizeof(a) / sizeof((a)[0]))

enum kind {
	OTHER,
	PIO,
	MMIO,
	NESTED,
};

static enum kind svm_kind(u32 reason, u64 info1)
{
	if (reason == SVM_IO)
		return PIO;
	if (reason == SVM_NPF)
		return info1 & NPF_RESERVED ? MMIO : OTHER;
	if (reason == SVM_VMRUN || reason == SVM_INVLPGA ||
	    (reason >= SVM_VMLOAD && reason <= SVM_SKINIT))
		return NESTED;
	return OTHER;
}

static enum kind vmx_kind(u32 reason)
{
	reason &= AHV_VMX_REASON_MASK;
	if (reason == VMX_IO)
		return PIO;
	if (reason == VMX_MISCONFIG)
		return MMIO;
	if ((reason >= VMX_VMCLEAR && reason <= VMX_VMXON) ||
	    reason == VMX_INVEPT || reason == VMX_INVVPID)
		return NESTED;
	return OTHER;
}

static enum kind kind_of(const struct ahv_detect_at *at)
{
	if (at->isa == AEGISHV_ISA_SVM)
		return svm_kind(at->reason, at->info1);
	return at->isa == AEGISHV_ISA_VMX ? vmx_kind(at->reason) : OTHER;
}

/**
 * ahv_detect_is_hypercall() - whether an exit is a hypercall
 * @isa: enum aegishv_isa
 * @reason: exit reason
 */
bool ahv_detect_is_hypercall(u32 isa, u32 reason)
{
	if (isa == AEGISHV_ISA_SVM)
		return reason == SVM_VMMCALL;
	return isa == AEGISHV_ISA_VMX && (reason & AHV_VMX_REASON_MASK) == VMX_VMCALL;
}

static bool in_ranges(const struct aegishv_detect_range *r, u32 nr, u64 value)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (value >= r[i].first && value <= r[i].last)
			return true;
	return false;
}

/* What every PC has and no guest talks to anybody through. */
static bool is_platform(enum kind kind, const struct ahv_detect_at *at)
{
	static const struct aegishv_detect_range ports[] = {
		{ 0x20, 0x21 },		/* interrupt controllers */
		{ 0xa0, 0xa1 },
		{ 0x4d0, 0x4d1 },
		{ 0x40, 0x43 },		/* timer */
		{ 0x61, 0x61 },
		{ 0x70, 0x71 },		/* clock */
		{ 0x80, 0x80 },		/* POST code, delay */
		{ 0x92, 0x92 },
		{ 0xb2, 0xb3 },
		{ 0xcf8, 0xcff },	/* PCI configuration */
		{ 0x510, 0x51b },	/* QEMU's configuration */
		{ 0x600, 0x60f },	/* power management */
	};

	if (kind == PIO)
		return in_ranges(ports, NR_ELEMS(ports), at->info1 >> 16 & 0xffff);
	/* IOAPIC, HPET and local APIC. */
	return at->isa == AEGISHV_ISA_SVM && at->info2 >= 0xfec00000 && at->info2 < 0xfef00000;
}

static u32 headless(const struct ahv_detect_at *at, enum kind kind)
{
	struct ahv_detect_vcpu *v = at->vcpu;

	if (!v->first_ns)
		v->first_ns = at->now_ns;
	if ((kind == PIO || kind == MMIO) && !is_platform(kind, at)) {
		v->settled = true;
		return 1U << AHV_DETECT_DEVICE;
	}
	if (ahv_since(at->now_ns, v->first_ns) < at->set->headless_ns)
		return 0;
	v->settled = true;
	return at->isa == AEGISHV_ISA_ARM64 ? 0 : AHV_DETECT(HEADLESS);
}

static u32 storm(struct ahv_burst *b, const struct ahv_burst_limit *l,
		 const struct ahv_detect_at *at, u32 detector)
{
	return l->count && ahv_burst_add(b, l, at->now_ns) ? detector : 0;
}

static u32 pio(const struct ahv_detect_at *at)
{
	const struct aegishv_detect_rules *r = &at->set->rules;

	if (r->nr_ports && in_ranges(r->ports, r->nr_ports, at->info1 >> 16 & 0xffff))
		return 0;
	return storm(&at->vcpu->pio, &at->set->pio, at, AHV_DETECT(PIO_STORM));
}

static u32 exits(const struct ahv_detect_at *at)
{
	u32 slot = ahv_exit_slot(at->isa, at->reason);

	if (at->isa < AHV_DETECT_ISAS && at->set->quiet[at->isa][slot / 64] >> slot % 64 & 1)
		return 0;
	return storm(&at->vcpu->exits[slot], &at->set->burst, at, AHV_DETECT(EXIT_BURST));
}

/**
 * ahv_detect_exit() - a VM exit
 * @at: where; all of it but the VM is used
 *
 * Each exit counts for one of EXIT_BURST, PIO_STORM and MMIO_STORM.
 *
 * Return: the detectors it set off.
 */
u32 ahv_detect_exit(const struct ahv_detect_at *at)
{
	u32 on = at->set->rules.detectors;
	enum kind kind = kind_of(at);
	u32 fired = 0;

	if (on & AHV_DETECT(HEADLESS) && !at->vcpu->settled)
		fired |= headless(at, kind);
	if (kind == NESTED)
		fired |= on & AHV_DETECT(NESTED);
	if (kind == PIO && on & AHV_DETECT(PIO_STORM))
		fired |= pio(at);
	else if (kind == MMIO && on & AHV_DETECT(MMIO_STORM))
		fired |= storm(&at->vcpu->mmio, &at->set->mmio, at, AHV_DETECT(MMIO_STORM));
	else if (on & AHV_DETECT(EXIT_BURST))
		fired |= exits(at);
	return fired;
}

static bool paging(const struct ahv_detect_vcpu *v)
{
	u64 on = CR0_PE | CR0_PG;

	return !(v->known & 1U << AHV_REG_CR0) || (v->regs[AHV_REG_CR0] & on) == on;
}

static u32 reg(const struct ahv_detect_at *at, enum ahv_detect_reg r, u64 value)
{
	struct ahv_detect_vcpu *v = at->vcpu;
	bool known = v->known & 1U << r;
	bool paged = paging(v);
	u64 cleared = v->regs[r] & ~value;
	u32 fired = 0;

	v->before = v->regs[r];
	v->regs[r] = value;
	v->known |= 1U << r;
	if (!known || !paged || !paging(v))
		return 0;	/* nothing to compare with; reset, reboot, firmware */
	if (r == AHV_REG_CR0 && cleared & CR0_WP)
		fired |= AHV_DETECT(CR0_WP);
	if (r == AHV_REG_CR4 && cleared & CR4_SMEP)
		fired |= AHV_DETECT(CR4_SMEP);
	if (r == AHV_REG_CR4 && cleared & CR4_SMAP)
		fired |= AHV_DETECT(CR4_SMAP);
	if (r == AHV_REG_EFER && cleared & EFER_NXE)
		fired |= AHV_DETECT(EFER_NXE);
	return fired & at->set->rules.detectors;
}

/**
 * ahv_detect_guest() - a hypercall, or a control register that changed
 * @at: where
 * @event: enum aegishv_guest_event
 * @value: number of the hypercall, or the register's new value
 *
 * Return: the detectors it set off.
 */
u32 ahv_detect_guest(const struct ahv_detect_at *at, u32 event, u64 value)
{
	const struct aegishv_detect_rules *r = &at->set->rules;

	switch (event) {
	case AEGISHV_GUEST_HYPERCALL:
		at->vcpu->before = value;
		if (in_ranges(r->hypercalls, r->nr_hypercalls, value))
			return 0;
		return r->detectors & AHV_DETECT(HYPERCALL);
	case AEGISHV_GUEST_CR0:
		return reg(at, AHV_REG_CR0, value);
	case AEGISHV_GUEST_CR4:
		return reg(at, AHV_REG_CR4, value);
	case AEGISHV_GUEST_EFER:
		return reg(at, AHV_REG_EFER, value);
	}
	return 0;
}

/* The page's entry; a free one, or the one that was left alone for longest. */
static struct ahv_detect_page *page(struct ahv_detect_vm *vm, u64 gfn)
{
	u64 set = gfn * 0x9e3779b97f4a7c15ULL >> 32 & (AHV_DETECT_SETS - 1);
	struct ahv_detect_page *p = &vm->pages[set * AHV_DETECT_WAYS];
	struct ahv_detect_page *oldest = p, *end = p + AHV_DETECT_WAYS;

	for (; p < end; p++) {
		if (p->access && p->gfn == gfn)
			return p;
		if (!p->access || (oldest->access && p->last_ns < oldest->last_ns))
			oldest = p;
	}
	vm->forgotten += !!oldest->access;
	*oldest = (struct ahv_detect_page){ .gfn = gfn };
	return oldest;
}

static bool toggles(const struct ahv_detect_at *at, struct ahv_detect_page *p)
{
	u32 limit = at->set->rules.toggle.count;

	if (ahv_since(at->now_ns, p->flips_ns) > at->set->toggle_ns || !p->flips) {
		p->flips_ns = at->now_ns;
		p->flips = 0;
	}
	p->flips++;
	if (!limit || p->flips < limit)
		return false;
	p->flips = 0;
	return true;
}

/**
 * ahv_detect_fault() - a stage-2 fault, which shows the first access to a page
 *	that its mapping did not allow
 * @at: where; the VM's state is the caller's alone
 * @gpa: guest-physical address
 * @access: one of AEGISHV_ACCESS_*
 *
 * Return: the detectors it set off; ahv_detect_tell() for them comes next.
 */
u32 ahv_detect_fault(const struct ahv_detect_at *at, u64 gpa, u32 access)
{
	u32 on = at->set->rules.detectors & (AHV_DETECT(WX) | AHV_DETECT(WX_TOGGLE));
	struct ahv_detect_page *p;
	u32 fired = 0;

	if (!on || !(access & (AEGISHV_ACCESS_WRITE | AEGISHV_ACCESS_EXEC)))
		return 0;
	p = page(at->vm, gpa >> 12);
	at->vm->hit = *p;
	at->vm->hit_at = p - at->vm->pages;
	if (p->access && p->access != access) {
		if (access == AEGISHV_ACCESS_EXEC &&
		    ahv_since(at->now_ns, p->last_ns) <= at->set->wx_window_ns)
			fired |= AHV_DETECT(WX);
		if (toggles(at, p))
			fired |= AHV_DETECT(WX_TOGGLE);
	}
	p->access = access;
	p->last_ns = at->now_ns;
	p->last_rip = at->rip;
	p->last_vcpu = at->vcpu_id;
	return fired & on;
}
