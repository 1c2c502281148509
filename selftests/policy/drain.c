// SPDX-License-Identifier: GPL-2.0-only
/* Reads the rings by turns; what is wrong with a record ends the test. */
#include "drain.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "dev.h"

static struct dev dev;
static uint64_t tail[DEV_MAX_CPUS], seq[DEV_MAX_CPUS];

static uint64_t lost_by_now(void)
{
	uint64_t lost = 0;

	for (unsigned int cpu = 0; cpu < dev.nr_cpus; cpu++)
		if (dev.ring[cpu].prod)
			lost += dev_lost(&dev.ring[cpu]);
	return lost;
}

static uint64_t lost_before;

/* What is there is not ours. */
int drain_open(void)
{
	int err = dev_open(&dev);

	for (unsigned int cpu = 0; cpu < dev.nr_cpus && !err; cpu++) {
		struct dev_ring *r = &dev.ring[cpu];

		if (!r->prod)
			continue;
		tail[cpu] = dev_head(r);
		dev_set_tail(r, tail[cpu]);
		seq[cpu] = ~0ULL;
	}
	lost_before = lost_by_now();
	return err;
}

static void take(struct drain *d, unsigned int cpu, const struct aegishv_hdr *h)
{
	const struct aegishv_rec_block *b = (const void *)h;

	if (seq[cpu] != ~0ULL && h->seq != seq[cpu])
		d->gaps++;
	if (h->type == AEGISHV_REC_LOST) {
		const struct aegishv_rec_lost *l = (const void *)h;

		d->reported += l->count;
		seq[cpu] = h->seq + l->count;
		return;
	}
	seq[cpu] = h->seq + 1;
	if (h->type == AEGISHV_REC_POLICY) {
		d->policies++;
	} else if (h->type != AEGISHV_REC_BLOCK) {
		d->others++;
	} else {
		d->blocks++;
		d->denied += b->action != AEGISHV_ACTION_AUDIT;
	}
}

static uint64_t read_ring(struct drain *d, unsigned int cpu)
{
	struct dev_ring *r = &dev.ring[cpu];
	uint64_t head, n = 0;

	if (!r->prod)
		return 0;
	for (head = dev_head(r); tail[cpu] != head; n++) {
		const struct aegishv_hdr *h =
			(const void *)(r->data + (tail[cpu] & (r->size - 1)));

		if (h->len < sizeof(*h) || h->len > head - tail[cpu]) {
			fprintf(stderr, "drain: no record at %llu\n",
				(unsigned long long)tail[cpu]);
			exit(1);
		}
		take(d, cpu, h);
		tail[cpu] += h->len;
	}
	dev_set_tail(r, tail[cpu]);
	return n;
}

void drain_run(struct drain *d, const volatile bool *stop)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	bool last = *stop;

	for (;;) {
		uint64_t n = 0;

		for (unsigned int cpu = 0; cpu < dev.nr_cpus; cpu++)
			n += read_ring(d, cpu);
		if (last && !n)
			break;
		last = *stop;
		if (!n)
			nanosleep(&nap, NULL);
	}
	d->lost = lost_by_now() - lost_before;
}

void drain_close(void)
{
	dev_close(&dev);
}
