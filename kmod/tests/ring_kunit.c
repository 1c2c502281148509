// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring with one writer at a time: its limits, the reserve for alerts, LOST
 * records, sequence numbers, and consumers that lie. Process context.
 */
#include <linux/prandom.h>
#include "ring_fixture.h"
#include "suites.h"

#define TELEMETRY	AEGISHV_CLASS_TELEMETRY
#define ALERT		AEGISHV_CLASS_ALERT

static u64 lost_of(const struct fx *f)
{
	return local_read(&f->r->lost[TELEMETRY]) + local_read(&f->r->lost[ALERT]);
}

/* What the producer's page says adds up to the sequence numbers given out. */
static void expect_exact(struct kunit *test, struct fx *f)
{
	const struct aegishv_ring_prod *prod = f->r->prod;

	KUNIT_EXPECT_EQ(test, prod->lost[TELEMETRY],
			(u64)local_read(&f->r->lost[TELEMETRY]));
	KUNIT_EXPECT_EQ(test, prod->lost[ALERT], (u64)local_read(&f->r->lost[ALERT]));
	KUNIT_EXPECT_EQ(test, f->r->seq + (local_read(&f->r->word) >> AHV_POS_BITS),
			prod->records + lost_of(f));
	KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
}

static void telemetry_stops_at_its_limit(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 n = fx_fill(f->r, TELEMETRY, 0);

	KUNIT_EXPECT_EQ(test, n, (u64)f->r->limit[TELEMETRY] / 48);
	KUNIT_EXPECT_EQ(test, f->r->prod->head, n * 48);
	KUNIT_EXPECT_EQ(test, f->r->prod->lost[TELEMETRY], 1ULL);
	KUNIT_EXPECT_EQ(test, fx_drain(test, f), n);
	expect_exact(test, f);
}

static void alerts_have_the_reserve_to_themselves(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 n = fx_fill(f->r, TELEMETRY, 0), alerts;

	alerts = fx_fill(f->r, ALERT, n);
	KUNIT_EXPECT_GE(test, alerts, (u64)(FX_BYTES / AHV_RING_ALERT_PART - 56) / 48);
	KUNIT_EXPECT_EQ(test, f->r->prod->lost[ALERT], 1ULL);
	KUNIT_EXPECT_FALSE(test, fx_write(f->r, 48, TELEMETRY, 0));
	fx_expect_ids(test, f, 0, n + alerts);
	KUNIT_EXPECT_EQ(test, f->lost, 1ULL);	/* before the alerts; 2 since */
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, ALERT, n + alerts));
	fx_expect_ids(test, f, n + alerts, 1);
	KUNIT_EXPECT_EQ(test, f->lost, 3ULL);
	expect_exact(test, f);
}

static void a_lost_record_says_what_and_where(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 n = fx_fill(f->r, TELEMETRY, 0), alerts = fx_fill(f->r, ALERT, n), all;
	struct aegishv_rec_lost *l;
	int i;

	for (i = 0; i < 4; i++)
		fx_write(f->r, 48, TELEMETRY, 0);
	fx_expect_ids(test, f, 0, n + alerts);
	all = f->seq;
	fx_write(f->r, 48, TELEMETRY, 77);
	l = (void *)fx_next(test, f);
	KUNIT_ASSERT_NOT_NULL(test, l);
	KUNIT_EXPECT_EQ(test, l->h.type, (u16)AEGISHV_REC_LOST);
	KUNIT_EXPECT_EQ(test, l->h.len, (u16)sizeof(*l));
	KUNIT_EXPECT_EQ(test, l->h.class_, (u8)ALERT);
	KUNIT_EXPECT_EQ(test, l->h.vcpu, AEGISHV_VCPU_NONE);
	KUNIT_EXPECT_EQ(test, l->h.vm, 0U);
	KUNIT_EXPECT_NE(test, l->h.time_ns, 0ULL);
	KUNIT_EXPECT_EQ(test, l->h.seq, all);
	KUNIT_EXPECT_EQ(test, l->count, 5ULL);	/* the alert that ended the fill, and 4 */
	KUNIT_EXPECT_EQ(test, l->total[TELEMETRY], 5ULL);
	KUNIT_EXPECT_EQ(test, l->total[ALERT], 1ULL);
	fx_expect_ids(test, f, 77, 1);
	KUNIT_EXPECT_EQ(test, f->seq, all + 6);
	expect_exact(test, f);
}

