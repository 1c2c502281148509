// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exit reasons by number and by name, and the meaning of stage-2 fault codes.
 * The names are tables built from names.def at compile time. Any context; no
 * locks, nothing is ever written.
 */
#include "exits.h"

#define SVM_HIGH_SLOT(code)	(AHV_EXIT_DIRECT + (code) - AHV_EXIT_SVM_HIGH)
#define TRAP_SLOT(ec)		(AHV_ARM64_TRAP_SLOT + (ec))

static const char *const vmx_names[AHV_EXIT_SLOTS] = {
#define AHV_VMX(reason, name) [reason] = name,
#include "names.def"
};

static const char *const svm_names[AHV_EXIT_SLOTS] = {
#define AHV_SVM(code, name) [code] = name,
#define AHV_SVM_HIGH(code, name) [SVM_HIGH_SLOT(code)] = name,
#include "names.def"
};

static const char *const arm64_names[AHV_EXIT_SLOTS] = {
#define AHV_ARM64_EXIT(code, name) [code] = name,
#define AHV_ARM64_EC(ec, name) [TRAP_SLOT(ec)] = name,
#include "names.def"
};

/* Every name: those outside the slots first, a reason's own before aliases. */
struct named_reason {
	u32 isa;
	u32 len;
	u32 reason;
	const char *name;
};

#define NAMED(isa, reason, name) { isa, sizeof(name) - 1, reason, name },

static const struct named_reason far_names[] = {
#define AHV_SVM_FAR(code, name) NAMED(AEGISHV_ISA_SVM, code, name)
#define AHV_ARM64_FAR(code, name) NAMED(AEGISHV_ISA_ARM64, code, name)
#include "names.def"
};

static const struct named_reason all_names[] = {
#define AHV_VMX(reason, name) NAMED(AEGISHV_ISA_VMX, reason, name)
#define AHV_VMX_ALIAS(reason, name) NAMED(AEGISHV_ISA_VMX, reason, name)
#define AHV_SVM(code, name) NAMED(AEGISHV_ISA_SVM, code, name)
#define AHV_SVM_HIGH(code, name) NAMED(AEGISHV_ISA_SVM, code, name)
#define AHV_SVM_FAR(code, name) NAMED(AEGISHV_ISA_SVM, code, name)
#define AHV_SVM_ALIAS(code, name) NAMED(AEGISHV_ISA_SVM, code, name)
#define AHV_ARM64_EXIT(code, name) NAMED(AEGISHV_ISA_ARM64, code, name)
#define AHV_ARM64_FAR(code, name) NAMED(AEGISHV_ISA_ARM64, code, name)
#define AHV_ARM64_EC(ec, name) \
	NAMED(AEGISHV_ISA_ARM64, AHV_ARM64_TRAP_REASON + (ec), name)
#include "names.def"
};

#define NR_ELEMS(a) (sizeof(a) / sizeof((a)[0]))

/* Bits of the fault codes; where each is defined: see ahv_fault_access(). */
#define EPT_READ		(1ULL << 0)
#define EPT_WRITE		(1ULL << 1)
#define EPT_EXEC		(1ULL << 2)
#define EPT_MAPPED		(7ULL << 3)
#define EPT_GLA_VALID		(1ULL << 7)
#define EPT_GLA_TRANSLATED	(1ULL << 8)

#define NPF_PRESENT		(1ULL << 0)
#define NPF_WRITE		(1ULL << 1)
#define NPF_FETCH		(1ULL << 4)
#define NPF_WALK		(1ULL << 33)

#define ESR_EC(esr)		(((esr) >> 26) & 0x3f)
#define ESR_EC_IABT_LOW		0x20
#define ESR_EC_IABT_CUR		0x21
#define ESR_WNR			(1ULL << 6)
#define ESR_S1PTW		(1ULL << 7)
#define ESR_FSC_TYPE(esr)	((esr) & 0x3c)
#define ESR_FSC_ACCESS		0x08
#define ESR_FSC_PERM		0x0c

