// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What may stand around an event: the columns of all formats, thread names
 * made to mislead, and text that is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tap.h"
#include "trace.h"

#define ENTRY	"kvm_entry: vcpu 0, rip 0x1000\n"
#define H	"            qemu-77      [000] .....     1.000001: "

/* Feed a whole input; the tap is the caller's to free. */
static struct tap *read_text(const char *text, size_t len, struct trace_stats *stats)
{
	struct tap *tap = tap_new();
	struct trace_opts opts = { .out = tap->p, .name = "test" };
	struct trace_parser *t = trace_new(&opts);
	size_t done;

	assert_non_null(t);
	done = trace_feed(t, text, len);
	trace_end(t, text + done, len - done);
	*stats = *trace_stats(t);
	trace_free(t);
	return tap;
}

struct column {
	const char *line;
	const char *name;
	uint32_t tid;
	uint32_t cpu;
	uint64_t time_ns;
};

static void one_entry(const struct column *c)
{
	struct trace_stats stats;
	struct tap *tap = read_text(c->line, strlen(c->line), &stats);

	assert_int_equal(stats.unreadable, 0);
	assert_int_equal(tap->n, 1);
	assert_int_equal(tap->rec[0].h.type, AEGISHV_REC_ENTRY);
	assert_int_equal(tap->rec[0].entry.tid, c->tid);
	assert_int_equal(tap->rec[0].h.cpu, c->cpu);
	assert_int_equal(tap->rec[0].h.time_ns, c->time_ns);
	assert_string_equal(tap_vm_name(tap, 1), c->name);
	tap_free(tap);
}

