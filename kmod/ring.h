/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ring for each CPU, written on that CPU only, read by one process.
 *
 *	 consumer page      producer page      data              data once more
 *	+--------------+   +--------------+---+-----------------+-----------------+
 *	| tail         |   | head lost .. |   | records         | the same pages  |
 *	+--------------+   +--------------+---+-----------------+-----------------+
 *	 userspace writes   userspace reads only
 *
 * Writers on a CPU only nest (task < softirq < irq < NMI), so the innermost
 * always finishes first. A reservation is one compare-and-exchange of the
 * ring's word (pure/ringpos.h) without a lock prefix. Only the outermost
 * writer publishes: by then everything that nested in it is complete, so it
 * numbers the records in ring order and moves head over them all.
 *
 * Barriers, each with its partner:
 *
 *	kernel, writer's CPU                 userspace, any CPU
 *	------------------------------       --------------------------------
 *	write the record
 *	store-release prod->head       (A)   load-acquire prod->head     (A)
 *	                                     read what is before it
 *	load-acquire cons->tail        (B)   store-release cons->tail    (B)
 *	reserve, overwrite
 *
 *	kernel, writer's CPU                 kernel, poll()
 *	store prod->head                     store kick = IDLE
 *	load kick                      (C)   smp_mb, load prod->head     (C)
 *
 * (C) has no barrier on the writer's side: it would be the dearest instruction
 * of the path. A wake-up that is missed for want of it is made up for by the
 * deadline timer, which poll() starts whenever it resets kick.
 */
#ifndef AHV_RING_H
#define AHV_RING_H

#include <asm/local.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/aegishv.h>
#include "ringpos.h"

/* Who is going to wake the consumer of a ring. */
enum ahv_kick {
	AHV_KICK_IDLE,		/* nobody: the next record arms the deadline */
	AHV_KICK_ARMED,		/* the deadline timer */
	AHV_KICK_DUE,		/* it has been woken, or is about to be */
};

/**
 * struct ahv_ring - one CPU's ring
 * @word: see pure/ringpos.h
 * @nest: writers inside reserve to commit on this CPU
 * @seq: number of the next event; the outermost writer's
 * @lost: events dropped since load, per class
 * @bad_tail: reservations that found a consumer position out of range
 * @cons: the consumer's page: hostile
 * @prod: the producer's page
 * @data: the data, mapped twice in a row
 * @size: bytes of @data
 * @limit: bytes that each class may fill
 * @kick: enum ahv_kick
 * @due_head: head when @kick became %AHV_KICK_DUE
 * @wakeups: times the consumer was woken
 * @work: wakes the consumer or arms the deadline, out of the writer's context
 * @pages: the pages behind @cons, @prod and @data
 * @nr_pages: how many
 */
struct ahv_ring {
	local_t word;
	local_t nest;
	u64 seq;
	local_t lost[AEGISHV_NR_CLASSES];
	local_t bad_tail;
	struct aegishv_ring_cons *cons;
	struct aegishv_ring_prod *prod;
	u8 *data;
	u32 size;
	u32 limit[AEGISHV_NR_CLASSES];
	u32 kick;
	u64 due_head;
	atomic64_t wakeups;
	struct irq_work work;
	struct page **pages;
	unsigned int nr_pages;
};

/* Replaced under ahv_rings_mutex; read with preemption off. */
DECLARE_PER_CPU(struct ahv_ring *, ahv_ring);
extern struct mutex ahv_rings_mutex;

int ahv_rings_init(u32 bytes);
void ahv_rings_exit(void);
int ahv_rings_resize(u32 bytes, const char **why);
void ahv_rings_set_bytes(u32 bytes);
u32 ahv_rings_bytes(void);

struct ahv_ring *ahv_ring_alloc(u32 bytes, int node);
void ahv_ring_free(struct ahv_ring *r);

struct aegishv_hdr *ahv_ring_reserve_slow(struct ahv_ring *r, u32 len, u32 class_);
void ahv_ring_publish(struct ahv_ring *r);
void ahv_ring_leave_slow(struct ahv_ring *r);

