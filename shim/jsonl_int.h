/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What jsonl.c and jsonl_proc.c share.
 */
#ifndef AHV_SHIM_JSONL_INT_H
#define AHV_SHIM_JSONL_INT_H

#include "jsonl.h"
#include "text.h"

static inline char *put_str(char *p, const char *s)
{
	return put_bytes(p, s, strlen(s));
}

/* A fixed-size field that may lack its NUL. */
static inline char *put_field(char *p, const char *s, size_t size)
{
	return put_json(p, s, strnlen(s, size));
}

/* The i-th name in quotes, or the number in hexadecimal. */
static inline char *put_name_of(char *p, const char *const *names, size_t nr, uint32_t i)
{
	*p++ = '"';
	p = i < nr && names[i] ? put_str(p, names[i]) : put_hex(p, i);
	*p++ = '"';
	return p;
}

/* seq, cpu, time_ns and time. */
char *jsonl_head(char *p, const struct aegishv_hdr *h, struct jsonl_clock *clock);

#endif
