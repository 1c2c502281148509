// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring with its real writer and a reader in the test: order, wrap-around,
 * exact losses, the alerts' room, hostile consumers, writers that nest.
 * Process context; nesting is by irq_work on the same CPU. The wake-up side
 * (dev.c) is replaced by nothing.
 */
#include <linux/irq_work.h>
#include "suites.h"
#include "ring.h"

#define BYTES	AHV_RING_MIN_BYTES
#define LEN	((u32)sizeof(struct aegishv_rec_exit))
#define TELE	AEGISHV_CLASS_TELEMETRY
#define ALERT	AEGISHV_CLASS_ALERT

bool ahv_consumer_open;

static void no_work(struct irq_work *work)
{
}

void ahv_consumer_init(struct ahv_ring *r)
{
	init_irq_work(&r->work, no_work);
}

void ahv_consumer_kick(struct ahv_ring *r, bool urgent)
{
}

/* What the reader has seen; @expect is the sequence number to come. */
struct reader {
	u64 expect;
	u64 records;
	u64 lost;
	u64 next_mark;
	bool check_marks;
};

static struct aegishv_hdr *begin(struct ahv_ring *r, u32 class_, u64 mark)
{
	struct aegishv_hdr *h = ahv_ring_reserve(r, LEN, class_);

	if (h) {
		h->type = AEGISHV_REC_EXIT;
		h->class_ = class_;
		h->time_ns = mark;
	}
	return h;
}

static bool write_one(struct ahv_ring *r, u32 class_, u64 mark)
{
	struct aegishv_hdr *h;

	preempt_disable();
	h = begin(r, class_, mark);
	if (h)
		ahv_ring_commit(r, h, class_);
	preempt_enable();
	return h;
}

/* Returns how many were written before one found no room. */
static u64 fill(struct ahv_ring *r, u32 class_)
{
	u64 n = 0;

	while (write_one(r, class_, n))
		n++;
	return n;
}

static void read_one(struct kunit *test, struct reader *rd, const struct aegishv_hdr *h)
{
	KUNIT_ASSERT_GE(test, h->len, (u16)sizeof(*h));
	KUNIT_ASSERT_EQ(test, h->len % AHV_POS_UNIT, 0);
	KUNIT_EXPECT_EQ(test, h->seq, rd->expect);
	if (h->type == AEGISHV_REC_LOST) {
		const struct aegishv_rec_lost *l = (const void *)h;

		rd->lost += l->count;
		rd->expect = h->seq + l->count;
		return;
	}
	if (rd->check_marks)
		KUNIT_EXPECT_EQ(test, h->time_ns, rd->next_mark++);
	rd->records++;
	rd->expect = h->seq + 1;
}

/* Reads all there is, the way the shim does. */
static void drain(struct kunit *test, struct reader *rd)
{
	struct ahv_ring *r = test->priv;
	u64 head = smp_load_acquire(&r->prod->head);
	u64 tail = r->cons->tail;

	while (tail != head) {
		const struct aegishv_hdr *h = ahv_ring_at(r, tail);

		read_one(test, rd, h);
		tail += h->len;
		KUNIT_ASSERT_LE(test, tail, head);
	}
	smp_store_release(&r->cons->tail, tail);
}

static void records_come_in_order(struct kunit *test)
{
	struct reader rd = { .check_marks = true };
	u64 i;

	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, write_one(test->priv, TELE, i));
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.records, 100ULL);
	KUNIT_EXPECT_EQ(test, rd.lost, 0ULL);
}

static void records_survive_the_end_of_the_ring(struct kunit *test)
{
	struct reader rd = { .check_marks = true };
	u64 i, n = 5 * BYTES / LEN;

	for (i = 0; i < n; i++) {
		KUNIT_ASSERT_TRUE(test, write_one(test->priv, TELE, i));
		if (i % 7 == 0)
			drain(test, &rd);
	}
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.records, n);
}

