/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who a VM is, asked from the process that runs it: QEMU's -name and -uuid,
 * libvirt's scope, Firecracker's --id, else the process name and number. All
 * of it is the VMM's own word: a label, never a decision.
 */
#ifndef AHV_SHIM_VMID_H
#define AHV_SHIM_VMID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vmtab.h"

#define VM_UUID_LEN	36

struct vmid {
	char name[VM_NAME_MAX];	/* any bytes but NUL */
	char uuid[VM_UUID_LEN + 1];
};

/**
 * vmid_lookup() - name a VM
 * @id: filled in; the name is never empty
 * @proc: where procfs is
 * @tgid: its VMM process
 * @comm: that process's name, for when it is gone or says nothing
 */
void vmid_lookup(struct vmid *id, const char *proc, uint32_t tgid, const char *comm);

/**
 * vmid_cmdline() - what a command line says
 * @id: filled in where it says something
 * @args: arguments, each with its NUL; the last may lack it
 * @len: bytes of them
 */
void vmid_cmdline(struct vmid *id, const char *args, size_t len);

/**
 * vmid_cgroup() - what the text of /proc/PID/cgroup says
 * @id: filled in where it says something
 * @text: the text, terminated
 */
void vmid_cgroup(struct vmid *id, const char *text);

#endif
