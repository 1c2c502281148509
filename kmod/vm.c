// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registry of VMs and vCPUs, keyed by KVM's own pointers, which are
 * compared and never followed.
 *
 * Looked up from tracepoint probes: any context but NMI, interrupts possibly
 * off, preemption off; nothing here sleeps but init and exit. ahv_vms_lock guards
 * every change; readers use RCU. `changes` lets a reader of all counters see a
 * VM either alive or retired, never both or neither.
 */
#include <linux/hashtable.h>
#include <linux/rculist.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include "aegishv.h"
#include "vm.h"

DEFINE_RAW_SPINLOCK(ahv_vms_lock);
seqcount_t ahv_vms_changes;
LIST_HEAD(ahv_vms);
static DEFINE_HASHTABLE(vm_by_key, 10);
static DEFINE_HASHTABLE(vcpu_by_key, 12);
static u32 next_id;
static u32 alive;
static u32 nr_vcpus;

/* Exits and faults whose vCPU could not be recorded for want of memory. */
static DEFINE_PER_CPU(u64, unattributed);

/* No vCPU has this key, so that the probes need not test for NULL. */
static struct ahv_vcpu nobody;
DEFINE_PER_CPU(struct ahv_vcpu *, ahv_vcpu_cache);

static struct ahv_vm *vm_by_kvm(const void *kvm)
{
	struct ahv_vm *vm;

	hash_for_each_possible(vm_by_key, vm, node, (unsigned long)kvm)
		if (vm->key == kvm)
			return vm;
	return NULL;
}

static struct ahv_vcpu *vcpu_by_kvm(const void *vcpu)
{
	struct ahv_vcpu *v;

	hash_for_each_possible_rcu(vcpu_by_key, v, node, (unsigned long)vcpu,
				   lockdep_is_held(&ahv_vms_lock))
		if (v->key == vcpu)
			return v;
	return NULL;
}

static struct ahv_vm *alloc_vm(const struct ahv_vcpu_key *key, bool found)
{
	struct task_struct *vmm = key->vmm ?: current;
	struct ahv_vm *vm;

	vm = kzalloc(sizeof(*vm), GFP_ATOMIC | __GFP_NOWARN);
	if (!vm)
		return NULL;
	refcount_set(&vm->refs, 1);
	vm->key = key->kvm;
	vm->tgid = task_tgid_nr(vmm);
	vm->found = found;
	vm->birth_ns = ktime_get_mono_fast_ns();
	strscpy(vm->comm, vmm->group_leader->comm, sizeof(vm->comm));
	INIT_LIST_HEAD(&vm->vcpus);
	raw_spin_lock_init(&vm->detect_lock);
	return vm;
}

static struct ahv_vcpu *alloc_vcpu(const struct ahv_vcpu_key *key)
{
	struct ahv_vcpu *v;

	v = kzalloc(sizeof(*v), GFP_ATOMIC | __GFP_NOWARN);
	if (!v)
		return NULL;
	v->key = key->vcpu;
	v->id = key->id;
	return v;
}

/* With ahv_vms_lock: add vcpu to the VM of its key, which is spare if it is new. */
static bool insert(struct ahv_vcpu *v, struct ahv_vm *spare, const void *kvm)
{
	struct ahv_vm *vm = vm_by_kvm(kvm);
	bool birth = !vm;

	if (birth) {
		vm = spare;
		vm->id = ++next_id;
		if (ahv_vm_was_missed(kvm))
			vm->found = false;
		alive++;
		ahv_vm_apply_wx(vm);
		hash_add(vm_by_key, &vm->node, (unsigned long)kvm);
		list_add_tail_rcu(&vm->all, &ahv_vms);
	}
	v->vm = vm;
	v->vm_id = vm->id;
	vm->nr_vcpus++;
	nr_vcpus++;
	ahv_vcpu_apply_config(v);
	list_add_tail_rcu(&v->in_vm, &vm->vcpus);
	hash_add_rcu(vcpu_by_key, &v->node, (unsigned long)v->key);
	return birth;
}