static void losses_are_exact(struct kunit *test)
{
	struct ahv_ring *r = test->priv;
	struct reader rd = {};
	u64 written, dropped, round;

	for (round = 1; round < 20; round++) {
		written = fill(r, TELE);
		for (dropped = 1; dropped < round * 3; dropped++)
			KUNIT_EXPECT_FALSE(test, write_one(r, TELE, 0));
		drain(test, &rd);
		KUNIT_EXPECT_TRUE(test, write_one(r, TELE, 0));
		drain(test, &rd);
		KUNIT_EXPECT_GT(test, written, 0ULL);
		KUNIT_EXPECT_EQ(test, rd.lost, (u64)r->prod->lost[TELE]);
	}
	KUNIT_EXPECT_EQ(test, rd.records, r->prod->records);
	KUNIT_EXPECT_EQ(test, rd.expect, rd.records + rd.lost);
	/* 1 + 3 + ... in each of the 19 rounds: the one in fill(), then the loop */
	KUNIT_EXPECT_EQ(test, rd.lost, 3ULL * 19 * 20 / 2);
}

static void alerts_have_room_of_their_own(struct kunit *test)
{
	struct ahv_ring *r = test->priv;
	struct reader rd = {};
	u64 i, n = BYTES / AHV_RING_ALERT_PART / LEN - 1;

	fill(r, TELE);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE(test, write_one(r, ALERT, i));
	KUNIT_EXPECT_FALSE(test, write_one(r, TELE, 0));
	KUNIT_EXPECT_EQ(test, r->prod->lost[ALERT], 0ULL);
	fill(r, ALERT);
	KUNIT_EXPECT_EQ(test, r->prod->lost[ALERT], 1ULL);
	drain(test, &rd);
	KUNIT_EXPECT_TRUE(test, write_one(r, TELE, 0));
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.lost, r->prod->lost[TELE] + r->prod->lost[ALERT]);
}

static void a_hostile_tail_only_costs_events(struct kunit *test)
{
	struct ahv_ring *r = test->priv;
	struct reader rd = {};
	u64 tail, i, wrong[] = { 1, BYTES, U64_MAX / 2, ~0ULL - BYTES };

	for (i = 0; i < 50; i++)
		write_one(r, TELE, i);
	tail = r->cons->tail;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		r->cons->tail = r->prod->head + wrong[i];
		KUNIT_EXPECT_FALSE(test, write_one(r, ALERT, 0));
		r->cons->tail = r->prod->head - BYTES - wrong[i];
		KUNIT_EXPECT_FALSE(test, write_one(r, ALERT, 0));
	}
	KUNIT_EXPECT_EQ(test, local_read(&r->bad_tail), 2L * (long)ARRAY_SIZE(wrong));
	r->cons->tail = tail;
	KUNIT_EXPECT_TRUE(test, write_one(r, TELE, 0));
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.records, 51ULL);
	KUNIT_EXPECT_EQ(test, rd.lost, 2ULL * ARRAY_SIZE(wrong));
}

/* An interrupt that writes while a record of the task is not complete. */
struct nested {
	struct irq_work work;
	struct ahv_ring *r;
	unsigned int count;
	unsigned int written;
};

static void write_in_irq(struct irq_work *work)
{
	struct nested *n = container_of(work, struct nested, work);
	unsigned int i;

	for (i = 0; i < n->count; i++)
		n->written += write_one(n->r, TELE, 1 + i);
}

static void interrupt_a_writer(struct kunit *test, struct nested *n)
{
	struct ahv_ring *r = test->priv;
	struct aegishv_hdr *h;
	u64 head;

	n->r = r;
	init_irq_work(&n->work, write_in_irq);
	preempt_disable();
	head = r->prod->head;
	h = begin(r, TELE, 0);
	irq_work_queue(&n->work);
	irq_work_sync(&n->work);
	KUNIT_EXPECT_EQ(test, r->prod->head, head);
	if (h)
		ahv_ring_commit(r, h, TELE);
	preempt_enable();
	KUNIT_ASSERT_TRUE(test, h);
}

static void an_interrupting_writer_keeps_order(struct kunit *test)
{
	struct reader rd = { .check_marks = true };
	struct nested n = { .count = 5 };

	interrupt_a_writer(test, &n);
	KUNIT_EXPECT_EQ(test, n.written, 5U);
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.records, 6ULL);
}

