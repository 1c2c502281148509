/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmocka with what it wants included before it.
 */
#ifndef AHV_SHIM_TESTS_CM_H
#define AHV_SHIM_TESTS_CM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

#endif
