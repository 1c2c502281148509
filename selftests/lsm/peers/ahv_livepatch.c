// SPDX-License-Identifier: GPL-2.0-only
/*
 * A live patch: of cmdline_proc_show(), so that it can be seen to work, or with
 * file_open=1 of security_file_open(), which only one may redirect.
 */
#include <linux/fs.h>
#include <linux/livepatch.h>
#include <linux/module.h>
#include <linux/seq_file.h>

static bool file_open;
module_param(file_open, bool, 0444);
MODULE_PARM_DESC(file_open, "patch security_file_open, not cmdline_proc_show");

static int patched_cmdline(struct seq_file *m, void *v)
{
	seq_puts(m, "live patched\n");
	return 0;
}

/* Stands in for a fixed version; no LSM of the test machine minds. */
static int patched_file_open(struct file *file)
{
	return 0;
}

static struct klp_func funcs[] = {
	{ .old_name = "cmdline_proc_show", .new_func = patched_cmdline },
	{ }
};

static struct klp_object objs[] = {
	{ .funcs = funcs },	/* of vmlinux */
	{ }
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objs,
};

static int __init start(void)
{
	if (file_open) {
		funcs[0].old_name = "security_file_open";
		funcs[0].new_func = patched_file_open;
	}
	return klp_enable_patch(&patch);
}
module_init(start);

static void __exit stop(void)
{
}
module_exit(stop);

MODULE_DESCRIPTION("A live patch, for tests");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
