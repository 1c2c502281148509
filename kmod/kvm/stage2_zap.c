// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking mappings away: KVM is told, as the memory manager would tell it, that
 * the host's pages are going; it drops the mappings and flushes the TLBs of all
 * vCPUs before it returns. The pages stay.
 *
 * One unit: any context that may take mmu_lock, kvm->srcu held or not. A whole
 * VM: process context with ahv_kvm_mutex, which keeps kvm.ko from being unloaded
 * under the VM's last reference.
 */
#include <linux/mmu_notifier.h>
#include <linux/sched/mm.h>
#include <linux/workqueue.h>
#include "kvm/stage2.h"
#include "pure/since.h"
#include "vm.h"

static void zap_range(struct kvm *kvm, unsigned long start, unsigned long pages, unsigned int flags)
{
	struct mmu_notifier_range r = {
		.mm = kvm->mm,
		.start = start,
		.end = start + (pages << PAGE_SHIFT),
		.flags = flags,
	};

	if (!pages)
		return;
	kvm->mmu_notifier.ops->invalidate_range_start(&kvm->mmu_notifier, &r);
	kvm->mmu_notifier.ops->invalidate_range_end(&kvm->mmu_notifier, &r);
}

/* The part of a memslot that is in a region. */
static void zap_in_slot(struct kvm *kvm, struct kvm_memory_slot *slot, u64 first, u64 n)
{
	u64 end = min_t(u64, first + n, slot->base_gfn + slot->npages);

	first = max_t(u64, first, slot->base_gfn);
	if (first < end)
		zap_range(kvm, __gfn_to_hva_memslot(slot, first), end - first, 0);
}

static void zap_region(struct kvm *kvm, u64 first, u64 n)
{
	struct kvm_memory_slot *slot;
	int i, bkt;

	for (i = 0; i < KVM_MAX_NR_ADDRESS_SPACES; i++)
		kvm_for_each_memslot(slot, bkt, __kvm_memslots(kvm, i))
			zap_in_slot(kvm, slot, first, n);
}

/* The host's page goes for every view of memory; most have the same one. */
static void zap_page(struct kvm *kvm, u64 gfn)
{
	struct kvm_memory_slot *slot;
	unsigned long hva, before = 0;
	int i;

	for (i = 0; i < KVM_MAX_NR_ADDRESS_SPACES; i++) {
		slot = __gfn_to_memslot(__kvm_memslots(kvm, i), gfn);
		hva = slot ? __gfn_to_hva_memslot(slot, gfn) : 0;
		if (hva && hva != before)
			zap_range(kvm, hva, 1, 0);
		before = hva;
	}
}

/**
 * ahv_s2_zap_unit() - no vCPU has a mapping of this unit any more
 * @kvm: the VM
 * @s2: its pages
 * @unit: which
 */
void ahv_s2_zap_unit(struct kvm *kvm, const struct ahv_s2 *s2, u64 unit)
{
	u32 shift = READ_ONCE(s2->shift);
	int idx = srcu_read_lock(&kvm->srcu);

	if (shift)
		zap_region(kvm, unit << shift, 1ULL << shift);
	else
		zap_page(kvm, unit);
	srcu_read_unlock(&kvm->srcu, idx);
}

static void zap_all(struct kvm *kvm)
{
	struct kvm_memory_slot *slot;
	int i, bkt, idx = srcu_read_lock(&kvm->srcu);

	for (i = 0; i < KVM_MAX_NR_ADDRESS_SPACES; i++)
		kvm_for_each_memslot(slot, bkt, __kvm_memslots(kvm, i))
			zap_range(kvm, slot->userspace_addr, slot->npages,
				  MMU_NOTIFIER_RANGE_BLOCKABLE);
	srcu_read_unlock(&kvm->srcu, idx);
}

/*
 * A VM in the registry has not been freed: that begins with the hook that takes
 * it out, under the same lock. While no hook is attached there is nobody to put a
 * reference, and no mapping that anybody looks at.
 */
static struct kvm *get_kvm(struct ahv_vm *vm)
{
	struct kvm *kvm = (struct kvm *)vm->key;
	unsigned long flags;

	if (!ahv_s2_hooks_attached())
		return NULL;
	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	if (vm->dead || !refcount_inc_not_zero(&kvm->users_count))
		kvm = NULL;
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	return kvm;
}

