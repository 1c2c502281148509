// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compact table in the kernel's own build: never no for what was entered,
 * inside its memory for any hash. shim/tests/test_match.c looks at how often it
 * is wrong.
 */
#include <linux/slab.h>
#include "match.h"
#include "suites.h"

static u64 *make(struct kunit *test, struct ahv_filter *f, u64 keys)
{
	f->shift = ahv_filter_shift(keys);
	f->words = kunit_kzalloc(test, ahv_filter_bytes(f->shift), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->words);
	return f->words + ahv_filter_bytes(f->shift) / sizeof(u64);
}

static void what_was_entered_is_there(struct kunit *test)
{
	u64 bit, *word, *end;
	struct ahv_filter f;
	u32 i;

	end = make(test, &f, 5000);
	for (i = 0; i < 5000; i++) {
		word = ahv_filter_bit(&f, ahv_key_hash(0x800001, i, AHV_KEY_INODE), &bit);
		KUNIT_ASSERT_TRUE(test, word >= f.words && word < end);
		*word |= bit;
	}
	for (i = 0; i < 5000; i++)
		KUNIT_EXPECT_TRUE(test, ahv_filter_has(&f,
				  ahv_key_hash(0x800001, i, AHV_KEY_INODE)));
}

static void any_hash_is_inside(struct kunit *test)
{
	static const u64 hashes[] = { 0, 1, U32_MAX, 1ULL << 32, 1ULL << 63, U64_MAX };
	u64 bit, *word, *end;
	struct ahv_filter f;
	u32 i;

	end = make(test, &f, 0);
	KUNIT_EXPECT_EQ(test, (size_t)((char *)end - (char *)f.words), (size_t)4096);
	for (i = 0; i < ARRAY_SIZE(hashes); i++) {
		KUNIT_EXPECT_FALSE(test, ahv_filter_has(&f, hashes[i]));
		word = ahv_filter_bit(&f, hashes[i], &bit);
		KUNIT_EXPECT_TRUE(test, word >= f.words && word < end && bit);
	}
}

static void paths_are_taken_apart(struct kunit *test)
{
	struct ahv_path_parts s;

	KUNIT_EXPECT_TRUE(test, ahv_path_split("/a/bc//", 7, &s));
	KUNIT_EXPECT_EQ(test, s.dir_len, 3U);
	KUNIT_EXPECT_EQ(test, s.name, 3U);
	KUNIT_EXPECT_EQ(test, s.name_len, 2U);
	KUNIT_EXPECT_FALSE(test, ahv_path_split("/", 1, &s));
	KUNIT_EXPECT_FALSE(test, ahv_path_split("/a/..", 5, &s));
	KUNIT_EXPECT_NULL(test, ahv_path_problem("/a", 2));
	KUNIT_EXPECT_NOT_NULL(test, ahv_path_problem("/a\0", 3));
	KUNIT_EXPECT_NOT_NULL(test, ahv_path_problem("a", 1));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(what_was_entered_is_there),
	KUNIT_CASE(any_hash_is_inside),
	KUNIT_CASE(paths_are_taken_apart),
	{}
};

struct kunit_suite ahv_match_suite = {
	.name = "aegishv_match",
	.test_cases = cases,
};
