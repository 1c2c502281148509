// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Write then execute, and in turn, as faults show it.
 */
#include "detect_box.h"

static void fault(struct box *b, u64 gpa, u32 access)
{
	b->at.rip += 0x10;
	b->at.now_ns += MS;
	tell(b, ahv_detect_fault(&b->at, gpa, access));
}

static void write_then_execute(void **state)
{
	struct box *b = box(AHV_DETECT(WX));

	b->at.vcpu_id = 3;
	fault(b, 0x5008, AEGISHV_ACCESS_WRITE);
	b->at.vcpu_id = 1;
	fault(b, 0x5ff0, AEGISHV_ACCESS_EXEC);
	assert_int_equal(b->told[AEGISHV_DETECT_WX], 1);
	assert_int_equal(b->rec.gpa, 0x5000);
	assert_int_equal(b->rec.since_ns, MS);
	assert_int_equal(b->rec.prev_vcpu, 3);
	assert_int_equal(b->rec.prev_rip, 0x1010);
	assert_int_equal(b->rec.rip, 0x1020);
	/* The same page again is the same cause, another page another one. */
	fault(b, 0x5008, AEGISHV_ACCESS_WRITE);
	fault(b, 0x5008, AEGISHV_ACCESS_EXEC);
	assert_int_equal(b->told[AEGISHV_DETECT_WX], 1);
	fault(b, 0x6008, AEGISHV_ACCESS_WRITE);
	fault(b, 0x6008, AEGISHV_ACCESS_EXEC);
	assert_int_equal(b->told[AEGISHV_DETECT_WX], 2);
	free(b);
}

static void other_orders_are_silent(void **state)
{
	struct box *b = box(AHV_DETECT(WX));

	fault(b, 0x5000, AEGISHV_ACCESS_EXEC);
	fault(b, 0x5000, AEGISHV_ACCESS_WRITE);
	fault(b, 0x6000, AEGISHV_ACCESS_READ);
	fault(b, 0x6000, AEGISHV_ACCESS_EXEC);
	fault(b, 0x7000, AEGISHV_ACCESS_WRITE);
	b->at.now_ns += 1001 * MS;
	fault(b, 0x7000, AEGISHV_ACCESS_EXEC);
	assert_int_equal(all_told(b), 0);
	free(b);
}

static void toggling(void **state)
{
	struct box *b = box(AHV_DETECT(WX_TOGGLE));
	int i;

	for (i = 0; i < 8; i++) {
		fault(b, 0x5000, AEGISHV_ACCESS_WRITE);
		fault(b, 0x5000, AEGISHV_ACCESS_EXEC);
	}
	assert_int_equal(all_told(b), 0);
	for (i = 0; i < 100; i++) {
		fault(b, 0x5000, AEGISHV_ACCESS_WRITE);
		fault(b, 0x5000, AEGISHV_ACCESS_EXEC);
	}
	assert_int_equal(b->told[AEGISHV_DETECT_WX_TOGGLE], 1);
	assert_int_equal(b->rec.gpa, 0x5000);
	assert_int_equal(b->rec.value, 16);
	free(b);
}

/* As slow as a loader: never 16 changes within a second. */
static void slow_toggling_is_silent(void **state)
{
	struct box *b = box(AHV_DETECT(WX_TOGGLE));
	int i;

	for (i = 0; i < 1000; i++) {
		fault(b, 0x5000, i % 2 ? AEGISHV_ACCESS_WRITE : AEGISHV_ACCESS_EXEC);
		b->at.now_ns += 80 * MS;
	}
	assert_int_equal(all_told(b), 0);
	free(b);
}

/* Two vCPUs look at the clock and then wait for each other. */
static void time_goes_back_a_little(void **state)
{
	struct box *b = box(AHV_DETECT(WX) | AHV_DETECT(WX_TOGGLE));
	int i;

	for (i = 0; i < 100; i++) {
		b->at.now_ns += 2;
		tell(b, ahv_detect_fault(&b->at, 0x5000, AEGISHV_ACCESS_WRITE));
		b->at.now_ns--;
		tell(b, ahv_detect_fault(&b->at, 0x5000, AEGISHV_ACCESS_EXEC));
	}
	assert_int_equal(b->vm.total[AEGISHV_DETECT_WX], 100);
	assert_int_equal(b->told[AEGISHV_DETECT_WX_TOGGLE], 1);
	free(b);
}

static void many_pages_are_bounded(void **state)
{
	struct box *b = box(AHV_DETECT(WX));
	u64 i;

	b->rules.wx_window_ms = 10000;
	compile(b);
	for (i = 0; i < 1000; i++) {
		b->at.now_ns += 1;
		tell(b, ahv_detect_fault(&b->at, i << 12, AEGISHV_ACCESS_WRITE));
		tell(b, ahv_detect_fault(&b->at, i << 12, AEGISHV_ACCESS_EXEC));
	}
	assert_int_equal(b->told[AEGISHV_DETECT_WX], AHV_DETECT_PAGE_ALERTS);
	assert_int_equal(b->vm.total[AEGISHV_DETECT_WX], 1000);
	assert_true(b->vm.forgotten >= 1000 - AHV_DETECT_PAGES);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_then_execute),
		cmocka_unit_test(other_orders_are_silent),
		cmocka_unit_test(toggling),
		cmocka_unit_test(slow_toggling_is_silent),
		cmocka_unit_test(time_goes_back_a_little),
		cmocka_unit_test(many_pages_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
