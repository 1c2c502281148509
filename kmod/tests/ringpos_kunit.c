// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring's arithmetic: where the 24-bit position wraps, where the count of
 * lost events stops, and every kind of consumer position. Process context.
 */
#include "suites.h"
#include "ringpos.h"

#define SIZE	AHV_RING_MIN_BYTES
#define LIMIT	(SIZE - SIZE / AHV_RING_ALERT_PART)
#define WRAP	((AHV_POS_MASK + 1) * AHV_POS_UNIT)	/* 128 MiB */

static u64 word_of(u64 pos, u64 lost)
{
	return (lost << AHV_POS_BITS) | ((pos / AHV_POS_UNIT) & AHV_POS_MASK);
}

static struct ahv_pos at(u64 pos, u64 published, u64 tail)
{
	return (struct ahv_pos){
		.word = word_of(pos, 0), .published = published, .tail = tail,
		.size = SIZE, .limit = LIMIT, .len = 48,
	};
}

static void head_is_the_published_one_and_the_distance(struct kunit *test)
{
	static const u64 bases[] = {
		0, 8, SIZE, WRAP - 8, WRAP, WRAP + 8, 5 * WRAP - SIZE,
		1ULL << 40, (1ULL << 63) - 8, -(u64)SIZE, -8ULL,
	};
	static const u32 ahead[] = { 0, 8, 48, SIZE - 8, SIZE, AHV_RING_MAX_BYTES };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(bases); i++)
		for (j = 0; j < ARRAY_SIZE(ahead); j++)
			KUNIT_EXPECT_EQ(test, bases[i] + ahead[j],
					ahv_pos_head(bases[i],
						     word_of(bases[i] + ahead[j], 7)));
}

static void position_wraps_without_touching_the_lost(struct kunit *test)
{
	struct ahv_pos p = at(WRAP - 8, WRAP - 8, WRAP - 8);

	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_OK);
	KUNIT_EXPECT_EQ(test, p.head, WRAP - 8);
	KUNIT_EXPECT_EQ(test, p.word, word_of(WRAP + 40, 0));
	KUNIT_EXPECT_EQ(test, p.word >> AHV_POS_BITS, 0ULL);
}

static void room_ends_exactly_at_the_limit(struct kunit *test)
{
	struct ahv_pos p = at(LIMIT - 48, 0, 0);

	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_OK);
	p = at(LIMIT - 40, 0, 0);
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_FULL);
	KUNIT_EXPECT_EQ(test, p.word, word_of(LIMIT - 40, 1));
	p = at(SIZE - 48, 0, 0);
	p.limit = SIZE;
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_OK);
	p = at(SIZE, 0, 0);
	p.limit = SIZE;
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_FULL);
}

static void a_loss_is_reported_before_the_next_record(struct kunit *test)
{
	const u32 lost_len = sizeof(struct aegishv_rec_lost);
	struct ahv_pos p = at(800, 800, 800);

	p.word = word_of(800, 3);
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_OK);
	KUNIT_EXPECT_EQ(test, p.lost, 3ULL);
	KUNIT_EXPECT_EQ(test, p.head, 800ULL);
	KUNIT_EXPECT_EQ(test, p.word, word_of(800 + lost_len + 48, 0));

	/* Room for the record, but not for the report too. */
	p = at(LIMIT - 48, 0, 0);
	p.word = word_of(LIMIT - 48, 3);
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_FULL);
	KUNIT_EXPECT_EQ(test, p.word, word_of(LIMIT - 48, 4));
}

static void the_count_stops_short_of_the_closed_word(struct kunit *test)
{
	struct ahv_pos p = at(0, 0, 8);	/* nonsense: every one is lost */

	p.word = word_of(WRAP - 8, AHV_LOST_MAX - 1);
	p.published = WRAP - 8;
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_BAD_TAIL);
	KUNIT_EXPECT_EQ(test, p.word, word_of(WRAP - 8, AHV_LOST_MAX));
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_BAD_TAIL);
	KUNIT_EXPECT_EQ(test, p.word, word_of(WRAP - 8, AHV_LOST_MAX));
	KUNIT_EXPECT_NE(test, p.word, AHV_WORD_CLOSED);
	p.tail = WRAP - 8;
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_OK);
	KUNIT_EXPECT_EQ(test, p.lost, AHV_LOST_MAX);
}

