/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands that ask the module share: connecting, naming VMs,
 * spelling settings. What fails is said on stderr.
 */
#ifndef AHV_SHIM_ASK_H
#define AHV_SHIM_ASK_H

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include "genl.h"
#include "snap.h"

/* A connection, or NULL after saying why. */
struct genl *ask_open(void);

/* All counts; 0 or an exit status after saying why. @snap is to be freed. */
int ask_snap(struct genl *g, struct snap *snap);

/* Rules and denials one by one, too. */
int ask_details(struct genl *g, struct snap *snap);

/* The VM of a number or name, or NULL after saying why. */
const struct snap_vm *ask_vm(const struct snap *snap, const char *which);

/* off, all, full, sample:N; @buf has 32 bytes. */
const char *ask_exit_events(uint32_t mode, uint32_t sample, char *buf);

/* Counts as JSON: what snapshot prints and stats --json. */
cJSON *ask_json_counts(const struct snap *snap);
cJSON *ask_json_vm(const struct snap_vm *vm);
cJSON *ask_json_rings(const struct snap *snap, bool each);

#endif
