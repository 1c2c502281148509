// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers every suite of aegishv_kunit.ko. KUnit runs them, each case in a
 * kthread of its own, when the module is loaded.
 */
#include <linux/module.h>
#include "suites.h"

kunit_test_suites(&ahv_exits_suite, &ahv_ringpos_suite, &ahv_ring_suite,
		  &ahv_ring_nest_suite, &ahv_resize_suite, &ahv_match_suite,
		  &ahv_policy_suite, &ahv_marks_suite, &ahv_detect_suite,
		  &ahv_wx_suite);

MODULE_DESCRIPTION("KUnit suites of AegisHV");
MODULE_LICENSE("GPL");
