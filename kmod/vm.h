/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vm.c shows to stats.c, which sums over the registry.
 */
#ifndef AHV_VM_H
#define AHV_VM_H

#include <linux/list.h>
#include <linux/seqlock.h>

/* Read with rcu_read_lock(). */
extern struct list_head ahv_vms;
/* Odd while VMs or vCPUs go from alive to retired. */
extern seqcount_t ahv_vms_changes;

void ahv_vms_locked(void (*fn)(void *arg), void *arg);

#endif
