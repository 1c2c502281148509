/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between vm list and show (cmd_vm.c) and what changes a VM (cmd_vm_set.c).
 */
#ifndef AHV_SHIM_CMD_VM_H
#define AHV_SHIM_CMD_VM_H

#include "cmd.h"
#include "genl.h"
#include "snap.h"

/* --kernel-text was given. */
extern bool vm_kernel_text;

/* Each returns an exit status; the VM's name is the second argument. */
int vm_set(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm);
int vm_ranges(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm);
int vm_flag(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm);

void vm_print_wx(const struct genl_vm_wx *wx);
void vm_json_wx(cJSON *o, const struct genl_vm_wx *wx);

/* Into an object, or without one to standard output. */
void vm_show_detect(cJSON *o, const struct genl_config *cfg);

#endif