/* Records of all lengths, a consumer that stops and goes, many times around. */
static void numbers_are_exact_over_many_rounds(struct kunit *test)
{
	struct fx *f = test->priv;
	struct rnd_state rnd;
	u64 i, wrote = 0, tried = 20000;

	prandom_seed_state(&rnd, 1);
	for (i = 0; i < tried; i++) {
		u32 x = prandom_u32_state(&rnd);

		wrote += fx_write(f->r, FX_MIN_LEN + x % 32 * 8, x >> 28 == 0, i);
		if (x >> 16 & 1)
			fx_next(test, f);
		if ((x >> 17 & 0x3fff) == 0)
			fx_drain(test, f);
	}
	fx_drain(test, f);
	KUNIT_EXPECT_GT(test, f->r->prod->head, 10ULL * FX_BYTES);
	KUNIT_EXPECT_EQ(test, f->records, wrote);
	KUNIT_EXPECT_EQ(test, lost_of(f), tried - wrote);
	KUNIT_EXPECT_GT(test, lost_of(f), 0ULL);
	KUNIT_EXPECT_EQ(test, f->seq + (local_read(&f->r->word) >> AHV_POS_BITS), tried);
	expect_exact(test, f);
}

/* Twice past the wrap of the 24-bit position, at 128 MiB. */
static void the_position_wraps(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 i, n = 2000;

	f->tail = 2 * ((AHV_POS_MASK + 1) * AHV_POS_UNIT) - 40 * n;
	f->r->prod->head = f->tail;
	f->r->cons->tail = f->tail;
	local_set(&f->r->word, f->tail / AHV_POS_UNIT & AHV_POS_MASK);
	for (i = 0; i < 2 * n; i++) {
		KUNIT_EXPECT_TRUE(test, fx_write(f->r, 40, TELEMETRY, i));
		if (i % 7 == 6)
			fx_drain(test, f);
	}
	fx_drain(test, f);
	KUNIT_EXPECT_EQ(test, f->seq, 2 * n);
	expect_exact(test, f);
}

static u32 sum(const struct ahv_ring *r)
{
	const u64 *p = (void *)r->data;
	u64 x = 0;
	u32 i;

	for (i = 0; i < r->size / sizeof(*p); i++)
		x = x * 31 + p[i];
	return x ^ x >> 32;
}

static void a_position_out_of_range_loses_and_nothing_else(struct kunit *test)
{
	static const u64 off[] = {
		1, 8, FX_BYTES, 1ULL << 31, 1ULL << 32, 1ULL << 63,
		-(u64)FX_BYTES - 1, -(u64)FX_BYTES - 8, -(1ULL << 40),
	};
	struct fx *f = test->priv;
	u32 i, before;
	u64 head;

	fx_fill(f->r, TELEMETRY, 0);
	fx_drain(test, f);
	fx_write(f->r, 48, TELEMETRY, 0);
	fx_drain(test, f);
	head = f->r->prod->head;
	before = sum(f->r);
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		f->r->cons->tail = head + off[i];
		KUNIT_EXPECT_FALSE_MSG(test, fx_write(f->r, 48, TELEMETRY, 9),
				       "off by %#llx", off[i]);
		KUNIT_EXPECT_FALSE(test, fx_write(f->r, 48, ALERT, 9));
		KUNIT_EXPECT_EQ(test, local_read(&f->r->bad_tail), 2L * i + 2);
	}
	KUNIT_EXPECT_EQ(test, f->r->prod->head, head);
	KUNIT_EXPECT_EQ(test, sum(f->r), before);
	f->r->cons->tail = f->tail;
	fx_write(f->r, 48, TELEMETRY, 10);
	fx_expect_ids(test, f, 10, 1);
	KUNIT_EXPECT_EQ(test, f->lost, 1 + 2ULL * ARRAY_SIZE(off));
	expect_exact(test, f);
}

