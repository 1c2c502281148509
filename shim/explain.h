/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why an operation on a file was denied, from its event and a policy.
 */
#ifndef AHV_SHIM_EXPLAIN_H
#define AHV_SHIM_EXPLAIN_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include "policy.h"

#define EXPLAIN_MATCHES	16

/**
 * struct explain - an event and what of a policy it meets
 * @kind: of the rule that decided, as the event tells it; "" when it does not
 * @rule: number of that rule
 * @path: as the process saw it
 * @resolved: as the host sees it
 * @action: what was done
 * @op: what was attempted
 * @comm: by whom
 * @cgroup: its cgroup's path, or ""
 * @flags: of the event, words with blanks between them
 * @dev: device of the file
 * @ino: its inode number
 * @gen: its generation
 * @has_gen: the event tells it
 * @pid: of the process
 * @cgid: its cgroup
 * @matches: rules that it meets by what the event tells; the likely one first
 * @nr: how many of them
 * @allowed: a rule of the policy that allows the cgroup, or NULL
 */
struct explain {
	const char *kind;
	uint32_t rule;
	const char *path;
	const char *resolved;
	const char *action;
	const char *op;
	const char *comm;
	const char *cgroup;
	char flags[128];
	uint32_t dev;
	uint64_t ino;
	uint32_t gen;
	bool has_gen;
	uint32_t pid;
	uint64_t cgid;
	const struct policy_rule *matches[EXPLAIN_MATCHES];
	size_t nr;
	const struct policy_rule *allowed;
};

/* Read an event; false with the reason in @why (256 bytes). Strings are those of @event. */
bool explain_read(struct explain *e, const cJSON *event, char *why);

/* Find what a normalised policy has to do with it. */
void explain_match(struct explain *e, const struct policy *p);

#endif
