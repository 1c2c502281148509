// SPDX-License-Identifier: GPL-2.0-only
/*
 * Patches the text of the kernel that it is loaded into, as a rootkit would: by
 * a writable mapping of its own, past the kernel's. It writes what is there
 * already, so that a kernel that it could patch is none the worse.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

static int __init patch_init(void)
{
	void *text = lm_alias(vfs_fsync);
	struct page *page = virt_to_page(text);
	u8 *page_at = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	u8 *at = page_at + offset_in_page(text);

	if (!page_at)
		return -ENOMEM;
	WRITE_ONCE(*at, READ_ONCE(*at));
	vunmap(page_at);
	pr_info("ahv_patch: patched\n");
	return 0;
}

static void __exit patch_exit(void)
{
}

module_init(patch_init);
module_exit(patch_exit);
MODULE_DESCRIPTION("Writes to its kernel's text");
MODULE_LICENSE("GPL");
