// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The detectors of kmod/pure: each attack is told once with what it takes to
 * look into it, its benign twin not at all.
 */
#include "detect_box.h"

static void nothing_is_on_by_default(void **state)
{
	struct box *b = box(0);

	exits(b, SVM_CPUID, 300000, 100);
	exits(b, 0x80, 10, 100);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 77));
	tell(b, ahv_detect_fault(&b->at, 0x5000, AEGISHV_ACCESS_WRITE));
	tell(b, ahv_detect_fault(&b->at, 0x5000, AEGISHV_ACCESS_EXEC));
	assert_int_equal(all_told(b), 0);
	free(b);
}

static void a_burst_is_told_once(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);

	b->rules.burst = (struct aegishv_detect_rate){ 1000, 1000 };
	compile(b);
	exits(b, SVM_CPUID, 999, 1000);
	assert_int_equal(all_told(b), 0);
	exits(b, SVM_CPUID, 5000, 1000);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 1);
	assert_int_equal(all_told(b), 1);
	assert_int_equal(b->rec.value, 1000);
	assert_int_equal(b->rec.before, 1000);
	assert_int_equal(b->rec.reason, SVM_CPUID);
	assert_int_equal(b->rec.since_ns, 1000 * MS);
	assert_int_equal(b->rec.count, 1);
	free(b);
}

/* One less than the limit in any window: 999 a second, for 20 s. */
static void a_rate_below_the_limit_is_silent(void **state)
{
	struct box *b = box(AHV_DETECT(EXIT_BURST));

	b->rules.burst = (struct aegishv_detect_rate){ 1000, 1000 };
	compile(b);
	exits(b, SVM_CPUID, 20 * 999, 1000 * MS / 999 + 1);
	assert_int_equal(all_told(b), 0);
	free(b);
}

/* Between half of the limit and the limit it is the same burst. */
static void hysteresis(void **state)
{
	struct box *b = box(AHV_DETECT(EXIT_BURST));

	b->rules.cooldown_ms = 0;
	b->rules.burst = (struct aegishv_detect_rate){ 1000, 1000 };
	compile(b);
	exits(b, SVM_CPUID, 1200, MS / 2);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 1);
	exits(b, SVM_CPUID, 4000, MS * 5 / 4);	/* 800 a second */
	exits(b, SVM_CPUID, 2000, MS / 2);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 1);
	exits(b, SVM_CPUID, 1000, 4 * MS);	/* 250 a second: over */
	exits(b, SVM_CPUID, 1200, MS / 2);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 2);
	free(b);
}

static void what_cools_down_is_counted(void **state)
{
	struct box *b = box(AHV_DETECT(EXIT_BURST));
	int i;

	b->rules.cooldown_ms = 60000;
	b->rules.burst = (struct aegishv_detect_rate){ 100, 100 };
	compile(b);
	for (i = 0; i < 5; i++) {
		exits(b, SVM_CPUID, 150, 1000);
		b->at.now_ns += 1000 * MS;
	}
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 1);
	b->at.now_ns += 60000 * MS;
	exits(b, SVM_CPUID, 150, 1000);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 2);
	assert_int_equal(b->rec.count, 5);
	assert_int_equal(b->rec.total, 6);
	/* Another reason is another cause. */
	exits(b, 0x7c, 150, 1000);
	assert_int_equal(b->told[AEGISHV_DETECT_EXIT_BURST], 3);
	free(b);
}

static void quiet_reasons_do_not_count(void **state)
{
	struct box *b = box(AHV_DETECT(EXIT_BURST));

	b->rules.burst = (struct aegishv_detect_rate){ 100, 1000 };
	compile(b);
	exits(b, SVM_HLT, 10000, 1000);
	assert_int_equal(all_told(b), 0);
	free(b);
}

