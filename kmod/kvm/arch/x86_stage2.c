// SPDX-License-Identifier: GPL-2.0-only
/*
 * x86-64: the hooks in KVM's fault path, by ftrace alone, since they may change
 * arguments or skip the function. They are attached while some VM is watched,
 * and permanent: neither kernel.ftrace_enabled nor debugfs kprobes/enabled turns
 * them off.
 *
 * stage2_fault, kvm_mmu_page_fault(): decides, and may send the vCPU back into
 * the guest. stage2_spte, make_spte(): what is mapped, under mmu_lock.
 * stage2_hugepage, kvm_mmu_hugepage_adjust(), and stage2_level,
 * kvm_mmu_max_mapping_level(): 4 KiB for a VM that wants them.
 * stage2_emulator, kvm_vcpu_write_guest(), and stage2_map, kvm_vcpu_map(): KVM
 * writes by itself. stage2_insn, x86_emulate_instruction(): it executes by itself.
 *
 * Attach and detach are process context with ahv_kvm_mutex, and sleep.
 */
#include <linux/moduleparam.h>
#include <linux/rculist.h>
#include <linux/static_call.h>
#include "hook.h"
#include "kvm/stage2.h"
#include "vm.h"

static bool wx_untested;
module_param(wx_untested, bool, 0444);
MODULE_PARM_DESC(wx_untested,
		 "W^X, seals and traps where they were hardly run, or never: shadow paging, Intel VMX (default N)");

/* Bits of a page table entry of KVM. */
#define SPTE_WRITE	BIT_ULL(1)
#define SPTE_EPT_EXEC	BIT_ULL(2)
#define SPTE_THERE	BIT_ULL(11)	/* KVM's own mark, the same on both vendors */
#define SPTE_NX		BIT_ULL(63)
/* KVM's own mark of a leaf that may be written; of EPT since 7.x, and before. */
#define SPTE_LEAF_WRITE	BIT_ULL(10)
#define SPTE_EPT_LEAF_WRITE	(BIT_ULL(55) | BIT_ULL(58))

/*
 * pte_access of make_spte() allows all. Since 7.x it has a bit more, and means
 * others by them, but the write bit; KVM keeps it in a field of that width.
 */
#define ACC_ALL		(((union kvm_mmu_page_role){ .word = ~0 }).access)
#define ACC_WRITE	0x2
#define ACC_EXEC_OLD	0x1
#define ACC_EXEC	0x8
#define ACC_USER_EXEC	0x4	/* for VMX */

#define GFN_SHIFT_1G	18

/* A page that no guest has. */
#define NO_GFN		(~0UL)

/* EMULTYPE_NO_DECODE, which is KVM's own since 7.x */
#define NO_DECODE	BIT(0)

/*
 * What the skipped functions return: 1, which is "run the guest" of one and
 * PG_LEVEL_4K of another, and nothing of a third; 0 as if it had been written.
 */
#define RETURNS(n)						\
	asm(".pushsection .text, \"ax\", @progbits\n"		\
		"	.globl ahv_s2_return_" #n "\n"		\
		"	.type ahv_s2_return_" #n ", @function\n"	\
		"ahv_s2_return_" #n ":\n"			\
		ASM_ENDBR					\
		"	movl $" #n ", %eax\n"			\
		ASM_RET						\
		"	.size ahv_s2_return_" #n ", . - ahv_s2_return_" #n "\n"	\
		".popsection\n")
RETURNS(0);
RETURNS(1);

static void no_put(struct kvm *kvm) { }
DEFINE_STATIC_CALL(ahv_kvm_put_kvm, no_put);

void ahv_s2_put_kvm(struct kvm *kvm)
{
	static_call(ahv_kvm_put_kvm)(kvm);
}

/*
 * A unit is 2 MiB at most, so no mapping may be larger. KVM counts who forbids
 * it, with mmu_lock, and never below what is here. It stays so while the memslot
 * does.
 */