static void a_closed_word_stays_closed(struct kunit *test)
{
	struct ahv_pos p = at(0, 0, 0);

	p.word = AHV_WORD_CLOSED;
	KUNIT_EXPECT_EQ(test, ahv_pos_reserve(&p), AHV_POS_CLOSED);
	KUNIT_EXPECT_EQ(test, p.word, AHV_WORD_CLOSED);
	/* Which is more than the inline path takes on. */
	KUNIT_EXPECT_GE(test, AHV_WORD_CLOSED, AHV_LOST_ONE);
}

/* Offsets from head that a consumer may claim to be at. */
static void a_position_out_of_range_is_told_from_a_full_ring(struct kunit *test)
{
	static const u64 bases[] = { 0, 8, SIZE, 3 * SIZE + 80, WRAP, -8ULL };
	static const u64 bad[] = {
		1, 7, 8, 48, SIZE, WRAP, 1ULL << 31, 1ULL << 32, 1ULL << 62,
		1ULL << 63, -(u64)SIZE - 1, -(u64)SIZE - 8, -2 * (u64)SIZE,
		-WRAP, -(1ULL << 32), -(1ULL << 62),
	};
	static const u64 good[] = {
		0, -1ULL, -8ULL, -48ULL, -(u64)(SIZE / 2), -(u64)SIZE + 1, -(u64)SIZE,
	};
	struct ahv_pos p;
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		for (j = 0; j < ARRAY_SIZE(bad); j++) {
			p = at(bases[i], bases[i], bases[i] + bad[j]);
			KUNIT_EXPECT_EQ_MSG(test, ahv_pos_reserve(&p), AHV_POS_BAD_TAIL,
					    "head %#llx off by %#llx", bases[i], bad[j]);
			KUNIT_EXPECT_EQ(test, p.word, word_of(bases[i], 1));
		}
		for (j = 0; j < ARRAY_SIZE(good); j++) {
			p = at(bases[i], bases[i], bases[i] + good[j]);
			KUNIT_EXPECT_EQ_MSG(test, ahv_pos_reserve(&p),
					    -good[j] + 48 <= LIMIT ? AHV_POS_OK :
					    AHV_POS_FULL, "head %#llx off by %#llx",
					    bases[i], good[j]);
		}
	}
}

static void sizes_are_powers_of_two_in_bounds(struct kunit *test)
{
	static const u32 bad[] = {
		0, 1, 4096, 32768, 65535, 65537, 98304, (64U << 20) + 1, 128U << 20,
		1U << 31, ~0U,
	};
	u32 i;

	for (i = AHV_RING_MIN_BYTES; i <= AHV_RING_MAX_BYTES; i *= 2)
		KUNIT_EXPECT_TRUE(test, ahv_ring_bytes_valid(i));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_FALSE(test, ahv_ring_bytes_valid(bad[i]));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(head_is_the_published_one_and_the_distance),
	KUNIT_CASE(position_wraps_without_touching_the_lost),
	KUNIT_CASE(room_ends_exactly_at_the_limit),
	KUNIT_CASE(a_loss_is_reported_before_the_next_record),
	KUNIT_CASE(the_count_stops_short_of_the_closed_word),
	KUNIT_CASE(a_closed_word_stays_closed),
	KUNIT_CASE(a_position_out_of_range_is_told_from_a_full_ring),
	KUNIT_CASE(sizes_are_powers_of_two_in_bounds),
	{}
};

struct kunit_suite ahv_ringpos_suite = {
	.name = "aegishv_ringpos",
	.test_cases = cases,
};
