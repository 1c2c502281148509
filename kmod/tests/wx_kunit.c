// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine of W^X in the kernel's own build; shim/tests/test_wx.c looks
 * at it closer.
 */
#include <linux/slab.h>
#include "suites.h"
#include "wx.h"

#define RW	(AEGISHV_ACCESS_READ | AEGISHV_ACCESS_WRITE)
#define RX	(AEGISHV_ACCESS_READ | AEGISHV_ACCESS_EXEC)

static struct ahv_wx *make(struct kunit *test)
{
	struct ahv_wx *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	ahv_wx_init(t);
	t->on = true;
	return t;
}

static void more(struct kunit *test, struct ahv_wx *t)
{
	void *chunk;

	while (ahv_wx_wants_chunk(t)) {
		chunk = kunit_kzalloc(test, AHV_WX_CHUNK * sizeof(struct ahv_wx_page), GFP_KERNEL);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chunk);
		ahv_wx_give_chunk(t, chunk);
	}
}

static void write_then_execute(struct kunit *test)
{
	struct ahv_wx_access a = { .now_ns = 1000, .unit = 7, .rip = 0x1234 };
	struct ahv_wx *t = make(test);
	struct ahv_wx_verdict v;

	more(test, t);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 7, a.now_ns), RX);
	ahv_wx_write(t, &a, &v);
	KUNIT_EXPECT_EQ(test, (int)v.rule, 0);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 7, a.now_ns), RW);
	a.present = true;
	ahv_wx_exec(t, &a, &v);
	KUNIT_EXPECT_EQ(test, (int)v.rule, AEGISHV_WX_WRITE_EXEC);
	KUNIT_EXPECT_EQ(test, v.write_rip, 0x1234ULL);
	ahv_wx_exec_allow(t, &a, &v);
	KUNIT_EXPECT_TRUE(test, v.drop);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 7, a.now_ns), RX);
}

static void memory_has_a_bound(struct kunit *test)
{
	struct ahv_wx *t = make(test);
	struct ahv_wx_access a = {};
	struct ahv_wx_verdict v;

	for (a.unit = 0; a.unit < AHV_WX_PAGES + 100; a.unit++) {
		a.now_ns = 1000 + a.unit;
		more(test, t);
		ahv_wx_write(t, &a, &v);
	}
	KUNIT_EXPECT_EQ(test, t->nr, (u32)AHV_WX_PAGES);
	KUNIT_EXPECT_EQ(test, t->forgotten, 100ULL);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 99, a.now_ns), RW);	/* by one bit */
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 100, a.now_ns), RW);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, a.unit, a.now_ns), RX);
	KUNIT_EXPECT_EQ(test, ahv_wx_chunks(t), AHV_WX_CHUNKS + 2U);
}

static void seals_and_traps(struct kunit *test)
{
	struct ahv_wx_access a = { .now_ns = 1000, .unit = 15 };
	struct ahv_wx *t = make(test);
	struct ahv_wx_verdict v;

	more(test, t);
	t->on = false;
	KUNIT_EXPECT_TRUE(test, ahv_wx_add_range(&t->seals, 10, 19));
	KUNIT_EXPECT_TRUE(test, ahv_wx_add_range(&t->traps, 15, 15));
	ahv_wx_write(t, &a, &v);
	KUNIT_EXPECT_EQ(test, (int)v.rule, AEGISHV_WX_SEAL);
	ahv_wx_exec(t, &a, &v);
	KUNIT_EXPECT_EQ(test, (int)v.rule, AEGISHV_WX_TRAP);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 15, a.now_ns), AEGISHV_ACCESS_READ);
	ahv_wx_exec_allow(t, &a, &v);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 15, a.now_ns), RX);
	KUNIT_EXPECT_EQ(test, (int)ahv_wx_may(t, 20, a.now_ns), (int)AHV_WX_ALL);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(write_then_execute),
	KUNIT_CASE(memory_has_a_bound),
	KUNIT_CASE(seals_and_traps),
	{}
};

struct kunit_suite ahv_wx_suite = {
	.name = "aegishv_wx",
	.test_cases = cases,
};
