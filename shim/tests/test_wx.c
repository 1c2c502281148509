// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine of W^X: what is told and what is not, that every page gets
 * on, that memory has a bound; seals, traps, and what an execution is.
 */
#include <stdlib.h>
#include <string.h>
#include "cm.h"
#include "../kmod/pure/wx.h"

#define MS	1000000ULL
#define S	1000000000ULL
#define W	AEGISHV_ACCESS_WRITE
#define X	AEGISHV_ACCESS_EXEC
#define R	AEGISHV_ACCESS_READ

static struct ahv_wx *make(void)
{
	struct ahv_wx *t = malloc(sizeof(*t));

	assert_non_null(t);
	ahv_wx_init(t);
	t->on = true;
	return t;
}

static void more(struct ahv_wx *t)
{
	while (ahv_wx_wants_chunk(t))
		ahv_wx_give_chunk(t, malloc(AHV_WX_CHUNK * sizeof(struct ahv_wx_page)));
}

static void drop(struct ahv_wx *t)
{
	for (u32 i = 0; i < t->nr_chunks; i++)
		free(t->chunks[i]);
	for (u32 i = 0; t->gone && i < AHV_WX_GONE; i++)
		free(t->gone[i]);
	free(t->gone);
	free(t);
}

static struct ahv_wx_verdict fault(struct ahv_wx *t, u8 access, u64 unit, u64 now)
{
	struct ahv_wx_access a = {
		.now_ns = now, .unit = unit, .rip = 0x1000 + unit, .vcpu = 3,
		.present = !(access & R),
	};
	struct ahv_wx_verdict v;

	more(t);
	if (access & W) {
		ahv_wx_write(t, &a, &v);
		return v;
	}
	ahv_wx_exec(t, &a, &v);
	return v;
}

/* A fault on what was not mapped yet. */
#define FIRST R

static struct ahv_wx_verdict let(struct ahv_wx *t, u64 unit, u64 now)
{
	struct ahv_wx_access a = { .now_ns = now, .unit = unit, .present = true };
	struct ahv_wx_verdict v;

	ahv_wx_exec_allow(t, &a, &v);
	return v;
}

static void write_then_execute(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;

	assert_int_equal(ahv_wx_may(t, 7, S), R | X);
	v = fault(t, W | FIRST, 7, S);
	assert_false(v.rule || v.drop || v.flipped);
	assert_int_equal(ahv_wx_may(t, 7, S), R | W);
	v = fault(t, X, 7, 2 * S);
	assert_int_equal(v.rule, AEGISHV_WX_WRITE_EXEC);
	assert_false(v.quiet || v.no_writer);
	assert_true(v.write_ns == S && v.write_rip == 0x1007 && v.write_vcpu == 3);
	/* refused: nothing has changed */
	assert_int_equal(ahv_wx_may(t, 7, 2 * S), R | W);
	ahv_wx_told(t, 7, 2 * S);
	assert_true(fault(t, X, 7, 2 * S).quiet);
	v = let(t, 7, 2 * S);
	assert_true(v.drop && v.flipped);
	assert_int_equal(ahv_wx_may(t, 7, 2 * S), R | X);
	assert_int_equal(fault(t, X | FIRST, 7, 3 * S).rule, 0);
	drop(t);
}

static void twins_are_silent(void **state)
{
	struct ahv_wx *t = make();

	for (u64 i = 0; i < 5000; i++) {
		assert_int_equal(fault(t, W | FIRST, 2 * i, S + i).rule, 0);
		assert_int_equal(fault(t, X | FIRST, 2 * i + 1, S + i).rule, 0);
	}
	drop(t);
}

static void patch_is_seen(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;

	assert_int_equal(fault(t, X | FIRST, 9, S).rule, 0);
	v = fault(t, W, 9, S + MS);	/* mapped executable: the fault shows it */
	assert_true(v.drop && v.flipped && !v.rule);
	assert_int_equal(fault(t, X, 9, S + 2 * MS).rule, AEGISHV_WX_WRITE_EXEC);
	drop(t);
}

static void window_ends(void **state)
{
	struct ahv_wx *t = make();

	t->lim.window_ns = 5 * S;
	fault(t, W | FIRST, 1, S);
	assert_int_equal(fault(t, X, 1, 7 * S).rule, 0);
	assert_int_equal(ahv_wx_may(t, 1, 7 * S), R | X);
	drop(t);
}