void ahv_s2_forbid_1g(struct kvm_vcpu *vcpu, u64 gfn)
{
	struct kvm_memory_slot *slot = __gfn_to_memslot(kvm_vcpu_memslots(vcpu), gfn);
	struct kvm_lpage_info *info;

	if (!slot || slot->flags & KVM_MEMSLOT_INVALID)
		return;
	info = slot->arch.lpage_info[PG_LEVEL_1G - PG_LEVEL_2M];
	if (!info)
		return;
	info += (gfn >> GFN_SHIFT_1G) - (slot->base_gfn >> GFN_SHIFT_1G);
	if (!READ_ONCE(info->disallow_lpage))
		cmpxchg(&info->disallow_lpage, 0, 1);
}

static void skip(struct ftrace_regs *fregs, const char *stub)
{
	ahv_fregs_set_ip(fregs, (unsigned long)stub);
}

static void notrace on_fault(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	bool handled;

	preempt_disable_notrace();
	handled = ahv_s2_fault((void *)ahv_fregs_arg(fregs, 0), ahv_fregs_arg(fregs, 1),
			       ahv_fregs_arg(fregs, 2));
	preempt_enable_notrace();
	if (handled)
		skip(fregs, ahv_s2_return_1);
}

/*
 * A failure would make KVM take the memory for a device and hand the write to
 * the VMM, which does it.
 */
static void notrace on_emulator(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	bool refused;

	preempt_disable_notrace();
	refused = ahv_s2_kvm_writes((void *)ahv_fregs_arg(fregs, 0), ahv_fregs_arg(fregs, 1),
				    ahv_fregs_arg(fregs, 3));
	preempt_enable_notrace();
	if (refused)
		skip(fregs, ahv_s2_return_0);
}

/*
 * kvm_vcpu_map(vcpu, gfn, map): KVM fails by itself, as it does where there is no
 * memory, and leaves its map as it does then.
 */
static void notrace on_map(unsigned long ip, unsigned long parent_ip,
			   struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);

	if (!regs || !ahv_kvm_map_writes(fregs))
		return;
	preempt_disable_notrace();
	if (ahv_s2_kvm_maps((void *)regs->di, regs->si))
		regs->si = NO_GFN;
	preempt_enable_notrace();
}

static void notrace on_insn(unsigned long ip, unsigned long parent_ip,
			    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	bool refused;

	if (ahv_fregs_arg(fregs, 2) & NO_DECODE)
		return;		/* the rest of one that was looked at */
	preempt_disable_notrace();
	refused = ahv_s2_kvm_executes((void *)ahv_fregs_arg(fregs, 0));
	preempt_enable_notrace();
	if (refused)
		skip(fregs, ahv_s2_return_1);
}

/* Of a mapping that allows everything, and of one of shadow paging. */
static u32 exec_bits(u32 access)
{
	if (ACC_ALL == 0x7)
		return ACC_EXEC_OLD;
	return ahv_isa() == AEGISHV_ISA_VMX && access == ACC_ALL ? ACC_EXEC | ACC_USER_EXEC :
								   ACC_EXEC;
}

/*
 * What the entry that make_spte() replaces allows; 0 for none. Where huge pages
 * are allowed it may be a table, which says nothing: that can be written, without
 * the mark of a leaf.
 */
static u8 allowed_by(const struct ahv_s2 *s2, u64 spte)
{
	bool ept = ahv_isa() == AEGISHV_ISA_VMX;
	u8 access = AEGISHV_ACCESS_READ;

	if (!(spte & SPTE_THERE))
		return 0;
	if (s2->shift && spte & SPTE_WRITE &&
	    !(spte & (ept ? SPTE_EPT_LEAF_WRITE : SPTE_LEAF_WRITE)))
		return 0;
	if (spte & SPTE_WRITE)
		access |= AEGISHV_ACCESS_WRITE;
	if (ept ? spte & SPTE_EPT_EXEC : !(spte & SPTE_NX))
		access |= AEGISHV_ACCESS_EXEC;
	return access;
}

