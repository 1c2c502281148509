/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing numbers and text into a buffer that is known to be large enough:
 * the hot path of JSON Lines, so no format strings and no allocation. Each
 * function returns the first byte after what it wrote; nothing is terminated.
 */
#ifndef AHV_SHIM_TEXT_H
#define AHV_SHIM_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Text known at compile time. */
#define put_lit(p, s) ((char *)memcpy(p, s, sizeof(s) - 1) + sizeof(s) - 1)

static inline char *put_bytes(char *p, const char *s, size_t n)
{
	return (char *)memcpy(p, s, n) + n;
}

#define PUT_BLOCK	32

/*
 * The same in whole blocks, without a call: @s has, and @p has room for, @n
 * rounded up to PUT_BLOCK bytes.
 */
static inline char *put_blocks(char *p, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += PUT_BLOCK)
		memcpy(p + i, s + i, PUT_BLOCK);
	return p + n;
}

#define PUT_U64_MAX	20
#define PUT_HEX_MAX	26	/* 18, and what is overwritten behind */

/* Decimal. */
char *put_u64(char *p, uint64_t v);

/* 0x and the digits that are needed; up to 8 bytes after them are overwritten. */
char *put_hex(char *p, uint64_t v);

/* Exactly @digits decimal digits, an even number, with leading zeros. */
char *put_padded(char *p, uint32_t v, unsigned int digits);

/* Most bytes that put_json() makes of one. */
#define PUT_JSON_EXPAND	6

/**
 * put_json() - the inside of a JSON string
 * @p: where; %PUT_JSON_EXPAND times @len bytes
 * @s: bytes of any kind
 * @len: bytes of @s
 *
 * UTF-8 stays as it is. Control characters, those of C1 too, become \u00XX.
 * A byte that is not part of valid UTF-8 becomes the four characters \xNN, the
 * backslash escaped as JSON asks for.
 *
 * Return: the first byte after it.
 */
char *put_json(char *p, const char *s, size_t len);

/**
 * utf8_len() - length of the UTF-8 sequence at the start of some bytes
 * @s: the bytes
 * @len: how many, at least 1
 *
 * Return: 1 to 4, or 0 when the first byte starts no valid sequence; overlong
 * forms, surrogates and what is beyond U+10FFFF are not valid.
 */
size_t utf8_len(const char *s, size_t len);

/**
 * utf8_clean() - make printable UTF-8 of bytes of any kind
 * @dst: where; terminated
 * @size: bytes of @dst, at least 1; what does not fit is cut between characters
 * @s: the bytes
 * @len: how many
 *
 * Control characters and bytes that are not UTF-8 become \xNN.
 *
 * Return: bytes in @dst without the NUL.
 */
size_t utf8_clean(char *dst, size_t size, const char *s, size_t len);

#endif
