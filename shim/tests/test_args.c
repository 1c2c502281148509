// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is typed, right and wrong.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "args.h"
#include "cm.h"
#include <linux/aegishv_genl.h>

static void numbers(void **state)
{
	uint64_t v;
	uint32_t b;

	assert_true(args_u64("18446744073709551615", 0, UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_false(args_u64("18446744073709551616", 0, UINT64_MAX, &v));
	assert_false(args_u64("", 0, 10, &v));
	assert_false(args_u64("-1", 0, UINT64_MAX, &v));
	assert_false(args_u64(" 1", 0, 10, &v));
	assert_false(args_u64("1x", 0, 10, &v));
	assert_false(args_u64("11", 0, 10, &v));
	assert_true(args_bytes("64K", &b));
	assert_int_equal(b, 65536);
	assert_true(args_bytes("4m", &b));
	assert_int_equal(b, 4 << 20);
	assert_false(args_bytes("4G", &b));
	assert_false(args_bytes("4KB", &b));
	assert_false(args_bytes("K", &b));
}

static void durations(void **state)
{
	uint64_t ns;

	assert_true(args_duration("2", &ns));
	assert_true(ns == 2000000000ULL);
	assert_true(args_duration("500ms", &ns));
	assert_true(ns == 500000000ULL);
	assert_true(args_duration("1h", &ns));
	assert_true(ns == 3600000000000ULL);
	assert_false(args_duration("0", &ns));
	assert_false(args_duration("1d", &ns));
	assert_false(args_duration("99999999999999999999h", &ns));
	assert_false(args_duration("9999999999999h", &ns));
}

static void exit_events(void **state)
{
	uint32_t mode, n;

	assert_true(args_exit_events("off", &mode, &n));
	assert_int_equal(mode, AEGISHV_EXIT_EVENTS_OFF);
	assert_true(args_exit_events("full", &mode, &n));
	assert_int_equal(mode, AEGISHV_EXIT_EVENTS_FULL);
	assert_true(args_exit_events("sample:100", &mode, &n));
	assert_int_equal(mode, AEGISHV_EXIT_EVENTS_SAMPLE);
	assert_int_equal(n, 100);
	assert_false(args_exit_events("sample", &mode, &n));
	assert_false(args_exit_events("sample:0", &mode, &n));
	assert_false(args_exit_events("sample:4294967296", &mode, &n));
	assert_false(args_exit_events("ALL", &mode, &n));
}

static void listen_addresses(void **state)
{
	struct sockaddr_storage a;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a;
	socklen_t len;

	assert_true(args_listen("127.0.0.1:9108", &a, &len));
	assert_int_equal(a.ss_family, AF_INET);
	assert_int_equal(ntohs(v4->sin_port), 9108);
	assert_int_equal(ntohl(v4->sin_addr.s_addr), 0x7f000001);
	assert_true(args_listen("[::1]:80", &a, &len));
	assert_int_equal(a.ss_family, AF_INET6);
	assert_int_equal(ntohs(v6->sin6_port), 80);
	assert_true(args_listen(":1", &a, &len));
	assert_int_equal(v4->sin_addr.s_addr, 0);
	assert_false(args_listen("9108", &a, &len));
	assert_false(args_listen("localhost:1", &a, &len));
	assert_false(args_listen("1.2.3.4:65536", &a, &len));
	assert_false(args_listen("1.2.3.4:", &a, &len));
	assert_false(args_listen("::1:80", &a, &len));
	assert_false(args_listen("[::1:80", &a, &len));
	assert_false(args_listen("", &a, &len));
}

static void nearest(void **state)
{
	static const char *const words[] = { "run", "record", "self-check", "stats", "vm", NULL };

	assert_string_equal(args_nearest("rcord", words), "record");
	assert_string_equal(args_nearest("recrod", words), "record");
	assert_string_equal(args_nearest("stat", words), "stats");
	assert_string_equal(args_nearest("selfcheck", words), "self-check");
	assert_string_equal(args_nearest("vn", words), "vm");
	assert_null(args_nearest("frobnicate", words));
	assert_null(args_nearest("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers), cmocka_unit_test(durations),
		cmocka_unit_test(exit_events), cmocka_unit_test(listen_addresses),
		cmocka_unit_test(nearest),
	};

	return RUN(tests);
}
