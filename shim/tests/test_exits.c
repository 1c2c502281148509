// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names, numbers and counting slots of exits, and what fault codes mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "../kmod/pure/exits.h"

struct named {
	u32 isa;
	u32 reason;
	const char *name;
};

static const struct named own_names[] = {
#define AHV_VMX(reason, name) { AEGISHV_ISA_VMX, reason, name },
#define AHV_SVM(code, name) { AEGISHV_ISA_SVM, code, name },
#define AHV_SVM_HIGH(code, name) { AEGISHV_ISA_SVM, code, name },
#define AHV_SVM_FAR(code, name) { AEGISHV_ISA_SVM, code, name },
#define AHV_ARM64_EXIT(code, name) { AEGISHV_ISA_ARM64, code, name },
#define AHV_ARM64_FAR(code, name) { AEGISHV_ISA_ARM64, code, name },
#define AHV_ARM64_EC(ec, name) { AEGISHV_ISA_ARM64, AHV_ARM64_TRAP_REASON + (ec), name },
#include "../kmod/pure/names.def"
};

static const struct named aliases[] = {
#define AHV_VMX_ALIAS(reason, name) { AEGISHV_ISA_VMX, reason, name },
#define AHV_SVM_ALIAS(code, name) { AEGISHV_ISA_SVM, code, name },
#include "../kmod/pure/names.def"
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))

static bool find(u32 isa, const char *name, u32 *reason)
{
	return ahv_exit_find(isa, name, strlen(name), reason);
}

static void names_go_both_ways(void **state)
{
	size_t i;
	u32 reason;

	for (i = 0; i < NR(own_names); i++) {
		const struct named *n = &own_names[i];

		assert_string_equal(ahv_exit_name(n->isa, n->reason), n->name);
		assert_true(find(n->isa, n->name, &reason));
		/* arm64 says SERROR for an exit and for a class of traps. */
		if (n->isa == AEGISHV_ISA_ARM64 && !strcmp(n->name, "SERROR"))
			assert_int_equal(reason, 1);
		else
			assert_int_equal(reason, n->reason);
	}
	for (i = 0; i < NR(aliases); i++) {
		assert_true(find(aliases[i].isa, aliases[i].name, &reason));
		assert_int_equal(reason, aliases[i].reason);
	}
}

static void kernel_spelling(void **state)
{
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_SVM, 0x400), "npf");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_SVM, 0x4e), "PF excp");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_SVM, 0xffffffff), "invalid_guest_state");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_VMX, 48), "EPT_VIOLATION");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_VMX, 0x80000021), "INVALID_STATE");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_ARM64, 0x124), "DABT_LOW");
	assert_string_equal(ahv_exit_name(AEGISHV_ISA_ARM64, 0), "IRQ");
}

static void no_such_name(void **state)
{
	u32 reason;

	assert_null(ahv_exit_name(AEGISHV_ISA_SVM, 0x8c));
	assert_null(ahv_exit_name(AEGISHV_ISA_SVM, 0x12345678));
	assert_null(ahv_exit_name(AEGISHV_ISA_VMX, 0xffff));
	assert_null(ahv_exit_name(AEGISHV_ISA_VMX, 0x400));
	assert_null(ahv_exit_name(0, 0));
	assert_null(ahv_exit_name(77, 0));
	assert_false(find(AEGISHV_ISA_SVM, "np", &reason));
	assert_false(find(AEGISHV_ISA_SVM, "npff", &reason));
	assert_false(find(AEGISHV_ISA_SVM, "", &reason));
	assert_false(find(AEGISHV_ISA_VMX, "npf", &reason));
	assert_false(find(0, "npf", &reason));
}

