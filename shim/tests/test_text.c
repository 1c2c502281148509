// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbers and strings as text, compared with what printf() makes of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cm.h"
#include "text.h"

static void check_number(uint64_t v)
{
	char got[64], want[64];

	*put_u64(got, v) = '\0';
	snprintf(want, sizeof(want), "%" PRIu64, v);
	assert_string_equal(got, want);
	*put_hex(got, v) = '\0';
	snprintf(want, sizeof(want), "0x%" PRIx64, v);
	assert_string_equal(got, want);
}

static void numbers(void **state)
{
	uint64_t v = 0x9e3779b97f4a7c15ULL, p = 1;
	int i;

	check_number(0);
	check_number(UINT64_MAX);
	for (i = 0; i < 20; i++, p *= 10) {
		check_number(p - 1);
		check_number(p);
	}
	for (i = 0; i < 64; i++) {
		check_number(1ULL << i);
		check_number((1ULL << i) - 1);
	}
	for (i = 0; i < 20000; i++) {
		check_number(v >> (i % 64));
		v = v * 6364136223846793005ULL + 1442695040888963407ULL;
	}
}

static void padded(void **state)
{
	char got[16];

	*put_padded(got, 42, 8) = '\0';
	assert_string_equal(got, "00000042");
	*put_padded(got, 99999999, 8) = '\0';
	assert_string_equal(got, "99999999");
}

static const char *json(const char *s, size_t len)
{
	static char got[256];

	*put_json(got, s, len) = '\0';
	return got;
}

static void strings(void **state)
{
	assert_string_equal(json("web-01", 6), "web-01");
	assert_string_equal(json("a\"b\\c", 5), "a\\\"b\\\\c");
	assert_string_equal(json("\n\t\x1b\x7f", 4), "\\u000a\\u0009\\u001b\\u007f");
	assert_string_equal(json("\0x", 2), "\\u0000x");
	assert_string_equal(json("gr\xc3\xbc\xc3\x9f", 6), "gr\xc3\xbc\xc3\x9f");
	assert_string_equal(json("\xf0\x9f\x92\xa9", 4), "\xf0\x9f\x92\xa9");
	assert_string_equal(json("\xc2\x9b", 2), "\\u009b");
}

static void not_utf8(void **state)
{
	assert_string_equal(json("\xff\xfe", 2), "\\\\xff\\\\xfe");
	assert_string_equal(json("a\xc3", 2), "a\\\\xc3");
	assert_string_equal(json("\xc0\xaf", 2), "\\\\xc0\\\\xaf");
	assert_string_equal(json("\xe0\x80\x80", 3), "\\\\xe0\\\\x80\\\\x80");
	assert_string_equal(json("\xed\xa0\x80", 3), "\\\\xed\\\\xa0\\\\x80");
	assert_string_equal(json("\xf4\x90\x80\x80", 4), "\\\\xf4\\\\x90\\\\x80\\\\x80");
	assert_string_equal(json("\xf8z", 2), "\\\\xf8z");
}

static void clean(void **state)
{
	char got[16];

	assert_int_equal(utf8_clean(got, sizeof(got), "a\nb", 3), 6);
	assert_string_equal(got, "a\\x0ab");
	assert_int_equal(utf8_clean(got, 4, "ab\xc3\xbc", 4), 2);
	assert_string_equal(got, "ab");
	assert_int_equal(utf8_clean(got, 1, "abc", 3), 0);
	assert_string_equal(got, "");
	assert_int_equal(utf8_clean(got, sizeof(got), "\xff", 1), 4);
	assert_string_equal(got, "\\xff");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(padded), cmocka_unit_test(strings),
		cmocka_unit_test(not_utf8), cmocka_unit_test(clean),
	};

	return RUN(tests);
}
