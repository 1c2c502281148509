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

/* Bits of a page table entry: section 5.4 of the AMD APM volume 2. */
#define PTE_PRESENT	BIT_ULL(0)
#define PTE_WRITE	BIT_ULL(1)
#define PTE_USER	BIT_ULL(2)
#define PTE_DIRTY	BIT_ULL(6)
#define PTE_LARGE	BIT_ULL(7)
#define PTE_ADDR	GENMASK_ULL(51, 12)
#define PTE_NX		BIT_ULL(63)
#define GP_VECTOR	13
#define LONGEST_INSN	15

/**
 * struct walk - a way through guest page tables
 * @vcpu: whose
 * @cr3: where from
 * @gva: where to
 * @levels: tables to go through
 * @bits: of an index
 * @entry_bytes: of an entry
 * @unread: a table on the way could not be read
 * @gfn: the page found
 * @shift: pages of its mapping, as a shift
 * @map: AEGISHV_WX_MAP_* of it
 * @user: a user program may use it
 * @nx: it is not executable
 */
struct walk {
	struct kvm_vcpu *vcpu;
	u64 cr3;
	u64 gva;
	u32 levels;
	u32 bits;
	u32 entry_bytes;
	bool unread;
	u64 gfn;
	u32 shift;
	u8 map;
	bool user;
	bool nx;
};

static int no_cpl(struct kvm_vcpu *vcpu)
{
	return 0;
}

static void no_exception(struct kvm_vcpu *vcpu, unsigned int nr, u32 code) { }
static void no_cache(struct kvm_vcpu *vcpu, enum kvm_reg reg) { }

static unsigned long no_rip(struct kvm_vcpu *vcpu)
{
	return 0;
}

static int no_msr(struct kvm_vcpu *vcpu, struct msr_data *msr)
{
	return -EOPNOTSUPP;
}

DEFINE_STATIC_CALL(ahv_get_cpl, no_cpl);
DEFINE_STATIC_CALL(ahv_queue_exception, no_exception);
DEFINE_STATIC_CALL(ahv_read_reg, no_cache);
DEFINE_STATIC_CALL(ahv_read_msr, no_msr);
DEFINE_STATIC_CALL(ahv_linear_rip, no_rip);

u8 ahv_guest_cpl(struct kvm_vcpu *vcpu)
{
	return static_call(ahv_get_cpl)(vcpu);
}

