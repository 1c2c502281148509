// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/aegishv: one consumer at a time opens it, maps the rings and polls.
 *
 * The consumer is woken when a ring reaches the watermark, when an alert is
 * written, or at the deadline; not for each record. ahv_consumer_kick() runs in
 * any context and only queues irq_work; the rest is process context, the
 * irq_work and one hrtimer for all rings. `owner` is guarded by owner_mutex.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "aegishv.h"
#include "ring.h"
#include "ringpos.h"

bool ahv_consumer_open;

static DEFINE_MUTEX(owner_mutex);
static struct {
	bool taken;
	pid_t tgid;
	u64 start;	/* with tgid: which process, also when the number is used again */
	char comm[TASK_COMM_LEN];
} owner;

static DECLARE_WAIT_QUEUE_HEAD(waiters);
static struct hrtimer deadline;

static u64 unread(const struct ahv_ring *r)
{
	return READ_ONCE(r->prod->head) - READ_ONCE(r->cons->tail);
}

static void start_deadline(void)
{
	hrtimer_start(&deadline,
		      ns_to_ktime(READ_ONCE(ahv_config.deadline_us) * (u64)NSEC_PER_USEC),
		      HRTIMER_MODE_REL);
}

/* Hard or soft interrupt, on the ring's CPU. */
static void kick_work(struct irq_work *work)
{
	struct ahv_ring *r = container_of(work, struct ahv_ring, work);

	if (READ_ONCE(r->kick) == AHV_KICK_DUE) {
		atomic64_inc(&r->wakeups);
		wake_up_interruptible(&waiters);
	} else if (!hrtimer_is_queued(&deadline)) {
		start_deadline();
	}
}

void ahv_consumer_init(struct ahv_ring *r)
{
	init_irq_work(&r->work, kick_work);
}

/**
 * ahv_consumer_kick() - see to it that the consumer is woken in time
 * @r: this CPU's ring, something was just written to it or lost
 * @urgent: wake it now
 *
 * Any context, preemption off.
 */
void ahv_consumer_kick(struct ahv_ring *r, bool urgent)
{
	u32 want = AHV_KICK_ARMED;

	if (urgent) {
		/* The writer that we interrupted, if any, is going to publish. */
		WRITE_ONCE(r->due_head, ahv_pos_head(READ_ONCE(r->prod->head),
						     local_read(&r->word)));
		smp_mb();	/* due_head before kick; pairs with ring_due() */
		want = AHV_KICK_DUE;
	} else if (unread(r) >= READ_ONCE(ahv_config.watermark_bytes)) {
		want = AHV_KICK_DUE;
	}
	if (likely(READ_ONCE(r->kick) >= want))
		return;
	if (!urgent)
		WRITE_ONCE(r->due_head, READ_ONCE(r->prod->head));
	/* Order due_head before kick; pairs with the acquire in ring_due(). */
	smp_store_release(&r->kick, want);
	irq_work_queue(&r->work);
}

/* Whether it has something to read; if not, its next record arms the deadline anew. */
static bool ring_expired(struct ahv_ring *r, bool *again)
{
	if (!unread(r)) {
		/* A record just written may still have seen us armed: look once more. */
		if (cmpxchg(&r->kick, AHV_KICK_ARMED, AHV_KICK_IDLE) == AHV_KICK_ARMED)
			*again = true;
		return false;
	}
	WRITE_ONCE(r->due_head, READ_ONCE(r->prod->head));
	/* As in ahv_consumer_kick(). */
	smp_store_release(&r->kick, AHV_KICK_DUE);
	atomic64_inc(&r->wakeups);
	return true;
}

static enum hrtimer_restart deadline_expired(struct hrtimer *t)
{
	bool wake = false, again = false;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct ahv_ring *r = READ_ONCE(per_cpu(ahv_ring, cpu));

		if (r && ring_expired(r, &again))
			wake = true;
	}
	if (wake)
		wake_up_interruptible(&waiters);
	if (again)
		start_deadline();
	return HRTIMER_NORESTART;
}

/*
 * Whether there is something to wake the consumer for. Once it has read all
 * that it was woken for, the ring goes back to waiting for the deadline.
 */
static bool ring_due(struct ahv_ring *r, bool *rearm)
{
	u64 tail = READ_ONCE(r->cons->tail);

	/* Pairs with the releases that make kick DUE: due_head is theirs. */
	if (smp_load_acquire(&r->kick) == AHV_KICK_DUE) {
		if ((s64)(READ_ONCE(r->due_head) - tail) > 0)
			return true;
		WRITE_ONCE(r->kick, AHV_KICK_IDLE);
		smp_mb();	/* (C) of ring.h; and with ahv_consumer_kick() */
		*rearm = true;
		/* An alert that still saw us due wakes nobody. */
		if ((s64)(READ_ONCE(r->due_head) - tail) > 0)
			return true;
	}
	return unread(r) >= READ_ONCE(ahv_config.watermark_bytes);
}

static __poll_t dev_poll(struct file *f, poll_table *wait)
{
	bool rearm = false, due = false;
	unsigned int cpu;

	poll_wait(f, &waiters, wait);
	for_each_possible_cpu(cpu) {
		struct ahv_ring *r = per_cpu(ahv_ring, cpu);

		if (r && ring_due(r, &rearm))
			due = true;
	}
	/* Postponing a deadline that runs would be another ring's loss. */
	if (rearm && !hrtimer_is_queued(&deadline))
		start_deadline();
	return due ? EPOLLIN | EPOLLRDNORM : 0;
}

/* Nobody has it open, and nobody will until ahv_consumer_unlock(). */
bool ahv_consumer_lock(void)
{
	mutex_lock(&owner_mutex);
	if (!owner.taken)
		return true;
	mutex_unlock(&owner_mutex);
	return false;
}

