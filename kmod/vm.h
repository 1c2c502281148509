/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the registry in vm.c shows to those that walk over it.
 */
#ifndef AHV_VM_H
#define AHV_VM_H

#include <linux/list.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct ahv_vcpu;
struct ahv_vm;

/* Guards every change of the registry. */
extern raw_spinlock_t ahv_vms_lock;
/* Read with rcu_read_lock(). */
extern struct list_head ahv_vms;
/* Odd while VMs or vCPUs go from alive to retired. */
extern seqcount_t ahv_vms_changes;

void ahv_vcpu_apply_config(struct ahv_vcpu *v);
void ahv_vm_apply_config(struct ahv_vm *vm);
void ahv_vm_apply_wx(struct ahv_vm *vm);
bool ahv_detect_wanted(const struct ahv_vm *vm);
void ahv_vcpu_free(struct rcu_head *rcu);
void ahv_vm_free(struct rcu_head *rcu);
void ahv_vms_locked(void (*fn)(void *arg), void *arg);

/* vm_missed.c */
void ahv_vm_missed(const void *kvm);
bool ahv_vm_was_missed(const void *kvm);
void ahv_vm_none_missed(void);

#endif
