/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the sweep share: which files rules are about (targets), who
 * is never signalled (sparing), and the walk over processes.
 */
#ifndef AHV_SHIM_SWEEP_INT_H
#define AHV_SHIM_SWEEP_INT_H

#include <sys/stat.h>
#include "sweep.h"

/**
 * struct target - a file that a rule is about
 * @dev: as stat(2) tells it
 * @ino: inode number
 * @rule: the rule
 */
struct target {
	uint64_t dev;
	uint64_t ino;
	const struct policy_rule *rule;
};

struct targets {
	struct target *files;
	size_t nr_files;
	struct target *dirs;
	size_t nr_dirs;
};

/* The files and directories of rules, as they are now; false: no memory. */
bool targets_make(struct targets *t, const struct policy *rules);
void targets_free(struct targets *t);

/**
 * targets_find() - the rule that covers something of a process
 * @t: the targets
 * @pid: the process
 * @link: a link below /proc/PID that leads to it
 * @st: what stat(2) says of it
 *
 * Return: the rule or NULL.
 */
const struct policy_rule *targets_find(const struct targets *t, int pid, const char *link,
				       const struct stat *st);

/**
 * struct sparing - who is not signalled
 * @self: this process
 * @reader: the process that reads the rings
 * @break_glass: path of that cgroup, or NULL
 * @paths: of cgroups that are allowed
 * @nr: how many
 * @nomem: some are missing
 */
struct sparing {
	int self;
	int reader;
	char *break_glass;
	char **paths;
	size_t nr;
	bool nomem;
};

/* 0 or EXIT_FAIL after saying why. */
int sparing_make(struct sparing *s, struct genl *g);
void sparing_free(struct sparing *s);

/* SWEEP_REPORTED when it may be signalled, else why not. */
enum sweep_answer sparing_of(const struct sparing *s, int pid);

/* Look at one process; false: it could not be read. */
bool sweep_process(struct sweep *s, const struct targets *t, int pid);

#endif
