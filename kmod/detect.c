// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which rules the detectors of a VM go by. Changing them is process context,
 * under the configuration's mutex; a VM's own are published and freed under
 * ahv_vms_lock and RCU, as the VM is.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include "detect.h"
#include "vm.h"

struct ahv_detect_ref __rcu *ahv_detect_all;
atomic_long_t ahv_detect_bytes;

/**
 * ahv_detect_ref_new() - rules that can be put in force
 * @r: rules that ahv_detect_problem() finds nothing wrong with
 *
 * Return: them, or NULL for want of memory.
 */
struct ahv_detect_ref *ahv_detect_ref_new(const struct aegishv_detect_rules *r)
{
	struct ahv_detect_ref *ref = kzalloc(sizeof(*ref), GFP_KERNEL);

	if (ref)
		ahv_detect_compile(&ref->set, r);
	return ref;
}

static void put_ref(struct ahv_detect_ref *ref)
{
	if (ref)
		kfree_rcu(ref, rcu);
}

/* With ahv_vms_lock: whether any detector is on for this VM. */
bool ahv_detect_wanted(const struct ahv_vm *vm)
{
	const struct ahv_detect_ref *ref;

	ref = rcu_dereference_protected(vm->detect_own, lockdep_is_held(&ahv_vms_lock));
	if (!ref)
		ref = rcu_dereference_protected(ahv_detect_all, lockdep_is_held(&ahv_vms_lock));
	return ref && ref->set.rules.detectors;
}

static void swap_all(void *arg)
{
	struct ahv_detect_ref **ref = arg;

	*ref = rcu_replace_pointer(ahv_detect_all, *ref, lockdep_is_held(&ahv_vms_lock));
}

/**
 * ahv_detect_change_all() - the rules of every VM without its own
 * @ref: them; taken over
 *
 * The caller has ahv_vms_apply_config() follow.
 */
void ahv_detect_change_all(struct ahv_detect_ref *ref)
{
	ahv_vms_locked(swap_all, &ref);
	put_ref(ref);
}

/**
 * ahv_detect_change_vm() - the rules of one VM
 * @id: the VM
 * @ref: its own, taken over; NULL to go by everybody's again
 *
 * Return: 0, or -ENOENT when there is no such VM.
 */
int ahv_detect_change_vm(u32 id, struct ahv_detect_ref *ref)
{
	unsigned long flags;
	struct ahv_vm *vm;
	int err = -ENOENT;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	list_for_each_entry(vm, &ahv_vms, all) {
		if (vm->id != id)
			continue;
		ref = rcu_replace_pointer(vm->detect_own, ref,
					  lockdep_is_held(&ahv_vms_lock));
		ahv_vm_apply_config(vm);
		err = 0;
		break;
	}
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	put_ref(ref);
	return err;
}

/**
 * ahv_detect_get() - rules in force
 * @vm: whose, with rcu_read_lock(); NULL for everybody's
 * @r: where to put them
 */
void ahv_detect_get(const struct ahv_vm *vm, struct aegishv_detect_rules *r)
{
	const struct ahv_detect_ref *ref = NULL;

	rcu_read_lock();
	if (vm)
		ref = rcu_dereference(vm->detect_own);
	if (!ref)
		ref = rcu_dereference(ahv_detect_all);
	if (ref)
		*r = ref->set.rules;
	else
		ahv_detect_defaults(r);
	rcu_read_unlock();
}

void ahv_detect_vcpu_free(struct ahv_vcpu *v)
{
	if (v->detect)
		atomic_long_sub(sizeof(*v->detect), &ahv_detect_bytes);
	kfree(v->detect);
}

/* After the last reader of the VM. */
void ahv_detect_vm_free(struct ahv_vm *vm)
{
	if (vm->detect)
		atomic_long_sub(sizeof(*vm->detect), &ahv_detect_bytes);
	kfree(vm->detect);
	kfree(rcu_dereference_protected(vm->detect_own, true));
}

/* After the sources have stopped. */
void ahv_detect_drop_all(void)
{
	kfree(rcu_dereference_protected(ahv_detect_all, true));
	RCU_INIT_POINTER(ahv_detect_all, NULL);
}