static void time_that_goes_back_does_no_harm(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);
	u32 i;

	b->rules.burst = (struct aegishv_detect_rate){ 100, 1 };
	compile(b);
	b->at.now_ns = 1ULL << 63;
	for (i = 0; i < 100000; i++) {
		b->at.now_ns += i % 3 ? 7 * MS : -20 * MS;
		tell(b, ahv_detect_exit(&b->at));
	}
	b->at.now_ns = ~0ULL;
	exits(b, SVM_CPUID, 100, 1000 * MS);
	b->at.now_ns = 0;
	exits(b, SVM_CPUID, 100, 1000 * MS);
	free(b);
}

static void a_storm_of_ports(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);

	b->rules.pio = (struct aegishv_detect_rate){ 500, 1000 };
	b->rules.burst = (struct aegishv_detect_rate){ 100, 1000 };
	b->rules.ports[0] = (struct aegishv_detect_range){ 0x3f8, 0x3ff };
	b->rules.nr_ports = 1;
	compile(b);
	b->at.info1 = 0x3f8 << 16 | 1;
	exits(b, SVM_IO, 5000, 1000);
	assert_int_equal(all_told(b), 0);
	b->at.info1 = 0x1f0 << 16 | 1;
	exits(b, SVM_IO, 5000, 1000);
	assert_int_equal(b->told[AEGISHV_DETECT_PIO_STORM], 1);
	assert_int_equal(all_told(b), 1);
	assert_int_equal(b->rec.gpa, 0x1f0);
	assert_int_equal(b->rec.value, 500);
	free(b);
}

static void a_storm_of_mmio(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);

	b->rules.mmio = (struct aegishv_detect_rate){ 500, 1000 };
	compile(b);
	b->at.info1 = 0x10000000fULL;
	b->at.info2 = 0xfe000010;
	exits(b, SVM_NPF, 600, 1000);
	assert_int_equal(b->told[AEGISHV_DETECT_MMIO_STORM], 1);
	assert_int_equal(b->rec.gpa, 0xfe000010);
	/* Faults of memory are no accesses to devices. */
	b->at.info1 = 0x100000006ULL;
	b->at.now_ns += 120000 * MS;
	exits(b, SVM_NPF, 600, 1000);
	assert_int_equal(all_told(b), 1);
	free(b);
}

static void hypercalls(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);
	u64 i;

	for (i = 0; i < 4; i++) {
		tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 9 + i));
		tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 5));
	}
	assert_int_equal(all_told(b), 0);
	for (i = 0; i < 1000; i++)
		tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 0x100000005ULL + i));
	assert_int_equal(b->told[AEGISHV_DETECT_HYPERCALL], 1);
	assert_int_equal(all_told(b), 1);
	assert_int_equal(b->rec.value, 0x100000005ULL);
	assert_int_equal(b->vm.total[AEGISHV_DETECT_HYPERCALL], 1000);
	free(b);
}

#define PG	0x80000001ULL
#define WP	0x10000ULL

static void cleared_bits(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);

	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, 0x60000010));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, PG | WP));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x3006a0));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_EFER, 0xd01));
	assert_int_equal(all_told(b), 0);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, PG));
	assert_int_equal(b->told[AEGISHV_DETECT_CR0_WP], 1);
	assert_int_equal(b->rec.before, PG | WP);
	assert_int_equal(b->rec.value, PG);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x2006a0));
	assert_int_equal(b->told[AEGISHV_DETECT_CR4_SMEP], 1);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x0006a0));
	assert_int_equal(b->told[AEGISHV_DETECT_CR4_SMAP], 1);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_EFER, 0x501));
	assert_int_equal(b->told[AEGISHV_DETECT_EFER_NXE], 1);
	assert_int_equal(all_told(b), 4);
	free(b);
}

/* Paging goes off with the bits: a reset, a reboot, another stage of boot. */
static void a_reset_clears_bits_in_silence(void **state)
{
	struct box *b = box(AHV_DETECT_ALL);

	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, PG | WP));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x3006a0));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_EFER, 0xd01));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, 0x60000010));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_EFER, 0));
	assert_int_equal(all_told(b), 0);
	free(b);
}

