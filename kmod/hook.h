/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Being called when the kernel enters a function that has no tracepoint.
 */
#ifndef AHV_HOOK_H
#define AHV_HOOK_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include "aegishv.h"

enum ahv_hook_backend {
	AHV_BACKEND_NONE,
	AHV_BACKEND_FTRACE,
	AHV_BACKEND_KPROBE,
};

/**
 * struct ahv_entry_hook - one function, one callback
 * @symbol: the function, in the kernel or a module
 * @id: whose health it is
 * @fn: called with the function's first argument; task context, preemption off
 * @backend: how it is attached
 * @ip: where ftrace attached
 * @ops: ftrace's part
 * @kp: kprobe's part
 */
struct ahv_entry_hook {
	const char *symbol;
	enum ahv_hook_id id;
	void (*fn)(unsigned long arg0);
	enum ahv_hook_backend backend;
	unsigned long ip;
	struct ftrace_ops ops;
	struct kprobe kp;
};

int ahv_hook_attach(struct ahv_entry_hook *h);
void ahv_hook_detach(struct ahv_entry_hook *h);
unsigned long ahv_symbol(const char *name);
int ahv_symbols(const char *const *names, unsigned long *addrs, int n);
unsigned long ahv_callable_symbol(const char *name);

#endif