/*
 * A vCPU that was not there before. When two CPUs meet the same one, or two
 * vCPUs of a new VM, the second finds what the first inserted.
 */
static struct ahv_vcpu *add(const struct ahv_vcpu_key *key, bool found)
{
	struct ahv_vcpu *v = alloc_vcpu(key), *known;
	struct ahv_vm *vm = alloc_vm(key, found);
	unsigned long flags;
	bool birth = false;

	if (!v || !vm) {
		kfree(v);
		kfree(vm);
		return NULL;
	}

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	known = vcpu_by_kvm(key->vcpu);
	if (!known)
		birth = insert(v, vm, key->kvm);
	if (birth)
		refcount_inc(&vm->refs);	/* ours, until it is announced */
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);

	if (birth) {
		ahv_event_vm(vm, AEGISHV_VM_BIRTH, AEGISHV_VCPU_NONE);
		ahv_netlink_vm_ntf(vm, false);
		ahv_vm_put(vm);
	} else {
		kfree(vm);
	}
	if (known) {
		kfree(v);
		return known;
	}
	ahv_event_vm(v->vm, AEGISHV_VM_VCPU, v->id);
	return v;
}

/**
 * ahv_vcpu_lookup() - the entry of a vCPU that runs on this CPU now
 * @key: what KVM calls it
 *
 * Preemption off; current is the thread that runs it. A vCPU that is not known
 * was created before the module was loaded, and is added.
 *
 * Return: the entry, or NULL for want of memory, which is counted.
 */
struct ahv_vcpu *ahv_vcpu_lookup(const struct ahv_vcpu_key *key)
{
	struct ahv_vcpu *v;

	rcu_read_lock();
	v = vcpu_by_kvm(key->vcpu);
	if (!v) {
		v = add(key, true);
		if (v)
			WRITE_ONCE(v->vm->unseen, true);
	}
	if (v) {
		WRITE_ONCE(v->tid, current->pid);
		this_cpu_write(ahv_vcpu_cache, v);
	} else {
		this_cpu_inc(unattributed);
	}
	rcu_read_unlock();
	return v;
}

static struct ahv_vcpu *vcpu_by_thread(pid_t tgid, u32 tid)
{
	struct ahv_vcpu *v;
	struct ahv_vm *vm;

	list_for_each_entry_rcu(vm, &ahv_vms, all) {
		if (vm->tgid != tgid)
			continue;
		list_for_each_entry_rcu(v, &vm->vcpus, in_vm)
			if (READ_ONCE(v->tid) == tid)
				return v;
	}
	return NULL;
}

/**
 * ahv_vcpu_of_thread() - the entry of the vCPU that current ran last
 *
 * Preemption off. Where the thread moved to another CPU since, the registry is
 * searched for it.
 *
 * Return: the entry, or NULL when it never entered a guest, which is counted.
 */
struct ahv_vcpu *ahv_vcpu_of_thread(void)
{
	struct ahv_vcpu *v = this_cpu_read(ahv_vcpu_cache);

	if (likely(READ_ONCE(v->tid) == current->pid))
		return v;
	rcu_read_lock();
	v = vcpu_by_thread(task_tgid_nr(current), current->pid);
	if (!v)
		this_cpu_inc(unattributed);
	rcu_read_unlock();
	return v;
}

/*
 * With ahv_vms_lock, after the last exit of a VM's vCPU: no CPU keeps a pointer to any
 * of its vCPUs. What a CPU has cached is in the registry, so it can be followed
 * here; a vCPU of this VM that is only dropped from the cache is found again.
 */
static void forget_cached(const struct ahv_vm *vm)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct ahv_vcpu **slot = per_cpu_ptr(&ahv_vcpu_cache, cpu);
		struct ahv_vcpu *v = READ_ONCE(*slot);

		if (v->vm == vm)
			cmpxchg(slot, v, &nobody);
	}
}

/* With ahv_vms_lock. */
static void retire(struct ahv_vcpu *v)
{
	hash_del_rcu(&v->node);
	v->vm->exits += ahv_counts_exits(&v->counts);
	v->vm->faults += ahv_counts_faults(&v->counts);
	ahv_stats_retire(&v->counts);
	nr_vcpus--;
}

