// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers and strings as text. No state, no allocation; any thread.
 */
#include "text.h"

#include <endian.h>

static const char digits2[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

static const char hexdigits[] = "0123456789abcdef";

static unsigned int nr_digits(uint64_t v)
{
	unsigned int n = 1;

	for (; v >= 10000; v /= 10000)
		n += 4;
	return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

char *put_u64(char *p, uint64_t v)
{
	char *end = p + nr_digits(v);
	char *t = end;

	while (v >= 100) {
		t -= 2;
		memcpy(t, digits2 + 2 * (v % 100), 2);
		v /= 100;
	}
	if (v >= 10)
		memcpy(t - 2, digits2 + 2 * v, 2);
	else
		t[-1] = '0' + v;
	return end;
}

/* Eight hexadecimal digits at once: a nibble to each byte, the first one lowest. */
static uint64_t hex8(uint32_t v)
{
	uint64_t x = v;
	uint64_t letters;

	x = (x << 16 | x) & 0x0000ffff0000ffffULL;
	x = (x << 8 | x) & 0x00ff00ff00ff00ffULL;
	x = (x << 4 | x) & 0x0f0f0f0f0f0f0f0fULL;
	letters = (x + 0x0606060606060606ULL) >> 4 & 0x0101010101010101ULL;
	x += 0x3030303030303030ULL + letters * ('a' - '0' - 10);
	return __builtin_bswap64(x);
}

static char *put_le64(char *p, uint64_t x)
{
	x = htole64(x);
	memcpy(p, &x, 8);
	return p + 8;
}

char *put_hex(char *p, uint64_t v)
{
	uint32_t high = v >> 32;
	uint32_t top = high ? high : v;
	unsigned int skip = top ? __builtin_clz(top) / 4 : 7;

	*p++ = '0';
	*p++ = 'x';
	p = put_le64(p, hex8(top) >> 8 * skip) - skip;
	return high ? put_le64(p, hex8(v)) : p;
}

char *put_padded(char *p, uint32_t v, unsigned int digits)
{
	char *end = p + digits;
	char *t = end;

	while (t > p) {
		t -= 2;
		memcpy(t, digits2 + 2 * (v % 100), 2);
		v /= 100;
	}
	return end;
}

static size_t utf8_want(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

size_t utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t want = utf8_want(u[0]);
	size_t i;

	if (want > len)
		return 0;
	for (i = 1; i < want; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	if (u[0] == 0xe0 && u[1] < 0xa0)
		return 0;
	if (u[0] == 0xed && u[1] > 0x9f)
		return 0;
	if (u[0] == 0xf0 && u[1] < 0x90)
		return 0;
	if (u[0] == 0xf4 && u[1] > 0x8f)
		return 0;
	return want;
}

static char *put_hex2(char *p, unsigned char c)
{
	*p++ = hexdigits[c >> 4];
	*p++ = hexdigits[c & 15];
	return p;
}

/* A character that would move a terminal's cursor or end a line: C0, DEL, C1. */
static int is_control(const char *s, size_t n)
{
	unsigned char c = s[0];

	if (n == 1)
		return c < 0x20 || c == 0x7f;
	return n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0;
}

#define EACH(byte)	(0x0101010101010101ULL * (byte))

/* The top bit of each byte that is zero; of others only above one that is. */
static uint64_t zeros(uint64_t x)
{
	return (x - EACH(0x01)) & ~x & EACH(0x80);
}

/* Whether eight bytes are text that JSON takes as it is. */
static int plain8(uint64_t x)
{
	uint64_t control = (x - EACH(0x20)) & ~x & EACH(0x80);

	return !((x & EACH(0x80)) | control | zeros(x ^ EACH('"')) | zeros(x ^ EACH('\\')) |
		 zeros(x ^ EACH(0x7f)));
}

static int plain1(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

char *put_json(char *p, const char *s, size_t len)
{
	while (len) {
		uint64_t x;
		size_t n;

		while (len >= 8) {
			memcpy(&x, s, 8);
			if (!plain8(x))
				break;
			memcpy(p, &x, 8);
			p += 8;
			s += 8;
			len -= 8;
		}
		if (!len)
			break;
		if (plain1(*s)) {
			*p++ = *s++;
			len--;
			continue;
		}
		n = utf8_len(s, len);
		if (!n) {
			p = put_lit(p, "\\\\x");
			p = put_hex2(p, *s);
			n = 1;
		} else if (is_control(s, n)) {
			p = put_lit(p, "\\u00");
			p = put_hex2(p, s[n - 1]);
		} else {
			if (*s == '"' || *s == '\\')
				*p++ = '\\';
			p = put_bytes(p, s, n);
		}
		s += n;
		len -= n;
	}
	return p;
}

size_t utf8_clean(char *dst, size_t size, const char *s, size_t len)
{
	size_t used = 0;

	while (len) {
		size_t n = utf8_len(s, len);
		int bad = !n || is_control(s, n);
		size_t i;

		if (!n)
			n = 1;
		if (used + (bad ? 4 * n : n) >= size)
			break;
		for (i = 0; i < n; i++) {
			if (!bad) {
				dst[used++] = s[i];
				continue;
			}
			dst[used++] = '\\';
			dst[used++] = 'x';
			put_hex2(dst + used, s[i]);
			used += 2;
		}
		s += n;
		len -= n;
	}
	dst[used] = '\0';
	return used;
}