static void thrash_gets_on(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v = { 0 };
	u64 now = S, unit;
	u32 n = 0;

	while (v.rule != AEGISHV_WX_THRASH) {
		assert_true(n++ < 100);
		v = fault(t, W, 5, now += MS);
		if (v.rule == AEGISHV_WX_THRASH)
			break;
		fault(t, X, 5, now += MS);
		v = let(t, 5, now);
	}
	assert_int_equal(v.flips, t->lim.flips);
	assert_int_equal(ahv_wx_may(t, 5, now), R | W | X);
	assert_int_equal(fault(t, X, 5, now).rule, 0);
	assert_true(ahv_wx_next_expiry(t) == now + t->lim.grant_ns);
	assert_false(ahv_wx_expired(t, now, &unit));
	now += t->lim.grant_ns;
	assert_true(ahv_wx_expired(t, now, &unit) && unit == 5);
	assert_false(ahv_wx_expired(t, now, &unit));
	assert_int_not_equal(ahv_wx_may(t, 5, now), R | W | X);
	drop(t);
}

/* One that goes on so is told of once in a while. */
static void thrash_is_told_once(void **state)
{
	struct ahv_wx *t = make();
	u64 now = S;

	t->lim.flips = 1;
	assert_int_equal(fault(t, W, 5, now).rule, AEGISHV_WX_THRASH);
	for (int i = 0; i < 4; i++) {
		struct ahv_wx_verdict v;

		now += 2 * S;
		fault(t, X, 5, now);
		v = let(t, 5, now);
		assert_int_equal(v.rule, AEGISHV_WX_THRASH);
		assert_true(v.quiet);
		fault(t, W, 5, now);
	}
	now += 4 * S;
	fault(t, X, 5, now);
	assert_false(let(t, 5, now).quiet);
	drop(t);
}

static void grants_have_a_bound(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;
	u64 now = S, unit;
	u32 evicted = 0, ended = 0;

	t->lim.flips = 1;
	for (u64 i = 0; i < AHV_WX_GRANTS + 10; i++) {
		v = fault(t, W, i, now += MS);
		assert_int_equal(v.rule, AEGISHV_WX_THRASH);
		if (v.nr_also) {
			assert_int_equal(v.also[0], evicted++);
			assert_int_not_equal(ahv_wx_may(t, v.also[0], now), R | W | X);
		}
	}
	assert_int_equal(evicted, 10);
	while (ahv_wx_expired(t, now + 10 * S, &unit))
		ended++;
	assert_int_equal(ended, AHV_WX_GRANTS);
	drop(t);
}

/* What had to make room is over: its trap is armed, it is not both. */
static void rests_have_a_bound(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;
	u64 now = S;

	t->lim.rearm_ns = 3600 * S;
	assert_true(ahv_wx_add_range(&t->traps, 0, AHV_WX_GRANTS));
	for (u64 i = 0; i <= AHV_WX_GRANTS; i++) {
		assert_int_equal(fault(t, X | FIRST, i, now += MS).rule, AEGISHV_WX_TRAP);
		v = let(t, i, now);
		assert_int_equal(v.nr_also, i == AHV_WX_GRANTS);
	}
	assert_int_equal(v.also[0], 0);
	assert_int_equal(fault(t, X | FIRST, 0, now).rule, AEGISHV_WX_TRAP);
	assert_int_equal(fault(t, X | FIRST, 1, now).rule, 0);
	/* a trap that is met on a page that changes its mind takes two places */
	t->lim.flips = 1;
	assert_true(ahv_wx_add_range(&t->traps, 1000, 1000));
	fault(t, W | FIRST, 1000, now += MS);
	assert_int_equal(fault(t, X, 1000, now += MS).rule, AEGISHV_WX_TRAP);
	v = let(t, 1000, now);
	assert_int_equal(v.nr_also, 2);
	assert_true(v.also[0] == 1 && v.also[1] == 2);
	drop(t);
}

static void oldest_is_forgotten(void **state)
{
	struct ahv_wx *t = make();
	u64 i, n = AHV_WX_PAGES + 1000;

	for (i = 0; i < n; i++)
		fault(t, W | FIRST, i * 3, S + i);
	assert_int_equal(t->nr, AHV_WX_PAGES);
	assert_int_equal(t->forgotten, 1000);
	assert_int_equal(ahv_wx_may(t, 3000, S), R | W);	/* the oldest that is not */
	assert_int_equal(ahv_wx_may(t, 0, S), R | W);		/* forgotten, but for one bit */
	assert_int_equal(ahv_wx_may(t, 1, S), R | X);
	/* that is enough, mapped or not */
	assert_int_equal(fault(t, X, 0, 2 * S).rule, AEGISHV_WX_WRITE_EXEC);
	assert_int_equal(fault(t, X | FIRST, 3, 2 * S).rule, AEGISHV_WX_WRITE_EXEC);
	assert_true(fault(t, X | FIRST, 3, 2 * S).no_writer);
	assert_int_equal(fault(t, X | FIRST, 1, 2 * S).rule, 0);
	assert_int_equal(ahv_wx_chunks(t), AHV_WX_CHUNKS + 2);
	ahv_wx_reset(t);
	assert_int_equal(ahv_wx_may(t, 3000, S), R | X);
	assert_int_equal(ahv_wx_may(t, 0, S), R | X);
	drop(t);
}