static u64 wild_tail(struct rnd_state *rnd, u64 head)
{
	u64 x = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	switch (prandom_u32_state(rnd) % 4) {
	case 0:
		return x;
	case 1:
		return head - x % (2 * FX_BYTES);	/* in range every other time */
	case 2:
		return head + x % (2 * FX_BYTES);
	default:
		return 1ULL << x % 64;
	}
}

/* Some lies are in range and let what was not read be overwritten: no more. */
static void a_consumer_that_scribbles_harms_itself_only(struct kunit *test)
{
	struct fx *f = test->priv;
	struct rnd_state rnd;
	u64 i, wrote = 0, tried = 20000;

	prandom_seed_state(&rnd, 2);
	for (i = 0; i < tried; i++) {
		WRITE_ONCE(f->r->cons->tail, wild_tail(&rnd, f->r->prod->head));
		wrote += fx_write(f->r, FX_MIN_LEN + i % 32 * 8, i % 16 == 0, i);
	}
	KUNIT_EXPECT_GT(test, local_read(&f->r->bad_tail), 0L);
	KUNIT_EXPECT_EQ(test, f->r->prod->records, wrote);
	KUNIT_EXPECT_EQ(test, lost_of(f), tried - wrote);
	expect_exact(test, f);

	f->tail = f->r->prod->head;
	f->seq = f->r->seq;
	f->r->cons->tail = f->tail;
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, TELEMETRY, i));
	fx_expect_ids(test, f, 0, 100);
	KUNIT_EXPECT_EQ(test, f->r->prod->size, FX_BYTES);
	KUNIT_EXPECT_EQ(test, f->r->prod->alert_reserve, FX_BYTES / AHV_RING_ALERT_PART);
	expect_exact(test, f);
}

static void without_a_ring_events_count(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 before = ahv_rings_homeless();

	KUNIT_EXPECT_FALSE(test, fx_write(NULL, 48, TELEMETRY, 0));
	KUNIT_EXPECT_EQ(test, ahv_rings_homeless(), before + 1);
	local_set(&f->r->word, AHV_WORD_CLOSED);
	KUNIT_EXPECT_FALSE(test, fx_write(f->r, 48, ALERT, 0));
	KUNIT_EXPECT_EQ(test, ahv_rings_homeless(), before + 2);
	KUNIT_EXPECT_EQ(test, (u64)local_read(&f->r->word), AHV_WORD_CLOSED);
	KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
	KUNIT_EXPECT_EQ(test, lost_of(f), 0ULL);
}

/* It was replaced just after a writer had ended, and before it looked once more. */
static void in_a_replaced_ring_nothing_is_published(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 head;

	KUNIT_ASSERT_TRUE(test, fx_write(f->r, 48, TELEMETRY, 0));
	head = f->r->prod->head;
	local_set(&f->r->word, AHV_WORD_CLOSED);
	preempt_disable();
	ahv_ring_leave_slow(f->r);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, f->r->prod->head, head);
	KUNIT_EXPECT_EQ(test, f->r->seq, 1ULL);
	KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(telemetry_stops_at_its_limit),
	KUNIT_CASE(alerts_have_the_reserve_to_themselves),
	KUNIT_CASE(a_lost_record_says_what_and_where),
	KUNIT_CASE(numbers_are_exact_over_many_rounds),
	KUNIT_CASE(the_position_wraps),
	KUNIT_CASE(a_position_out_of_range_loses_and_nothing_else),
	KUNIT_CASE(a_consumer_that_scribbles_harms_itself_only),
	KUNIT_CASE(without_a_ring_events_count),
	KUNIT_CASE(in_a_replaced_ring_nothing_is_published),
	{}
};

struct kunit_suite ahv_ring_suite = {
	.name = "aegishv_ring",
	.init = fx_init,
	.exit = fx_exit,
	.test_cases = cases,
};
