/* SPDX-License-Identifier: GPL-2.0-only */
/* Who watches the guest: the module, or the kernel's own tracepoints. */
#ifndef EXACT_SEEN_H
#define EXACT_SEEN_H

#include "truth.h"

/**
 * struct watcher - a source of what was seen
 * @name: for a person
 * @open: prepare; 0, or a negative errno after saying why
 * @begin: a guest is about to start
 * @read: what was seen of the guest whose truth is @t, per vCPU and, in
 *	@seen->vm, for the whole VM
 * @gone: whether nothing of VMM @pid is kept any more
 * @close: undo @open
 */
struct watcher {
	const char *name;
	int (*open)(void);
	int (*begin)(void);
	int (*read)(const struct truth *t, struct truth *seen);
	bool (*gone)(pid_t pid);
	void (*close)(void);
};

extern const struct watcher seen_module, seen_trace;

#endif
