/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor over a line and the few things that are read at it. Nothing is read
 * at or behind the limit, and the cursor never passes the end; on failure it
 * stays where the trouble is.
 */
#ifndef AHV_SHIM_TRACE_SCAN_H
#define AHV_SHIM_TRACE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/types.h>

/**
 * struct scan - a cursor
 * @p: the next byte
 * @end: after the last byte of the line: its newline, or @limit
 * @limit: after the last byte that may be read; no digit or space is at @end
 *	when that is before @limit
 */
struct scan {
	const char *p;
	const char *end;
	const char *limit;
};

static inline bool scan_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

#define SCAN_BYTES(b)	((b) * 0x0101010101010101ULL)

static inline __u64 scan_load8(const struct scan *s)
{
	__u64 v = 0;
	size_t n = s->limit - s->p;

	if (n >= sizeof(v))
		memcpy(&v, s->p, sizeof(v));
	else
		memcpy(&v, s->p, n);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static inline void scan_spaces(struct scan *s)
{
	__u64 other = scan_load8(s) ^ SCAN_BYTES(' ');

	while (!other) {
		s->p += 8;
		other = scan_load8(s) ^ SCAN_BYTES(' ');
	}
	s->p += __builtin_ctzll(other) / 8;
}

static inline bool scan_is_digit(const struct scan *s)
{
	return s->p < s->end && (unsigned char)(*s->p - '0') < 10;
}

static inline bool scan_mem(struct scan *s, const char *text, size_t len)
{
	if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len))
		return false;
	s->p += len;
	return true;
}

/* Text known at compile time. */
#define scan_lit(s, text) scan_mem(s, text, sizeof(text) - 1)

/*
 * Eight characters at once, the first in the lowest byte. Returns how many
 * decimal digits there are before the first that is none, and their value. In
 * the test a byte that is none disturbs those behind it at most.
 */
static inline unsigned int scan_dec8(__u64 v, __u64 *value)
{
	__u64 bad = ((v + SCAN_BYTES(0x7f - '9')) | (v - SCAN_BYTES('0')) | v) &
		    SCAN_BYTES(0x80);
	__u64 low = v & SCAN_BYTES(0x0f);
	unsigned int n = 8;

	if (bad) {
		n = __builtin_ctzll(bad) / 8;
		if (!n)
			return 0;
		low <<= 64 - 8 * n;
	}
	low = (low * 10 + (low >> 8)) & 0x00ff00ff00ff00ffULL;
	low = (low * 100 + (low >> 16)) & 0x0000ffff0000ffffULL;
	*value = (low * 10000 + (low >> 32)) & 0xffffffffULL;
	return n;
}

static inline bool scan_dec_more(struct scan *s, __u64 *v)
{
	__u64 n = *v;

	for (; scan_is_digit(s); s->p++) {
		unsigned int digit = *s->p - '0';

		if (n > UINT64_MAX / 10 || n * 10 > UINT64_MAX - digit)
			return false;
		n = n * 10 + digit;
	}
	*v = n;
	return true;
}

/* A decimal number that fits; at least one digit. */
static inline bool scan_dec(struct scan *s, __u64 *v)
{
	unsigned int n = scan_dec8(scan_load8(s), v);

	s->p += n;
	return n && (n < 8 || scan_dec_more(s, v));
}

static inline bool scan_dec32(struct scan *s, uint32_t *v)
{
	const char *start = s->p;
	__u64 n;

	if (!scan_dec(s, &n))
		return false;
	if (n > UINT32_MAX) {
		s->p = start;
		return false;
	}
	*v = n;
	return true;
}

/*
 * Eight characters at once, the first in the lowest byte. Letters have bit 6
 * set; a hex digit has 3 in the upper half of its byte, or 4 or 6 and a lower
 * half of 1 to 6. Returns how many of them are hex digits before the first
 * that is not, and their value.
 */
static inline unsigned int scan_hex8(__u64 v, __u64 *value)
{
	__u64 letter = v >> 6 & SCAN_BYTES(0x01);
	__u64 low = v & SCAN_BYTES(0x0f);
	__u64 odd = ((v | letter << 5) & SCAN_BYTES(0xf0)) ^
		       (SCAN_BYTES(0x30) + letter * 0x30);
	__u64 bad, n;

	odd |= odd >> 1;
	odd |= odd >> 2;
	bad = (odd | (low + SCAN_BYTES(0x06) + letter * 3)) & SCAN_BYTES(0x10);
	bad |= letter << 4 & ~(low + SCAN_BYTES(0x0f));
	low += letter * 9;
	low = __builtin_bswap64(low);
	low = (low | low >> 4) & 0x00ff00ff00ff00ffULL;
	low = (low | low >> 8) & 0x0000ffff0000ffffULL;
	low = (low | low >> 16) & 0xffffffffULL;
	if (!bad) {
		*value = low;
		return 8;
	}
	n = __builtin_ctzll(bad) / 8;
	*value = n ? low >> 4 * (8 - n) : 0;
	return n;
}

static inline bool scan_is_hex(const struct scan *s)
{
	return scan_is_digit(s) ||
	       (s->p < s->end && (unsigned char)((*s->p | 0x20) - 'a') < 6);
}

/* A number in hex without a prefix, at most 16 digits. */
static inline bool scan_hex(struct scan *s, __u64 *v)
{
	__u64 high, low = 0;
	unsigned int n = scan_hex8(scan_load8(s), &high);

	s->p += n;
	if (n < 8 || !scan_is_hex(s)) {
		*v = high;
		return n;
	}
	n = scan_hex8(scan_load8(s), &low);
	s->p += n;
	*v = high << 4 * n | low;
	return n < 8 || !scan_is_hex(s);
}

/* The same behind "0x", which may be absent: %#lx prints 0 without it. */
static inline bool scan_0x(struct scan *s, __u64 *v)
{
	if (s->end - s->p >= 2 && s->p[0] == '0' && s->p[1] == 'x')
		s->p += 2;
	return scan_hex(s, v);
}

static inline bool scan_0x32(struct scan *s, uint32_t *v)
{
	const char *start = s->p;
	__u64 n;

	if (!scan_0x(s, &n))
		return false;
	if (n > UINT32_MAX) {
		s->p = start;
		return false;
	}
	*v = n;
	return true;
}

#endif
