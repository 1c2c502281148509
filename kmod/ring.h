/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One ring for each CPU, written on that CPU only, read by one process.
 *
 *	 consumer page      producer page      data              data once more
 *	+--------------+   +--------------+---+-----------------+-----------------+
 *	| tail         |   | head lost .. |   | record record   | the same pages  |
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
 *	write records
 *	store-release prod->head       (A)   load-acquire prod->head     (A)
 *	                                     read records
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

struct aegishv_hdr *ahv_ring_reserve(struct ahv_ring *r, u32 len, u32 class_);
void ahv_ring_commit(struct ahv_ring *r, u32 class_);

/* Consumer side, in dev.c: whether a consumer has the device open. */
extern bool ahv_consumer_open;
void ahv_consumer_init(struct ahv_ring *r);
void ahv_consumer_kick(struct ahv_ring *r, bool urgent);

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
