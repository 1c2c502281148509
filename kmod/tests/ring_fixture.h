/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of the ring share: a writer, a consumer that believes
 * nothing, and a way to run something in another context on this CPU.
 */
#ifndef AHV_TESTS_RING_FIXTURE_H
#define AHV_TESTS_RING_FIXTURE_H

#include <kunit/test.h>
#include "aegishv.h"
#include "ring.h"
#include "ringpos.h"

#define FX_BYTES	AHV_RING_MIN_BYTES

/* A record of the suites: an id, and a body that says when it is torn. */
struct fx_rec {
	struct aegishv_hdr h;
	u64 id;
	u64 body[];
};

#define FX_MIN_LEN	((u32)sizeof(struct fx_rec))

/**
 * struct fx - a ring and what its consumer knows
 * @r: the ring
 * @tail: position of the next record
 * @seq: sequence it must have
 * @lost: sum of the counts of LOST records
 * @records: records read, LOST ones not counted
 */
struct fx {
	struct ahv_ring *r;
	u64 tail;
	u64 seq;
	u64 lost;
	u64 records;
};

enum fx_context { FX_TASK, FX_SOFTIRQ, FX_IRQ, FX_NMI, FX_NR_CONTEXTS };

int fx_init(struct kunit *test);
void fx_exit(struct kunit *test);

/* Any context. */
struct fx_rec *fx_reserve(struct ahv_ring *r, u32 len, u32 class_, u64 id);
bool fx_write(struct ahv_ring *r, u32 len, u32 class_, u64 id);
u64 fx_fill(struct ahv_ring *r, u32 class_, u64 id);

/* Task context: the next record, checked; NULL when there is none. */
struct fx_rec *fx_next(struct kunit *test, struct fx *f);
u64 fx_drain(struct kunit *test, struct fx *f);
void fx_expect_ids(struct kunit *test, struct fx *f, u64 first, u64 n);

/* Runs fn(arg) in a context that interrupts this one, here and now. */
int fx_contexts_init(void);
void fx_contexts_exit(void);
bool fx_has_context(enum fx_context c);
bool fx_run_in(enum fx_context c, void (*fn)(void *arg), void *arg);

#endif
