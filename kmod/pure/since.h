/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Durations between events of two vCPUs. Each takes the time before it takes
 * the lock, so the one that comes second may carry the earlier time.
 */
#ifndef AHV_PURE_SINCE_H
#define AHV_PURE_SINCE_H

#include "types.h"

/**
 * ahv_since() - how long something is ago
 * @now_ns: time
 * @then_ns: when that was
 *
 * Return: nanoseconds, 0 when it seems to be still to come.
 */
static inline u64 ahv_since(u64 now_ns, u64 then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

#endif
