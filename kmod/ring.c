// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reserve, commit, lost: the writer's side of the rings drawn in ring.h.
 *
 * Reserve and commit run in any context, NMI included, with preemption off;
 * they take no lock. Making and freeing rings sleeps and holds ahv_rings_mutex.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "aegishv.h"
#include "ring.h"
#include "ringpos.h"

DEFINE_PER_CPU(struct ahv_ring *, ahv_ring);
/* Serializes replacing rings: load, resize, CPU hotplug, unload. */
DEFINE_MUTEX(ahv_rings_mutex);

/* Events on a CPU that has no ring (its allocation failed), by class. */
static DEFINE_PER_CPU(u64 [AEGISHV_NR_CLASSES], homeless);

static u32 ring_bytes;
static enum cpuhp_state hp_state;

/*
 * Number what was written since the last time, in ring order, and show it.
 * Nothing is left to do in a ring that was replaced: resize.c waits for it.
 */
void ahv_ring_publish(struct ahv_ring *r)
{
	u64 word = local_read(&r->word);
	u64 pos = r->prod->head;
	u64 head = ahv_pos_head(pos, word);
	u64 records = r->prod->records;

	if (unlikely(word == AHV_WORD_CLOSED))
		return;
	while (pos != head) {
		struct aegishv_hdr *h = ahv_ring_at(r, pos);

		h->seq = r->seq;
		if (unlikely(h->type == AEGISHV_REC_LOST)) {
			r->seq += ((struct aegishv_rec_lost *)h)->count;
		} else {
			r->seq++;
			records++;
		}
		pos += h->len;
	}
	WRITE_ONCE(r->prod->records, records);
	/* (A) pairs with the consumer's load-acquire of head. */
	smp_store_release(&r->prod->head, head);
}

/* After a loss: the live counters, for a consumer that gets no more records. */
static void publish_lost(struct ahv_ring *r)
{
	int i;

	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		WRITE_ONCE(r->prod->lost[i], local_read(&r->lost[i]));
}

/* Outside of any writer, so the ring may have been replaced a moment ago. */
static bool left_to_us(const struct ahv_ring *r)
{
	u64 word = local_read(&r->word);

	return word != AHV_WORD_CLOSED && !ahv_pos_published(r->prod->head, word);
}

/* Records were left to us by what nested in us: publish until there are none. */
void ahv_ring_leave_slow(struct ahv_ring *r)
{
	do {
		local_inc(&r->nest);
		if (local_read(&r->nest) == 1)
			ahv_ring_publish(r);
		barrier();
	} while (local_dec_and_test(&r->nest) && left_to_us(r));
}

static void leave(struct ahv_ring *r)
{
	if (local_read(&r->nest) == 1)
		ahv_ring_publish(r);
	barrier();
	if (local_dec_and_test(&r->nest) && left_to_us(r))
		ahv_ring_leave_slow(r);
}

static void write_lost(struct ahv_ring *r, const struct ahv_pos *p)
{
	struct aegishv_rec_lost *l = (void *)ahv_ring_at(r, p->head);
	int i;

	l->h = (struct aegishv_hdr) {
		.type = AEGISHV_REC_LOST,
		.len = sizeof(*l),
		.cpu = smp_processor_id(),
		.class_ = AEGISHV_CLASS_ALERT,
		.time_ns = ktime_get_mono_fast_ns(),
		.vcpu = AEGISHV_VCPU_NONE,
	};
	l->count = p->lost;
	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		l->total[i] = local_read(&r->lost[i]);
}

static noinline void drop(struct ahv_ring *r, u32 class_, enum ahv_pos_result why)
{
	if (why == AHV_POS_CLOSED) {
		this_cpu_inc(homeless[class_]);
		return;
	}
	if (why == AHV_POS_BAD_TAIL)
		local_inc(&r->bad_tail);
	local_inc(&r->lost[class_]);
	publish_lost(r);
	leave(r);
	if (READ_ONCE(ahv_consumer_open))
		ahv_consumer_kick(r, true);
}

