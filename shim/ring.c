// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the rings. Positions and barriers are described in linux/aegishv.h:
 * load-acquire of head pairs with the module's store-release, and the
 * store-release of tail with its load-acquire. Nothing read from a ring is
 * trusted before it is checked, so a damaged one costs records, told, and no
 * more. One thread.
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "rec.h"

#define WHY		256
#define CPUS_MAX	65536
#define PUBLISH_BYTES	16384	/* give room back after so much of a ring */

static uint64_t lost_total(const struct ring *r)
{
	uint64_t n = 0;
	int i;

	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		n += __atomic_load_n(&r->prod->lost[i], __ATOMIC_RELAXED);
	return n;
}

int ring_init(struct ring *r)
{
	r->size = r->prod->size;
	if (r->size < 4096 || (r->size & (r->size - 1)))
		return -EPROTO;
	r->tail = r->cons->tail;
	r->lost_before = lost_total(r);
	return 0;
}

static int map_ring(struct ring_set *s, struct ring *r)
{
	size_t page = s->info.page_bytes;

	r->map_len = page + 2 * (size_t)s->info.ring_bytes;
	r->map[0] = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd,
			 AEGISHV_MMAP_CONS(r->cpu));
	if (r->map[0] == MAP_FAILED)
		return -errno;
	r->map[1] = mmap(NULL, r->map_len, PROT_READ, MAP_SHARED, s->fd,
			 AEGISHV_MMAP_PROD(r->cpu));
	if (r->map[1] == MAP_FAILED) {
		int err = -errno;

		munmap(r->map[0], page);
		return err;
	}
	r->cons = r->map[0];
	r->prod = r->map[1];
	r->data = (const uint8_t *)r->map[1] + page;
	if (ring_init(r) || r->size != s->info.ring_bytes) {
		munmap(r->map[0], page);
		munmap(r->map[1], r->map_len);
		return -EPROTO;
	}
	return 0;
}

static int map_all(struct ring_set *s, char *why)
{
	uint32_t cpu;
	int err;

	s->rings = calloc(s->info.nr_cpus, sizeof(*s->rings));
	s->heap = calloc(s->info.nr_cpus, sizeof(struct ring *));
	if (!s->rings || !s->heap)
		return -ENOMEM;
	for (cpu = 0; cpu < s->info.nr_cpus; cpu++) {
		struct ring *r = &s->rings[s->nr];

		r->cpu = cpu;
		err = map_ring(s, r);
		if (err == -ENXIO)
			continue;
		if (err) {
			snprintf(why, WHY, "the ring of CPU %u cannot be mapped: %s",
				 cpu, strerror(-err));
			return err;
		}
		s->nr++;
	}
	if (s->nr)
		return 0;
	snprintf(why, WHY, "no CPU has a ring");
	return -ENXIO;
}

static int check_info(const struct aegishv_dev_info *info, char *why)
{
	if (info->events_version != AEGISHV_EVENTS_VERSION) {
		snprintf(why, WHY,
			 "the module writes records of version %u, this program reads version %u: install matching versions",
			 info->events_version, AEGISHV_EVENTS_VERSION);
		return -EPROTO;
	}
	if (!info->nr_cpus || info->nr_cpus > CPUS_MAX || info->page_bytes < 4096) {
		snprintf(why, WHY, "what the device says of itself makes no sense (%u CPUs, pages of %u bytes)",
			 info->nr_cpus, info->page_bytes);
		return -EPROTO;
	}
	return 0;
}