u32 ahv_exit_slot_reason(u32 isa, u32 slot)
{
	if (isa == AEGISHV_ISA_ARM64)
		return slot < AHV_ARM64_TRAP_SLOT ? slot :
			AHV_ARM64_TRAP_REASON + slot - AHV_ARM64_TRAP_SLOT;
	if (slot >= AHV_EXIT_DIRECT)
		return AHV_EXIT_SVM_HIGH + slot - AHV_EXIT_DIRECT;
	return slot;
}

static const char *far_name(u32 isa, u32 reason)
{
	size_t i;

	for (i = 0; i < NR_ELEMS(far_names); i++)
		if (far_names[i].reason == reason && far_names[i].isa == isa)
			return far_names[i].name;
	return NULL;
}

const char *ahv_exit_name(u32 isa, u32 reason)
{
	u32 slot = ahv_exit_slot(isa, reason);

	if (slot == AHV_EXIT_OTHER)
		return far_name(isa, reason);
	switch (isa) {
	case AEGISHV_ISA_VMX:
		return vmx_names[slot];
	case AEGISHV_ISA_SVM:
		return svm_names[slot];
	case AEGISHV_ISA_ARM64:
		return arm64_names[slot];
	default:
		return NULL;
	}
}

static bool same(const char *a, const char *b, size_t len)
{
	while (len && *a == *b) {
		a++;
		b++;
		len--;
	}
	return !len;
}

bool ahv_exit_find(u32 isa, const char *name, size_t len, u32 *reason)
{
	const struct named_reason *r;

	for (r = all_names; r < all_names + NR_ELEMS(all_names); r++) {
		if (r->isa != isa || r->len != len || !same(r->name, name, len))
			continue;
		*reason = r->reason;
		return true;
	}
	return false;
}

static u8 arm64_fault_access(u64 esr)
{
	u64 ec = ESR_EC(esr);

	/* A walk reads the tables, or updates them if they were mapped. */
	if (esr & ESR_S1PTW)
		return ESR_FSC_TYPE(esr) == ESR_FSC_PERM ?
			AEGISHV_ACCESS_WRITE : AEGISHV_ACCESS_READ;
	if (ec == ESR_EC_IABT_LOW || ec == ESR_EC_IABT_CUR)
		return AEGISHV_ACCESS_EXEC;
	return esr & ESR_WNR ? AEGISHV_ACCESS_WRITE : AEGISHV_ACCESS_READ;
}

u8 ahv_fault_access(u32 isa, u64 code)
{
	u64 exec = NPF_FETCH, write = NPF_WRITE;

	if (isa == AEGISHV_ISA_ARM64)
		return arm64_fault_access(code);
	if (isa == AEGISHV_ISA_VMX) {
		exec = EPT_EXEC;
		write = EPT_WRITE;
	}
	if (code & exec)
		return AEGISHV_ACCESS_EXEC;
	return code & write ? AEGISHV_ACCESS_WRITE : AEGISHV_ACCESS_READ;
}

static u8 vmx_fault_flags(u64 code)
{
	u8 flags = 0;

	if (code & EPT_MAPPED)
		flags |= AEGISHV_FAULT_PRESENT;
	if ((code & EPT_GLA_VALID) && !(code & EPT_GLA_TRANSLATED))
		flags |= AEGISHV_FAULT_WALK;
	return flags;
}

static u8 svm_fault_flags(u64 code)
{
	return (code & NPF_PRESENT ? AEGISHV_FAULT_PRESENT : 0) |
	       (code & NPF_WALK ? AEGISHV_FAULT_WALK : 0);
}

static u8 arm64_fault_flags(u64 esr)
{
	u64 type = ESR_FSC_TYPE(esr);
	u8 flags = 0;

	if (type == ESR_FSC_PERM || type == ESR_FSC_ACCESS)
		flags |= AEGISHV_FAULT_PRESENT;
	if (esr & ESR_S1PTW)
		flags |= AEGISHV_FAULT_WALK;
	return flags;
}

u8 ahv_fault_flags(u32 isa, u64 code)
{
	switch (isa) {
	case AEGISHV_ISA_VMX:
		return vmx_fault_flags(code);
	case AEGISHV_ISA_SVM:
		return svm_fault_flags(code);
	case AEGISHV_ISA_ARM64:
		return arm64_fault_flags(code);
	default:
		return 0;
	}
}