/* Consumer side, in dev.c: whether a consumer has the device open. */
extern bool ahv_consumer_open;
void ahv_consumer_init(struct ahv_ring *r);
void ahv_consumer_kick(struct ahv_ring *r, bool urgent);

static __always_inline struct aegishv_hdr *ahv_ring_at(const struct ahv_ring *r, u64 pos)
{
	return (struct aegishv_hdr *)(r->data + (pos & (r->size - 1)));
}

/**
 * ahv_ring_reserve() - room for one record
 * @r: this CPU's ring, or NULL
 * @len: bytes, a multiple of 8
 * @class_: enum aegishv_class
 *
 * Any context with preemption off, which stays off until ahv_ring_commit().
 * Inline is the usual case: there is room, nothing was lost before, and nothing
 * interrupted us.
 *
 * Return: the record, with @len set and the rest for the caller to fill; NULL
 * when there is no room, which is counted, and then nothing is to be committed.
 */
static __always_inline struct aegishv_hdr *ahv_ring_reserve(struct ahv_ring *r, u32 len,
							    u32 class_)
{
	struct aegishv_hdr *h;
	u64 word, head, tail;

	if (unlikely(!r))
		return ahv_ring_reserve_slow(r, len, class_);
	local_inc(&r->nest);
	word = local_read(&r->word);
	head = ahv_pos_head(READ_ONCE(r->prod->head), word);
	/* (B) pairs with the consumer's store-release of tail. */
	tail = smp_load_acquire(&r->cons->tail);
	if (unlikely(word >= AHV_LOST_ONE ||
		     !ahv_pos_fits(head - tail, r->size, r->limit[class_], len)))
		goto slow;
	if (unlikely(local_cmpxchg(&r->word, word,
				   (word + len / AHV_POS_UNIT) & AHV_POS_MASK) != word))
		goto slow;
	h = ahv_ring_at(r, head);
	h->len = len;
	return h;
slow:
	local_dec(&r->nest);
	return ahv_ring_reserve_slow(r, len, class_);
}

/**
 * ahv_ring_commit() - the record of the last reservation is complete
 * @r: the ring it is in
 * @h: the record
 * @urgent: wake the consumer now, not at the watermark or the deadline
 *
 * Any context, preemption still off since the reservation. Inline is the usual
 * case: one record to publish, the caller's. Something that interrupted us
 * after publishing saw itself nested and left its records to us: look again
 * after the count is down.
 */
static __always_inline void ahv_ring_commit(struct ahv_ring *r, struct aegishv_hdr *h,
					    bool urgent)
{
	struct aegishv_ring_prod *prod = r->prod;
	u64 head = prod->head + h->len;

	if (likely(local_read(&r->nest) == 1)) {
		if (likely(ahv_pos_published(head, local_read(&r->word)))) {
			h->seq = r->seq++;
			WRITE_ONCE(prod->records, prod->records + 1);
			/* (A) pairs with the consumer's load-acquire of head. */
			smp_store_release(&prod->head, head);
		} else {
			ahv_ring_publish(r);
		}
	}
	barrier();
	if (likely(local_dec_and_test(&r->nest)) &&
	    unlikely(!ahv_pos_published(prod->head, local_read(&r->word))))
		ahv_ring_leave_slow(r);
	if (READ_ONCE(ahv_consumer_open))
		ahv_consumer_kick(r, urgent);
}

/**
 * struct ahv_ring_state - a ring as netlink reports it
 * @prod: copy of the producer's page
 * @used: bytes that wait for the consumer, at most the size
 * @wakeups: times the consumer was woken
 * @bad_tail: reservations that found its position out of range
 */
struct ahv_ring_state {
	struct aegishv_ring_prod prod;
	u32 used;
	u64 wakeups;
	u64 bad_tail;
};

int ahv_ring_state(unsigned int cpu, struct ahv_ring_state *s);
u64 ahv_rings_memory(void);
u64 ahv_rings_homeless(void);

#endif
