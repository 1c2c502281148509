// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exit reasons: every reason has one slot, every slot gives its reason back,
 * and names lead there and back. Process context.
 */
#include "suites.h"
#include "exits.h"

static const u32 isas[] = {
	AEGISHV_ISA_VMX, AEGISHV_ISA_SVM, AEGISHV_ISA_ARM64,
};

/* Slots that stand for a reason; the last one of all stands for the rest. */
static bool slot_is_used(u32 isa, u32 slot)
{
	if (slot < AHV_EXIT_DIRECT)
		return true;
	return isa == AEGISHV_ISA_SVM && slot < AHV_EXIT_OTHER;
}

static void every_slot_gives_its_reason_back(struct kunit *test)
{
	u32 i, slot;

	for (i = 0; i < ARRAY_SIZE(isas); i++) {
		for (slot = 0; slot < AHV_EXIT_OTHER; slot++) {
			u32 reason = ahv_exit_slot_reason(isas[i], slot);

			if (slot_is_used(isas[i], slot))
				KUNIT_EXPECT_EQ_MSG(test, slot,
						    ahv_exit_slot(isas[i], reason),
						    "isa %u reason %#x", isas[i], reason);
		}
	}
}

static void any_reason_has_a_slot_inside(struct kunit *test)
{
	static const u32 wild[] = {
		0, 1, 63, 64, 191, 192, 0xff, 0x100, 0x13f, 0x140, 0x17f, 0x180,
		0x1c0, 0x3ff, 0x400, 0x403, 0x404, 0xfffe, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xf0000000, 0xfffffffe, 0xffffffff,
	};
	u32 isa, i;

	for (isa = 0; isa < 8; isa++)
		for (i = 0; i < ARRAY_SIZE(wild); i++)
			KUNIT_EXPECT_LT_MSG(test, ahv_exit_slot(isa, wild[i]),
					    AHV_EXIT_SLOTS, "isa %u reason %#x",
					    isa, wild[i]);
}

static void no_two_reasons_share_a_slot(struct kunit *test)
{
	u32 i, reason;

	for (i = 0; i < ARRAY_SIZE(isas); i++) {
		for (reason = 0; reason < 0x600; reason++) {
			u32 slot = ahv_exit_slot(isas[i], reason);

			if (slot == AHV_EXIT_OTHER ||
			    isas[i] == AEGISHV_ISA_ARM64)
				continue;
			KUNIT_EXPECT_EQ(test, reason,
					ahv_exit_slot_reason(isas[i], slot));
		}
	}
}

/* "Failed VM entry" is bit 31 of the VMX reason and must not move the slot. */
static void vmx_flags_do_not_change_the_slot(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ahv_exit_slot(AEGISHV_ISA_VMX, 33),
			ahv_exit_slot(AEGISHV_ISA_VMX, 0x80000021));
	KUNIT_EXPECT_EQ(test, ahv_exit_slot(AEGISHV_ISA_VMX, 48),
			ahv_exit_slot(AEGISHV_ISA_VMX, 0x08000030));
}

static void a_name_leads_to_a_reason_of_that_name(struct kunit *test)
{
	u32 i, slot, found, named = 0;

	for (i = 0; i < ARRAY_SIZE(isas); i++) {
		for (slot = 0; slot < AHV_EXIT_OTHER; slot++) {
			u32 reason = ahv_exit_slot_reason(isas[i], slot);
			const char *name;

			if (!slot_is_used(isas[i], slot))
				continue;
			name = ahv_exit_name(isas[i], reason);
			if (!name)
				continue;
			named++;
			KUNIT_EXPECT_TRUE_MSG(test,
					      ahv_exit_find(isas[i], name,
							    strlen(name), &found),
					      "%s", name);
			/* arm64 names two reasons SERROR */
			KUNIT_EXPECT_STREQ(test, name,
					   ahv_exit_name(isas[i], found));
		}
	}
	KUNIT_EXPECT_GT(test, named, 150U);
}

/* Numbers and names as arch/x86/include/uapi/asm/{svm,vmx}.h have them. */
static void known_reasons_have_the_kernels_names(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "npf", ahv_exit_name(AEGISHV_ISA_SVM, 0x400));
	KUNIT_EXPECT_STREQ(test, "io", ahv_exit_name(AEGISHV_ISA_SVM, 0x07b));
	KUNIT_EXPECT_STREQ(test, "hlt", ahv_exit_name(AEGISHV_ISA_SVM, 0x078));
	KUNIT_EXPECT_STREQ(test, "EPT_VIOLATION",
			   ahv_exit_name(AEGISHV_ISA_VMX, 48));
	KUNIT_EXPECT_STREQ(test, "IO_INSTRUCTION",
			   ahv_exit_name(AEGISHV_ISA_VMX, 30));
	KUNIT_EXPECT_NULL(test, ahv_exit_name(AEGISHV_ISA_SVM, 0x3ff));
}

static void a_name_is_found_by_its_length(struct kunit *test)
{
	u32 reason = 0;

	KUNIT_EXPECT_TRUE(test, ahv_exit_find(AEGISHV_ISA_SVM, "npf rip", 3,
					      &reason));
	KUNIT_EXPECT_EQ(test, reason, 0x400U);
	KUNIT_EXPECT_FALSE(test, ahv_exit_find(AEGISHV_ISA_SVM, "np", 2, &reason));
	KUNIT_EXPECT_FALSE(test, ahv_exit_find(AEGISHV_ISA_SVM, "", 0, &reason));
	KUNIT_EXPECT_FALSE(test, ahv_exit_find(AEGISHV_ISA_VMX, "npf", 3, &reason));
}

static void fault_codes_say_the_access(struct kunit *test)
{
	const u32 svm = AEGISHV_ISA_SVM, vmx = AEGISHV_ISA_VMX;

	KUNIT_EXPECT_EQ(test, ahv_fault_access(svm, 0x4), AEGISHV_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, ahv_fault_access(svm, 0x6), AEGISHV_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, ahv_fault_access(svm, 0x14), AEGISHV_ACCESS_EXEC);
	KUNIT_EXPECT_EQ(test, ahv_fault_access(vmx, 0x1), AEGISHV_ACCESS_READ);
	KUNIT_EXPECT_EQ(test, ahv_fault_access(vmx, 0x2), AEGISHV_ACCESS_WRITE);
	KUNIT_EXPECT_EQ(test, ahv_fault_access(vmx, 0x4), AEGISHV_ACCESS_EXEC);
	KUNIT_EXPECT_TRUE(test, ahv_fault_flags(svm, 0x7) & AEGISHV_FAULT_PRESENT);
	KUNIT_EXPECT_FALSE(test, ahv_fault_flags(svm, 0x6) & AEGISHV_FAULT_PRESENT);
	KUNIT_EXPECT_TRUE(test, ahv_fault_flags(vmx, 0x0a) & AEGISHV_FAULT_PRESENT);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_slot_gives_its_reason_back),
	KUNIT_CASE(any_reason_has_a_slot_inside),
	KUNIT_CASE(no_two_reasons_share_a_slot),
	KUNIT_CASE(vmx_flags_do_not_change_the_slot),
	KUNIT_CASE(a_name_leads_to_a_reason_of_that_name),
	KUNIT_CASE(known_reasons_have_the_kernels_names),
	KUNIT_CASE(a_name_is_found_by_its_length),
	KUNIT_CASE(fault_codes_say_the_access),
	{}
};

struct kunit_suite ahv_exits_suite = {
	.name = "aegishv_exits",
	.test_cases = cases,
};
