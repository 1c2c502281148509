// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search for a kernel's text in page tables that a test makes up: where it
 * begins and ends, which memory it is in, and what is refused.
 */
#include "cm.h"
#include "../kmod/pure/ktext.h"

#define PAGE	0x1000ULL
#define HUGE	0x200000ULL
#define TEXT	0xffffffff81000000ULL
#define X	AHV_KTEXT_EXEC
#define W	AHV_KTEXT_WRITE
#define U	AHV_KTEXT_USER

struct tables {
	const struct ahv_ktext_map *map;
	size_t nr;
	u64 unreadable;		/* 0 for none */
};

static enum ahv_ktext_look look(void *arg, u64 gva, struct ahv_ktext_map *m)
{
	const struct tables *t = arg;

	for (size_t i = 0; i < t->nr; i++) {
		*m = t->map[i];
		if (gva - m->gva < m->bytes)
			return AHV_KTEXT_THERE;
	}
	return t->unreadable && gva == t->unreadable ? AHV_KTEXT_UNKNOWN : AHV_KTEXT_NONE;
}

static enum ahv_ktext_result find(struct ahv_ktext *k, struct tables *t, u64 entry)
{
	*k = (struct ahv_ktext){ .look = look, .arg = t };
	return ahv_ktext_find(k, entry);
}

#define TABLES(m) { (m), sizeof(m) / sizeof((m)[0]), 0 }

static const struct ahv_ktext_map kernel[] = {
	{ TEXT - HUGE, 0x7000000, HUGE, W },			/* something before */
	{ TEXT, 0x1000000, HUGE, X },
	{ TEXT + HUGE, 0x1200000, HUGE, X },
	{ TEXT + 2 * HUGE, 0x1400000, PAGE, X },
	{ TEXT + 2 * HUGE + PAGE, 0x1401000, PAGE, X },
	{ TEXT + 2 * HUGE + 2 * PAGE, 0x1402000, PAGE, 0 },	/* read-only data */
};

static void one_range(void **state)
{
	struct tables t = TABLES(kernel);
	struct ahv_ktext k;

	for (u64 at = TEXT; at < TEXT + 2 * HUGE + 2 * PAGE; at += 0x1fff) {
		assert_int_equal(find(&k, &t, at), AHV_KTEXT_FOUND);
		assert_int_equal(k.text.n, 1);
		assert_int_equal(k.text.r[0].first, 0x1000);
		assert_int_equal(k.text.r[0].last, 0x1401);
	}
}

static void in_two_places(void **state)
{
	const struct ahv_ktext_map maps[] = {
		{ TEXT, 0x1000000, HUGE, X },
		{ TEXT + HUGE, 0x800000, HUGE, X },
		{ TEXT + 2 * HUGE, 0xa00000, PAGE, X },
	};
	struct tables t = TABLES(maps);
	struct ahv_ktext k;

	assert_int_equal(find(&k, &t, TEXT + 2 * HUGE + 5), AHV_KTEXT_FOUND);
	assert_int_equal(k.text.n, 2);
	assert_int_equal(k.text.r[0].first, 0x1000);
	assert_int_equal(k.text.r[0].last, 0x11ff);
	assert_int_equal(k.text.r[1].first, 0x800);
	assert_int_equal(k.text.r[1].last, 0xa00);
}

static void what_is_no_text(void **state)
{
	struct ahv_ktext_map maps[] = { { TEXT, 0x1000000, HUGE, 0 } };
	struct tables t = TABLES(maps);
	struct ahv_ktext k;

	assert_int_equal(find(&k, &t, 0), AHV_KTEXT_NO_KERNEL);
	assert_int_equal(find(&k, &t, 0x7fffffffffff), AHV_KTEXT_NO_KERNEL);
	assert_int_equal(find(&k, &t, TEXT - 1), AHV_KTEXT_NO_TEXT);
	assert_int_equal(find(&k, &t, TEXT), AHV_KTEXT_NO_TEXT);
	maps[0].rights = X | U;
	assert_int_equal(find(&k, &t, TEXT), AHV_KTEXT_NO_TEXT);
}

static void writable_anywhere(void **state)
{
	struct ahv_ktext_map maps[sizeof(kernel) / sizeof(kernel[0])];
	struct tables t = TABLES(maps);
	struct ahv_ktext k;

	for (size_t bad = 1; bad < 5; bad++) {
		memcpy(maps, kernel, sizeof(maps));
		maps[bad].rights |= W;
		for (size_t from = 1; from < 5; from++) {
			assert_int_equal(find(&k, &t, maps[from].gva), AHV_KTEXT_WRITABLE);
			assert_int_equal(k.writable_gpa, maps[bad].gpa);
		}
	}
}

/* Half a text would be worse than none. */
static void a_table_that_cannot_be_read(void **state)
{
	struct tables t = { kernel + 1, 2, TEXT - 1 };
	struct ahv_ktext k;

	assert_int_equal(find(&k, &t, TEXT), AHV_KTEXT_UNREAD);
	t.unreadable = TEXT + 2 * HUGE;
	assert_int_equal(find(&k, &t, TEXT), AHV_KTEXT_UNREAD);
	t.unreadable = TEXT + HUGE;
	t.nr = 1;
	assert_int_equal(find(&k, &t, TEXT), AHV_KTEXT_UNREAD);
}

/* Every address has a mapping, of so many bytes, each elsewhere when scattered. */
struct endless {
	u64 bytes;
	u64 from;
	bool scattered;
};

static enum ahv_ktext_look look_endless(void *arg, u64 gva, struct ahv_ktext_map *m)
{
	const struct endless *e = arg;

	m->gva = gva & ~(e->bytes - 1);
	m->gpa = m->gva & 0xffffffffff;
	if (e->scattered)
		m->gpa *= 2;
	m->bytes = e->bytes;
	m->rights = X;
	return gva >= e->from ? AHV_KTEXT_THERE : AHV_KTEXT_NONE;
}

static enum ahv_ktext_result find_endless(struct ahv_ktext *k, struct endless e, u64 entry)
{
	*k = (struct ahv_ktext){ .look = look_endless, .arg = &e };
	return ahv_ktext_find(k, entry);
}

static void bounds(void **state)
{
	struct ahv_ktext k;
	u64 last = -PAGE;

	assert_int_equal(find_endless(&k, (struct endless){ HUGE, 0, false }, TEXT),
			 AHV_KTEXT_TOO_LONG);
	assert_int_equal(find_endless(&k, (struct endless){ PAGE, 0, false }, TEXT),
			 AHV_KTEXT_TOO_LONG);
	assert_true(k.looked <= AHV_KTEXT_MAPS + 1);
	assert_int_equal(find_endless(&k, (struct endless){ HUGE, TEXT, false }, TEXT),
			 AHV_KTEXT_TOO_LONG);
	assert_int_equal(find_endless(&k, (struct endless){ PAGE, last - 31 * PAGE, true }, last),
			 AHV_KTEXT_FOUND);
	assert_int_equal(k.text.n, AHV_WX_RANGES);
	assert_int_equal(find_endless(&k, (struct endless){ PAGE, last - 32 * PAGE, true }, last),
			 AHV_KTEXT_SCATTERED);
	/* the last byte of all addresses */
	assert_int_equal(find_endless(&k, (struct endless){ PAGE, last, false }, ~0ULL),
			 AHV_KTEXT_FOUND);
	assert_int_equal(k.text.n, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_range),
		cmocka_unit_test(in_two_places),
		cmocka_unit_test(what_is_no_text),
		cmocka_unit_test(writable_anywhere),
		cmocka_unit_test(a_table_that_cannot_be_read),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
