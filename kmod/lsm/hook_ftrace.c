// SPDX-License-Identifier: GPL-2.0-only
/*
 * In front of a function by ftrace: the check runs as a callback, and only to
 * deny does it move the instruction pointer, to a function that returns -EPERM.
 * Only one user of a function may move it; live patches do, too.
 *
 * Callbacks run in the caller's context, preemptible or not. Attach and detach
 * are process context and sleep; detach waits for callbacks.
 */
#include <linux/errno.h>
#include <linux/stringify.h>
#include "lsm.h"

/*
 * Entered as the function would be, so it returns to the function's caller. The
 * errno is made here: a BPF fentry on the function runs in between, and does not
 * keep the register it is returned in.
 */
#ifdef CONFIG_X86_64
asm(".pushsection .text, \"ax\", @progbits\n"
	"	.globl ahv_lsm_eperm\n"
	"	.type ahv_lsm_eperm, @function\n"
	"ahv_lsm_eperm:\n"
	ASM_ENDBR
	"	movq $-" __stringify(EPERM) ", %rax\n"
	ASM_RET
	"	.size ahv_lsm_eperm, . - ahv_lsm_eperm\n"
	".popsection\n");
#else
asm(".pushsection .text, \"ax\", @progbits\n"
	"	.globl ahv_lsm_eperm\n"
	"	.type ahv_lsm_eperm, @function\n"
	"ahv_lsm_eperm:\n"
	"	hint 34\n"
	"	mov x0, #-" __stringify(EPERM) "\n"
	"	ret\n"
	"	.size ahv_lsm_eperm, . - ahv_lsm_eperm\n"
	".popsection\n");
#endif

/* No recursion guard of ftrace's: a call that it skipped would be allowed. */
static void notrace run_check(unsigned long ip, unsigned long parent_ip,
			      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct ahv_lsm_hook *h = container_of(ops, struct ahv_lsm_hook, ops);

	if (h->check(ahv_fregs_arg(fregs, 0), ahv_fregs_arg(fregs, 1),
		     ahv_fregs_arg(fregs, 2), ahv_fregs_arg(fregs, 3),
		     ahv_fregs_arg(fregs, 4)))
		ahv_fregs_set_ip(fregs, (unsigned long)ahv_lsm_eperm);
}

int ahv_lsm_ftrace_attach(struct ahv_lsm_hook *h)
{
	int err;

	h->ops.func = run_check;
	h->ops.flags = AHV_FTRACE_IPMODIFY | FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_PERMANENT;
	err = ftrace_set_filter_ip(&h->ops, h->ip, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&h->ops);
	if (err)
		ftrace_free_filter(&h->ops);
	return err;
}

void ahv_lsm_ftrace_detach(struct ahv_lsm_hook *h)
{
	unregister_ftrace_function(&h->ops);
	ftrace_free_filter(&h->ops);
}

/*
 * A permanent callback on a function of our own keeps ftrace from being switched
 * off under direct calls and kprobes, and cannot be had when it is off.
 */
static void notrace do_nothing(unsigned long ip, unsigned long parent_ip,
			       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops keeper = {
	.func = do_nothing,
	.flags = FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_PERMANENT,
};
static bool kept;

/**
 * ahv_ftrace_keep() - hold ftrace switched on
 *
 * Return: 0, also where the kernel has no ftrace to hold; -EBUSY when it is
 * switched off.
 */
int ahv_ftrace_keep(void)
{
	int err;

	err = ftrace_set_filter_ip(&keeper, (unsigned long)ahv_lsm_self, 0, 0);
	if (err)
		return 0;
	err = register_ftrace_function(&keeper);
	kept = !err;
	if (err)
		ftrace_free_filter(&keeper);
	return err == -EBUSY ? err : 0;
}

void ahv_ftrace_release(void)
{
	if (!kept)
		return;
	unregister_ftrace_function(&keeper);
	ftrace_free_filter(&keeper);
	kept = false;
}
