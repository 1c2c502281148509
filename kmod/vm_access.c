// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the rest of the module reaches the VMs of the registry: by number, one
 * after the other, all at once; and the settings of each.
 *
 * Finding is with rcu_read_lock(), any context; a change of settings is process
 * context and takes ahv_vms_lock.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include "aegishv.h"
#include "detect.h"
#include "kvm/stage2_settings.h"
#include "vm.h"

/* With rcu_read_lock(). */
struct ahv_vm *ahv_vm_find(u32 id)
{
	struct ahv_vm *vm;

	list_for_each_entry_rcu(vm, &ahv_vms, all)
		if (vm->id == id)
			return vm;
	return NULL;
}

/* With rcu_read_lock(): the VM with the lowest number above after_id. */
struct ahv_vm *ahv_vm_next(u32 after_id)
{
	struct ahv_vm *vm;

	list_for_each_entry_rcu(vm, &ahv_vms, all)
		if (vm->id > after_id)
			return vm;
	return NULL;
}

/* With rcu_read_lock(): the VM after this one. */
struct ahv_vm *ahv_vm_after(struct ahv_vm *vm)
{
	struct list_head *next = rcu_dereference(list_next_rcu(&vm->all));

	return next == &ahv_vms ? NULL : list_entry(next, struct ahv_vm, all);
}

/*
 * The VM after prev, the first for NULL, with a reference; prev loses its own.
 * Process context.
 */
struct ahv_vm *ahv_vm_get_next(struct ahv_vm *prev)
{
	struct ahv_vm *vm;

	rcu_read_lock();
	vm = ahv_vm_next(prev ? prev->id : 0);
	while (vm && !refcount_inc_not_zero(&vm->refs))
		vm = ahv_vm_next(vm->id);
	rcu_read_unlock();
	if (prev)
		ahv_vm_put(prev);
	return vm;
}

/* A VM with a reference, or NULL. Process context. */
struct ahv_vm *ahv_vm_get(u32 id)
{
	struct ahv_vm *vm;

	rcu_read_lock();
	vm = ahv_vm_find(id);
	if (vm && !refcount_inc_not_zero(&vm->refs))
		vm = NULL;
	rcu_read_unlock();
	return vm;
}

/* With ahv_vms_lock. What is in force for a vCPU: its VM's own setting, else everybody's. */
void ahv_vcpu_apply_config(struct ahv_vcpu *v)
{
	const struct ahv_vm *vm = v->vm;
	u32 work = 0;

	WRITE_ONCE(v->sample, vm->own_setting ? vm->sample : ahv_config.sample);
	WRITE_ONCE(v->exit_events,
		   vm->own_setting ? vm->exit_events : ahv_config.exit_events);
	if (v->exit_events != AEGISHV_EXIT_EVENTS_OFF)
		work |= AHV_WORK_RECORD;
	if (ahv_detect_wanted(vm))
		work |= AHV_WORK_DETECT;
	WRITE_ONCE(v->exit_work, work);
}

/* With ahv_vms_lock. */
void ahv_vm_apply_config(struct ahv_vm *vm)
{
	struct ahv_vcpu *v;

	list_for_each_entry(v, &vm->vcpus, in_vm)
		ahv_vcpu_apply_config(v);
}

/* With ahv_vms_lock. W^X as it is in force: the VM's own, else everybody's. */
void ahv_vm_apply_wx(struct ahv_vm *vm)
{
	u32 watch = vm->watch & ~AHV_WATCH_WX;

	if (!vm->own_wx)
		vm->wx = ahv_config.wx;
	if (vm->wx.mode != AEGISHV_WX_MODE_OFF)
		watch |= AHV_WATCH_WX;
	WRITE_ONCE(vm->watch, watch);
}

/**
 * ahv_vm_set_exit_events() - one VM's own setting
 * @id: the VM
 * @inherit: drop its own setting; the others are not looked at
 * @exit_events: enum aegishv_exit_events
 * @sample: N of exit_events=sample, at least 1
 *
 * Return: 0, or -ENOENT when there is no such VM.
 */
int ahv_vm_set_exit_events(u32 id, bool inherit, u32 exit_events, u32 sample)
{
	unsigned long flags;
	struct ahv_vm *vm;
	int err = -ENOENT;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	list_for_each_entry(vm, &ahv_vms, all) {
		if (vm->id != id)
			continue;
		vm->own_setting = !inherit;
		vm->exit_events = inherit ? 0 : exit_events;
		vm->sample = inherit ? 0 : sample;
		ahv_vm_apply_config(vm);
		err = 0;
		break;
	}
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	return err;
}

/* The configuration for everybody has changed. */
void ahv_vms_apply_config(void)
{
	unsigned long flags;
	struct ahv_vm *vm;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	list_for_each_entry(vm, &ahv_vms, all)
		ahv_vm_apply_config(vm);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* Whether any VM's own setting is exit_events=full. */
bool ahv_vms_any_full(void)
{
	struct ahv_vm *vm;
	bool any = false;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &ahv_vms, all)
		if (READ_ONCE(vm->exit_events) == AEGISHV_EXIT_EVENTS_FULL)
			any = true;
	rcu_read_unlock();
	return any;
}

/* Run fn with no VM coming or going. */
void ahv_vms_locked(void (*fn)(void *arg), void *arg)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	fn(arg);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* After the last reader of a vCPU, of a VM with those it still has. */

static void free_vcpu(struct ahv_vcpu *v)
{
	ahv_detect_vcpu_free(v);
	kfree(v);
}

void ahv_vcpu_free(struct rcu_head *rcu)
{
	free_vcpu(container_of(rcu, struct ahv_vcpu, rcu));
}

void ahv_vm_free(struct rcu_head *rcu)
{
	struct ahv_vm *vm = container_of(rcu, struct ahv_vm, rcu);
	struct ahv_vcpu *v, *next;

	list_for_each_entry_safe(v, next, &vm->vcpus, in_vm)
		free_vcpu(v);
	ahv_detect_vm_free(vm);
	ahv_s2_free(vm->s2);
	kfree(vm);
}
