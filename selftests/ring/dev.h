/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/aegishv, opened and mapped. */
#ifndef RING_DEV_H
#define RING_DEV_H

#include <stdint.h>

#include "linux/aegishv.h"

#define DEV_MAX_CPUS	8

struct dev_ring {
	struct aegishv_ring_cons *cons;
	const struct aegishv_ring_prod *prod;
	const uint8_t *data;
	uint32_t size;
};

struct dev {
	int fd;
	unsigned int nr_cpus;
	uint32_t page;
	struct dev_ring ring[DEV_MAX_CPUS];	/* cons is NULL where there is none */
};

/* 0 or a negative errno; open waits while another consumer is on its way out. */
int dev_open(struct dev *d);
void dev_close(struct dev *d);

static inline uint64_t dev_head(const struct dev_ring *r)
{
	return __atomic_load_n(&r->prod->head, __ATOMIC_ACQUIRE);
}

static inline void dev_set_tail(struct dev_ring *r, uint64_t tail)
{
	__atomic_store_n(&r->cons->tail, tail, __ATOMIC_RELEASE);
}

static inline uint64_t dev_lost(const struct dev_ring *r)
{
	return __atomic_load_n(&r->prod->lost[0], __ATOMIC_RELAXED) +
	       __atomic_load_n(&r->prod->lost[1], __ATOMIC_RELAXED);
}

static inline uint64_t dev_records(const struct dev_ring *r)
{
	return __atomic_load_n(&r->prod->records, __ATOMIC_RELAXED);
}

#endif
