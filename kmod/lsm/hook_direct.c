// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cheapest way in front of a function: ftrace calls a trampoline of ours,
 * which calls the check and goes on into the function, or returns -EPERM to the
 * function's caller. Only one such call can be on a function.
 *
 * Trampolines and checks run in the caller's context, preemptible; what waits
 * for them on detach is an RCU-tasks grace period, so nothing there may sleep.
 */
#include "lsm.h"

#ifdef AHV_HAVE_DIRECT

/* Only the arguments that the function has are kept: one, and it is cheap. */
#ifdef CONFIG_X86_64
#define KEEP_1		"	pushq %rdi\n"
#define KEEP_2 KEEP_1	"	pushq %rsi\n"
#define KEEP_3 KEEP_2	"	pushq %rdx\n"
#define KEEP_4 KEEP_3	"	pushq %rcx\n"
#define KEEP_5 KEEP_4	"	pushq %r8\n"
#define KEEP_6 KEEP_5	"	pushq %r9\n"
#define BACK_1		"	popq %rdi\n"
#define BACK_2		"	popq %rsi\n" BACK_1
#define BACK_3		"	popq %rdx\n" BACK_2
#define BACK_4		"	popq %rcx\n" BACK_3
#define BACK_5		"	popq %r8\n" BACK_4
#define BACK_6		"	popq %r9\n" BACK_5

/*
 * On top of the stack is where the function goes on, below that its caller. To
 * deny, go on at a bare return instead, which leads to the caller: calls and
 * returns stay paired.
 */
#define TRAMPOLINE(args, check)						\
	asm(".pushsection .text, \"ax\", @progbits\n"			\
	    "	.p2align 4\n"						\
	    "	.globl " #check "_trampoline\n"				\
	    "	.type " #check "_trampoline, @function\n"		\
	    #check "_trampoline:\n"					\
	    ASM_ENDBR							\
	    FRAME_BEGIN							\
	    CALL_DEPTH_ACCOUNT						\
	    KEEP_##args							\
	    "	call " #check "\n"					\
	    BACK_##args							\
	    FRAME_END							\
	    "	testl %eax, %eax\n"					\
	    "	jnz 1f\n"						\
	    ASM_RET							\
	    "1:	leaq ahv_lsm_eperm(%rip), %rax\n"			\
	    "	movq %rax, (%rsp)\n"					\
	    ASM_RET							\
	    "	.size " #check "_trampoline, . - " #check "_trampoline\n" \
	    ".popsection\n")

#else /* CONFIG_ARM64 */
#define KEEP_1		"	str x0, [sp, #16]\n"
#define KEEP_2		"	stp x0, x1, [sp, #16]\n"
#define KEEP_3 KEEP_2	"	str x2, [sp, #32]\n"
#define KEEP_4 KEEP_2	"	stp x2, x3, [sp, #32]\n"
#define KEEP_5 KEEP_4	"	str x4, [sp, #48]\n"
#define KEEP_6 KEEP_4	"	stp x4, x5, [sp, #48]\n"
#define BACK_1		"	ldr x0, [sp, #16]\n"
#define BACK_2		"	ldp x0, x1, [sp, #16]\n"
#define BACK_3 BACK_2	"	ldr x2, [sp, #32]\n"
#define BACK_4 BACK_2	"	ldp x2, x3, [sp, #32]\n"
#define BACK_5 BACK_4	"	ldr x4, [sp, #48]\n"
#define BACK_6 BACK_4	"	ldp x4, x5, [sp, #48]\n"

/* x9 is the caller, x30 where the function goes on; they change places. */
#define TRAMPOLINE(args, check)						\
	asm(".pushsection .text, \"ax\", @progbits\n"			\
	    "	.p2align 4\n"						\
	    "	.globl " #check "_trampoline\n"				\
	    "	.type " #check "_trampoline, @function\n"		\
	    #check "_trampoline:\n"					\
	    "	hint 34\n"						\
	    "	sub sp, sp, #64\n"					\
	    "	stp x9, x30, [sp]\n"					\
	    KEEP_##args							\
	    "	bl " #check "\n"					\
	    "	mov w10, w0\n"						\
	    BACK_##args							\
	    "	ldp x30, x9, [sp]\n"					\
	    "	add sp, sp, #64\n"					\
	    "	cbnz w10, 1f\n"						\
	    "	ret x9\n"						\
	    "1:	b ahv_lsm_eperm\n"					\
	    "	.size " #check "_trampoline, . - " #check "_trampoline\n" \
	    ".popsection\n")
#endif

TRAMPOLINE(1, ahv_check_file_open);
TRAMPOLINE(1, ahv_check_path_truncate);
TRAMPOLINE(2, ahv_check_inode_unlink);
TRAMPOLINE(5, ahv_check_inode_rename);
TRAMPOLINE(3, ahv_check_inode_link);
TRAMPOLINE(3, ahv_check_inode_setattr);
TRAMPOLINE(6, ahv_check_inode_xattr);
TRAMPOLINE(2, ahv_check_file_permission);
TRAMPOLINE(3, ahv_check_mmap_file);
TRAMPOLINE(1, ahv_check_file_receive);

int ahv_direct_attach(struct ahv_lsm_hook *h)
{
	return ahv_register_direct(&h->ops, h->ip, (unsigned long)h->trampoline);
}

void ahv_direct_detach(struct ahv_lsm_hook *h)
{
	ahv_unregister_direct(&h->ops, h->ip, (unsigned long)h->trampoline);
}

#else

int ahv_direct_attach(struct ahv_lsm_hook *h)
{
	return -EOPNOTSUPP;
}

void ahv_direct_detach(struct ahv_lsm_hook *h)
{
}

#endif
