// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stopping a VM: each vCPU's thread is given work that it does before it enters
 * the guest again or returns to the VMM, and that work is to wait. A vCPU that
 * never ran, or runs on another thread by now, has lost its mappings and is
 * caught at its first fault.
 *
 * hold_lock guards `holds` and every entry on it; it is taken with interrupts
 * in any state.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/task_work.h>
#include <linux/wait.h>
#include "hook.h"
#include "kvm/stage2.h"
#include "vm.h"

/**
 * struct hold - work of one thread
 * @work: the kernel's part
 * @task: the thread
 * @vm: whose vCPU it runs
 * @all: in `holds`
 */
struct hold {
	struct callback_head work;
	struct task_struct *task;
	struct ahv_vm *vm;
	struct list_head all;
};

static DEFINE_RAW_SPINLOCK(hold_lock);
static LIST_HEAD(holds);
static DECLARE_WAIT_QUEUE_HEAD(resumed);
static bool closing;	/* the module goes: nobody waits any more */

static struct callback_head *cancel_nothing(struct task_struct *task,
					    bool (*match)(struct callback_head *, void *),
					    void *data)
{
	return NULL;
}

DEFINE_STATIC_CALL(ahv_task_work_cancel, cancel_nothing);

static bool is_paused(const struct ahv_vm *vm)
{
	return READ_ONCE(vm->watch) & AHV_WATCH_PAUSED && !READ_ONCE(vm->dead) &&
	       !READ_ONCE(closing);
}

static void drop(struct hold *h)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&hold_lock, flags);
	list_del_init(&h->all);
	raw_spin_unlock_irqrestore(&hold_lock, flags);
	put_task_struct(h->task);
	ahv_vm_put(h->vm);
	kfree(h);
	wake_up_all(&resumed);
}

/*
 * The thread itself, where it may sleep. A signal takes it back to its VMM,
 * which may want to speak to it; when it enters the guest again, it faults. One
 * that is ending hears no signal any more, and does not enter the guest.
 */
static void wait_here(struct callback_head *work)
{
	struct hold *h = container_of(work, struct hold, work);

	if (!(current->flags & PF_EXITING))
		wait_event_interruptible(resumed, !is_paused(h->vm));
	drop(h);
}

/* With hold_lock. */
static bool is_held(const struct task_struct *task)
{
	struct hold *h;

	list_for_each_entry(h, &holds, all)
		if (h->task == task)
			return true;
	return false;
}

static bool enlist(struct hold *h)
{
	unsigned long flags;
	bool new;

	raw_spin_lock_irqsave(&hold_lock, flags);
	new = !closing && !is_held(h->task);
	if (new)
		list_add(&h->all, &holds);
	raw_spin_unlock_irqrestore(&hold_lock, flags);
	return new;
}

static void hold_task(struct ahv_vm *vm, struct task_struct *task)
{
	struct hold *h = kmalloc(sizeof(*h), GFP_ATOMIC | __GFP_NOWARN);

	if (!h)
		return;
	get_task_struct(task);
	refcount_inc(&vm->refs);
	h->task = task;
	h->vm = vm;
	init_task_work(&h->work, wait_here);
	INIT_LIST_HEAD(&h->all);
	/* What fails is caught at a fault: an exiting thread makes none. */
	if (!enlist(h) || task_work_add(task, &h->work, TWA_RESUME))
		drop(h);
}

/* Preemption off, on the vCPU's thread. */
void ahv_s2_hold_current(struct ahv_vcpu *v)
{
	hold_task(v->vm, current);
}

/* Stop every vCPU. Any context but NMI. */
void ahv_s2_hold_all(struct ahv_vm *vm)
{
	struct task_struct *task;
	unsigned long flags;
	struct ahv_vcpu *v;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	WRITE_ONCE(vm->watch, vm->watch | AHV_WATCH_PAUSED);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	rcu_read_lock();
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm) {
		task = pid_task(find_pid_ns(READ_ONCE(v->tid), &init_pid_ns), PIDTYPE_PID);
		if (task && task_tgid_nr(task) == vm->tgid)
			hold_task(vm, task);
	}
	rcu_read_unlock();
	ahv_s2_zap_later();
}

/* Some VM was resumed, or is gone. */
void ahv_s2_wake(void)
{
	wake_up_all(&resumed);
}

/* With kvm there. */
void ahv_s2_hold_start(void)
{
	unsigned long cancel = ahv_symbol("task_work_cancel_match");

	if (cancel)
		static_call_update(ahv_task_work_cancel, (void *)cancel);
	WRITE_ONCE(closing, false);
}

static bool is_ours(struct callback_head *work, void *unused)
{
	return work->func == wait_here;
}

static struct task_struct *first_held(void)
{
	struct task_struct *task = NULL;
	unsigned long flags;
	struct hold *h;

	raw_spin_lock_irqsave(&hold_lock, flags);
	h = list_first_entry_or_null(&holds, struct hold, all);
	if (h) {
		task = h->task;
		get_task_struct(task);
		list_move_tail(&h->all, &holds);
	}
	raw_spin_unlock_irqrestore(&hold_lock, flags);
	return task;
}

/*
 * Let everybody go who waits or would. Work that its thread has not come to is
 * taken back; a thread that is in wait_here() leaves it.
 */
void ahv_s2_hold_stop(void)
{
	struct callback_head *work;
	struct task_struct *task;

	WRITE_ONCE(closing, true);
	wake_up_all(&resumed);
	while ((task = first_held())) {
		work = static_call(ahv_task_work_cancel)(task, is_ours, NULL);
		if (work)
			drop(container_of(work, struct hold, work));
		put_task_struct(task);
		schedule_timeout_uninterruptible(1);
	}
	/* They may still be on their way out of the function. */
	synchronize_rcu_tasks();
}
