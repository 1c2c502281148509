/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is open already when rules come: descriptors, mappings, programs and
 * directories of running processes that the rules cover. Rules deny opening;
 * this finds what was opened before, and can end who holds it.
 */
#ifndef AHV_SHIM_SWEEP_H
#define AHV_SHIM_SWEEP_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include "genl.h"
#include "policy.h"

enum sweep_what {
	SWEEP_NONE,
	SWEEP_REPORT,
	SWEEP_TERM,
	SWEEP_KILL,
};

enum sweep_answer {
	SWEEP_REPORTED,
	SWEEP_SIGNALLED,
	SWEEP_GONE,		/* ended before it could be signalled */
	SWEEP_SURVIVOR,		/* never signalled */
	SWEEP_EXEMPT,		/* of a cgroup that is allowed */
};

/**
 * struct sweep_hit - one thing that is held
 * @pid: by whom
 * @comm: its name
 * @held: fd, map, exe, cwd or root
 * @fd: which descriptor, -1 for the rest
 * @path: of it, as the kernel tells it, to be freed
 * @rule: the rule that covers it
 * @answer: what was done about it
 */
struct sweep_hit {
	int pid;
	char comm[20];
	const char *held;
	int fd;
	char *path;
	const struct policy_rule *rule;
	enum sweep_answer answer;
};

/**
 * struct sweep - a search and what it found
 * @what: to be done
 * @hits: what is held
 * @nr: how many
 * @processes: that were looked at
 * @unreadable: that could not be
 * @nomem: something is missing for want of memory
 */
struct sweep {
	enum sweep_what what;
	struct sweep_hit *hits;
	size_t nr;
	size_t processes;
	size_t unreadable;
	bool nomem;
};

/* The value of --sweep, NULL without one; false when it is none. */
bool sweep_parse(const char *value, enum sweep_what *what);

/* 0, or EXIT_FAIL after saying what is wrong; @rules must outlive @s. */
int sweep_run(struct sweep *s, struct genl *g, const struct policy *rules, bool dry_run);
void sweep_free(struct sweep *s);
void sweep_print(const struct sweep *s);
cJSON *sweep_json(const struct sweep *s);

#endif