/* make_spte(vcpu, sp, slot, pte_access, gfn, pfn, old_spte, ...) */
static void shape(struct kvm_vcpu *vcpu, struct ahv_s2 *s2, struct pt_regs *regs)
{
	u32 access = regs->cx;
	u8 may;

	if (access != ACC_ALL && vcpu->arch.mmu->root_role.direct)
		return;
	may = ahv_s2_may(s2, regs->r8, allowed_by(s2, *(u64 *)(regs->sp + sizeof(u64))));
	if (!(may & AEGISHV_ACCESS_WRITE))
		regs->cx &= ~(unsigned long)ACC_WRITE;
	if (!(may & AEGISHV_ACCESS_EXEC))
		regs->cx &= ~(unsigned long)exec_bits(access);
}

/*
 * For a guest of the guest: what is sealed stays so whoever maps it. There is
 * nobody to tell or to answer, as its faults come with its own addresses.
 */
static void shape_nested(struct ahv_s2 *s2, struct pt_regs *regs)
{
	if (ahv_s2_sealed(s2, regs->r8))
		regs->cx &= ~(unsigned long)ACC_WRITE;
}

static void notrace on_spte(unsigned long ip, unsigned long parent_ip,
			    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	struct kvm_vcpu *vcpu;
	struct ahv_vcpu *v;
	struct ahv_s2 *s2;

	if (!regs)
		return;
	preempt_disable_notrace();
	vcpu = (void *)regs->di;
	v = ahv_kvm_vcpu(vcpu);
	s2 = v && READ_ONCE(v->vm->watch) & (AHV_WATCH_WX | AHV_WATCH_RANGES) ?
	     ahv_s2_of(v->vm, GFP_ATOMIC) : NULL;
	if (s2 && ahv_s2_watches(vcpu))
		shape(vcpu, s2, regs);
	else if (s2 && ahv_s2_is_nested(vcpu))
		shape_nested(s2, regs);
	preempt_enable_notrace();
}

static void notrace on_hugepage(unsigned long ip, unsigned long parent_ip,
				struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct ahv_vcpu *v;

	preempt_disable_notrace();
	v = ahv_kvm_vcpu((void *)ahv_fregs_arg(fregs, 0));
	if (v && ahv_s2_wants_4k(v->vm))
		skip(fregs, ahv_s2_return_1);
	preempt_enable_notrace();
}

static void notrace on_level(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const void *kvm = (void *)ahv_fregs_arg(fregs, 0);
	struct ahv_vm *vm;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &ahv_vms, all)
		if (vm->key == kvm && ahv_s2_wants_4k(vm))
			skip(fregs, ahv_s2_return_1);
	rcu_read_unlock();
}

/**
 * struct s2_hook - a function of KVM
 * @symbol: its name
 * @id: whose health it is
 * @ops: ftrace's part
 * @attached: it is
 */
struct s2_hook {
	const char *symbol;
	enum ahv_hook_id id;
	struct ftrace_ops ops;
	bool attached;
};

static struct s2_hook hooks[] = {
	{ "make_spte", AHV_HOOK_S2_SPTE,
	  { .func = on_spte, .flags = FTRACE_OPS_FL_SAVE_REGS } },
	{ "kvm_mmu_hugepage_adjust", AHV_HOOK_S2_HUGEPAGE,
	  { .func = on_hugepage, .flags = AHV_FTRACE_IPMODIFY } },
	{ "kvm_mmu_max_mapping_level", AHV_HOOK_S2_LEVEL,
	  { .func = on_level, .flags = AHV_FTRACE_IPMODIFY } },
	{ "kvm_vcpu_write_guest", AHV_HOOK_S2_EMULATOR,
	  { .func = on_emulator, .flags = AHV_FTRACE_IPMODIFY } },
	{ AHV_KVM_MAP, AHV_HOOK_S2_MAP,
	  { .func = on_map, .flags = FTRACE_OPS_FL_SAVE_REGS } },
	{ "x86_emulate_instruction", AHV_HOOK_S2_INSN,
	  { .func = on_insn, .flags = AHV_FTRACE_IPMODIFY } },
	{ "kvm_mmu_page_fault", AHV_HOOK_S2_FAULT,
	  { .func = on_fault, .flags = AHV_FTRACE_IPMODIFY } },
};

