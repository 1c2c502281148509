// SPDX-License-Identifier: GPL-2.0-only
/*
 * Checks each record: its length fits its type, it is from this CPU, its
 * sequence is the one after the last, a LOST record's totals grow with its
 * count, and one vCPU is always of one VM and run by one thread, with its time
 * never going back.
 */
#include <stdio.h>
#include <string.h>

#include "stream.h"
#include "tap.h"

/* ktime_get_mono_fast_ns() may step back by a clock correction. */
#define TIME_SLACK_NS	1000000

struct vcpu {
	uint32_t vm, vcpu, tid;
	uint64_t time_ns;
};

#define NR_VCPUS	4096
static struct vcpu vcpus[DEV_MAX_CPUS][NR_VCPUS];

static void wrong(struct stream *s, const struct aegishv_hdr *h, const char *what, uint64_t want)
{
	if (s->bad++ < 10)
		tap_note("cpu %u position %llu: type %u len %u cpu %u seq %llu: %s (%llu)", s->cpu,
			 (unsigned long long)s->tail, h->type, h->len, h->cpu,
			 (unsigned long long)h->seq, what, (unsigned long long)want);
}

static uint32_t length_of(uint32_t type)
{
	switch (type) {
	case AEGISHV_REC_LOST: return sizeof(struct aegishv_rec_lost);
	case AEGISHV_REC_EXIT: return sizeof(struct aegishv_rec_exit);
	case AEGISHV_REC_FAULT: return sizeof(struct aegishv_rec_fault);
	case AEGISHV_REC_ENTRY: return sizeof(struct aegishv_rec_entry);
	case AEGISHV_REC_UEXIT: return sizeof(struct aegishv_rec_uexit);
	case AEGISHV_REC_VM: return sizeof(struct aegishv_rec_vm);
	case AEGISHV_REC_HEALTH: return sizeof(struct aegishv_rec_health);
	default: return 0;
	}
}

static uint32_t tid_of(const struct aegishv_hdr *h)
{
	switch (h->type) {
	case AEGISHV_REC_EXIT: return ((struct aegishv_rec_exit *)h)->tid;
	case AEGISHV_REC_FAULT: return ((struct aegishv_rec_fault *)h)->tid;
	case AEGISHV_REC_ENTRY: return ((struct aegishv_rec_entry *)h)->tid;
	case AEGISHV_REC_UEXIT: return ((struct aegishv_rec_uexit *)h)->tid;
	default: return 0;
	}
}

static void check_vcpu(struct stream *s, const struct aegishv_hdr *h)
{
	struct vcpu *v = &vcpus[s->cpu][(h->vm * 61 + h->vcpu) % NR_VCPUS];
	uint32_t tid = tid_of(h);

	if (!tid)
		return;
	if (!h->vm || h->vcpu == AEGISHV_VCPU_NONE)
		wrong(s, h, "of no vCPU", h->vm);
	if (v->vm == h->vm && v->vcpu == h->vcpu) {
		if (v->tid != tid)
			wrong(s, h, "thread of this vCPU changed from", v->tid);
		if (h->time_ns + TIME_SLACK_NS < v->time_ns)
			wrong(s, h, "time of this vCPU goes back", v->time_ns);
	}
	*v = (struct vcpu){ h->vm, h->vcpu, tid, h->time_ns };
}

static void check_lost(struct stream *s, const struct aegishv_rec_lost *l)
{
	if (!l->count)
		wrong(s, &l->h, "LOST of nothing", 0);
	if (l->total[0] + l->total[1] < l->count)
		wrong(s, &l->h, "LOST totals below its count", l->count);
	s->lost += l->count;
	s->seq = l->h.seq + l->count;
}

static void check(struct stream *s, const struct aegishv_hdr *h)
{
	if (h->len != length_of(h->type))
		wrong(s, h, "length of this type is", length_of(h->type));
	if (h->cpu != s->cpu)
		wrong(s, h, "CPU of this ring is", s->cpu);
	if (s->synced ? h->seq != s->seq : h->seq < s->seq)
		wrong(s, h, "sequence expected", s->seq);
	s->synced = true;
	if (h->type == AEGISHV_REC_LOST) {
		check_lost(s, (const struct aegishv_rec_lost *)h);
		return;
	}
	s->seq = h->seq + 1;
	s->records++;
	s->alerts += h->class_ == AEGISHV_CLASS_ALERT;
	check_vcpu(s, h);
}

void stream_init(struct stream *s, struct dev_ring *r, unsigned int cpu)
{
	*s = (struct stream){ .r = r, .cpu = cpu, .tail = r->cons->tail };
}

uint64_t stream_read(struct stream *s, uint64_t max)
{
	uint64_t head = dev_head(s->r), n = 0;

	if (head - s->tail > s->r->size) {
		s->bad++;
		tap_note("cpu %u: head %llu is not within the ring after %llu", s->cpu,
			 (unsigned long long)head, (unsigned long long)s->tail);
		stream_skip(s);
		return 0;
	}
	while (s->tail != head && n < max) {
		const struct aegishv_hdr *h = (const void *)(s->r->data +
							     (s->tail & (s->r->size - 1)));

		if (h->len < sizeof(*h) || h->len % 8 || h->len > head - s->tail) {
			wrong(s, h, "no record", head);
			stream_skip(s);
			return n;
		}
		check(s, h);
		s->tail += h->len;
		n++;
	}
	dev_set_tail(s->r, s->tail);
	return n;
}

void stream_skip(struct stream *s)
{
	s->tail = dev_head(s->r);
	dev_set_tail(s->r, s->tail);
	s->synced = false;
}
