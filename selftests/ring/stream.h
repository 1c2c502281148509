/* SPDX-License-Identifier: GPL-2.0-only */
/* What one consumer reads from one ring, checked record by record. */
#ifndef RING_STREAM_H
#define RING_STREAM_H

#include <stdbool.h>

#include "dev.h"

/**
 * struct stream - reader of one ring
 * @r: the ring
 * @cpu: whose
 * @tail: where the next record is
 * @seq: sequence it must have
 * @synced: @seq holds
 * @records: records read
 * @lost: sum of the counts of LOST records
 * @alerts: records of the alert class, LOST ones aside
 * @bad: how many things were wrong
 */
struct stream {
	struct dev_ring *r;
	unsigned int cpu;
	uint64_t tail;
	uint64_t seq;
	bool synced;
	uint64_t records;
	uint64_t lost;
	uint64_t alerts;
	uint64_t bad;
};

void stream_init(struct stream *s, struct dev_ring *r, unsigned int cpu);
/* Reads what is there, at most @max records; how many it read. */
uint64_t stream_read(struct stream *s, uint64_t max);
/* Gives up what is unread: the next record may have any higher sequence. */
void stream_skip(struct stream *s);

#endif
