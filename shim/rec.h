/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths of records: what may be read from bytes that somebody else wrote.
 */
#ifndef AHV_SHIM_REC_H
#define AHV_SHIM_REC_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/aegishv.h>

#define REC_NR_TYPES	(AEGISHV_REC_WX + 1)
#define REC_PATH_MAX	4096	/* bytes of a path in a record */

/**
 * rec_min_len() - bytes that a record of a type has at least
 * @type: enum aegishv_rec_type
 *
 * Return: the size of its structure, of the header alone for a type that this
 * program does not know.
 */
size_t rec_min_len(unsigned int type);

/**
 * rec_valid() - whether a record may be read
 * @rec: the record
 * @avail: bytes there are from @rec on
 *
 * Return: whether @rec is complete within @avail, long enough for its type and
 * for the text that it says it has.
 */
bool rec_valid(const struct aegishv_hdr *rec, size_t avail);

/**
 * rec_type_name() - the "type" of a record in JSON
 * @type: enum aegishv_rec_type
 *
 * Return: the name, or NULL for a type that is not known or has no line of its
 * own.
 */
const char *rec_type_name(unsigned int type);

/**
 * rec_proc() - whom a record is about
 * @rec: a record that rec_valid() accepts
 *
 * Return: the process, or NULL for a type that has none.
 */
static inline const struct aegishv_proc *rec_proc(const struct aegishv_hdr *rec)
{
	if (rec->type < AEGISHV_REC_BLOCK || rec->type > AEGISHV_REC_PEXIT)
		return NULL;
	return &((const struct aegishv_rec_proc *)rec)->proc;
}

static_assert(offsetof(struct aegishv_rec_block, proc) ==
	      offsetof(struct aegishv_rec_proc, proc), "rec_proc() reads both");

/* Records of userspace for whoever reads a recording: no event, no line. */
static inline bool rec_is_note(unsigned int type)
{
	return type == AEGISHV_REC_CLOCK || type == AEGISHV_REC_NAME ||
	       type == AEGISHV_REC_CGROUP;
}

#endif
