/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What jsonl.c, jsonl_proc.c and jsonl_detect.c share.
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

static inline char *put_tid(char *p, uint32_t tid)
{
	p = put_lit(p, ",\"tid\":");
	return put_u64(p, tid);
}

/* A number in hexadecimal whose opening quote is there. */
static inline char *put_hexfield(char *p, uint64_t v)
{
	p = put_hex(p, v);
	*p++ = '"';
	return p;
}

/* isa and reason */
char *jsonl_reason(char *p, uint8_t isa, uint32_t reason);

/* What is behind the VM. */
char *jsonl_detect(char *p, const struct aegishv_rec_detect *r);
char *jsonl_guest(char *p, const struct aegishv_rec_guest *r);
char *jsonl_wx(char *p, const struct aegishv_rec_wx *r);

/* seq, cpu, time_ns and time. */
char *jsonl_head(char *p, const struct aegishv_hdr *h, struct jsonl_clock *clock);

#endif
