// SPDX-License-Identifier: GPL-2.0-only
/*
 * In front of a function by a kprobe, where neither way of ftrace is free: the
 * check runs as its handler and denies as hook_ftrace.c does. debugfs
 * kprobes/enabled=0 switches it off: one more probe, on a function of our own,
 * shows that.
 *
 * Handlers run with preemption off. Attach and detach are process context.
 */
#include "lsm.h"

static int run_check(struct kprobe *kp, struct pt_regs *regs)
{
	struct ahv_lsm_hook *h = container_of(kp, struct ahv_lsm_hook, kp);

	if (!h->check(regs_get_kernel_argument(regs, 0), regs_get_kernel_argument(regs, 1),
		      regs_get_kernel_argument(regs, 2), regs_get_kernel_argument(regs, 3),
		      regs_get_kernel_argument(regs, 4)))
		return 0;
	instruction_pointer_set(regs, (unsigned long)ahv_lsm_eperm);
	return 1;
}
NOKPROBE_SYMBOL(run_check);

int ahv_lsm_kprobe_attach(struct ahv_lsm_hook *h)
{
	h->kp = (struct kprobe){
		.symbol_name = h->symbol,
		.pre_handler = run_check,
	};
	return register_kprobe(&h->kp);
}

void ahv_lsm_kprobe_detach(struct ahv_lsm_hook *h)
{
	unregister_kprobe(&h->kp);
}

/* Only written by whoever calls ahv_kprobes_fire(), one at a time. */
static bool fired;

static int note_fired(struct kprobe *kp, struct pt_regs *regs)
{
	WRITE_ONCE(fired, true);
	return 0;
}
NOKPROBE_SYMBOL(note_fired);

static struct kprobe self = { .pre_handler = note_fired };
static bool watching;

/* What the probe is on; ftrace's keeper as well. */
noinline int ahv_lsm_self(void)
{
	barrier();
	return READ_ONCE(fired);
}

/**
 * ahv_kprobes_watch() - be able to tell whether kprobes are switched off
 *
 * Return: 0 or a negative errno.
 */
int ahv_kprobes_watch(void)
{
	int err;

	if (watching)
		return 0;
	self = (struct kprobe){ .addr = (void *)ahv_lsm_self, .pre_handler = note_fired };
	err = register_kprobe(&self);
	watching = !err;
	return err;
}

void ahv_kprobes_unwatch(void)
{
	if (watching)
		unregister_kprobe(&self);
	watching = false;
}

/**
 * ahv_kprobes_fire() - whether kprobes work now
 *
 * Process context, one caller at a time. Return: false when they are known not
 * to; true also when nobody watches.
 */
bool ahv_kprobes_fire(void)
{
	if (!watching)
		return true;
	WRITE_ONCE(fired, false);
	return ahv_lsm_self();
}
