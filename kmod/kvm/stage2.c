// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a stage-2 fault of a watched VM leads to: the state machine decides, a
 * page that changed its mind loses its mappings, and what KVM maps from then on
 * follows the page's state.
 *
 * A page's state changes before its mappings go, and KVM asks for the state
 * under its mmu_lock: a mapping that was made by the old state is either gone
 * with the others or was never made.
 *
 * On the vCPU's thread, preemption off, kvm->srcu held. s2->lock is taken inside
 * mmu_lock, and mmu_lock never inside s2->lock.
 */
#include <linux/slab.h>
#include "kvm/stage2.h"

static const char why_protected[] = "its registers are encrypted (SEV-ES)";
static const char why_shadow[] =
	"its pages are mapped by shadow paging: load the module with wx_untested=1";

/* At the first fault of a VM nothing can be waited for: no more than four pages. */
static_assert(sizeof(struct ahv_s2) <= 16384);

static struct ahv_wx_page *alloc_chunk(gfp_t gfp)
{
	return kmalloc_array(AHV_WX_CHUNK, sizeof(struct ahv_wx_page), gfp | __GFP_NOWARN);
}

/* With room for some pages: a write that is not remembered would fault for ever. */
static struct ahv_s2 *alloc_s2(gfp_t gfp)
{
	struct ahv_s2 *s2 = kzalloc(sizeof(*s2), gfp | __GFP_NOWARN);
	struct ahv_wx_page *chunk = alloc_chunk(gfp);

	if (!s2 || !chunk) {
		kfree(s2);
		kfree(chunk);
		return NULL;
	}
	raw_spin_lock_init(&s2->lock);
	ahv_wx_init(&s2->wx);
	ahv_wx_give_chunk(&s2->wx, chunk);
	return s2;
}

void ahv_s2_free(struct ahv_s2 *s2)
{
	u32 i;

	if (!s2)
		return;
	for (i = 0; i < s2->wx.nr_chunks; i++)
		kfree(s2->wx.chunks[i]);
	for (i = 0; s2->wx.gone && i < AHV_WX_GONE; i++)
		kfree(s2->wx.gone[i]);
	kfree(s2->wx.gone);
	kfree(s2);
}

/* A VM's pages; made when they are first wanted. NULL for want of memory. */
struct ahv_s2 *ahv_s2_of(struct ahv_vm *vm, gfp_t gfp)
{
	struct ahv_s2 *s2 = READ_ONCE(vm->s2), *mine;

	if (likely(s2))
		return s2;
	mine = alloc_s2(gfp);
	if (!mine)
		return NULL;
	mine->wx.on = READ_ONCE(vm->watch) & AHV_WATCH_WX;
	if (READ_ONCE(vm->wx.granularity) == AEGISHV_WX_GRANULARITY_HUGE)
		mine->shift = AHV_S2_HUGE_SHIFT;
	s2 = cmpxchg(&vm->s2, NULL, mine);
	if (!s2)
		return mine;
	ahv_s2_free(mine);
	return s2;
}

bool ahv_s2_wants_4k(const struct ahv_vm *vm)
{
	const struct ahv_s2 *s2 = READ_ONCE(vm->s2);

	return READ_ONCE(vm->watch) & (AHV_WATCH_WX | AHV_WATCH_RANGES) &&
	       !(s2 && READ_ONCE(s2->shift));
}

/**
 * ahv_s2_may() - what KVM may map now
 * @s2: the VM's pages
 * @gfn: the page
 * @old: what a mapping that is there allows, 0 for none
 *
 * Under mmu_lock. Return: set of AEGISHV_ACCESS_*.
 */
u8 ahv_s2_may(struct ahv_s2 *s2, u64 gfn, u8 old)
{
	u64 unit = gfn >> s2->shift;
	u8 may;

	raw_spin_lock(&s2->lock);
	may = ahv_wx_may(&s2->wx, unit, ktime_get_mono_fast_ns());
	if (old)
		may = ahv_wx_keep(&s2->wx, unit, old, may);
	raw_spin_unlock(&s2->lock);
	return may;
}