/* ahv_ring_reserve() in every case. */
struct aegishv_hdr *ahv_ring_reserve_slow(struct ahv_ring *r, u32 len, u32 class_)
{
	enum ahv_pos_result res;
	struct aegishv_hdr *h;
	struct ahv_pos p;
	u64 old, seen;

	if (unlikely(!r)) {
		this_cpu_inc(homeless[class_]);
		return NULL;
	}

	p.size = r->size;
	p.limit = r->limit[class_];
	p.len = len;
	local_inc(&r->nest);
	seen = local_read(&r->word);
	do {
		old = seen;
		p.word = old;
		p.published = READ_ONCE(r->prod->head);
		/* (B) pairs with the consumer's store-release of tail. */
		p.tail = smp_load_acquire(&r->cons->tail);
		res = ahv_pos_reserve(&p);
		if (unlikely(res == AHV_POS_CLOSED))
			break;
		seen = local_cmpxchg(&r->word, old, p.word);
	} while (unlikely(seen != old));

	if (unlikely(res != AHV_POS_OK)) {
		if (res == AHV_POS_CLOSED)
			local_dec(&r->nest);
		drop(r, class_, res);
		return NULL;
	}
	if (unlikely(p.lost)) {
		write_lost(r, &p);
		p.head += sizeof(struct aegishv_rec_lost);
	}
	h = ahv_ring_at(r, p.head);
	h->len = len;
	return h;
}

static void free_pages_of(struct ahv_ring *r)
{
	while (r->nr_pages)
		__free_page(r->pages[--r->nr_pages]);
	kvfree(r->pages);
}

/* Consumer page, producer page, data, and the data's pages once more. */
static int alloc_pages_of(struct ahv_ring *r, unsigned int n, int node)
{
	unsigned int i, meta = 2;

	r->pages = kvcalloc(meta + 2 * n, sizeof(*r->pages), GFP_KERNEL);
	if (!r->pages)
		return -ENOMEM;
	for (i = 0; i < meta + n; i++) {
		r->pages[i] = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, 0);
		if (!r->pages[i])
			return -ENOMEM;
		r->nr_pages++;
	}
	for (i = 0; i < n; i++)
		r->pages[meta + n + i] = r->pages[meta + i];
	return 0;
}

/**
 * ahv_ring_alloc() - a new, empty ring
 * @bytes: size of its data, see ahv_ring_bytes_valid()
 * @node: NUMA node of its CPU
 *
 * Process context. Return: the ring, or NULL for want of memory.
 */
struct ahv_ring *ahv_ring_alloc(u32 bytes, int node)
{
	unsigned int n = bytes / PAGE_SIZE;
	struct ahv_ring *r;
	u8 *base;

	r = kzalloc_node(sizeof(*r), GFP_KERNEL, node);
	if (!r)
		return NULL;
	if (alloc_pages_of(r, n, node))
		goto free_pages;
	base = vmap(r->pages, 2 + 2 * n, VM_MAP | VM_USERMAP, PAGE_KERNEL);
	if (!base)
		goto free_pages;

	r->cons = (void *)base;
	r->prod = (void *)(base + PAGE_SIZE);
	r->data = base + 2 * PAGE_SIZE;
	r->size = bytes;
	r->limit[AEGISHV_CLASS_TELEMETRY] = bytes - bytes / AHV_RING_ALERT_PART;
	r->limit[AEGISHV_CLASS_ALERT] = bytes;
	r->prod->size = bytes;
	r->prod->alert_reserve = bytes / AHV_RING_ALERT_PART;
	ahv_consumer_init(r);
	return r;

free_pages:
	free_pages_of(r);
	kfree(r);
	return NULL;
}

/**
 * ahv_ring_free() - end a ring that no writer can see any more
 * @r: the ring, or NULL
 */
void ahv_ring_free(struct ahv_ring *r)
{
	if (!r)
		return;
	irq_work_sync(&r->work);
	vunmap(r->cons);
	free_pages_of(r);
	kfree(r);
}