static void columns(void **state)
{
	static const struct column all[] = {
		/* 5.11 and later; before: four flags; irq-info off; old irq-info off */
		{ "             vm1-113     [001] d..1.     8.596088: " ENTRY, "vm1", 113, 1, 8596088000 },
		{ "             vm1-113     [001] d..1     8.596088: " ENTRY, "vm1", 113, 1, 8596088000 },
		{ "             vm1-113     [001]     8.596088: " ENTRY, "vm1", 113, 1, 8596088000 },
		{ "             vm1-113   [001]  8.596088: " ENTRY, "vm1", 113, 1, 8596088000 },
		/* record-tgid, with and without a process */
		{ "             vm1-117     (    116) [001] d..1.     9.090806: " ENTRY, "vm1", 117, 1, 9090806000 },
		{ "             vm1-117     (-------) [001] d..1.     9.090806: " ENTRY, "vm1", 117, 1, 9090806000 },
		{ "             vm1-117     (4194304) [001] ....     9.090806: " ENTRY, "vm1", 117, 1, 9090806000 },
		/* trace-cmd: plain, -t, latency */
		{ "             vm1-171   [001]   160.033928: kvm_entry:             vcpu 0 rip 0x1\n", "vm1", 171, 1, 160033928000 },
		{ "             vm1-171   [001]   160.033928123: kvm_entry: vcpu 0 rip 0x1\n", "vm1", 171, 1, 160033928123 },
		{ "             vm1-171   [001] d..1.   160.033928: kvm_entry:             vcpu 0 rip 0x1\n", "vm1", 171, 1, 160033928000 },
		{ "     vm1-171     1d..1.   160.033928: kvm_entry:             vcpu 0 rip 0x1\n", "vm1", 171, 1, 160033928000 },
		/* latency-format with each mark; counters as clocks */
		{ "     vm1-124       0d..1.   12us : " ENTRY, "vm1", 124, 0, 12000 },
		{ "     vm1-124     127d..1. 1112us+: " ENTRY, "vm1", 124, 127, 1112000 },
		{ "     vm1-124       0d..1.   12us!: " ENTRY, "vm1", 124, 0, 12000 },
		{ "     vm1-124       0d..1.   12: " ENTRY, "vm1", 124, 0, 12 },
		{ "             vm1-113     [001] d..1. 31415926535: " ENTRY, "vm1", 113, 1, 31415926535 },
		{ "             vm1-4194304 [65535] d..1.  9999999.999999: " ENTRY, "vm1", 4194304, 65535, 9999999999999000 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		one_entry(&all[i]);
}

static void out_of_range(void **state)
{
	static const char *const lines[] = {
		"             vm1-4194304 [65535] d..1. 99999999999.999999: " ENTRY,
		"             vm1-113     [65536] d..1.     8.596088: " ENTRY,
		"             vm1-4294967296 [001] d..1.    8.596088: " ENTRY,
		"             vm1-113     [001] d..1.     8.5960880000: " ENTRY,
		"             vm1-113     [001] d..1. 18446744073709551616: " ENTRY,
		"             vm1-113     [001] d..1. 18446744073709551615us: " ENTRY,
		"             vm1-113     [001] d..1.     8.596088: kvm_entry: vcpu 4294967296, rip 0x1\n",
		"             vm1-113     [001] d..1.     8.596088: kvm_entry: vcpu 1, rip 0x12345678123456781\n",
		"     vm1-124       0d..1. 18446744073709551615us : " ENTRY,
	};
	struct trace_stats stats;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct tap *tap = read_text(lines[i], strlen(lines[i]), &stats);

		assert_int_equal(tap->n, 0);
		assert_int_equal(stats.unreadable, 1);
		assert_int_equal(tap->metrics.unreadable, 1);
		tap_free(tap);
	}
}

static void names(void **state)
{
	static const struct column all[] = {
		{ "       CPU 0/KVM-1234    [003] d..1.   102.000456: " ENTRY, "tid-1234", 1234, 3, 102000456000 },
		{ "           <...>-1234    [003] d..1.   102.000456: " ENTRY, "tid-1234", 1234, 3, 102000456000 },
		{ " qemu-system-x86-1234    [003] d..1.   102.000456: " ENTRY, "tid-1234", 1234, 3, 102000456000 },
		{ "       web-01-12-1234    [003] d..1.   102.000456: " ENTRY, "web-01-12", 1234, 3, 102000456000 },
		{ "  a-1 [0] 1.1: b-128     [001]     10.356989: " ENTRY, "a-1 [0] 1.1: b", 128, 1, 10356989000 },
		{ " -9 [0] . 1.0: k-128     [001]     10.356989: " ENTRY, "-9 [0] . 1.0: k", 128, 1, 10356989000 },
		{ " #kvm_exit: a/[b-128     [001]     10.356989: " ENTRY, "#kvm_exit: a/[b", 128, 1, 10356989000 },
		{ "       \xff\xfe ]-1[ :-132     [001] d..1.    10.825667: " ENTRY, "\\xff\\xfe ]-1[ :", 132, 1, 10825667000 },
		{ "trace.dat: vm1-171   [001]   160.033928: kvm_entry: vcpu 0 rip 0x1\n", "trace.dat: vm1", 171, 1, 160033928000 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		one_entry(&all[i]);
}

static void unreadable_lines(void **state)
{
	static const char *const lines[] = {
		"garbage\n", "kvm_exit: vcpu 0\n", "-\n", "a-\n", "a-1\n", "a-1 [\n", "a-1 [0\n",
		"a-1 [0]\n", "a-1 [0] ....\n", "a-1 [0] .... 1\n", "a-1 [0] .... 1.\n",
		"a-1 [0] .... 1.1\n", "a-1 (1 [0] .... 1.1:\n", "CPU:x [LOST 1 EVENTS]\n",
		"CPU:1 [LOST x EVENTS]\n", "CPU:1 [LOST 18446744073709551616 EVENTS]\n",
		"CPU:70000 [LOST 1 EVENTS]\n", "CPU:1 [LOST 1 EVENTS\n",
		H "kvm_exit: \n", H "kvm_exit: vcpu\n", H "kvm_exit: vcpu 0 \n",
		H "kvm_exit: vcpu 0 reason \n", H "kvm_exit: vcpu 0 reason hlt\n",
		H "kvm_exit: vcpu 0 reason hlt rip\n", H "kvm_exit: vcpu 0 reason hlt rip 0x\n",
		H "kvm_exit: vcpu 0 reason nosuch rip 0x1 info1 0x0 info2 0x0\n",
		H "kvm_exit: vcpu 0 reason hlt rip 0x1z\n",
		H "kvm_exit: vcpu 0 reason hlt rip 0x1 info1 0x\n",
		H "kvm_exit: vcpu 0 reason hlt rip 0x1 info1 0x0 info2 0x0 intr_info 0x100000000 error_code 0x0\n",
		H "kvm_exit: vcpu 0 reason 0x1ffffffff rip 0x1 info1 0x0 info2 0x0\n",
		H "kvm_exit: TRAP: HSR_EC: 0x0040 (X), PC: 0x1\n",
		H "kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW, PC: 0x1\n",
		H "kvm_exit: NOSUCH: HSR_EC: 0x0000 (UNKNOWN), PC: 0x1\n",
		H "kvm_exit: SEPC:0x1, SCAUSE:0x2\n",
		H "kvm_page_fault: vcpu 0 rip 0x1 address\n", H "kvm_page_fault: \n",
		H "kvm_page_fault: vcpu 0 rip 0x1 address 0x1 error_code 0x1x\n",
		H "kvm_guest_fault: ipa 0x1, hsr 0x1, hxfar 0x1\n",
		H "kvm_userspace_exit: reason KVM_EXIT_IO\n", H "kvm_userspace_exit: reason X (2\n",
		H "kvm_userspace_exit: reason error (4294967295)\n",
		H "kvm_entry: vcpu 0, rip 0x1junk\n", H "kvm_entry: \n",
	};
	struct trace_stats stats;
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct tap *tap = read_text(lines[i], strlen(lines[i]), &stats);

		if (stats.unreadable != 1 || tap->n)
			fail_msg("%s: %zu records, %u unreadable", lines[i], tap->n,
				 (unsigned int)stats.unreadable);
		tap_free(tap);
	}
}

static void crlf_and_end(void **state)
{
	const char text[] = H "kvm_entry: vcpu 0, rip 0x1000\r\n"
			    "CPU:2 [LOST 12 EVENTS]\r\n\r\n"
			    H "kvm_entry: vcpu 0, rip 0x1004";
	struct trace_stats stats;
	struct tap *tap = read_text(text, sizeof(text) - 1, &stats);

	assert_int_equal(stats.lines, 4);
	assert_int_equal(stats.unreadable, 0);
	assert_int_equal(stats.lost_events, 12);
	assert_int_equal(tap->n, 2);
	assert_int_equal(tap->rec[1].entry.rip, 0x1004);
	tap_free(tap);
}

/* A line cut off inside a number is not told from a whole one; elsewhere it is. */
static void cut_anywhere(void **state)
{
	const char text[] = H "kvm_exit: vcpu 0 reason npf rip 0x1000 info1 0x0000000100000014 info2 0x0000000000001000 intr_info 0x00000000 error_code 0x00000000";
	struct trace_stats stats;
	size_t len;

	for (len = 1; len < sizeof(text); len++) {
		char *copy = malloc(len);
		struct tap *tap;

		memcpy(copy, text, len);
		tap = read_text(copy, len, &stats);
		free(copy);
		assert_int_equal(stats.lines, 1);
		assert_int_equal(stats.unreadable + stats.other + stats.comments +
				 (tap->n > 0), 1);
		tap_free(tap);
	}
}

static void nul_bytes(void **state)
{
	const char text[] = H "kvm_entry: vcpu 0, rip 0x1000\n\0\n" H "kvm_ent\0ry: vcpu 0\n"
			    H "kvm_entry: vcpu \0" "0, rip 0x1000\n";
	struct trace_stats stats;
	struct tap *tap = read_text(text, sizeof(text) - 1, &stats);

	assert_int_equal(stats.lines, 4);
	assert_int_equal(tap->n, 1);
	assert_int_equal(stats.other, 1);
	assert_int_equal(stats.unreadable, 2);
	tap_free(tap);
}

static char *long_text(size_t line, size_t *len)
{
	char *text = malloc(line + 100);

	assert_non_null(text);
	memset(text, ' ', line);
	strcpy(text + line, "\n" H "kvm_entry: vcpu 0, rip 0x1000\n");
	*len = line + strlen(text + line);
	return text;
}

static void long_lines(void **state)
{
	static const size_t lens[] = { TRACE_LINE_MAX, TRACE_LINE_MAX + 1, 500000 };
	struct trace_stats stats;
	size_t i, len;

	for (i = 0; i < 3; i++) {
		char *text = long_text(lens[i], &len);
		struct tap *tap = read_text(text, len, &stats);

		assert_int_equal(stats.lines, 2);
		assert_int_equal(stats.unreadable, lens[i] > TRACE_LINE_MAX);
		assert_int_equal(stats.comments, lens[i] <= TRACE_LINE_MAX);
		assert_int_equal(tap->n, 1);
		tap_free(tap);
		free(text);
	}
}

/* The result does not depend on where reads end. */
static void in_pieces(void **state)
{
	const char text[] = "# tracer: nop\n" H "kvm_exit: vcpu 0 reason npf rip 0x1000 info1 0x0000000100000014 info2 0x0000000000001000 intr_info 0x00000000 error_code 0x00000000\n"
			    H "kvm_entry: vcpu 0, rip 0x1000\nbad\nCPU:1 [LOST 5 EVENTS]\n";
	size_t piece, have, done, at, n;

	for (piece = 1; piece < 200; piece++) {
		struct tap *tap = tap_new();
		struct trace_opts opts = { .out = tap->p, .name = "test" };
		struct trace_parser *t = trace_new(&opts);

		for (at = 0, have = 0; have < sizeof(text) - 1; at += done) {
			n = sizeof(text) - 1 - have;
			have += n < piece ? n : piece;
			done = trace_feed(t, text + at, have - at);
		}
		trace_end(t, text + at, have - at);
		assert_int_equal(tap->n, 3);
		assert_int_equal(trace_stats(t)->lines, 5);
		assert_int_equal(trace_stats(t)->unreadable, 1);
		assert_int_equal(trace_stats(t)->lost_events, 5);
		trace_free(t);
		tap_free(tap);
	}
}

static void long_line_in_pieces(void **state)
{
	struct tap *tap = tap_new();
	struct trace_opts opts = { .out = tap->p, .name = "test" };
	struct trace_parser *t = trace_new(&opts);
	char *text = malloc(TRACE_LINE_MAX + 1);

	memset(text, ' ', TRACE_LINE_MAX + 1);
	assert_int_equal(trace_feed(t, text, TRACE_LINE_MAX), 0);
	assert_int_equal(trace_feed(t, text, TRACE_LINE_MAX + 1), TRACE_LINE_MAX + 1);
	assert_int_equal(trace_feed(t, text, 1000), 1000);
	assert_int_equal(trace_feed(t, "\n" H ENTRY, strlen("\n" H ENTRY)), strlen("\n" H ENTRY));
	assert_int_equal(trace_stats(t)->unreadable, 1);
	assert_int_equal(trace_stats(t)->lines, 2);
	assert_int_equal(tap->n, 1);
	trace_free(t);
	tap_free(tap);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns), cmocka_unit_test(out_of_range),
		cmocka_unit_test(names), cmocka_unit_test(unreadable_lines),
		cmocka_unit_test(crlf_and_end), cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(nul_bytes), cmocka_unit_test(long_lines),
		cmocka_unit_test(in_pieces), cmocka_unit_test(long_line_in_pieces),
	};

	return cmocka_run_group_tests_name("trace_text", tests, NULL, NULL);
}
