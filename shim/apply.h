/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing the policy: one transaction in the kernel and the state files with
 * it. What fails is said on stderr, and then nothing was changed.
 */
#ifndef AHV_SHIM_APPLY_H
#define AHV_SHIM_APPLY_H

#include <stdbool.h>
#include "genl_policy.h"
#include "policy.h"

/**
 * struct apply - one change
 * @what: name of the file or command, for messages
 * @add: normalised rules to be added, or NULL
 * @drop: tells whether a rule in force is to go, or NULL
 * @drop_arg: first argument of @drop
 * @reset: start from no rules
 * @dry_run: have the kernel check it all, then drop it
 * @restore: these are the stored rules: do not write them again
 * @before: what was in force
 * @after: what is now
 * @dropped: how many rules @drop chose
 */
struct apply {
	const char *what;
	const struct policy *add;
	bool (*drop)(void *arg, const struct policy_rule *r);
	void *drop_arg;
	bool reset;
	bool dry_run;
	bool restore;
	struct genl_policy before;
	struct genl_policy after;
	size_t dropped;
};

/* 0 or EXIT_FAIL. */
int apply_run(struct genl *g, struct apply *a);

#endif
