/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lengths of records: what may be read from bytes that somebody else wrote.
 */
#ifndef AHV_SHIM_REC_H
#define AHV_SHIM_REC_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/aegishv.h>

#define REC_NR_TYPES	(AEGISHV_REC_NAME + 1)

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
 * @rec: the record; only its header is looked at
 * @avail: bytes there are from @rec on
 *
 * Return: whether @rec is complete within @avail and long enough for its type.
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

#endif
