/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What outlives a reboot: the policy that was applied, the one before it, and a
 * checksum, below /var/lib/aegishv or AEGISHV_STATE_DIR. Whoever changes the
 * policy holds the lock, so that the files and the kernel say the same.
 */
#ifndef AHV_SHIM_STATE_H
#define AHV_SHIM_STATE_H

#include <stdbool.h>
#include "policy.h"
#include "wfile.h"

#define STATE_DIR	"/var/lib/aegishv"
#define STATE_PATH	4000

/**
 * struct state - where it is
 * @dir: directory of the lock and of what has no path of its own
 * @applied: the policy in force
 * @prev: the one before
 * @hash: checksum of @applied
 * @lock: descriptor of the lock, or -1
 * @next: the new @applied, staged
 * @sum: its checksum
 */
struct state {
	char dir[STATE_PATH];
	char applied[STATE_PATH + 32];
	char prev[STATE_PATH + 32];
	char hash[STATE_PATH + 32];
	int lock;
	struct wfile next;
	char sum[72];
};

/* Only say where things are. */
void state_paths(struct state *s);

/* The same, and take the lock, waiting for it; 0 or EXIT_FAIL, said on stderr. */
int state_lock(struct state *s);
void state_unlock(struct state *s);

/**
 * state_load() - read a stored policy
 * @s: where
 * @path: &state.applied or &state.prev
 * @p: rules are added to it
 *
 * Return: 0; -ENOENT when there is none; another errno after saying what is
 * wrong.
 */
int state_load(const struct state *s, const char *path, struct policy *p);

/* Whether something was applied that a restore would bring back. */
bool state_has_rules(const struct state *s);

/* Get a normalised policy to the disk beside the one in force; 0 or EXIT_FAIL. */
int state_stage(struct state *s, const struct policy *p);

/* Put it in place: it is in force now. 0 or EXIT_FAIL. */
int state_publish(struct state *s);
void state_abort(struct state *s);

#endif
