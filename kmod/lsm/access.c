// SPDX-License-Identifier: GPL-2.0-only
/*
 * Use of a descriptor that was opened before a rule came, or elsewhere:
 * attached only with deny_mode=access, since every read and write passes here.
 * Context of a check.
 */
#include <linux/fs.h>
#include <linux/kprobes.h>
#include "judge.h"

static __always_inline int check_file(const struct file *file, u8 op)
{
	return ahv_check_path(&file->f_path, file_inode(file), op);
}

AHV_LSM_CHECK(ahv_check_file_permission)
{
	return check_file((const struct file *)a0,
			  a1 & (MAY_WRITE | MAY_APPEND) ? AEGISHV_OP_WRITE : AEGISHV_OP_READ);
}
NOKPROBE_SYMBOL(ahv_check_file_permission);

AHV_LSM_CHECK(ahv_check_mmap_file)
{
	const struct file *file = (const struct file *)a0;

	return file ? check_file(file, AEGISHV_OP_MMAP) : 0;
}
NOKPROBE_SYMBOL(ahv_check_mmap_file);

AHV_LSM_CHECK(ahv_check_file_receive)
{
	return check_file((const struct file *)a0, AEGISHV_OP_RECEIVE);
}
NOKPROBE_SYMBOL(ahv_check_file_receive);