static void an_interrupting_writer_may_fill_the_ring(struct kunit *test)
{
	struct ahv_ring *r = test->priv;
	struct nested n = { .count = BYTES / LEN + 100 };
	struct reader rd = {};

	interrupt_a_writer(test, &n);
	KUNIT_EXPECT_LT(test, n.written, n.count);
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.records, 1ULL + n.written);
	KUNIT_EXPECT_TRUE(test, write_one(r, TELE, 0));
	drain(test, &rd);
	KUNIT_EXPECT_EQ(test, rd.lost, (u64)n.count - n.written);
	KUNIT_EXPECT_EQ(test, rd.expect, rd.records + rd.lost);
}

/* The word has 24 bits of position: 128 MiB. Against full positions. */
static void positions_are_right_beyond_the_words_width(struct kunit *test)
{
	u64 head = 0, tail = 0, word = 0, lost = 0, step = 1;
	u32 i;

	for (i = 0; i < 20000; i++) {
		struct ahv_pos p = {
			.word = word, .published = head, .tail = tail,
			.size = AHV_RING_MAX_BYTES, .limit = AHV_RING_MAX_BYTES,
		};
		enum ahv_pos_result res;
		u32 need;

		step = step * 6364136223846793005ULL + 1442695040888963407ULL;
		p.len = 8 * (1 + (step >> 48));
		need = p.len + (lost ? sizeof(struct aegishv_rec_lost) : 0);
		res = ahv_pos_reserve(&p);
		KUNIT_ASSERT_EQ(test, p.head, head);
		KUNIT_ASSERT_EQ(test, p.lost, lost);
		if (head - tail + need <= AHV_RING_MAX_BYTES) {
			KUNIT_ASSERT_EQ(test, (int)res, (int)AHV_POS_OK);
			head += need;
			lost = 0;
		} else {
			KUNIT_ASSERT_EQ(test, (int)res, (int)AHV_POS_FULL);
			lost++;
			if (lost == 3)
				tail = head;
		}
		word = p.word;
	}
	KUNIT_EXPECT_GT(test, head, 8ULL << 27);
}

static void a_closed_ring_takes_nothing(struct kunit *test)
{
	struct ahv_ring *r = test->priv;

	local_set(&r->word, AHV_WORD_CLOSED);
	KUNIT_EXPECT_FALSE(test, write_one(r, ALERT, 0));
	KUNIT_EXPECT_FALSE(test, write_one(NULL, ALERT, 0));
	KUNIT_EXPECT_EQ(test, ahv_rings_homeless() >= 2, true);
	KUNIT_EXPECT_EQ(test, r->prod->head, 0ULL);
}

static void odd_sizes_are_refused(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, ahv_ring_bytes_valid(AHV_RING_MIN_BYTES));
	KUNIT_EXPECT_TRUE(test, ahv_ring_bytes_valid(AHV_RING_MAX_BYTES));
	KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(0));
	KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(AHV_RING_MIN_BYTES / 2));
	KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(AHV_RING_MIN_BYTES + 4096));
	KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(2 * AHV_RING_MAX_BYTES));
	KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(U32_MAX));
}

static int ring_init(struct kunit *test)
{
	test->priv = ahv_ring_alloc(BYTES, NUMA_NO_NODE);
	return test->priv ? 0 : -ENOMEM;
}

static void ring_exit(struct kunit *test)
{
	ahv_ring_free(test->priv);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(records_come_in_order),
	KUNIT_CASE(records_survive_the_end_of_the_ring),
	KUNIT_CASE(losses_are_exact),
	KUNIT_CASE(alerts_have_room_of_their_own),
	KUNIT_CASE(a_hostile_tail_only_costs_events),
	KUNIT_CASE(an_interrupting_writer_keeps_order),
	KUNIT_CASE(an_interrupting_writer_may_fill_the_ring),
	KUNIT_CASE(positions_are_right_beyond_the_words_width),
	KUNIT_CASE(a_closed_ring_takes_nothing),
	KUNIT_CASE(odd_sizes_are_refused),
	{}
};

struct kunit_suite ahv_ring_suite = {
	.name = "aegishv_ring",
	.init = ring_init,
	.exit = ring_exit,
	.test_cases = cases,
};