bool ahv_s2_sealed(struct ahv_s2 *s2, u64 gfn)
{
	bool sealed;

	raw_spin_lock(&s2->lock);
	sealed = ahv_wx_in(&s2->wx.seals, gfn >> s2->shift);
	raw_spin_unlock(&s2->lock);
	return sealed;
}

static void give_memory(struct ahv_s2 *s2, struct ahv_wx_page *chunk)
{
	raw_spin_lock(&s2->lock);
	if (ahv_wx_wants_chunk(&s2->wx)) {
		ahv_wx_give_chunk(&s2->wx, chunk);
		chunk = NULL;
	}
	raw_spin_unlock(&s2->lock);
	kfree(chunk);
}

/**
 * ahv_s2_lock_with_memory() - take a VM's lock, to learn something of one page
 * @s2: its pages
 *
 * Memory for that is there and nobody else takes it meanwhile, unless there is
 * none to be had: then some page is forgotten.
 */
void ahv_s2_lock_with_memory(struct ahv_s2 *s2)
	__acquires(&s2->lock)
{
	struct ahv_wx_page *chunk;

	raw_spin_lock(&s2->lock);
	while (ahv_wx_wants_chunk(&s2->wx)) {
		raw_spin_unlock(&s2->lock);
		chunk = alloc_chunk(GFP_ATOMIC);
		if (chunk)
			give_memory(s2, chunk);
		raw_spin_lock(&s2->lock);
		if (!chunk)
			return;
	}
}

/* The mappings that a verdict takes away; counts the change of mind. */
static void carry_out(struct ahv_s2_fault *f, const struct ahv_wx_verdict *verdict)
{
	struct kvm *kvm = f->vcpu->kvm;
	u8 i;

	if (verdict->flipped)
		f->v->counts.wx[AEGISHV_WX_COUNT_FLIP]++;
	if (verdict->drop)
		ahv_s2_zap_unit(kvm, f->s2, f->a.unit);
	for (i = 0; i < verdict->nr_also; i++)
		ahv_s2_zap_unit(kvm, f->s2, verdict->also[i]);
	if (verdict->rule == AEGISHV_WX_THRASH)
		ahv_s2_tell_thrash(f, verdict);
}

static void allow_exec(struct ahv_s2_fault *f)
{
	struct ahv_wx_verdict verdict;

	ahv_s2_lock_with_memory(f->s2);
	ahv_wx_exec_allow(&f->s2->wx, &f->a, &verdict);
	raw_spin_unlock(&f->s2->lock);
	carry_out(f, &verdict);
	if (f->s2->wx.nr_grants)
		ahv_s2_expect_end();
}

static bool on_write(struct ahv_s2_fault *f)
{
	struct ahv_wx_verdict verdict;

	ahv_s2_lock_with_memory(f->s2);
	ahv_wx_write(&f->s2->wx, &f->a, &verdict);
	raw_spin_unlock(&f->s2->lock);
	if (verdict.rule == AEGISHV_WX_SEAL)
		return ahv_s2_answer(f, &verdict);
	carry_out(f, &verdict);
	if (verdict.rule)
		ahv_s2_expect_end();
	return false;
}

/* How far the guest has come, for what is made of its kernel's pages. */
static void note_guest(struct ahv_s2_fault *f)
{
	struct ahv_s2 *s2 = f->s2;

	if (!s2->wx.on)
		return;
	if (f->a.cpl != 3) {
		if (ahv_guest_is_64bit(f->vcpu))
			WRITE_ONCE(s2->ran_paged, true);
	} else if (!READ_ONCE(s2->saw_user)) {
		WRITE_ONCE(s2->saw_user, true);
		ahv_s2_zap_later();
	}
}

static bool on_exec(struct ahv_s2_fault *f)
{
	struct ahv_wx_verdict verdict;
	bool refused;

	note_guest(f);
	raw_spin_lock(&f->s2->lock);
	ahv_wx_exec(&f->s2->wx, &f->a, &verdict);
	raw_spin_unlock(&f->s2->lock);
	if (!verdict.rule) {
		carry_out(f, &verdict);
		return false;
	}
	refused = ahv_s2_answer(f, &verdict);
	if (!refused)
		allow_exec(f);
	return refused || READ_ONCE(f->v->vm->watch) & AHV_WATCH_PAUSED;
}

