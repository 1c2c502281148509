/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters of what went through the pipeline. One thread adds (the one that
 * reads records), any thread reads: each counter alone is exact, and a reader
 * may see one ahead of another. No locks.
 */
#ifndef AHV_SHIM_METRICS_H
#define AHV_SHIM_METRICS_H

#include <stdint.h>
#include "rec.h"
#include "../kmod/pure/exits.h"

#define METRICS_NR_ISA		4
#define METRICS_NR_ACCESS	3	/* read, write, exec */

struct vmtab;

/**
 * struct metrics - counters of one run
 * @records: records by type; [0] counts types that are not known
 * @exits: exits by enum aegishv_isa and slot
 * @faults: stage-2 faults by read, write, exec
 * @lost: events lost in the ring, by class
 * @lost_trace: events that trace text says were lost
 * @lost_trace_unknown: reports of loss in trace text without a number
 * @unreadable: input lines or records that made no sense
 * @seq_holes: times a sequence number was missing and no record said why
 * @seq_missing: how many were missing
 * @ring_corrupt: times a ring held what no module writes
 * @detections: what set a detector off, by enum aegishv_detector
 * @wx: pages used against wx, a seal or a trap, by enum aegishv_wx_rule
 * @vms: VM table, which counts exits and faults by VM
 */
struct metrics {
	uint64_t records[REC_NR_TYPES];
	uint64_t exits[METRICS_NR_ISA][AHV_EXIT_SLOTS];
	uint64_t faults[METRICS_NR_ACCESS];
	uint64_t lost[AEGISHV_NR_CLASSES];
	uint64_t lost_trace;
	uint64_t lost_trace_unknown;
	uint64_t unreadable;
	uint64_t seq_holes;
	uint64_t seq_missing;
	uint64_t ring_corrupt;
	uint64_t detections[AEGISHV_DETECT_END];
	uint64_t wx[AEGISHV_WX_TRAP + 1];
	struct vmtab *vms;
};

static inline void count_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* AEGISHV_ACCESS_* to an index of &metrics.faults */
static inline unsigned int access_index(unsigned int access)
{
	return access & AEGISHV_ACCESS_EXEC ? 2 : access & AEGISHV_ACCESS_WRITE ? 1 : 0;
}

static inline const char *access_name(unsigned int index)
{
	static const char *const names[] = {
#define AHV_ACCESS(bit, name) [(bit) >> 1] = name,	/* 1, 2, 4 -> 0, 1, 2 */
#include "../kmod/pure/names.def"
	};

	return names[index];
}

#endif
