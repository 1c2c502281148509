// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replacing the rings by larger or smaller ones without losing a record.
 *
 * Process context, under ahv_rings_mutex, with no consumer. The swap itself
 * runs on the ring's CPU with interrupts off, where only an NMI can write: the
 * exchange that closes the old ring fails if one did, and the copy is redone.
 * A writer that we interrupted, and one that has yet to publish what nested in
 * it, end first.
 */
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include "aegishv.h"
#include "ring.h"
#include "ringpos.h"

static const char no_room[] =
	"records that wait for a consumer do not fit into rings of this size: let one read them first";

struct swap {
	unsigned int cpu;
	struct ahv_ring *new_ring;
	struct ahv_ring *old_ring;
	int err;
};

/* A consumer that left its tail out of range has nothing it could still read. */
static u64 first_unread(const struct ahv_ring *r, u64 head)
{
	u64 tail = READ_ONCE(r->cons->tail);

	return head - tail <= r->size && !(tail % AHV_POS_UNIT) ? tail : head;
}

static void copy_data(struct ahv_ring *to, const struct ahv_ring *from, u64 pos, u64 head)
{
	u64 n;

	/* Both data areas are mapped twice: no piece wraps. */
	for (; pos != head; pos += n) {
		n = min3(head - pos, (u64)from->size, (u64)to->size);
		memcpy(to->data + (pos & (to->size - 1)),
		       from->data + (pos & (from->size - 1)), n);
	}
}

static void copy_counters(struct ahv_ring *to, struct ahv_ring *from)
{
	int i;

	for (i = 0; i < AEGISHV_NR_CLASSES; i++) {
		local_set(&to->lost[i], local_read(&from->lost[i]));
		to->prod->lost[i] = local_read(&from->lost[i]);
	}
	local_set(&to->bad_tail, local_read(&from->bad_tail));
	atomic64_set(&to->wakeups, atomic64_read(&from->wakeups));
	to->prod->records = from->prod->records;
	to->seq = from->seq;
}

static int copy_ring(struct ahv_ring *to, struct ahv_ring *from)
{
	u64 head, tail;
	u64 word;

	do {
		word = local_read(&from->word);
		head = from->prod->head;
		tail = first_unread(from, head);
		if (!ahv_pos_published(head, word))
			return -EAGAIN;
		if (head - tail > to->limit[AEGISHV_CLASS_TELEMETRY])
			return -ENOSPC;
		copy_data(to, from, tail, head);
		copy_counters(to, from);
		to->cons->tail = tail;
		to->prod->head = head;
		local_set(&to->word, word);
	} while (local_cmpxchg(&from->word, word, AHV_WORD_CLOSED) != word);
	return 0;
}

static void swap_ring(void *arg)
{
	struct swap *s = arg;
	unsigned long flags;

	local_irq_save(flags);
	s->old_ring = per_cpu(ahv_ring, s->cpu);
	if (s->old_ring && local_read(&s->old_ring->nest))
		s->err = -EAGAIN;
	else if (s->old_ring)
		s->err = copy_ring(s->new_ring, s->old_ring);
	else
		s->err = 0;
	if (!s->err)
		WRITE_ONCE(per_cpu(ahv_ring, s->cpu), s->new_ring);
	local_irq_restore(flags);
}

static int swap_on_cpu(struct swap *s)
{
	for (;;) {
		/* An offline CPU has no writer: any CPU may swap for it. */
		if (smp_call_function_single(s->cpu, swap_ring, s, true))
			swap_ring(s);
		if (s->err != -EAGAIN)
			return s->err;
		usleep_range(10, 100);
	}
}

static void free_list(struct ahv_ring **rings)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		ahv_ring_free(rings[cpu]);
	kvfree(rings);
}

static struct ahv_ring **alloc_list(u32 bytes)
{
	struct ahv_ring **rings;
	unsigned int cpu;

	rings = kvcalloc(nr_cpu_ids, sizeof(*rings), GFP_KERNEL);
	if (!rings)
		return NULL;
	for_each_possible_cpu(cpu) {
		if (!per_cpu(ahv_ring, cpu) && !cpu_online(cpu))
			continue;
		rings[cpu] = ahv_ring_alloc(bytes, cpu_to_node(cpu));
		if (!rings[cpu]) {
			free_list(rings);
			return NULL;
		}
	}
	return rings;
}

/* What was in place, if anything, takes the new one's place in rings[]. */
static int swap_one(struct ahv_ring **rings, unsigned int cpu)
{
	struct swap s = { .cpu = cpu, .new_ring = rings[cpu] };
	int err = swap_on_cpu(&s);

	if (!err)
		rings[cpu] = s.old_ring;
	return err;
}

/* The CPUs before @end get their old rings again, which are the larger ones. */
static void swap_back(struct ahv_ring **rings, unsigned int end)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu >= end)
			break;
		if (rings[cpu] && per_cpu(ahv_ring, cpu))
			WARN_ON_ONCE(swap_one(rings, cpu));
	}
}

/*
 * Swap every ring; rings[] then holds what is to be freed. A CPU that had none
 * comes last: nothing can fail there, and nothing need be taken back.
 */
static int swap_all(struct ahv_ring **rings)
{
	unsigned int cpu;
	int err;

	for_each_possible_cpu(cpu) {
		if (!rings[cpu] || !per_cpu(ahv_ring, cpu))
			continue;
		err = swap_one(rings, cpu);
		if (err) {
			swap_back(rings, cpu);
			return err;
		}
	}
	for_each_possible_cpu(cpu)
		if (rings[cpu] && !per_cpu(ahv_ring, cpu))
			swap_one(rings, cpu);
	return 0;
}

static bool unread_fits(u32 bytes)
{
	u32 limit = bytes - bytes / AHV_RING_ALERT_PART;
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct ahv_ring *r = per_cpu(ahv_ring, cpu);
		u64 head;

		if (!r)
			continue;
		head = READ_ONCE(r->prod->head);
		if (head - first_unread(r, head) > limit)
			return false;
	}
	return true;
}

/**
 * ahv_rings_resize() - give every ring another size
 * @bytes: the new size, see ahv_ring_bytes_valid()
 * @why: where to put the reason of a refusal
 *
 * Process context. Records that wait for a consumer move along. A consumer is
 * told one size for all rings: when a ring fills beyond the new size half-way
 * through, the CPUs before it get the old size back. Nothing is lost either way.
 *
 * Return: 0, or -EBUSY, -ENOMEM, -ENOSPC with nothing changed.
 */
int ahv_rings_resize(u32 bytes, const char **why)
{
	struct ahv_ring **rings;
	int err;

	cpus_read_lock();	/* CPU hotplug takes ahv_rings_mutex inside, too */
	mutex_lock(&ahv_rings_mutex);
	err = -EBUSY;
	*why = "the rings are in use: stop the program that has /dev/aegishv open first";
	if (!ahv_consumer_lock())
		goto unlock;

	err = -ENOSPC;
	*why = no_room;
	if (!unread_fits(bytes))
		goto consumer;

	err = -ENOMEM;
	*why = "not enough memory for rings of this size";
	rings = alloc_list(bytes);
	if (!rings)
		goto consumer;

	err = swap_all(rings);
	if (!err)
		ahv_rings_set_bytes(bytes);
	else
		*why = no_room;
	synchronize_rcu();	/* writers run with preemption off */
	free_list(rings);
consumer:
	ahv_consumer_unlock();
unlock:
	mutex_unlock(&ahv_rings_mutex);
	cpus_read_unlock();
	return err;
}