/* A CPU that comes up without a ring gets one; failing that, its events count as lost. */
static int cpu_prepare(unsigned int cpu)
{
	mutex_lock(&ahv_rings_mutex);
	if (!per_cpu(ahv_ring, cpu)) {
		struct ahv_ring *r = ahv_ring_alloc(ring_bytes, cpu_to_node(cpu));

		if (!r)
			pr_warn("no memory for the ring of CPU %u: its events will count as lost\n",
				cpu);
		WRITE_ONCE(per_cpu(ahv_ring, cpu), r);
	}
	mutex_unlock(&ahv_rings_mutex);
	return 0;
}

static void free_all(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		ahv_ring_free(per_cpu(ahv_ring, cpu));
		per_cpu(ahv_ring, cpu) = NULL;
	}
}

/**
 * ahv_rings_init() - a ring for every CPU that is online or comes online
 * @bytes: size of each
 *
 * Return: 0, or -ENOMEM when not even one ring could be made.
 */
int ahv_rings_init(u32 bytes)
{
	unsigned int cpu;
	int err;

	ring_bytes = bytes;
	err = cpuhp_setup_state(CPUHP_BP_PREPARE_DYN, "aegishv:ring", cpu_prepare, NULL);
	if (err < 0)
		return err;
	hp_state = err;
	for_each_possible_cpu(cpu)
		if (per_cpu(ahv_ring, cpu))
			return 0;
	cpuhp_remove_state_nocalls(hp_state);
	return -ENOMEM;
}

/**
 * ahv_rings_exit() - free the rings
 *
 * After the last writer is gone (tracepoint_synchronize_unregister()).
 */
void ahv_rings_exit(void)
{
	cpuhp_remove_state_nocalls(hp_state);
	free_all();
}

void ahv_rings_set_bytes(u32 bytes)
{
	lockdep_assert_held(&ahv_rings_mutex);
	ring_bytes = bytes;
}

u32 ahv_rings_bytes(void)
{
	return READ_ONCE(ring_bytes);
}

static void read_ring(struct ahv_ring *r, struct ahv_ring_state *s)
{
	u64 used;

	s->prod.head = READ_ONCE(r->prod->head);
	s->prod.records = READ_ONCE(r->prod->records);
	s->prod.lost[0] = local_read(&r->lost[0]);
	s->prod.lost[1] = local_read(&r->lost[1]);
	s->prod.size = r->size;
	s->prod.alert_reserve = r->prod->alert_reserve;
	used = s->prod.head - READ_ONCE(r->cons->tail);
	s->used = min_t(u64, used, r->size);
	s->wakeups = atomic64_read(&r->wakeups);
	s->bad_tail = local_read(&r->bad_tail);
}

/**
 * ahv_ring_state() - a ring as netlink reports it
 * @cpu: the CPU
 * @s: where to put it
 *
 * Process context. A CPU for whose ring there was no memory has one of no bytes
 * that lost every event.
 *
 * Return: 0, or -ENXIO when the CPU has no ring and nothing happened on it.
 */
int ahv_ring_state(unsigned int cpu, struct ahv_ring_state *s)
{
	const u64 *no_ring = per_cpu(homeless, cpu);
	struct ahv_ring *r;
	int i;

	memset(s, 0, sizeof(*s));
	mutex_lock(&ahv_rings_mutex);
	r = per_cpu(ahv_ring, cpu);
	if (r)
		read_ring(r, s);
	mutex_unlock(&ahv_rings_mutex);
	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		s->prod.lost[i] += READ_ONCE(no_ring[i]);
	return r || cpu_online(cpu) || s->prod.lost[0] || s->prod.lost[1] ? 0 : -ENXIO;
}

u64 ahv_rings_memory(void)
{
	unsigned int cpu;
	u64 bytes = 0;

	mutex_lock(&ahv_rings_mutex);
	for_each_possible_cpu(cpu) {
		struct ahv_ring *r = per_cpu(ahv_ring, cpu);

		if (r)
			bytes += sizeof(*r) + (u64)r->nr_pages * PAGE_SIZE;
	}
	mutex_unlock(&ahv_rings_mutex);
	return bytes;
}

/* Events that found no ring on their CPU. */
u64 ahv_rings_homeless(void)
{
	unsigned int cpu;
	u64 n = 0;
	int i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < AEGISHV_NR_CLASSES; i++)
			n += READ_ONCE(per_cpu(homeless, cpu)[i]);
	return n;
}
