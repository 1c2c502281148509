/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included into lib/kunit and into our suites when both are built as
 * external modules for a kernel that was configured without KUnit. Structures
 * of the core kernel keep the layout they have there: their headers are read
 * before KUnit is switched on.
 */
#ifndef KUNIT_OOT_H
#define KUNIT_OOT_H

#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#define CONFIG_KUNIT_MODULE 1
#define CONFIG_KUNIT_DEBUGFS 1
#define CONFIG_KUNIT_DEFAULT_ENABLED 1
#define CONFIG_KUNIT_DEFAULT_TIMEOUT 300
#define CONFIG_KUNIT_DEFAULT_FILTER_GLOB ""
#define CONFIG_KUNIT_DEFAULT_FILTER ""
#define CONFIG_KUNIT_DEFAULT_FILTER_ACTION ""

/*
 * task_struct has no kunit_test here. A test's kthread holds no file system
 * transaction, which is the only use of this per-task pointer.
 */
#define kunit_test journal_info
#define kunit_current_test (*(struct kunit **)&current->journal_info)

#include <kunit/test.h>

#ifdef KUNIT_RUNS_WHEN_TOLD
#define oot_run(suites, n)	__kunit_test_suites_init(suites, n, true)
#else
#define oot_run(suites, n)	__kunit_test_suites_init(suites, n)
#endif

/* The module loader does not look for suites: tell KUnit at load. */
#undef kunit_test_suites
#define kunit_test_suites(suites_...)						\
	static struct kunit_suite *oot_suites[] = { suites_ };			\
	static int __init oot_suites_init(void)					\
	{									\
		return oot_run(oot_suites, ARRAY_SIZE(oot_suites));		\
	}									\
	static void __exit oot_suites_exit(void)				\
	{									\
		__kunit_test_suites_exit(oot_suites, ARRAY_SIZE(oot_suites));	\
	}									\
	module_init(oot_suites_init);						\
	module_exit(oot_suites_exit)

#endif
