/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One suite a *_kunit.c file, named ahv_AREA_suite; suites.c registers them.
 */
#ifndef AHV_TESTS_SUITES_H
#define AHV_TESTS_SUITES_H

#include <kunit/test.h>

extern struct kunit_suite ahv_exits_suite;
extern struct kunit_suite ahv_ringpos_suite;
extern struct kunit_suite ahv_ring_suite;
extern struct kunit_suite ahv_ring_nest_suite;
extern struct kunit_suite ahv_resize_suite;
extern struct kunit_suite ahv_match_suite;
extern struct kunit_suite ahv_policy_suite;
extern struct kunit_suite ahv_marks_suite;
extern struct kunit_suite ahv_detect_suite;
extern struct kunit_suite ahv_wx_suite;

#endif