u64 ahv_guest_cr3(struct kvm_vcpu *vcpu)
{
	if (!test_bit(VCPU_REG_CR3, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_read_reg)(vcpu, VCPU_REG_CR3);
	return vcpu->arch.cr3;
}

static u64 guest_cr0(struct kvm_vcpu *vcpu)
{
	if (!test_bit(VCPU_REG_CR0, (unsigned long *)&vcpu->arch.regs_avail))
		static_call(ahv_read_reg)(vcpu, VCPU_REG_CR0);
	return vcpu->arch.cr0;
}

bool ahv_guest_is_64bit(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.efer & EFER_LMA;
}

/* Once: an emulated instruction may write many times, and two would be #DF. */
void ahv_guest_inject_gp(struct kvm_vcpu *vcpu)
{
	if (!vcpu->arch.exception.pending)
		static_call(ahv_queue_exception)(vcpu, GP_VECTOR, 0);
}

/*
 * What a processor does that cannot deliver an exception on top of another: a
 * triple fault. Where the vectors are no memory #GP would end there, too.
 */
void ahv_guest_shut_down(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_TRIPLE_FAULT, vcpu);
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

	w->cr3 = ahv_guest_cr3(w->vcpu);
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
	u64 table = w->cr3 & (w->levels == 3 ? ~31ULL & 0xffffffff : PTE_ADDR);
	u32 level, shift;
	u64 entry;

	w->map = AEGISHV_WX_MAP_WRITABLE;
	w->user = true;
	w->nx = false;
	for (level = w->levels; level; level--) {
		shift = PAGE_SHIFT + (level - 1) * w->bits;
		w->unread = !read_entry(w, table + ((w->gva >> shift) & (BIT(w->bits) - 1)) *
				       w->entry_bytes, &entry);
		if (w->unread || !(entry & PTE_PRESENT))
			return false;
		w->user &= !!(entry & PTE_USER);
		w->nx |= !!(entry & PTE_NX);
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
	w->shift = shift;
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

/* Whether it runs a guest of its guest. */
bool ahv_guest_runs_nested(const struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hflags & HF_GUEST_MASK;
}

/* Whether the exit came while an interrupt or exception was being delivered. */
bool ahv_guest_takes_event(const struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_arch *a = &vcpu->arch;

	return a->exception.injected || a->interrupt.injected || a->nmi_injected;
}

/**
 * ahv_guest_code() - where the next instruction is
 * @vcpu: KVM's
 * @end: of the longest that it can be; else where it begins
 * @gpa: where to put the address
 *
 * Return: false when that is not known.
 */
bool ahv_guest_code(struct kvm_vcpu *vcpu, bool end, u64 *gpa)
{
	struct walk w = { .vcpu = vcpu, .gva = static_call(ahv_linear_rip)(vcpu) };

	w.gva += end ? LONGEST_INSN - 1 : 0;
	*gpa = w.gva;
	if (!(guest_cr0(vcpu) & X86_CR0_PG))
		return true;
	set_mode(&w);
	if (!walk(&w))
		return false;
	*gpa = (w.gfn << PAGE_SHIFT) + offset_in_page(w.gva);
	return true;
}

/**
 * ahv_guest_allows() - whether a guest's page tables allow an access
 * @vcpu: KVM's
 * @gva: address
 * @code: FAULT_* of it
 * @gpa: where to put the guest-physical address
 *
 * Without SMAP and protection keys, which are of no interest for memory that is
 * written or executed all the same a moment later.
 */
bool ahv_guest_allows(struct kvm_vcpu *vcpu, u64 gva, u64 code, u64 *gpa)
{
	const struct kvm_vcpu_arch *a = &vcpu->arch;
	struct walk w = { .vcpu = vcpu, .gva = gva };
	bool user = code & FAULT_USER;

	set_mode(&w);
	if (!walk(&w) || (user && !w.user))
		return false;
	*gpa = (w.gfn << PAGE_SHIFT) + offset_in_page(gva);
	if (code & FAULT_WRITE && !(w.map & AEGISHV_WX_MAP_WRITABLE))
		return !user && !(guest_cr0(vcpu) & X86_CR0_WP);
	if (code & FAULT_FETCH)
		return !(w.nx && a->efer & EFER_NX) && (user || !w.user || !(a->cr4 & X86_CR4_SMEP));
	return true;
}

static enum ahv_ktext_look look_up(void *arg, u64 gva, struct ahv_ktext_map *m)
{
	struct walk *w = arg;
	u64 in_map;

	w->gva = gva;
	if (!walk(w))
		return w->unread ? AHV_KTEXT_UNKNOWN : AHV_KTEXT_NONE;
	m->bytes = PAGE_SIZE << w->shift;
	in_map = gva & (m->bytes - 1);
	m->gva = gva - in_map;
	m->gpa = (w->gfn << PAGE_SHIFT) - (in_map & PAGE_MASK);
	m->rights = (w->nx ? 0 : AHV_KTEXT_EXEC) | (w->user ? AHV_KTEXT_USER : 0) |
		    (w->map & AEGISHV_WX_MAP_WRITABLE ? AHV_KTEXT_WRITE : 0);
	return AHV_KTEXT_THERE;
}

/*
 * With page table isolation a kernel begins and ends its work on the tables of
 * the user program, which have its entry code and no more; the kernel's are the
 * page before (CR3 bit 12). Without isolation that page is something else, and
 * where it does lead to the same place it is a table of the same kernel.
 */
static void prefer_kernel_tables(struct walk *w, u64 entry)
{
	u64 cr3 = w->cr3, gfn;

	w->gva = entry;
	if (!(cr3 & PAGE_SIZE) || !walk(w))
		return;
	gfn = w->gfn;
	w->cr3 = cr3 & ~(u64)PAGE_SIZE;
	if (!walk(w) || w->gfn != gfn || w->user || w->nx)
		w->cr3 = cr3;
}

/**
 * ahv_guest_find_text() - the text of the 64-bit kernel that a vCPU runs
 * @vcpu: KVM's
 * @k: where to put it
 *
 * LSTAR is where SYSCALL enters: section 6.1.1 of the AMD APM volume 2.
 *
 * Return: an enum ahv_ktext_result, or a negative errno when LSTAR is not known.
 */
int ahv_guest_find_text(struct kvm_vcpu *vcpu, struct ahv_ktext *k)
{
	struct msr_data lstar = { .host_initiated = true, .index = MSR_LSTAR };
	struct walk w = { .vcpu = vcpu };
	int err = static_call(ahv_read_msr)(vcpu, &lstar);

	if (err)
		return err < 0 ? err : -EIO;
	set_mode(&w);
	prefer_kernel_tables(&w, lstar.data);
	k->look = look_up;
	k->arg = &w;
	return ahv_ktext_find(k, lstar.data);
}

/* Whether a vCPU runs a 64-bit kernel now, and not that of a nested guest. */
bool ahv_guest_in_kernel(struct kvm_vcpu *vcpu)
{
	return !ahv_guest_runs_nested(vcpu) && !vcpu->arch.guest_state_protected &&
	       ahv_guest_is_64bit(vcpu) && guest_cr0(vcpu) & X86_CR0_PG && !ahv_guest_cpl(vcpu);
}

static const struct {
	const char *cpl, *cache, *msr;
} vendors[] = {
	{ "svm_get_cpl", "svm_cache_reg", "svm_get_msr" },
	{ "vmx_get_cpl", "vmx_cache_reg", "vmx_get_msr" },
};

/* Process context. Only the search for text needs MSRs. Return: 0, or -ENOENT. */
int ahv_guest_attach(void)
{
	unsigned long queue = ahv_symbol("kvm_queue_exception_e");
	unsigned long rip = ahv_symbol("kvm_get_linear_rip");
	unsigned long cpl, cache, msr;
	int i;

	for (i = 0; i < ARRAY_SIZE(vendors) && queue && rip; i++) {
		cpl = ahv_symbol(vendors[i].cpl);
		cache = ahv_symbol(vendors[i].cache);
		if (!cpl || !cache)
			continue;
		msr = ahv_symbol(vendors[i].msr);
		if (msr)
			static_call_update(ahv_read_msr, (void *)msr);
		static_call_update(ahv_get_cpl, (void *)cpl);
		static_call_update(ahv_read_reg, (void *)cache);
		static_call_update(ahv_queue_exception, (void *)queue);
		static_call_update(ahv_linear_rip, (void *)rip);
		return 0;
	}
	return -ENOENT;
}

void ahv_guest_detach(void)
{
	static_call_update(ahv_get_cpl, no_cpl);
	static_call_update(ahv_read_reg, no_cache);
	static_call_update(ahv_read_msr, no_msr);
	static_call_update(ahv_queue_exception, no_exception);
	static_call_update(ahv_linear_rip, no_rip);
}
