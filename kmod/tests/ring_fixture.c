// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writer and consumer of the ring's suites. The consumer checks what userspace
 * is promised: sequence numbers without a gap that a LOST record does not
 * explain, and bodies that are complete. Writers run in any context.
 */
#include <linux/preempt.h>
#include "ring_fixture.h"

/* The module's is in config.c, with all that it configures. */
struct ahv_config ahv_config = {
	.watermark_bytes = 32U << 10,
	.deadline_us = 1000,
};

int fx_init(struct kunit *test)
{
	struct fx *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->r = ahv_ring_alloc(FX_BYTES, NUMA_NO_NODE);
	test->priv = f;
	return f->r ? 0 : -ENOMEM;
}

void fx_exit(struct kunit *test)
{
	struct fx *f = test->priv;

	if (f)
		ahv_ring_free(f->r);
}

static u64 body_word(u64 id, u32 i)
{
	return (id + 1) * 0x9e3779b97f4a7c15ULL ^ i;
}

/* Preemption off, until the caller has committed. */
struct fx_rec *fx_reserve(struct ahv_ring *r, u32 len, u32 class_, u64 id)
{
	struct fx_rec *rec = (void *)ahv_ring_reserve(r, len, class_);
	u32 i;

	if (!rec)
		return NULL;
	rec->h.type = AEGISHV_REC_ENTRY;
	rec->h.class_ = class_;
	rec->h.cpu = raw_smp_processor_id();
	rec->id = id;
	for (i = 0; i < (len - FX_MIN_LEN) / sizeof(u64); i++)
		rec->body[i] = body_word(id, i);
	return rec;
}

bool fx_write(struct ahv_ring *r, u32 len, u32 class_, u64 id)
{
	struct fx_rec *rec;

	preempt_disable();
	rec = fx_reserve(r, len, class_, id);
	if (rec)
		ahv_ring_commit(r, &rec->h, class_);
	preempt_enable();
	return rec;
}

/* Write until one is refused; how many were not. */
u64 fx_fill(struct ahv_ring *r, u32 class_, u64 id)
{
	u64 n = 0;

	while (fx_write(r, 48, class_, id + n))
		n++;
	return n;
}

static void check_record(struct kunit *test, const struct fx *f, const struct fx_rec *rec)
{
	u32 i;

	KUNIT_EXPECT_EQ(test, rec->h.type, (u16)AEGISHV_REC_ENTRY);
	for (i = 0; i < (rec->h.len - FX_MIN_LEN) / sizeof(u64); i++)
		if (rec->body[i] != body_word(rec->id, i))
			KUNIT_FAIL(test, "record %llu is torn at word %u", rec->id, i);
}

struct fx_rec *fx_next(struct kunit *test, struct fx *f)
{
	/* (A) of ring.h, the consumer's side. */
	u64 head = smp_load_acquire(&f->r->prod->head);
	struct fx_rec *rec;
	u16 len;

	KUNIT_ASSERT_LE(test, head - f->tail, (u64)f->r->size);
	if (f->tail == head)
		return NULL;
	rec = (void *)ahv_ring_at(f->r, f->tail);
	len = rec->h.len;
	KUNIT_ASSERT_GE(test, len, (u16)sizeof(struct aegishv_hdr));
	KUNIT_ASSERT_EQ(test, len % 8, 0);
	KUNIT_ASSERT_LE(test, (u64)len, head - f->tail);
	KUNIT_EXPECT_EQ(test, rec->h.seq, f->seq);
	if (rec->h.type == AEGISHV_REC_LOST) {
		u64 count = ((struct aegishv_rec_lost *)rec)->count;

		KUNIT_EXPECT_GT(test, count, 0ULL);
		f->seq += count;
		f->lost += count;
	} else {
		check_record(test, f, rec);
		f->seq++;
		f->records++;
	}
	f->tail += len;
	/* (B) of ring.h, the consumer's side. */
	smp_store_release(&f->r->cons->tail, f->tail);
	return rec;
}

/* Read all; how many were not LOST records. */
u64 fx_drain(struct kunit *test, struct fx *f)
{
	u64 before = f->records;

	while (fx_next(test, f))
		;
	return f->records - before;
}

/* The next n records, LOST ones aside, have these ids. */
void fx_expect_ids(struct kunit *test, struct fx *f, u64 first, u64 n)
{
	struct fx_rec *rec;

	while (n) {
		rec = fx_next(test, f);
		KUNIT_ASSERT_NOT_NULL(test, rec);
		if (rec->h.type == AEGISHV_REC_LOST)
			continue;
		KUNIT_EXPECT_EQ(test, rec->id, first);
		first++;
		n--;
	}
}