int ring_open(struct ring_set *s, const char *path, char *why)
{
	int err;

	memset(s, 0, sizeof(*s));
	why[0] = '\0';
	s->fd = open(path, O_RDWR | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	err = ioctl(s->fd, AEGISHV_IOC_INFO, &s->info) ? -errno : 0;
	if (err)
		snprintf(why, WHY, "this is not the device of aegishv.ko: %s", strerror(-err));
	else
		err = check_info(&s->info, why);
	if (!err)
		err = map_all(s, why);
	if (err)
		ring_close(s);
	return err;
}

void ring_close(struct ring_set *s)
{
	uint32_t i;

	for (i = 0; i < s->nr; i++) {
		munmap(s->rings[i].map[0], s->info.page_bytes);
		munmap(s->rings[i].map[1], s->rings[i].map_len);
	}
	free(s->rings);
	free(s->heap);
	if (s->fd >= 0)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static void publish(struct ring *r)
{
	__atomic_store_n(&r->cons->tail, r->tail, __ATOMIC_RELEASE);
}

static void tell(const struct ring *r, const struct ring_sink *sink, const char *what)
{
	struct aegishv_hdr near = { .cpu = r->cpu };
	struct timespec ts;
	char text[WHY];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	near.time_ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	snprintf(text, sizeof(text), "ring of CPU %u at position %llu: %s", r->cpu,
		 (unsigned long long)r->tail, what);
	sink->problem(sink->arg, &near, text);
}

/* Skip what cannot be read; where the next record starts is unknown. */
static void give_up(struct ring *r, const struct ring_sink *sink, const char *what)
{
	tell(r, sink, what);
	r->tail = r->limit;
	publish(r);
}

static const struct aegishv_hdr *record_at(const struct ring *r)
{
	return (const struct aegishv_hdr *)(r->data + (r->tail & (r->size - 1)));
}

/* Whether the ring has a record left in this pass. */
static bool peek(struct ring *r, const struct ring_sink *sink)
{
	if (r->tail == r->limit)
		return false;
	if (!rec_valid(record_at(r), r->limit - r->tail)) {
		give_up(r, sink, "a record of impossible length; the rest of this pass is skipped");
		return false;
	}
	if (record_at(r)->cpu != r->cpu) {
		give_up(r, sink, "a record of another CPU; the rest of this pass is skipped");
		return false;
	}
	return true;
}

static bool begin_pass(struct ring *r, const struct ring_sink *sink)
{
	r->limit = __atomic_load_n(&r->prod->head, __ATOMIC_ACQUIRE);
	if (r->limit - r->tail > r->size || (r->limit | r->tail) % 8) {
		give_up(r, sink, "head and tail are further apart than the ring is large");
		return false;
	}
	return peek(r, sink);
}

static void advance(struct ring *r)
{
	const struct aegishv_hdr *rec = record_at(r);
	uint64_t before = r->tail;

	r->seen = true;
	r->next_seq = rec->seq + 1;
	if (rec->type == AEGISHV_REC_LOST)
		r->next_seq = rec->seq + ((const struct aegishv_rec_lost *)rec)->count;
	r->tail += rec->len;
	if ((before ^ r->tail) & ~(uint64_t)(PUBLISH_BYTES - 1))
		publish(r);
}

/* Heap of rings, the one with the oldest record on top. */
static bool older(const struct ring *a, const struct ring *b)
{
	uint64_t ta = record_at(a)->time_ns;
	uint64_t tb = record_at(b)->time_ns;

	return ta < tb || (ta == tb && a->cpu < b->cpu);
}

static void sift_down(struct ring **heap, uint32_t nr, uint32_t i)
{
	for (;;) {
		uint32_t child = 2 * i + 1;
		struct ring *tmp = heap[i];

		if (child >= nr)
			return;
		if (child + 1 < nr && older(heap[child + 1], heap[child]))
			child++;
		if (!older(heap[child], heap[i]))
			return;
		heap[i] = heap[child];
		heap[child] = tmp;
		i = child;
	}
}

uint64_t ring_drain(struct ring_set *s, const struct ring_sink *sink)
{
	struct ring **heap = s->heap;
	uint64_t count = 0;
	uint32_t nr = 0, i;

	for (i = 0; i < s->nr; i++) {
		if (begin_pass(&s->rings[i], sink))
			heap[nr++] = &s->rings[i];
	}
	for (i = nr / 2; i-- > 0;)
		sift_down(heap, nr, i);
	while (nr) {
		struct ring *r = heap[0];

		sink->record(sink->arg, record_at(r));
		count++;
		advance(r);
		if (!peek(r, sink)) {
			publish(r);
			heap[0] = heap[--nr];
		}
		sift_down(heap, nr, 0);
	}
	return count;
}

/* The producer's counters, read while it may still write. */
static void read_counters(const struct ring *r, uint64_t *records, uint64_t *lost)
{
	uint64_t before;

	do {
		before = __atomic_load_n(&r->prod->head, __ATOMIC_ACQUIRE);
		*records = __atomic_load_n(&r->prod->records, __ATOMIC_RELAXED);
		*lost = lost_total(r);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__atomic_load_n(&r->prod->head, __ATOMIC_RELAXED) != before);
}

bool ring_tail_loss(const struct ring *r, struct aegishv_rec_lost *lost)
{
	uint64_t records, total, count;
	struct timespec ts;
	int i;

	read_counters(r, &records, &total);
	/* With unread records in it, one of them tells, to whoever reads on. */
	if (r->tail != __atomic_load_n(&r->prod->head, __ATOMIC_RELAXED))
		return false;
	/* Every event is numbered: all of them, less those that records told. */
	count = r->seen ? records + total - r->next_seq : total - r->lost_before;
	if (!count || count > total)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	memset(lost, 0, sizeof(*lost));
	lost->h.type = AEGISHV_REC_LOST;
	lost->h.len = sizeof(*lost);
	lost->h.cpu = r->cpu;
	lost->h.class_ = AEGISHV_CLASS_ALERT;
	lost->h.seq = r->seen ? r->next_seq : records + total - count;
	lost->h.time_ns = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	lost->h.vcpu = AEGISHV_VCPU_NONE;
	lost->count = count;
	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		lost->total[i] = __atomic_load_n(&r->prod->lost[i], __ATOMIC_RELAXED);
	return true;
}