void ahv_s2_zap_vm(struct ahv_vm *vm)
{
	struct kvm *kvm = get_kvm(vm);

	if (!kvm)
		return;
	WRITE_ONCE(vm->unseen, false);
	zap_all(kvm);
	ahv_s2_put_kvm(kvm);
}

/* Zap what is over of one VM; return when the next is, 0 for none. */
static u64 end_grants(struct ahv_vm *vm)
{
	struct ahv_s2 *s2 = READ_ONCE(vm->s2);
	struct kvm *kvm = s2 ? get_kvm(vm) : NULL;
	u64 unit, next = 0;
	bool over = true;

	if (!kvm)
		return 0;
	while (over) {
		raw_spin_lock(&s2->lock);
		over = ahv_wx_expired(&s2->wx, ktime_get_mono_fast_ns(), &unit);
		next = ahv_wx_next_expiry(&s2->wx);
		raw_spin_unlock(&s2->lock);
		if (over)
			ahv_s2_zap_unit(kvm, s2, unit);
	}
	ahv_s2_put_kvm(kvm);
	return next;
}

/* What begins meanwhile may end before what is known: look again so soon. */
#define LOOK_AGAIN	(HZ / 10)

static void end_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(end_work, end_work_fn);

static void end_work_fn(struct work_struct *work)
{
	u64 first = 0, next, left;
	struct ahv_vm *vm = NULL;

	mutex_lock(&ahv_kvm_mutex);
	while ((vm = ahv_vm_get_next(vm))) {
		next = end_grants(vm);
		if (next && (!first || next < first))
			first = next;
	}
	mutex_unlock(&ahv_kvm_mutex);
	if (!first)
		return;
	left = nsecs_to_jiffies64(ahv_since(first, ktime_get_mono_fast_ns())) + 1;
	schedule_delayed_work(&end_work, min_t(u64, left, LOOK_AGAIN));
}

/* Any context but NMI. */
void ahv_s2_expect_end(void)
{
	schedule_delayed_work(&end_work, LOOK_AGAIN);
}

/*
 * The first user program runs: the boot is over. A kernel's text was written by
 * its loader, and most of it has not run yet; what it is written with from now
 * on shows by a fault.
 */
static void end_boot(struct ahv_vm *vm, struct ahv_s2 *s2)
{
	raw_spin_lock(&s2->lock);
	if (s2->wx.on)
		ahv_wx_reset(&s2->wx);
	raw_spin_unlock(&s2->lock);
	ahv_s2_zap_vm(vm);
	WRITE_ONCE(s2->ran_user, true);
}

/* VMs that were paused by an answer, too: a vCPU that enters anew shall fault. */
static void later_work_fn(struct work_struct *work)
{
	struct ahv_vm *vm = NULL;
	struct ahv_s2 *s2;

	mutex_lock(&ahv_kvm_mutex);
	while ((vm = ahv_vm_get_next(vm))) {
		s2 = READ_ONCE(vm->s2);
		if (s2 && READ_ONCE(s2->saw_user) && !s2->ran_user)
			end_boot(vm, s2);
		else if (READ_ONCE(vm->watch) & AHV_WATCH_PAUSED)
			ahv_s2_zap_vm(vm);
	}
	mutex_unlock(&ahv_kvm_mutex);
}

static DECLARE_WORK(later_work, later_work_fn);

void ahv_s2_zap_later(void)
{
	schedule_work(&later_work);
}

static void unseen_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(unseen_work, unseen_work_fn);

/* Without memory the next faults would go unseen, too. */
static void unseen_work_fn(struct work_struct *work)
{
	struct ahv_vm *vm = NULL;
	bool again = false;

	mutex_lock(&ahv_kvm_mutex);
	while ((vm = ahv_vm_get_next(vm))) {
		if (!READ_ONCE(vm->unseen) || !READ_ONCE(vm->watch))
			continue;
		if (ahv_s2_of(vm, GFP_KERNEL))
			ahv_s2_zap_vm(vm);
		else
			again = true;
	}
	mutex_unlock(&ahv_kvm_mutex);
	if (again)
		schedule_delayed_work(&unseen_work, HZ);
}

/* Any context but NMI: a VM has mappings that were made while nobody looked. */
void ahv_s2_unseen_later(void)
{
	schedule_delayed_work(&unseen_work, HZ / 100);
}

/* No hook is attached any more; without ahv_kvm_mutex. */
void ahv_s2_zap_stop(void)
{
	cancel_delayed_work_sync(&end_work);
	cancel_work_sync(&later_work);
	cancel_delayed_work_sync(&unseen_work);
}
