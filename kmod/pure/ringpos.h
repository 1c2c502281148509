/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arithmetic of one CPU's ring: what a reservation does to the ring's word.
 * No memory is touched here; ring.c does the compare-and-exchange around it.
 *
 * The word holds everything that must change together, so that one exchange
 * decides between "these bytes are mine" and "one more event is lost":
 *
 *	63                      24 23                     0
 *	+-------------------------+------------------------+
 *	| lost since last record  | head, in units of 8 B  |
 *	+-------------------------+------------------------+
 *
 * The head wraps; the full position is the published head plus the distance,
 * which is always below the ring's size.
 */
#ifndef AHV_PURE_RINGPOS_H
#define AHV_PURE_RINGPOS_H

#include "types.h"
#include <linux/aegishv.h>

#define AHV_POS_BITS	24
#define AHV_POS_MASK	((1ULL << AHV_POS_BITS) - 1)
#define AHV_POS_UNIT	8
#define AHV_LOST_ONE	(1ULL << AHV_POS_BITS)
/* At this many the record's count stays; the producer page counts on. */
#define AHV_LOST_MAX	((1ULL << (64 - AHV_POS_BITS)) - 2)
/* A ring that is being replaced; no reservation leads to this value. */
#define AHV_WORD_CLOSED	(~0ULL)

#define AHV_RING_MIN_BYTES	(64U << 10)
#define AHV_RING_MAX_BYTES	(64U << 20)
/* Alerts keep one part in so many to themselves. */
#define AHV_RING_ALERT_PART	8

enum ahv_pos_result {
	AHV_POS_OK,
	AHV_POS_FULL,
	AHV_POS_BAD_TAIL,
	AHV_POS_CLOSED,
};

/**
 * struct ahv_pos - what a reservation is decided from and comes to
 * @word: in: the ring's word; out: what to exchange it for
 * @published: in: head as the consumer may see it, in bytes
 * @tail: in: what the consumer's page says, which may be anything
 * @size: in: bytes of the ring's data
 * @limit: in: bytes of it that this class of event may fill
 * @len: in: bytes wanted, a multiple of 8
 * @lost: out: events to report in a LOST record at @head before the caller's
 *	own record, 0 for none
 * @head: out: where the reservation starts, in bytes
 */
struct ahv_pos {
	u64 word;
	u64 published;
	u64 tail;
	u32 size;
	u32 limit;
	u32 len;
	u64 lost;
	u64 head;
};

/**
 * ahv_pos_head() - the full position of a word's head
 * @published: a position not after it, and less than 128 MiB before it
 * @word: the ring's word
 *
 * Return: bytes written since the ring was made.
 */
static inline u64 ahv_pos_head(u64 published, u64 word)
{
	u64 ahead = (word - published / AHV_POS_UNIT) & AHV_POS_MASK;

	return published + ahead * AHV_POS_UNIT;
}

/**
 * ahv_pos_published() - whether a position is a word's head
 * @head: the position
 * @word: the ring's word
 *
 * Return: false while records wait for the outermost writer to publish them.
 */
static inline bool ahv_pos_published(u64 head, u64 word)
{
	return !((word ^ head / AHV_POS_UNIT) & AHV_POS_MASK);
}

/**
 * ahv_pos_fits() - whether a reservation finds room
 * @used: head - tail: what a consumer has yet to read, or nonsense
 * @size: bytes of the ring's data
 * @limit: bytes of it that this class of event may fill
 * @need: bytes wanted
 *
 * Return: false also when @used says that the consumer's position is nonsense.
 */
static inline bool ahv_pos_fits(u64 used, u32 size, u32 limit, u32 need)
{
	return used <= size && used + need <= limit;
}

/**
 * ahv_pos_reserve() - decide one reservation
 * @p: see &struct ahv_pos
 *
 * Any context. On %AHV_POS_FULL and %AHV_POS_BAD_TAIL the new word has one
 * event more to report; on %AHV_POS_CLOSED there is no new word.
 *
 * Return: enum ahv_pos_result.
 */
static inline enum ahv_pos_result ahv_pos_reserve(struct ahv_pos *p)
{
	u64 used;
	u32 need = p->len;

	if (p->word == AHV_WORD_CLOSED)
		return AHV_POS_CLOSED;

	p->lost = p->word >> AHV_POS_BITS;
	if (p->lost)
		need += sizeof(struct aegishv_rec_lost);
	p->head = ahv_pos_head(p->published, p->word);
	used = p->head - p->tail;

	if (ahv_pos_fits(used, p->size, p->limit, need)) {
		p->word = (p->word + need / AHV_POS_UNIT) & AHV_POS_MASK;
		return AHV_POS_OK;
	}
	if (p->lost < AHV_LOST_MAX)
		p->word += AHV_LOST_ONE;
	return used <= p->size ? AHV_POS_FULL : AHV_POS_BAD_TAIL;
}

/**
 * ahv_ring_bytes_valid() - whether a ring may have this size
 * @bytes: size of the data
 *
 * Return: true for a power of two from 64 KiB to 64 MiB.
 */
static inline bool ahv_ring_bytes_valid(u32 bytes)
{
	return bytes >= AHV_RING_MIN_BYTES && bytes <= AHV_RING_MAX_BYTES &&
	       !(bytes & (bytes - 1));
}

#endif
