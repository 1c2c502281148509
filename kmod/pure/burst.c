// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rarer half of burst.h: time went on to another step. Any context; no
 * locks.
 */
#include "burst.h"

static void start_over(struct ahv_burst *b, u64 now_ns)
{
	int i;

	for (i = 0; i < AHV_BURST_STEPS; i++)
		b->counts[i] = 0;
	b->sum = 0;
	b->at = 0;
	b->start_ns = now_ns;
}

/**
 * ahv_burst_advance() - let the oldest steps drop out
 * @b: the counter
 * @l: the limit
 * @now_ns: at least one step behind the start of the one that is counted
 */
void ahv_burst_advance(struct ahv_burst *b, const struct ahv_burst_limit *l, u64 now_ns)
{
	int i;

	for (i = 0; i < AHV_BURST_STEPS && now_ns - b->start_ns >= l->step_ns; i++) {
		b->at = (b->at + 1) % AHV_BURST_STEPS;
		b->sum -= b->counts[b->at];
		b->counts[b->at] = 0;
		b->start_ns += l->step_ns;
	}
	if (now_ns - b->start_ns >= l->step_ns)
		start_over(b, now_ns);
	if (b->sum < l->count / 2 || !b->sum)
		b->on = false;
}