static void slots(void **state)
{
	static const u32 isas[] = { AEGISHV_ISA_VMX, AEGISHV_ISA_SVM, AEGISHV_ISA_ARM64 };
	size_t i;
	u32 slot, limit;

	for (i = 0; i < NR(isas); i++) {
		limit = isas[i] == AEGISHV_ISA_SVM ? AHV_EXIT_OTHER : AHV_EXIT_DIRECT;
		for (slot = 0; slot < limit; slot++)
			assert_int_equal(ahv_exit_slot(isas[i],
					 ahv_exit_slot_reason(isas[i], slot)), slot);
	}
	for (i = 0; i < NR(own_names); i++)
		assert_true(ahv_exit_slot(own_names[i].isa, own_names[i].reason) < AHV_EXIT_SLOTS);
	assert_int_equal(ahv_exit_slot(AEGISHV_ISA_SVM, 0xffffffff), AHV_EXIT_OTHER);
	assert_int_equal(ahv_exit_slot(AEGISHV_ISA_VMX, 0x400), AHV_EXIT_OTHER);
}

static void access_of(u32 isa, u64 code, u8 access, u8 flags)
{
	assert_int_equal(ahv_fault_access(isa, code), access);
	assert_int_equal(ahv_fault_flags(isa, code), flags);
}

static void ept_codes(void **state)
{
	access_of(AEGISHV_ISA_VMX, 0x181, AEGISHV_ACCESS_READ, 0);
	access_of(AEGISHV_ISA_VMX, 0x182, AEGISHV_ACCESS_WRITE, 0);
	access_of(AEGISHV_ISA_VMX, 0x184, AEGISHV_ACCESS_EXEC, 0);
	access_of(AEGISHV_ISA_VMX, 0x183, AEGISHV_ACCESS_WRITE, 0);
	access_of(AEGISHV_ISA_VMX, 0x1aa, AEGISHV_ACCESS_WRITE, AEGISHV_FAULT_PRESENT);
	access_of(AEGISHV_ISA_VMX, 0x083, AEGISHV_ACCESS_WRITE, AEGISHV_FAULT_WALK);
	access_of(AEGISHV_ISA_VMX, 0x001, AEGISHV_ACCESS_READ, 0);
}

static void npf_codes(void **state)
{
	access_of(AEGISHV_ISA_SVM, 0x100000004, AEGISHV_ACCESS_READ, 0);
	access_of(AEGISHV_ISA_SVM, 0x100000006, AEGISHV_ACCESS_WRITE, 0);
	access_of(AEGISHV_ISA_SVM, 0x100000014, AEGISHV_ACCESS_EXEC, 0);
	access_of(AEGISHV_ISA_SVM, 0x100000007, AEGISHV_ACCESS_WRITE, AEGISHV_FAULT_PRESENT);
	access_of(AEGISHV_ISA_SVM, 0x200000006, AEGISHV_ACCESS_WRITE, AEGISHV_FAULT_WALK);
	/* 5.10 prints the lower half only. */
	access_of(AEGISHV_ISA_SVM, 0x14, AEGISHV_ACCESS_EXEC, 0);
}

static void arm64_codes(void **state)
{
	/* ESR_EL2: EC 0x20 and 0x24 from a lower level; DFSC 4-7 translation, 0xc-0xf permission */
	access_of(AEGISHV_ISA_ARM64, 0x82000007, AEGISHV_ACCESS_EXEC, 0);
	access_of(AEGISHV_ISA_ARM64, 0x8200000f, AEGISHV_ACCESS_EXEC, AEGISHV_FAULT_PRESENT);
	access_of(AEGISHV_ISA_ARM64, 0x92000007, AEGISHV_ACCESS_READ, 0);
	access_of(AEGISHV_ISA_ARM64, 0x92000047, AEGISHV_ACCESS_WRITE, 0);
	access_of(AEGISHV_ISA_ARM64, 0x9200004f, AEGISHV_ACCESS_WRITE, AEGISHV_FAULT_PRESENT);
	access_of(AEGISHV_ISA_ARM64, 0x92000087, AEGISHV_ACCESS_READ, AEGISHV_FAULT_WALK);
	access_of(AEGISHV_ISA_ARM64, 0x8200008f, AEGISHV_ACCESS_WRITE,
		  AEGISHV_FAULT_PRESENT | AEGISHV_FAULT_WALK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_go_both_ways),
		cmocka_unit_test(kernel_spelling),
		cmocka_unit_test(no_such_name),
		cmocka_unit_test(slots),
		cmocka_unit_test(ept_codes),
		cmocka_unit_test(npf_codes),
		cmocka_unit_test(arm64_codes),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