static void headless(void **state)
{
	struct box *b = box(AHV_DETECT(HEADLESS));
	struct box *twin = box(AHV_DETECT(HEADLESS));

	b->at.info1 = 0x80 << 16;	/* everybody writes there */
	exits(b, SVM_IO, 10, MS);
	exits(b, SVM_CPUID, 590, 100 * MS);
	assert_int_equal(all_told(b), 0);
	exits(b, SVM_CPUID, 600, 100 * MS);
	assert_int_equal(b->told[AEGISHV_DETECT_HEADLESS], 1);
	assert_int_equal(all_told(b), 1);

	exits(twin, SVM_CPUID, 100, 100 * MS);
	twin->at.info1 = 0x3f8 << 16;
	exits(twin, SVM_IO, 1, MS);
	exits(twin, SVM_CPUID, 10000, 100 * MS);
	/* Another vCPU of the same VM. */
	memset(&twin->vcpu, 0, sizeof(twin->vcpu));
	exits(twin, SVM_CPUID, 10000, 100 * MS);
	assert_int_equal(all_told(twin), 0);
	free(b);
	free(twin);
}

static void nested(void **state)
{
	struct box *b = box(AHV_DETECT(NESTED));

	exits(b, 0x80, 5, MS);
	assert_int_equal(b->told[AEGISHV_DETECT_NESTED], 1);
	assert_int_equal(b->rec.reason, 0x80);
	b->at.isa = AEGISHV_ISA_VMX;
	b->at.now_ns += 100000 * MS;
	exits(b, 27, 1, MS);
	assert_int_equal(b->told[AEGISHV_DETECT_NESTED], 2);
	assert_int_equal(b->rec.count, 5);
	exits(b, 18, 1, MS);
	assert_int_equal(all_told(b), 2);
	free(b);
}

static void bad_rules_are_refused(void **state)
{
	struct aegishv_detect_rules r;

#define BAD(change) do { \
	ahv_detect_defaults(&r); \
	assert_null(ahv_detect_problem(&r)); \
	change; \
	assert_non_null(ahv_detect_problem(&r)); \
} while (0)
	BAD(r.detectors = 1);
	BAD(r.detectors = 1U << AEGISHV_DETECT_END);
	BAD(r.rsvd = 1);
	BAD(r.nr_ports = AEGISHV_DETECT_RANGES + 1);
	BAD(r.nr_hypercalls = ~0U);
	BAD(r.nr_quiet = AEGISHV_DETECT_REASONS + 1);
	BAD(r.nr_ports = 1; r.ports[0].first = 1);
	BAD(r.nr_ports = 1; r.ports[0].last = 0x10000);
	BAD(r.hypercalls[0].first = 9);
	BAD(r.quiet[0].isa = 0);
	BAD(r.quiet[0].isa = AHV_DETECT_ISAS);
	BAD(r.burst.window_ms = 0);
	BAD(r.toggle.window_ms = ~0U);
	BAD(r.cooldown_ms = ~0U);
}

static void every_detector_has_a_name(void **state)
{
	u32 d;

	for (d = 1; d < AEGISHV_DETECT_END; d++)
		assert_non_null(ahv_detector_name(d));
	assert_null(ahv_detector_name(0));
	assert_null(ahv_detector_name(AEGISHV_DETECT_END));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_on_by_default),
		cmocka_unit_test(a_burst_is_told_once),
		cmocka_unit_test(a_rate_below_the_limit_is_silent),
		cmocka_unit_test(hysteresis),
		cmocka_unit_test(what_cools_down_is_counted),
		cmocka_unit_test(quiet_reasons_do_not_count),
		cmocka_unit_test(time_that_goes_back_does_no_harm),
		cmocka_unit_test(a_storm_of_ports),
		cmocka_unit_test(a_storm_of_mmio),
		cmocka_unit_test(hypercalls),
		cmocka_unit_test(cleared_bits),
		cmocka_unit_test(a_reset_clears_bits_in_silence),
		cmocka_unit_test(headless),
		cmocka_unit_test(nested),
		cmocka_unit_test(bad_rules_are_refused),
		cmocka_unit_test(every_detector_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