static void write_others(struct ahv_wx *t, u64 now)
{
	for (u64 i = 0; i < AHV_WX_PAGES; i++)
		fault(t, W | FIRST, 500000 + i, now);
}

/* What was executed when it was forgotten is code, as far as is known. */
static void executed_is_forgotten(void **state)
{
	struct ahv_wx *t = make();

	fault(t, W | FIRST, 7, S);
	write_others(t, S);
	assert_int_equal(fault(t, X | FIRST, 7, S).rule, AEGISHV_WX_WRITE_EXEC);
	let(t, 7, S);
	assert_int_equal(ahv_wx_may(t, 7, S), R | X);
	write_others(t, S);
	assert_int_equal(fault(t, X | FIRST, 7, S).rule, 0);
	/* what was never written is not taken for something that was, wherever it is */
	for (u64 i = 0; i < AHV_WX_PAGES; i++)
		fault(t, W | FIRST, ((u64)AHV_WX_GONE << 15) + i * 4096, S);
	write_others(t, S);
	for (u64 i = 0; i < 500000; i++)
		assert_int_equal(ahv_wx_may(t, i, S), R | X);
	drop(t);
}

/* Forgotten for good, as it was before: a mapping that is there shows it. */
static void forgotten_without_memory(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_access a = { .now_ns = S };
	struct ahv_wx_verdict v;

	more(t);
	for (a.unit = 0; a.unit <= AHV_WX_CHUNK; a.unit++)
		ahv_wx_write(t, &a, &v);
	assert_int_equal(t->forgotten, 1);
	assert_int_equal(fault(t, X | FIRST, 0, S).rule, 0);
	assert_int_equal(fault(t, X, 0, S).rule, AEGISHV_WX_WRITE_EXEC);
	assert_int_equal(fault(t, X | FIRST, AHV_WX_CHUNK, S).rule, AEGISHV_WX_WRITE_EXEC);
	drop(t);
}

static void without_memory(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_access a = { .now_ns = S, .unit = 1, .present = true };
	struct ahv_wx_verdict v;

	ahv_wx_write(t, &a, &v);
	assert_int_equal(v.rule, 0);
	ahv_wx_exec(t, &a, &v);
	ahv_wx_exec_allow(t, &a, &v);
	ahv_wx_told(t, 1, S);
	assert_int_equal(ahv_wx_may(t, 1, S), R | X);
	drop(t);
}

static void permissions_are_kept(void **state)
{
	struct ahv_wx *t = make();

	fault(t, W | FIRST, 4, S);
	/* another vCPU mapped it executable meanwhile: not taken away in place */
	assert_int_equal(ahv_wx_keep(t, 4, R | X, R | W), R | X);
	assert_true(fault(t, W, 4, S).drop);
	assert_false(fault(t, W, 4, S).drop);
	assert_int_equal(ahv_wx_keep(t, 4, R, R | W), R | W);
	assert_int_equal(ahv_wx_keep(t, 4, R | X, R | W | X), R | W | X);
	drop(t);
}

static void seals(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;

	assert_true(ahv_wx_add_range(&t->seals, 10, 19));
	v = fault(t, W, 15, S);
	assert_int_equal(v.rule, AEGISHV_WX_SEAL);
	assert_int_equal(ahv_wx_may(t, 15, S), R | X);
	assert_int_equal(fault(t, W | FIRST, 20, S).rule, 0);
	assert_int_equal(fault(t, X | FIRST, 15, S).rule, 0);
	t->on = false;
	assert_int_equal(fault(t, W, 15, S).rule, AEGISHV_WX_SEAL);
	assert_int_equal(ahv_wx_may(t, 15, S), R | X);
	assert_int_equal(ahv_wx_may(t, 20, S), R | W | X);
	for (u32 i = 1; i < AHV_WX_RANGES; i++)
		assert_true(ahv_wx_add_range(&t->seals, 100 * i, 100 * i));
	assert_true(ahv_wx_add_range(&t->seals, 10, 19));	/* there already */
	assert_false(ahv_wx_add_range(&t->seals, 1, 1));
	drop(t);
}