void ahv_consumer_unlock(void)
{
	mutex_unlock(&owner_mutex);
}

/**
 * ahv_consumer() - who has the device open
 * @comm: where to put its name, TASK_COMM_LEN bytes
 *
 * Return: its process number, 0 for nobody.
 */
pid_t ahv_consumer(char *comm)
{
	pid_t tgid;

	mutex_lock(&owner_mutex);
	tgid = owner.taken ? owner.tgid : 0;
	memcpy(comm, owner.comm, sizeof(owner.comm));
	mutex_unlock(&owner_mutex);
	return tgid;
}

/**
 * ahv_consumer_is() - whether a thread's process opened the device
 * @t: the thread
 *
 * Any context.
 */
bool ahv_consumer_is(const struct task_struct *t)
{
	return READ_ONCE(ahv_consumer_open) && READ_ONCE(owner.tgid) == t->tgid &&
	       READ_ONCE(owner.start) == t->group_leader->start_boottime;
}

/* What an earlier consumer left out of range would lose events for ever. */
static void repair_tails(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct ahv_ring *r = per_cpu(ahv_ring, cpu);

		if (!r)
			continue;
		if (unread(r) > r->size || r->cons->tail % sizeof(u64))
			WRITE_ONCE(r->cons->tail, READ_ONCE(r->prod->head));
		/* What waits is due; and the first poll() starts the deadline. */
		WRITE_ONCE(r->due_head, READ_ONCE(r->prod->head));
		/* As in ahv_consumer_kick(). */
		smp_store_release(&r->kick, AHV_KICK_DUE);
	}
}

static int dev_open(struct inode *inode, struct file *f)
{
	int err = -EBUSY;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	mutex_lock(&ahv_rings_mutex);
	mutex_lock(&owner_mutex);
	if (!owner.taken) {
		owner.taken = true;
		WRITE_ONCE(owner.tgid, task_tgid_nr(current));
		WRITE_ONCE(owner.start, current->group_leader->start_boottime);
		get_task_comm(owner.comm, current->group_leader);
		repair_tails();
		WRITE_ONCE(ahv_consumer_open, true);
		err = nonseekable_open(inode, f);
	}
	mutex_unlock(&owner_mutex);
	mutex_unlock(&ahv_rings_mutex);
	return err;
}

static int dev_release(struct inode *inode, struct file *f)
{
	mutex_lock(&owner_mutex);
	WRITE_ONCE(ahv_consumer_open, false);
	hrtimer_cancel(&deadline);	/* before the next one can start it */
	owner.taken = false;
	mutex_unlock(&owner_mutex);
	return 0;
}

/* The ring a mapping is about, and whether it is the producer's part. */
static struct ahv_ring *ring_of(const struct vm_area_struct *vma, bool *prod)
{
	u64 off = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 cpu = off >> AEGISHV_MMAP_SHIFT;

	*prod = off == AEGISHV_MMAP_PROD(cpu);
	if (!*prod && off != AEGISHV_MMAP_CONS(cpu))
		return ERR_PTR(-EINVAL);
	if (cpu >= nr_cpu_ids || !cpu_possible(cpu) || !per_cpu(ahv_ring, cpu))
		return ERR_PTR(-ENXIO);
	return per_cpu(ahv_ring, cpu);
}

static int map_prod(struct vm_area_struct *vma, struct ahv_ring *r)
{
	if (vma->vm_end - vma->vm_start != PAGE_SIZE + 2ULL * r->size)
		return -EINVAL;
	if (vma->vm_flags & (VM_WRITE | VM_EXEC))
		return -EPERM;
	ahv_vm_flags_mod(vma, VM_DONTCOPY, VM_MAYWRITE | VM_MAYEXEC);
	return remap_vmalloc_range(vma, r->cons, 1);
}

static int map_cons(struct vm_area_struct *vma, struct ahv_ring *r)
{
	if (vma->vm_end - vma->vm_start != PAGE_SIZE)
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	ahv_vm_flags_mod(vma, VM_DONTCOPY, VM_MAYEXEC);
	return vm_insert_page(vma, vma->vm_start, r->pages[0]);
}

static int dev_mmap(struct file *f, struct vm_area_struct *vma)
{
	struct ahv_ring *r;
	bool prod;

	/* A private mapping could be written through copy on write. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	r = ring_of(vma, &prod);
	if (IS_ERR(r))
		return PTR_ERR(r);
	return prod ? map_prod(vma, r) : map_cons(vma, r);
}

static long dev_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct aegishv_dev_info info = {
		.events_version = AEGISHV_EVENTS_VERSION,
		.nr_cpus = nr_cpu_ids,
		.ring_bytes = ahv_rings_bytes(),
		.page_bytes = PAGE_SIZE,
	};

	if (cmd != AEGISHV_IOC_INFO)
		return -ENOTTY;
	return copy_to_user((void __user *)arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = dev_open,
	.release = dev_release,
	.mmap = dev_mmap,
	.poll = dev_poll,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "aegishv",
	.mode = 0600,
	.fops = &dev_fops,
};

int ahv_dev_init(void)
{
	ahv_hrtimer_setup(&deadline, deadline_expired);
	return misc_register(&dev);
}

/* No consumer any more, so nothing new is queued; what was may start the timer. */
void ahv_dev_exit(void)
{
	unsigned int cpu;

	misc_deregister(&dev);
	for_each_possible_cpu(cpu)
		if (per_cpu(ahv_ring, cpu))
			irq_work_sync(&per_cpu(ahv_ring, cpu)->work);
	hrtimer_cancel(&deadline);
}
