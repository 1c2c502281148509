/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consumer of /dev/aegishv: maps the rings, checks what is in them and hands
 * the records out in the order of their time. One thread.
 */
#ifndef AHV_SHIM_RING_H
#define AHV_SHIM_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/aegishv.h>

/**
 * struct ring - one CPU's ring as the consumer sees it
 * @cpu: its CPU
 * @size: bytes of @data, which is mapped twice in a row
 * @prod: the producer's page
 * @cons: the consumer's page
 * @data: the data
 * @tail: read up to here
 * @limit: of this pass: the head when it began
 * @next_seq: sequence number that the next record has
 * @seen: a record was read, so that @next_seq is known
 * @lost_before: events lost before this consumer came
 * @map: both mappings, to undo them
 * @map_len: bytes of the second one
 */
struct ring {
	uint32_t cpu;
	uint32_t size;
	const struct aegishv_ring_prod *prod;
	struct aegishv_ring_cons *cons;
	const uint8_t *data;
	uint64_t tail;
	uint64_t limit;
	uint64_t next_seq;
	bool seen;
	uint64_t lost_before;
	void *map[2];
	size_t map_len;
};

/**
 * struct ring_sink - who takes what is read
 * @record: a record that rec_valid() accepts; gone after the call
 * @problem: a ring holds what no module writes; @near says where and when
 * @arg: first argument of both
 */
struct ring_sink {
	void (*record)(void *arg, const struct aegishv_hdr *rec);
	void (*problem)(void *arg, const struct aegishv_hdr *near, const char *text);
	void *arg;
};

struct ring_set {
	int fd;
	uint32_t nr;
	struct aegishv_dev_info info;
	struct ring *rings;
	struct ring **heap;
};

/**
 * ring_open() - open the device and map every ring
 * @s: to be filled in
 * @path: the device
 * @why: where to say what went wrong, 256 bytes
 *
 * Return: 0 or a negative errno.
 */
int ring_open(struct ring_set *s, const char *path, char *why);
void ring_close(struct ring_set *s);

/**
 * ring_init() - look at a ring for the first time
 * @r: with @cpu, @prod, @cons and @data set
 *
 * Return: 0, or -EPROTO when its producer's page cannot be right.
 */
int ring_init(struct ring *r);

/**
 * ring_drain() - hand out what was in the rings when the call began
 * @s: the rings
 * @sink: who takes it
 *
 * Records of one CPU stay in their order; those of different CPUs are merged
 * by time.
 *
 * Return: records handed out.
 */
uint64_t ring_drain(struct ring_set *s, const struct ring_sink *sink);

/**
 * ring_tail_loss() - events lost that no record tells of, because none came after
 * @r: a ring that was just drained
 * @lost: filled in as the record that would have told it
 *
 * Return: whether there are any.
 */
bool ring_tail_loss(const struct ring *r, struct aegishv_rec_lost *lost);

#endif
