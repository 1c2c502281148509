// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer that is easiest to write: a kretprobe on security_file_open() that
 * denies one inode number. The entry handler judges, the return handler puts the
 * errno in place.
 */
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static unsigned long ino;
module_param(ino, ulong, 0444);
MODULE_PARM_DESC(ino, "inode number that is denied");
static unsigned int dev;
module_param(dev, uint, 0444);
MODULE_PARM_DESC(dev, "device of its file system, as stat(2) encodes it");

static int entered(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	const struct file *file = (const struct file *)regs_get_kernel_argument(regs, 0);

	*(bool *)ri->data = file_inode(file)->i_ino == ino &&
			    file_inode(file)->i_sb->s_dev == new_decode_dev(dev);
	return 0;
}
NOKPROBE_SYMBOL(entered);

static int returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (*(bool *)ri->data)
		regs_set_return_value(regs, -EPERM);
	return 0;
}
NOKPROBE_SYMBOL(returns);

static struct kretprobe probe = {
	.kp.symbol_name = "security_file_open",
	.entry_handler = entered,
	.handler = returns,
	.data_size = sizeof(bool),
	.maxactive = 64,
};

static int __init start(void)
{
	return register_kretprobe(&probe);
}
module_init(start);

static void __exit stop(void)
{
	if (probe.nmissed)
		pr_info("ahv_kretprobe: missed %d\n", probe.nmissed);
	unregister_kretprobe(&probe);
}
module_exit(stop);

MODULE_DESCRIPTION("Denies one inode by kretprobe");
MODULE_LICENSE("GPL");