static void traps(void **state)
{
	struct ahv_wx *t = make();
	u64 unit;

	t->on = false;
	t->lim.rearm_ns = S;
	assert_true(ahv_wx_add_range(&t->traps, 30, 30));
	assert_int_equal(ahv_wx_may(t, 30, S), R | W);
	assert_int_equal(fault(t, X, 30, S).rule, AEGISHV_WX_TRAP);
	let(t, 30, S);
	assert_int_equal(ahv_wx_may(t, 30, S), R | W | X);
	assert_int_equal(fault(t, X, 30, S + MS).rule, 0);
	assert_true(ahv_wx_expired(t, 2 * S, &unit) && unit == 30);
	assert_int_equal(ahv_wx_may(t, 30, 2 * S), R | W);
	assert_int_equal(fault(t, X, 30, 2 * S).rule, AEGISHV_WX_TRAP);
	t->lim.rearm_ns = 0;
	let(t, 30, 2 * S);
	assert_int_equal(ahv_wx_may(t, 30, 1000 * S), R | W | X);
	drop(t);
}

/* Whether a page was executed before says nothing of a trap that is set later. */
static void traps_are_set_anew(void **state)
{
	struct ahv_wx *t = make();

	fault(t, W, 30, S);
	assert_int_equal(fault(t, X, 30, S + MS).rule, AEGISHV_WX_WRITE_EXEC);
	let(t, 30, S + MS);
	assert_true(ahv_wx_add_range(&t->traps, 30, 30));
	ahv_wx_arm(t);
	assert_int_equal(ahv_wx_may(t, 30, 2 * S), R);
	assert_int_equal(fault(t, X, 30, 2 * S).rule, AEGISHV_WX_TRAP);
	let(t, 30, 2 * S);
	assert_int_equal(fault(t, X, 30, 3 * S).rule, 0);
	t->traps.n = 0;
	assert_int_equal(fault(t, X, 30, 4 * S).rule, 0);
	assert_true(ahv_wx_add_range(&t->traps, 30, 30));
	ahv_wx_arm(t);
	assert_int_equal(fault(t, X, 30, 5 * S).rule, AEGISHV_WX_TRAP);
	drop(t);
}

/* Two vCPUs look at the clock and then wait for each other. */
static void time_goes_back_a_little(void **state)
{
	struct ahv_wx *t = make();
	struct ahv_wx_verdict v;

	t->lim.window_ns = MS;
	fault(t, W, 30, S + 1);
	v = fault(t, X, 30, S);
	assert_int_equal(v.rule, AEGISHV_WX_WRITE_EXEC);
	ahv_wx_told(t, 30, 2 * S);
	assert_true(fault(t, X, 30, S).quiet);
	drop(t);
}

static void classes(void **state)
{
	struct ahv_wx_guest g = { .cpl = 3, .paging = true, .ran_paged = true };

	assert_int_equal(ahv_wx_classify(&g), AHV_WX_CLASS_LOAD);
	g.map = AEGISHV_WX_MAP_DIRTY;
	assert_int_equal(ahv_wx_classify(&g), AHV_WX_CLASS_USER);
	g.cpl = 0;
	assert_int_equal(ahv_wx_classify(&g), AHV_WX_CLASS_BOOT);
	g.ran_user = true;
	assert_int_equal(ahv_wx_classify(&g), AHV_WX_CLASS_KERNEL);
	g = (struct ahv_wx_guest){ .cpl = 0 };
	assert_int_equal(ahv_wx_classify(&g), AHV_WX_CLASS_KERNEL);
}

/* Any order of faults: what is allowed at the same time is never both. */
static void never_both(void **state)
{
	struct ahv_wx *t = make();
	u64 seed = 1, now = S;

	t->lim.flips = 1u << 30;
	for (u32 i = 0; i < 200000; i++) {
		u64 unit;
		u8 may;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		unit = (seed >> 33) % 40000;
		now += (seed >> 20) & 0xfffff;
		if (seed >> 63)
			fault(t, W | (seed & R), unit, now);
		else if (fault(t, X | (seed & R), unit, now).rule)
			let(t, unit, now);
		may = ahv_wx_may(t, unit, now);
		assert_int_not_equal(may & (W | X), W | X);
		assert_true(may & (W | X));
	}
	assert_true(t->nr <= AHV_WX_PAGES);
	drop(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_then_execute),
		cmocka_unit_test(twins_are_silent),
		cmocka_unit_test(patch_is_seen),
		cmocka_unit_test(window_ends),
		cmocka_unit_test(thrash_gets_on),
		cmocka_unit_test(thrash_is_told_once),
		cmocka_unit_test(grants_have_a_bound),
		cmocka_unit_test(rests_have_a_bound),
		cmocka_unit_test(oldest_is_forgotten),
		cmocka_unit_test(executed_is_forgotten),
		cmocka_unit_test(forgotten_without_memory),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(permissions_are_kept),
		cmocka_unit_test(seals),
		cmocka_unit_test(traps),
		cmocka_unit_test(traps_are_set_anew),
		cmocka_unit_test(time_goes_back_a_little),
		cmocka_unit_test(classes),
		cmocka_unit_test(never_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
