/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * So many events within a sliding window. The window is cut into steps, the
 * oldest of which drops out as time goes on, so what is counted is never older
 * than the window and never covers less than seven eighths of it. Over the
 * limit a burst is on, and it ends below half of it: one burst is told once.
 *
 * Any context; no locks: the caller has the storage to itself.
 */
#ifndef AHV_PURE_BURST_H
#define AHV_PURE_BURST_H

#include "types.h"

#define AHV_BURST_STEPS	8

/**
 * struct ahv_burst_limit - what makes a burst
 * @step_ns: an eighth of the window, at least 1
 * @count: so many events, 0 for never
 */
struct ahv_burst_limit {
	u64 step_ns;
	u32 count;
};

/**
 * struct ahv_burst - what is counted; all zeros to begin with
 * @start_ns: when the step that is counted now began
 * @sum: of @counts
 * @at: the step that is counted now
 * @on: the limit was reached, and half of it not left since
 * @counts: by step
 */
struct ahv_burst {
	u64 start_ns;
	u32 sum;
	u16 at;
	bool on;
	u32 counts[AHV_BURST_STEPS];
};

void ahv_burst_advance(struct ahv_burst *b, const struct ahv_burst_limit *l, u64 now_ns);

/**
 * ahv_burst_add() - count an event
 * @b: the counter
 * @l: the limit, whose count is not 0; the same as before, or @b all zeros
 * @now_ns: time of the event; when it goes back, the event belongs to the step
 *	that is counted now
 *
 * Return: whether a burst begins with this event.
 */
static inline bool ahv_burst_add(struct ahv_burst *b, const struct ahv_burst_limit *l, u64 now_ns)
{
	if ((s64)(now_ns - b->start_ns) >= (s64)l->step_ns)
		ahv_burst_advance(b, l, now_ns);
	b->counts[b->at]++;
	b->sum++;
	if (b->sum < l->count || b->on)
		return false;
	b->on = true;
	return true;
}

#endif
