// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry hooks: by ftrace, and where that is refused by kprobe; and the address
 * of a function that is not exported.
 *
 * ftrace comes first because with FTRACE_OPS_FL_PERMANENT neither
 * kernel.ftrace_enabled=0 nor debugfs kprobes/enabled=0 can turn it off.
 * Attach and detach are process context and sleep.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "hook.h"

#ifdef CONFIG_X86_KERNEL_IBT
/*
 * With IBT a function starts with endbr64, and a kprobe on it lands behind.
 * The encodings are endbr64 itself and what the kernel seals it with: since
 * 6.14 nopl -42(%rax), before that nopw (%rax).
 */
static unsigned long function_start(unsigned long addr)
{
	u32 insn;

	if (copy_from_kernel_nofault(&insn, (void *)(addr - 4), sizeof(insn)))
		return addr;
	if (insn == 0xfa1e0ff3 || insn == 0xd6401f0f || insn == 0x001f0f66)
		return addr - 4;
	return addr;
}
#else
static unsigned long function_start(unsigned long addr)
{
	return addr;
}
#endif

/**
 * ahv_symbol() - where a function of the kernel or a module is
 * @name: the function
 *
 * Process context. Registers a kprobe there for a moment, since the kernel
 * tells kprobes what it does not export. It is registered disabled: an armed one
 * on an ftrace site while ftrace is off leaves flags behind, over which ftrace
 * gives up for good once it is on again.
 *
 * Return: the address, or 0.
 */
unsigned long ahv_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	unsigned long addr;

	if (register_kprobe(&kp))
		return 0;
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	return function_start(addr);
}

/**
 * ahv_callable_symbol() - a function that may be called through a pointer
 * @name: the function
 *
 * With IBT a function that the kernel calls by name alone has lost its endbr64,
 * and a call through a pointer would be an exception.
 *
 * Return: the address, or 0.
 */
unsigned long ahv_callable_symbol(const char *name)
{
	unsigned long addr = ahv_symbol(name);
#ifdef CONFIG_X86_KERNEL_IBT
	u32 insn;

	if (!addr || copy_from_kernel_nofault(&insn, (void *)addr, sizeof(insn)) ||
	    insn != 0xfa1e0ff3)
		return 0;
#endif
	return addr;
}

/**
 * ahv_symbols() - where several functions are, in the time that one takes
 * @names: the functions
 * @addrs: where to put each one's address, or 0
 * @n: how many
 *
 * As ahv_symbol(). What waits is unregistering, once for all of them.
 *
 * Return: 0, or -ENOMEM with @addrs untouched.
 */
int ahv_symbols(const char *const *names, unsigned long *addrs, int n)
{
	struct kprobe *kps = kcalloc(n, sizeof(*kps), GFP_KERNEL);
	struct kprobe **found = kcalloc(n, sizeof(*found), GFP_KERNEL);
	int i, nr = 0, err = -ENOMEM;

	if (!kps || !found)
		goto free;
	for (i = 0; i < n; i++) {
		addrs[i] = 0;
		kps[i].symbol_name = names[i];
		kps[i].flags = KPROBE_FLAG_DISABLED;
		if (register_kprobe(&kps[i]))
			continue;
		addrs[i] = function_start((unsigned long)kps[i].addr);
		found[nr++] = &kps[i];
	}
	unregister_kprobes(found, nr);
	err = 0;
free:
	kfree(found);
	kfree(kps);
	return err;
}

static void notrace ftrace_entry(unsigned long ip, unsigned long parent_ip,
				 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct ahv_entry_hook *h = container_of(ops, struct ahv_entry_hook, ops);

	h->fn(ahv_fregs_arg(fregs, 0));
}

static int kprobe_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct ahv_entry_hook *h = container_of(kp, struct ahv_entry_hook, kp);

	h->fn(regs_get_kernel_argument(regs, 0));
	return 0;
}

NOKPROBE_SYMBOL(kprobe_entry);

static int attach_ftrace(struct ahv_entry_hook *h)
{
	int err;

	h->ops = (struct ftrace_ops){
		.func = ftrace_entry,
		.flags = FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_PERMANENT,
	};
	err = ftrace_set_filter_ip(&h->ops, h->ip, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&h->ops);
	if (err)
		ftrace_free_filter(&h->ops);
	return err;
}

static int attach_kprobe(struct ahv_entry_hook *h)
{
	h->kp = (struct kprobe){
		.symbol_name = h->symbol,
		.pre_handler = kprobe_entry,
	};
	return register_kprobe(&h->kp);
}

static int refused(const struct ahv_entry_hook *h, int err, const char *reason)
{
	ahv_health_set(h->id, AEGISHV_HOOK_STATE_FAILED, err, reason);
	return err;
}

/**
 * ahv_hook_attach() - start calling h->fn
 * @h: the hook; its symbol, id and fn are set
 *
 * Return: 0, or a negative errno; either way health knows.
 */
int ahv_hook_attach(struct ahv_entry_hook *h)
{
	int err;

	h->ip = ahv_symbol(h->symbol);
	if (!h->ip)
		return refused(h, -ENOENT, "this kernel has no such function");

	err = attach_ftrace(h);
	/*
	 * What a permanent hook without IPMODIFY is told when ftrace is switched
	 * off; a kprobe would be taken there, and never be called.
	 */
	if (err == -EBUSY)
		return refused(h, err, "ftrace is off: sysctl kernel.ftrace_enabled=1, then load the module again");
	if (!err) {
		h->backend = AHV_BACKEND_FTRACE;
		ahv_health_backend(h->id, "ftrace");
	} else {
		err = attach_kprobe(h);
		if (err)
			return refused(h, err, "neither ftrace nor kprobe could attach");
		h->backend = AHV_BACKEND_KPROBE;
		ahv_health_backend(h->id, "kprobe");
	}
	ahv_health_set(h->id, AEGISHV_HOOK_STATE_ATTACHED, 0, NULL);
	return 0;
}

/**
 * ahv_hook_detach() - stop calling h->fn
 * @h: the hook, attached or not; on return fn does not run any more
 */
void ahv_hook_detach(struct ahv_entry_hook *h)
{
	switch (h->backend) {
	case AHV_BACKEND_FTRACE:
		unregister_ftrace_function(&h->ops);
		ftrace_free_filter(&h->ops);
		break;
	case AHV_BACKEND_KPROBE:
		unregister_kprobe(&h->kp);
		break;
	case AHV_BACKEND_NONE:
		break;
	}
	h->backend = AHV_BACKEND_NONE;
}