/* Whether pages are mapped by guest-physical address. */
static bool is_direct(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.mmu->root_role.direct;
}

/* Whether it runs a guest of its guest. */
bool ahv_s2_is_nested(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.mmu != &vcpu->arch.root_mmu;
}

/*
 * Shadow paging is watched only where that is asked for. Whose registers cannot
 * be read would always look like a kernel that boots.
 */
static bool is_watchable(struct kvm_vcpu *vcpu)
{
	return !vcpu->arch.guest_state_protected &&
	       (vcpu->arch.root_mmu.root_role.direct || ahv_s2_untested());
}

/*
 * Whether what this vCPU maps is watched: its guest's memory, not that of the
 * guest's own guests.
 */
bool ahv_s2_watches(struct kvm_vcpu *vcpu)
{
	return !ahv_s2_is_nested(vcpu) && is_watchable(vcpu);
}

static bool is_memory(struct kvm_vcpu *vcpu, gfn_t gfn)
{
	struct kvm_memory_slot *slot = __gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);

	return slot && !(slot->flags & KVM_MEMSLOT_INVALID);
}

static bool describe(struct ahv_s2_fault *f, u64 code)
{
	f->access = code & FAULT_FETCH ? AEGISHV_ACCESS_EXEC :
		    code & FAULT_WRITE ? AEGISHV_ACCESS_WRITE : AEGISHV_ACCESS_READ;
	if (f->access == AEGISHV_ACCESS_READ || code & FAULT_RSVD ||
	    !is_memory(f->vcpu, gpa_to_gfn(f->gpa)))
		return false;
	f->a.now_ns = ktime_get_mono_fast_ns();
	f->a.unit = gpa_to_gfn(f->gpa) >> f->s2->shift;
	f->a.rip = ahv_kvm_rip(f->vcpu);
	f->a.vcpu = f->v->id;
	f->a.cpl = ahv_guest_cpl(f->vcpu);
	f->a.present = code & FAULT_PRESENT;
	return true;
}

/* There is no memory to look at it with. */
static void go_unseen(struct ahv_s2_fault *f)
{
	f->v->counts.unseen++;
	WRITE_ONCE(f->v->vm->unseen, true);
	ahv_s2_unseen_later();
}

/*
 * Under shadow paging each of the guest's page faults comes here, with the
 * address that it used; false when its own page tables do not allow the access.
 * KVM keeps pages from being written for reasons of its own, too, so that a
 * mapping that is there tells nothing of what we took away.
 */
static bool shadow_fault(struct ahv_s2_fault *f, u64 gva, u64 *code)
{
	if (*code & FAULT_RSVD || !ahv_guest_allows(f->vcpu, gva, *code, &f->gpa))
		return false;
	*code &= ~FAULT_PRESENT;
	return true;
}

/**
 * ahv_s2_fault() - a vCPU met a stage-2 fault
 * @vcpu: KVM's
 * @gpa: address; with shadow paging the guest's virtual one
 * @code: error code
 *
 * Return: true when KVM shall not handle it but run the guest again, or what it
 * finds instead: an exception, a pause, a signal.
 */
bool ahv_s2_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 code)
{
	struct ahv_s2_fault f = { .v = ahv_kvm_vcpu(vcpu), .vcpu = vcpu, .gpa = gpa };
	u32 watch = f.v ? READ_ONCE(f.v->vm->watch) : 0;

	if (likely(!watch))
		return false;
	if (watch & AHV_WATCH_PAUSED) {
		ahv_s2_hold_current(f.v);
		return true;
	}
	f.s2 = ahv_s2_of(f.v->vm, GFP_ATOMIC);
	if (!f.s2) {
		go_unseen(&f);
		return false;
	}
	if (!ahv_s2_watches(vcpu)) {
		if (!ahv_s2_is_nested(vcpu))
			WRITE_ONCE(f.s2->problem, vcpu->arch.guest_state_protected ?
						  why_protected : why_shadow);
		return false;
	}
	if (!is_direct(vcpu) && !shadow_fault(&f, gpa, &code))
		return false;
	if (unlikely(watch & AHV_WATCH_LOOK)) {
		ahv_s2_look(f.s2, vcpu);
		if (!(watch & (AHV_WATCH_WX | AHV_WATCH_RANGES)))
			return false;
	}
	if (READ_ONCE(f.s2->shift))
		ahv_s2_forbid_1g(vcpu, gpa_to_gfn(f.gpa));
	if (!describe(&f, code))
		return false;
	return f.access == AEGISHV_ACCESS_WRITE ? on_write(&f) : on_exec(&f);
}

