/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of the detectors: everybody's, and those that a VM has of its own.
 * Written under the configuration's mutex, read with RCU or preemption off.
 */
#ifndef AHV_DETECT_H
#define AHV_DETECT_H

#include "aegishv.h"
#include "pure/detect.h"

/**
 * struct ahv_detect_ref - rules in force
 * @rcu: frees them
 * @set: the rules
 */
struct ahv_detect_ref {
	struct rcu_head rcu;
	struct ahv_detect_set set;
};

/* Memory that what is known takes. */
extern atomic_long_t ahv_detect_bytes;

/* Everybody's; NULL while no detector is on for those without their own. */
extern struct ahv_detect_ref __rcu *ahv_detect_all;

struct ahv_detect_ref *ahv_detect_ref_new(const struct aegishv_detect_rules *r);
void ahv_detect_change_all(struct ahv_detect_ref *ref);
int ahv_detect_change_vm(u32 id, struct ahv_detect_ref *ref);
void ahv_detect_get(const struct ahv_vm *vm, struct aegishv_detect_rules *r);
void ahv_detect_vcpu_free(struct ahv_vcpu *v);
void ahv_detect_vm_free(struct ahv_vm *vm);
void ahv_detect_drop_all(void);

/* With RCU or preemption off. */
static inline const struct ahv_detect_set *ahv_detect_set_of(const struct ahv_vm *vm)
{
	struct ahv_detect_ref *ref = rcu_dereference_sched(vm->detect_own);

	if (!ref)
		ref = rcu_dereference_sched(ahv_detect_all);
	return ref ? &ref->set : NULL;
}

#endif