static int attach_one(struct s2_hook *h)
{
	unsigned long ip = ahv_symbol(h->symbol);
	u32 how = h->ops.flags & (FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY);
	const char *reason = "ftrace refused it: another user may hold the function";
	int err = ip ? 0 : -ENOENT;

	h->ops = (struct ftrace_ops){
		.func = h->ops.func,
		.flags = how | FTRACE_OPS_FL_PERMANENT,
	};
	ahv_health_backend(h->id, "ftrace");
	ahv_health_require(h->id, true);
	if (!ip)
		reason = "this kernel has no such function";
	else
		err = ftrace_set_filter_ip(&h->ops, ip, 0, 0);
	if (!err) {
		err = register_ftrace_function(&h->ops);
		if (err)
			ftrace_free_filter(&h->ops);
	}
	h->attached = !err;
	ahv_health_set(h->id, err ? AEGISHV_HOOK_STATE_FAILED : AEGISHV_HOOK_STATE_ATTACHED,
		       err, err ? reason : NULL);
	return err;
}

static void detach_one(struct s2_hook *h)
{
	if (!h->attached)
		return;
	unregister_ftrace_function(&h->ops);
	ftrace_free_filter(&h->ops);
	h->attached = false;
}

/* A function that says why nothing can be watched here, or NULL. */
const char *ahv_s2_unsupported(void)
{
	if (!ahv_isa())
		return "neither kvm-amd nor kvm-intel is loaded";
	if (!ahv_kvm_sees_ends())
		return "the end of a VM would not be seen: see the hooks vcpu_create, vcpu_destroy and vm_destroy in health";
	if (ahv_isa() == AEGISHV_ISA_SVM)
		return NULL;
	return wx_untested ? NULL : "never run on Intel VMX: load the module with wx_untested=1";
}

void ahv_s2_hooks_absent(const char *why, u32 state)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		ahv_health_require(hooks[i].id, false);
		ahv_health_set(hooks[i].id, state, 0, why);
	}
	ahv_health_require(AHV_HOOK_GUEST_STATE, false);
	ahv_health_set(AHV_HOOK_GUEST_STATE, state, 0, why);
}

bool ahv_s2_untested(void)
{
	return wx_untested;
}

bool ahv_s2_hooks_attached(void)
{
	return READ_ONCE(hooks[ARRAY_SIZE(hooks) - 1].attached);
}

static int attach_guest_state(void)
{
	int err = ahv_guest_attach();

	ahv_health_backend(AHV_HOOK_GUEST_STATE, "symbol");
	ahv_health_require(AHV_HOOK_GUEST_STATE, true);
	ahv_health_set(AHV_HOOK_GUEST_STATE,
		       err ? AEGISHV_HOOK_STATE_FAILED : AEGISHV_HOOK_STATE_ATTACHED, err,
		       err ? "this KVM has not the functions that read a vCPU" : NULL);
	return err;
}

/**
 * ahv_s2_hooks_attach() - begin to look at faults
 *
 * Return: 0, or a negative errno, and health knows; then nothing is attached.
 */
int ahv_s2_hooks_attach(void)
{
	unsigned long put = ahv_symbol("kvm_put_kvm");
	int i, err;

	if (ahv_s2_hooks_attached())
		return 0;
	if (!put)
		return -ENOENT;
	static_call_update(ahv_kvm_put_kvm, (void *)put);
	err = attach_guest_state();
	for (i = 0; i < ARRAY_SIZE(hooks) && !err; i++)
		err = attach_one(&hooks[i]);
	if (!err)
		return 0;
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		detach_one(&hooks[i]);
	return err;
}

/*
 * On return no callback runs, and none is on its way back to KVM. What shapes
 * goes before what decides: a page that is not given what it needs would fault
 * for ever.
 */
void ahv_s2_hooks_detach(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		detach_one(&hooks[i]);
	ahv_guest_detach();
	static_call_update(ahv_kvm_put_kvm, no_put);
}
