/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VM exit reasons and stage-2 fault codes: slots to count them in, the names
 * the kernel prints for them, and what a fault code says about the access.
 * Any context; nothing here allocates, locks or sleeps.
 */
#ifndef AHV_PURE_EXITS_H
#define AHV_PURE_EXITS_H

#include "types.h"
#include <linux/aegishv.h>

/*
 * Counting slots of one vCPU. The first AHV_EXIT_DIRECT are the reason itself,
 * then come the four SVM reasons from 0x400, then one for all that no
 * architecture manual knew when this was written.
 */
#define AHV_EXIT_DIRECT		192
#define AHV_EXIT_SVM_HIGH	0x400
#define AHV_EXIT_SVM_NR_HIGH	4
#define AHV_EXIT_OTHER		(AHV_EXIT_DIRECT + AHV_EXIT_SVM_NR_HIGH)
#define AHV_EXIT_SLOTS		(AHV_EXIT_OTHER + 1)

/* arm64 traps count from here: AHV_ARM64_TRAP + ESR_EL2.EC */
#define AHV_ARM64_TRAP_REASON	0x100
#define AHV_ARM64_TRAP_SLOT	64

/* Flags that VMX keeps in the upper half of the exit reason. */
#define AHV_VMX_REASON_MASK	0xffffU

/**
 * ahv_exit_slot() - where to count an exit
 * @isa: enum aegishv_isa
 * @reason: as &aegishv_rec_exit.reason
 *
 * Return: a slot below %AHV_EXIT_SLOTS, whatever @reason is.
 */
static inline u32 ahv_exit_slot(u32 isa, u32 reason)
{
	if (isa == AEGISHV_ISA_VMX)
		reason &= AHV_VMX_REASON_MASK;
	if (isa == AEGISHV_ISA_ARM64 && reason >= AHV_ARM64_TRAP_REASON)
		reason -= AHV_ARM64_TRAP_REASON - AHV_ARM64_TRAP_SLOT;
	if (reason < AHV_EXIT_DIRECT)
		return reason;
	if (isa == AEGISHV_ISA_SVM &&
	    reason - AHV_EXIT_SVM_HIGH < AHV_EXIT_SVM_NR_HIGH)
		return AHV_EXIT_DIRECT + reason - AHV_EXIT_SVM_HIGH;
	return AHV_EXIT_OTHER;
}

/**
 * ahv_exit_slot_reason() - the reason that a slot counts
 * @isa: enum aegishv_isa
 * @slot: below %AHV_EXIT_OTHER
 *
 * Return: the reason; ahv_exit_slot() of it is @slot.
 */
u32 ahv_exit_slot_reason(u32 isa, u32 slot);

/**
 * ahv_exit_name() - the name the kernel's tracepoints print for a reason
 * @isa: enum aegishv_isa
 * @reason: as &aegishv_rec_exit.reason
 *
 * Return: the name ("npf", "EPT_VIOLATION", "DABT_LOW"), or NULL for a reason
 * without one: print it as 0x%x then.
 */
const char *ahv_exit_name(u32 isa, u32 reason);

/**
 * ahv_exit_find() - the reason of a name
 * @isa: enum aegishv_isa
 * @name: not NUL-terminated
 * @len: bytes of @name
 * @reason: where to put it
 *
 * Return: whether there is such a name.
 */
bool ahv_exit_find(u32 isa, const char *name, size_t len, u32 *reason);

/**
 * ahv_fault_access() - what access caused a stage-2 fault
 * @isa: enum aegishv_isa
 * @code: as &aegishv_rec_fault.code
 *
 * VMX: exit qualification for EPT violations, Intel SDM volume 3, table 28-7.
 * SVM: EXITINFO1 of a nested page fault, AMD APM volume 2, section 15.25.6.
 * arm64: ESR_EL2 with EC, WnR and DFSC, Arm ARM, section D24.2.40.
 *
 * Return: one of AEGISHV_ACCESS_*; exec before write before read.
 */
u8 ahv_fault_access(u32 isa, u64 code);

/**
 * ahv_fault_flags() - what else the code says
 * @isa: enum aegishv_isa
 * @code: as &aegishv_rec_fault.code
 *
 * Return: a set of AEGISHV_FAULT_*.
 */
u8 ahv_fault_flags(u32 isa, u64 code);

#endif
