// SPDX-License-Identifier: GPL-2.0-only
/*
 * The detectors in the kernel: each attack is told once, its twin is not.
 * shim/tests/test_detect.c has the same code under the sanitizers and more of
 * it. Process context.
 */
#include <linux/slab.h>
#include "suites.h"
#include "pure/detect.h"

#define MS		1000000ULL
#define SVM_IO		0x7b
#define SVM_CPUID	0x72
#define SVM_VMRUN	0x80

struct box {
	struct aegishv_detect_rules rules;
	struct ahv_detect_set set;
	struct ahv_detect_vm vm;
	struct ahv_detect_vcpu vcpu;
	struct ahv_detect_at at;
	struct aegishv_rec_detect rec;
	u32 told[AEGISHV_DETECT_END];
};

static struct box *new_box(struct kunit *test, u32 detectors)
{
	struct box *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b);
	ahv_detect_defaults(&b->rules);
	b->rules.detectors = detectors;
	b->rules.burst.count = 1000;
	b->rules.pio.count = 1000;
	KUNIT_ASSERT_NULL(test, ahv_detect_problem(&b->rules));
	ahv_detect_compile(&b->set, &b->rules);
	b->at.set = &b->set;
	b->at.vm = &b->vm;
	b->at.vcpu = &b->vcpu;
	b->at.now_ns = 1000 * MS;
	b->at.isa = AEGISHV_ISA_SVM;
	return b;
}

static void tell(struct box *b, u32 fired)
{
	u32 d;

	for (d = 0; d < AEGISHV_DETECT_END; d++)
		if (fired & 1U << d)
			b->told[d] += ahv_detect_tell(&b->at, d, &b->rec);
}

static void exits(struct box *b, u32 reason, u32 nr)
{
	b->at.reason = reason;
	while (nr--) {
		tell(b, ahv_detect_exit(&b->at));
		b->at.now_ns += 1000;
	}
}

static u32 all_told(const struct box *b)
{
	u32 d, n = 0;

	for (d = 0; d < AEGISHV_DETECT_END; d++)
		n += b->told[d];
	return n;
}

static void bursts_and_storms(struct kunit *test)
{
	struct box *b = new_box(test, AHV_DETECT_ALL);

	exits(b, SVM_CPUID, 999);
	KUNIT_EXPECT_EQ(test, all_told(b), 0U);
	exits(b, SVM_CPUID, 3000);
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_EXIT_BURST], 1U);
	exits(b, SVM_IO, 3000);
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_PIO_STORM], 1U);
	KUNIT_EXPECT_EQ(test, all_told(b), 2U);
}

static void guest_events(struct kunit *test)
{
	struct box *b = new_box(test, AHV_DETECT_ALL);

	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 5));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, 0x80010001));
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x300020));
	KUNIT_EXPECT_EQ(test, all_told(b), 0U);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_HYPERCALL, 99));
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_HYPERCALL], 1U);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR0, 0x80000001));
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_CR0_WP], 1U);
	tell(b, ahv_detect_guest(&b->at, AEGISHV_GUEST_CR4, 0x20));
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_CR4_SMEP], 1U);
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_CR4_SMAP], 1U);
	exits(b, SVM_VMRUN, 10);
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_NESTED], 1U);
	KUNIT_EXPECT_EQ(test, b->vm.total[AEGISHV_DETECT_NESTED], 10ULL);
}

static void faults(struct kunit *test)
{
	struct box *b = new_box(test, AHV_DETECT(WX) | AHV_DETECT(WX_TOGGLE));
	u32 i;

	tell(b, ahv_detect_fault(&b->at, 0x3000, AEGISHV_ACCESS_EXEC));
	tell(b, ahv_detect_fault(&b->at, 0x3000, AEGISHV_ACCESS_WRITE));
	KUNIT_EXPECT_EQ(test, all_told(b), 0U);
	for (i = 0; i < 40; i++) {
		tell(b, ahv_detect_fault(&b->at, 0x5000, AEGISHV_ACCESS_WRITE));
		tell(b, ahv_detect_fault(&b->at, 0x5123, AEGISHV_ACCESS_EXEC));
	}
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_WX], 1U);
	KUNIT_EXPECT_EQ(test, b->told[AEGISHV_DETECT_WX_TOGGLE], 1U);
	KUNIT_EXPECT_EQ(test, b->rec.gpa, 0x5000ULL);
}

static void bad_rules(struct kunit *test)
{
	struct aegishv_detect_rules r;

	ahv_detect_defaults(&r);
	r.nr_quiet = U32_MAX;
	KUNIT_EXPECT_NOT_NULL(test, ahv_detect_problem(&r));
	ahv_detect_defaults(&r);
	r.burst.window_ms = 0;
	KUNIT_EXPECT_NOT_NULL(test, ahv_detect_problem(&r));
	ahv_detect_defaults(&r);
	r.detectors = 1U << AEGISHV_DETECT_END;
	KUNIT_EXPECT_NOT_NULL(test, ahv_detect_problem(&r));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(bursts_and_storms),
	KUNIT_CASE(guest_events),
	KUNIT_CASE(faults),
	KUNIT_CASE(bad_rules),
	{}
};

struct kunit_suite ahv_detect_suite = {
	.name = "aegishv_detect",
	.test_cases = cases,
};
