// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-64: what a vCPU is doing, read from it while it is out of the guest: its
 * privilege level, its page tables, and the mapping that it executes through.
 *
 * On the vCPU's thread, preemption off, kvm->srcu held. Guest memory is read
 * without sleeping: what is not there is not known.
 */
#include <linux/static_call.h>
#include <linux/uaccess.h>
#include "hook.h"
#include "kvm/stage2.h"

#define PTE_PRESENT	BIT_ULL(0)
#define PTE_WRITE	BIT_ULL(1)
#define PTE_DIRTY	BIT_ULL(6)
#define PTE_LARGE	BIT_ULL(7)
#define PTE_ADDR	GENMASK_ULL(51, 12)
#define GP_VECTOR	13
#define LONGEST_INSN	15

/**
 * struct walk - a way through guest page tables
 * @vcpu: whose
 * @gva: where to
 * @levels: tables to go through
 * @bits: of an index
 * @entry_bytes: of an entry
 * @gfn: the page found
 * @map: AEGISHV_WX_MAP_* of it
 */
struct walk {
	struct kvm_vcpu *vcpu;
	u64 gva;
	u32 levels;
	u32 bits;
	u32 entry_bytes;
	u64 gfn;
	u8 map;
};

static int no_cpl(struct kvm_vcpu *vcpu)
{
	return 0;
}

static void no_exception(struct kvm_vcpu *vcpu, unsigned int nr, u32 code) { }
static void no_cache(struct kvm_vcpu *vcpu, enum kvm_reg reg) { }

DEFINE_STATIC_CALL(ahv_get_cpl, no_cpl);
DEFINE_STATIC_CALL(ahv_queue_exception, no_exception);
DEFINE_STATIC_CALL(ahv_read_reg, no_cache);

u8 ahv_guest_cpl(struct kvm_vcpu *vcpu)
{
	return static_call(ahv_get_cpl)(vcpu);
}

u64 ahv_guest_cr3(struct kvm_vcpu *vcpu)
{
	if (!test_bit(VCPU_EXREG_CR3, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_read_reg)(vcpu, VCPU_EXREG_CR3);
	return vcpu->arch.cr3;
}

static u64 guest_cr0(struct kvm_vcpu *vcpu)
{
	if (!test_bit(VCPU_EXREG_CR0, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_read_reg)(vcpu, VCPU_EXREG_CR0);
	return vcpu->arch.cr0;
}

bool ahv_guest_is_64bit(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.efer & EFER_LMA;
}

void ahv_guest_inject_gp(struct kvm_vcpu *vcpu)
{
	static_call(ahv_queue_exception)(vcpu, GP_VECTOR, 0);
}

static bool read_entry(const struct walk *w, u64 gpa, u64 *entry)
{
	struct kvm_memory_slot *slot;
	unsigned long hva;

	slot = __gfn_to_memslot(kvm_vcpu_memslots(w->vcpu), gpa_to_gfn(gpa));
	if (!slot || slot->flags & KVM_MEMSLOT_INVALID)
		return false;
	hva = __gfn_to_hva_memslot(slot, gpa_to_gfn(gpa)) + offset_in_page(gpa);
	*entry = 0;
	return !copy_from_user_nofault(entry, (void __user *)hva, w->entry_bytes);
}

static void set_mode(struct walk *w)
{
	const struct kvm_vcpu_arch *a = &w->vcpu->arch;

	w->bits = 9;
	w->entry_bytes = 8;
	if (a->efer & EFER_LMA) {
		w->levels = a->cr4 & X86_CR4_LA57 ? 5 : 4;
	} else if (a->cr4 & X86_CR4_PAE) {
		w->levels = 3;
	} else {
		w->levels = 2;
		w->bits = 10;
		w->entry_bytes = 4;
	}
}

/* Return: whether the page was found. */
static bool walk(struct walk *w)
{
	u64 table = ahv_guest_cr3(w->vcpu) & (w->levels == 3 ? ~31ULL & 0xffffffff : PTE_ADDR);
	u32 level, shift;
	u64 entry;

	w->map = AEGISHV_WX_MAP_WRITABLE;
	for (level = w->levels; level; level--) {
		shift = PAGE_SHIFT + (level - 1) * w->bits;
		if (!read_entry(w, table + ((w->gva >> shift) & (BIT(w->bits) - 1)) * w->entry_bytes,
				&entry) || !(entry & PTE_PRESENT))
			return false;
		if (!(entry & PTE_WRITE) && !(level == 3 && w->levels == 3))
			w->map &= ~AEGISHV_WX_MAP_WRITABLE;
		table = entry & PTE_ADDR;
		if (level > 1 && entry & PTE_LARGE && !(level == 3 && w->levels == 3))
			break;
	}
	if (entry & PTE_DIRTY)
		w->map |= AEGISHV_WX_MAP_DIRTY;
	shift = level ? (level - 1) * w->bits : 0;
	w->gfn = (table >> PAGE_SHIFT) & ~(BIT_ULL(shift) - 1);
	w->gfn |= (w->gva >> PAGE_SHIFT) & (BIT_ULL(shift) - 1);
	return true;
}

/**
 * ahv_guest_look() - how a vCPU executes a page
 * @vcpu: KVM's
 * @gfn: the page
 * @g: @g->cpl is set; where to put the rest
 */
void ahv_guest_look(struct kvm_vcpu *vcpu, u64 gfn, struct ahv_wx_guest *g)
{
	struct walk w = { .vcpu = vcpu, .gva = ahv_kvm_rip(vcpu) };

	g->paging = guest_cr0(vcpu) & X86_CR0_PG;
	g->map = g->paging ? AEGISHV_WX_MAP_UNKNOWN : AEGISHV_WX_NO_PAGING;
	if (!g->paging)
		return;
	set_mode(&w);
	if (!walk(&w))
		return;
	if (w.gfn != gfn) {	/* the instruction's second page */
		w.gva += LONGEST_INSN;
		if (!walk(&w) || w.gfn != gfn)
			return;
	}
	g->map = w.map;
}

static const struct {
	const char *cpl, *cache;
} vendors[] = {
	{ "svm_get_cpl", "svm_cache_reg" },
	{ "vmx_get_cpl", "vmx_cache_reg" },
};

/* Process context. Return: 0, or -ENOENT. */
int ahv_guest_attach(void)
{
	unsigned long queue = ahv_symbol("kvm_queue_exception_e");
	unsigned long cpl, cache;
	int i;

	for (i = 0; i < ARRAY_SIZE(vendors) && queue; i++) {
		cpl = ahv_symbol(vendors[i].cpl);
		cache = ahv_symbol(vendors[i].cache);
		if (!cpl || !cache)
			continue;
		static_call_update(ahv_get_cpl, (void *)cpl);
		static_call_update(ahv_read_reg, (void *)cache);
		static_call_update(ahv_queue_exception, (void *)queue);
		return 0;
	}
	return -ENOENT;
}

void ahv_guest_detach(void)
{
	static_call_update(ahv_get_cpl, no_cpl);
	static_call_update(ahv_read_reg, no_cache);
	static_call_update(ahv_queue_exception, no_exception);
}