void ahv_vm_put(struct ahv_vm *vm)
{
	if (refcount_dec_and_test(&vm->refs))
		call_rcu(&vm->rcu, ahv_vm_free);
}

/* With ahv_vms_lock. */
static void bury(struct ahv_vm *vm)
{
	struct ahv_vcpu *v;

	write_seqcount_begin(&ahv_vms_changes);
	hash_del(&vm->node);
	list_del_rcu(&vm->all);
	list_for_each_entry(v, &vm->vcpus, in_vm)
		retire(v);
	forget_cached(vm);
	WRITE_ONCE(vm->dead, true);
	alive--;
	write_seqcount_end(&ahv_vms_changes);
}

/* Process context or an entry hook: a VM is being destroyed. */
void ahv_vm_gone(const void *kvm)
{
	unsigned long flags;
	struct ahv_vm *vm;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	vm = vm_by_kvm(kvm);
	if (vm)
		bury(vm);
	else
		ahv_vm_was_missed(kvm);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	if (!vm)
		return;
	ahv_event_vm(vm, AEGISHV_VM_DEATH, AEGISHV_VCPU_NONE);
	ahv_netlink_vm_ntf(vm, true);
	ahv_vm_put(vm);
}

/* KVM is gone, or we are about to be: so is every VM. */
void ahv_vms_gone(void)
{
	unsigned long flags;
	const void *key;
	struct ahv_vm *vm;

	for (;;) {
		rcu_read_lock();
		vm = list_first_or_null_rcu(&ahv_vms, struct ahv_vm, all);
		key = vm ? vm->key : NULL;
		rcu_read_unlock();
		if (!key)
			break;
		ahv_vm_gone(key);
	}
	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	ahv_vm_none_missed();
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* A vCPU is being destroyed; most go with their VM and are unknown by now. */
void ahv_vcpu_gone(const void *vcpu)
{
	struct ahv_vm *vm;
	unsigned long flags;
	struct ahv_vcpu *v;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	v = vcpu_by_kvm(vcpu);
	if (v) {
		write_seqcount_begin(&ahv_vms_changes);
		vm = v->vm;
		list_del_rcu(&v->in_vm);
		retire(v);
		forget_cached(vm);
		vm->nr_vcpus--;
		write_seqcount_end(&ahv_vms_changes);
		call_rcu(&v->rcu, ahv_vcpu_free);
	}
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* KVM is about to create a vCPU; a leftover under its address is stale. */
void ahv_vcpu_born(const struct ahv_vcpu_key *key)
{
	unsigned long flags;

	ahv_vcpu_gone(key->vcpu);
	if (add(key, false))
		return;
	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	ahv_vm_missed(key->kvm);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* A vCPU that was there when we were loaded. */
void ahv_vcpu_found(const struct ahv_vcpu_key *key)
{
	bool known;

	rcu_read_lock();
	known = vcpu_by_kvm(key->vcpu);
	rcu_read_unlock();
	if (!known)
		add(key, true);
}

void ahv_vm_stats(struct ahv_vm_stats *s)
{
	unsigned int cpu;

	s->alive = READ_ONCE(alive);
	s->total = READ_ONCE(next_id);
	s->memory_bytes = (u64)s->alive * sizeof(struct ahv_vm) +
			  (u64)READ_ONCE(nr_vcpus) * sizeof(struct ahv_vcpu);
	s->unattributed = 0;
	for_each_possible_cpu(cpu)
		s->unattributed += READ_ONCE(per_cpu(unattributed, cpu));
}

/* A module's per-CPU section is not relocated: pointers in it start here. */
void ahv_vm_init(void)
{
	unsigned int cpu;

	seqcount_init(&ahv_vms_changes);
	for_each_possible_cpu(cpu)
		per_cpu(ahv_vcpu_cache, cpu) = &nobody;
}

/* After the sources have stopped: nothing looks anything up any more. */
void ahv_vm_exit(void)
{
	ahv_vms_gone();
	rcu_barrier();
}