static bool on_code(struct ahv_s2_fault *f, bool end)
{
	return ahv_guest_code(f->vcpu, end, &f->gpa) && describe(f, FAULT_FETCH) && on_exec(f);
}

/* Whether KVM may do to a VM's memory what would not fault; fills @f->s2. */
static bool watches_kvm(struct ahv_s2_fault *f)
{
	if (likely(!f->v || !(READ_ONCE(f->v->vm->watch) & (AHV_WATCH_WX | AHV_WATCH_RANGES))))
		return false;
	f->s2 = ahv_s2_of(f->v->vm, GFP_ATOMIC);
	if (!f->s2) {
		go_unseen(f);
		return false;
	}
	return is_watchable(f->vcpu);
}

/**
 * ahv_s2_kvm_executes() - KVM is about to execute an instruction by itself
 * @vcpu: the vCPU
 *
 * The processor has fetched it, and faulted where it may not be executed; but not
 * where an event was to be taken before it. When that cannot be delivered because
 * the vectors or the stack are no memory, KVM drops an exception and executes the
 * instruction instead, which a guest can arrange for.
 *
 * Return: true when it shall not.
 */
bool ahv_s2_kvm_executes(struct kvm_vcpu *vcpu)
{
	struct ahv_s2_fault f = { .v = ahv_kvm_vcpu(vcpu), .vcpu = vcpu, .emulated = true };

	if (likely(!ahv_guest_takes_event(vcpu)) || ahv_s2_is_nested(vcpu) || !watches_kvm(&f))
		return false;
	return on_code(&f, false) || on_code(&f, true);
}

/**
 * ahv_s2_kvm_writes() - KVM is about to write to a guest's memory by itself
 * @vcpu: the vCPU, whose instruction it emulates
 * @gpa: address
 * @bytes: how many
 *
 * Emulating an instruction, KVM writes to memory that it has mapped for itself.
 * Nothing faults, so it counts as a write through a mapping: what vCPUs have of
 * the page goes before KVM writes.
 *
 * Return: true when it shall not.
 */
bool ahv_s2_kvm_writes(struct kvm_vcpu *vcpu, u64 gpa, u64 bytes)
{
	struct ahv_s2_fault f = { .v = ahv_kvm_vcpu(vcpu), .vcpu = vcpu, .emulated = true };
	u64 end = gpa + bytes;
	bool refused = false;

	if (!watches_kvm(&f))
		return false;
	for (f.gpa = gpa; f.gpa < end; f.gpa = (f.gpa | ~PAGE_MASK) + 1)
		if (describe(&f, FAULT_WRITE | FAULT_PRESENT))
			refused |= on_write(&f);
	return refused;
}

/**
 * ahv_s2_kvm_maps() - KVM is about to map a page of a guest, to write to it
 * @vcpu: the vCPU
 * @gfn: the page, of the guest and not of one of its own
 *
 * What a guest gives the processor for its nested guests (AMD's VMCB) KVM reads
 * and writes through a mapping of its own: with VMSAVE the guest has much of it
 * written with values that it chose.
 *
 * Return: true when there shall be no mapping. KVM then answers the guest.
 */
bool ahv_s2_kvm_maps(struct kvm_vcpu *vcpu, u64 gfn)
{
	struct ahv_s2_fault f = {
		.v = ahv_kvm_vcpu(vcpu), .vcpu = vcpu, .gpa = gfn << PAGE_SHIFT,
		.emulated = true, .mapped = true,
	};

	return watches_kvm(&f) && describe(&f, FAULT_WRITE | FAULT_PRESENT) && on_write(&f);
}
