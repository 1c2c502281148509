/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From sections of a policy file about virtual machines to the module, which
 * knows VMs by number: everybody's settings go to the configuration, those of
 * one to each VM that has the name or UUID. What fails is said on stderr.
 */
#ifndef AHV_SHIM_VMAPPLY_H
#define AHV_SHIM_VMAPPLY_H

#include <stdbool.h>
#include <time.h>
#include "genl.h"
#include "vmid.h"
#include "vmrules.h"

/**
 * vmapply_read() - the sections of a policy file
 * @v: they are added here
 * @path: the file
 *
 * Return: false after saying what is wrong with it.
 */
bool vmapply_read(struct vmrules *v, const char *path);

/* Those of the policy that was applied last; false after saying why not. */
bool vmapply_stored(struct vmrules *v);

/* When the file of the policy that was applied last was written. */
struct timespec vmapply_stored_at(void);

/**
 * enum vmapply - what becomes of settings that the rules do not name
 * @VMAPPLY_KEEP: nothing
 * @VMAPPLY_DETECTORS: detectors are off; W^X, seals and traps stay
 * @VMAPPLY_RESET: all is as if nobody had ever set it
 */
enum vmapply {
	VMAPPLY_KEEP,
	VMAPPLY_DETECTORS,
	VMAPPLY_RESET,
};

/**
 * vmapply_all() - put in force for every VM, those that run included
 * @g: connection
 * @v: the rules
 * @rest: what becomes of the rest
 *
 * Return: 0 or EXIT_FAIL.
 */
int vmapply_all(struct genl *g, const struct vmrules *v, enum vmapply rest);

/* Put in force for one VM what names it. */
int vmapply_vm(struct genl *g, const struct vmrules *v, uint32_t id, const struct vmid *who);

#endif
