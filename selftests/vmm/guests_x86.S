/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest scripts of x86. Each fits one page, is position independent and is
 * entered with: ebp = count (not 0), ebx = first page of the vCPU's own memory,
 * edi = the vCPU's own MMIO address, esi = where the script itself lies. Flat
 * 32-bit protected mode without paging, unless said otherwise: then a stage-2
 * fault is always one of the accesses written here. No stack, no data page.
 */
#include "guests_x86.h"

	.section .rodata.guests, "a"

	.macro GUEST name
	.balign 16
	.globl	guest_\name, guest_\name\()_end
guest_\name:
	.endm

	.macro READY
	outb	%al, $PORT_READY
	.endm

	.macro END name
	outb	%al, $PORT_DONE
9:	hlt
	jmp	9b
guest_\name\()_end:
	.endm

	.code32
GUEST portio
	READY
1:	outb	%al, $PORT_WORK
	decl	%ebp
	jnz	1b
END portio

GUEST portin
	READY
1:	inb	$PORT_WORK, %al
	decl	%ebp
	jnz	1b
END portin

GUEST mmio
	READY
1:	movl	%eax, (%edi)
	decl	%ebp
	jnz	1b
END mmio

GUEST mmioread
	READY
1:	movl	(%edi), %eax
	decl	%ebp
	jnz	1b
END mmioread

GUEST cpuid
	READY
1:	xorl	%eax, %eax
	cpuid
	decl	%ebp
	jnz	1b
END cpuid

GUEST msr
	READY
	movl	$MSR_WORK, %ecx
1:	rdmsr
	wrmsr
	decl	%ebp
	jnz	1b
END msr

/* A hypercall number that KVM does not know: answered -KVM_ENOSYS. */
GUEST hypercall
	READY
1:	movl	$0x7fffffff, %eax
	vmmcall
	decl	%ebp
	jnz	1b
END hypercall

/* KVM_HC_SCHED_YIELD */
GUEST known
	READY
1:	movl	$11, %eax
	vmmcall
	decl	%ebp
	jnz	1b
END known

/* As a guest without any device: even the VMM hears nothing of it. */
GUEST alone
1:	xorl	%eax, %eax
	cpuid
	jmp	1b
guest_alone_end:

GUEST hypercall_vmx
	READY
1:	movl	$0x7fffffff, %eax
	vmcall
	decl	%ebp
	jnz	1b
END hypercall_vmx

GUEST hlt
	READY
1:	hlt
	decl	%ebp
	jnz	1b
END hlt

GUEST touchread
	READY
1:	movl	(%ebx), %eax
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END touchread

GUEST touchwrite
	READY
1:	movl	%eax, (%ebx)
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END touchwrite

/* The VMM put `jmp *%edx` at the start of each page. */
GUEST touchexec
	READY
	leal	(2f - guest_touchexec)(%esi), %edx
1:	jmp	*%ebx
2:	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END touchexec

/* Writes `jmp *%edx` (ff e2) into each page, then executes it there. */
GUEST wx
	READY
	leal	(2f - guest_wx)(%esi), %edx
1:	movw	$0xe2ff, (%ebx)
	jmp	*%ebx
2:	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END wx

/* Writes a page, then N-1 others, and executes the first one. */
GUEST forget
	READY
	leal	(2f - guest_forget)(%esi), %edx
	movl	%ebx, %ecx
	movw	$0xe2ff, (%ecx)
	jmp	3f
1:	addl	$4096, %ebx
	movl	%eax, (%ebx)
3:	decl	%ebp
	jnz	1b
	jmp	*%ecx
2:
END forget

/* Writes N pages and executes N others: no page is both. */
GUEST wsplit
	READY
	leal	(2f - guest_wsplit)(%esi), %edx
1:	jmp	*%ebx
2:	movl	%eax, 4096(%ebx)
	addl	$8192, %ebx
	decl	%ebp
	jnz	1b
END wsplit

/* Writes and executes one page N times in turn. */
GUEST flip
	READY
	leal	(2f - guest_flip)(%esi), %edx
1:	movw	$0xe2ff, (%ebx)
	jmp	*%ebx
2:	decl	%ebp
	jnz	1b
END flip

/* As flip, but tells the VMM each time. */
GUEST flipout
	READY
	leal	(2f - guest_flipout)(%esi), %edx
1:	movw	$0xe2ff, (%ebx)
	jmp	*%ebx
2:	outb	%al, $PORT_WORK
	decl	%ebp
	jnz	1b
END flipout

	.macro OWN_WRITE
	movw	$0xe2ff, (%ebx)
	.endm

/* Two pages of 4 MiB in a directory, which is its first page. */
	.macro PAGING
	movl	$0x83, (%ebx)			/* present, writable, large */
	movl	$0x400083, 4(%ebx)
	movl	%cr4, %eax
	orl	$0x10, %eax			/* PSE */
	movl	%eax, %cr4
	movl	%ebx, %cr3
	movl	%cr0, %eax
	orl	$0x80000000, %eax		/* PG */
	movl	%eax, %cr0
	.endm

/* As wx, with page tables. */
GUEST wxpaged
	READY
	PAGING
	leal	(2f - guest_wxpaged)(%esi), %edx
1:	addl	$4096, %ebx
	OWN_WRITE
	jmp	*%ebx
2:	decl	%ebp
	jnz	1b
END wxpaged

/* Executes, patches and executes again each of N fresh pages. */
GUEST patch
	READY
	leal	(2f - guest_patch)(%esi), %edx
1:	jmp	*%ebx
2:	movw	$0xe2ff, (%ebx)
	leal	(3f - guest_patch)(%esi), %edx
	jmp	*%ebx
3:	leal	(2b - guest_patch)(%esi), %edx
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END patch

/* A copy from the device at eax, whose bytes are these: KVM emulates it. */
	.macro EMULATED_WRITE
	movl	%eax, %esi
	movl	%ebx, %edi
	movsw
	.endm

/* As wx, but KVM writes. */
GUEST copy
	READY
	leal	(2f - guest_copy)(%esi), %edx
	movl	%edi, %eax
1:	EMULATED_WRITE
	jmp	*%ebx
2:	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END copy

/* As wsplit, but KVM writes. */
GUEST copysplit
	READY
	leal	(2f - guest_copysplit)(%esi), %edx
	movl	%edi, %eax
1:	jmp	*%ebx
2:	addl	$4096, %ebx
	EMULATED_WRITE
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END copysplit

/* Executes each of N pages, has the VMM write there, and executes it again. */
GUEST vmmwrite
	READY
	leal	(2f - guest_vmmwrite)(%esi), %edx
1:	jmp	*%ebx
2:	outb	%al, $PORT_PATCH
	leal	(3f - guest_vmmwrite)(%esi), %edx
	jmp	*%ebx
3:	leal	(2b - guest_vmmwrite)(%esi), %edx
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END vmmwrite

/* #GP goes to label 3. Descriptors, vectors and stack are in the first page. */
	.macro HANDLE_GP name
	movl	$0x0000ffff, 8(%ebx)		/* selector 8: flat code */
	movl	$0x00cf9b00, 12(%ebx)
	movw	$15, 0x200(%ebx)
	movl	%ebx, 0x202(%ebx)
	lgdt	0x200(%ebx)
	leal	(3f - guest_\name)(%esi), %eax
	movzwl	%ax, %ecx
	orl	$0x80000, %ecx
	movl	%ecx, 0x100 + 13 * 8(%ebx)
	xorw	%ax, %ax
	orl	$0x8e00, %eax			/* 32-bit interrupt gate */
	movl	%eax, 0x104 + 13 * 8(%ebx)
	movw	$14 * 8 - 1, 0x208(%ebx)
	leal	0x100(%ebx), %eax
	movl	%eax, 0x20a(%ebx)
	lidt	0x208(%ebx)
	leal	4096(%ebx), %esp
	.endm

/*
 * As wx or copy, each page after the first, and handles #GP: it tells the VMM,
 * unless something is as it should not be, and goes on to the next page.
 */
	.macro DENIED name write unless:vararg
GUEST \name
	READY
	HANDLE_GP \name
	movl	%edi, %eax
	leal	(2f - guest_\name)(%esi), %edx
1:	addl	$4096, %ebx
	\write
	jmp	*%ebx
2:	decl	%ebp
	jnz	1b
	jmp	4f
3:	\unless
	outb	%al, $PORT_WORK
5:	addl	$4, %esp			/* error code */
	movl	%edx, (%esp)
	iret
4:
END \name
	.endm

DENIED wxdeny OWN_WRITE
DENIED copydeny EMULATED_WRITE
/* For pages that are sealed: tells only of those that were not written. */
DENIED keep OWN_WRITE cmpw $0, (%ebx); jne 5f
DENIED copykeep EMULATED_WRITE cmpw $0, (%ebx); jne 5f

#define EFER		0xc0000080
#define EFER_SVME	0x1000
#define VM_HSAVE_PA	0xc0010117

/* What a hypervisor needs on AMD; KVM wants to see page tables, too. */
	.macro HYPERVISOR
	PAGING
	movl	$EFER, %ecx
	rdmsr
	orl	$EFER_SVME, %eax
	wrmsr
	movl	$VM_HSAVE_PA, %ecx
	movl	%ebx, %eax
	xorl	%edx, %edx
	wrmsr
	.endm

/* Offsets in a VMCB: appendix B of the AMD APM volume 2. */
#define VMCB_INTERCEPT4	0x10
#define VMCB_ASID	0x58
#define VMCB_EXITCODE	0x70
#define VMCB_NESTED_CTL	0x90
#define VMCB_NESTED_CR3	0xb0
#define VMCB_ES		0x400
#define VMCB_CS		0x410
#define VMCB_SS		0x420
#define VMCB_DS		0x430
#define VMCB_FS_LIMIT	0x444
#define VMCB_EFER	0x4d0
#define VMCB_CR4	0x548
#define VMCB_CR3	0x550
#define VMCB_CR0	0x558
#define VMCB_RFLAGS	0x570
#define VMCB_RIP	0x578

#define INTERCEPT_VMRUN_VMMCALL	0x3
#define EXIT_VMMCALL	0x81
#define PTE_USER	0x4
#define CR0_UNPAGED	0x11
#define DATA_SEGMENT	0xc93
#define CODE_SEGMENT	0xc9b

/*
 * As copydeny, but KVM writes a VMCB there, all ones at one place. What is there
 * afterwards has to be that, and what was there where it is refused.
 */
	.macro WRITES_VMCB name at skip insn
GUEST \name
	READY
	HANDLE_GP \name
	HYPERVISOR
	leal	(2f - guest_\name)(%esi), %edx
1:	addl	$4096, %ebx
	movl	%ebx, %eax
	\insn
	cmpl	$-1, \at(%ebx)
	jne	5f
	addl	$\skip, %ebx
	jmp	*%ebx
2:	decl	%ebp
	jnz	1b
	jmp	4f
3:	cmpl	$0, \at(%ebx)
	jne	5f
	addl	$4, %esp			/* error code */
	movl	%edx, (%esp)
	iret
5:	outb	%al, $PORT_WRONG
4:
END \name
	.endm

	.macro FAILING_VMRUN
	vmrun
	stgi
	.endm

/* The second of each kind executes a page that was not written. */
WRITES_VMCB vmsave VMCB_FS_LIMIT 0 vmsave
WRITES_VMCB vmsavesplit VMCB_FS_LIMIT 4096 vmsave
WRITES_VMCB vmrun VMCB_EXITCODE 0 FAILING_VMRUN
WRITES_VMCB vmrunsplit VMCB_EXITCODE 4096 FAILING_VMRUN

	.macro SEGMENT at attr
	movl	$(\attr << 16 | 8), \at(%eax)
	movl	$-1, \at + 4(%eax)
	.endm

/* A VMCB in the second page, eax from now on, for a guest that begins at label 1. */
	.macro NESTED_GUEST name
	leal	4096(%ebx), %eax
	movl	$INTERCEPT_VMRUN_VMMCALL, VMCB_INTERCEPT4(%eax)
	movl	$1, VMCB_ASID(%eax)
	SEGMENT VMCB_CS CODE_SEGMENT
	SEGMENT VMCB_DS DATA_SEGMENT
	SEGMENT VMCB_ES DATA_SEGMENT
	SEGMENT VMCB_SS DATA_SEGMENT
	movl	$EFER_SVME, VMCB_EFER(%eax)
	movl	%cr0, %ecx
	movl	%ecx, VMCB_CR0(%eax)
	movl	%cr4, %ecx
	movl	%ecx, VMCB_CR4(%eax)
	movl	%ebx, VMCB_CR3(%eax)
	movl	$2, VMCB_RFLAGS(%eax)
	leal	(1f - guest_\name)(%esi), %ecx
	movl	%ecx, VMCB_RIP(%eax)
	.endm

/* Runs it until it stops by itself, which is the end of the script. */
	.macro RUN_NESTED
	vmrun
	stgi
	cmpl	$EXIT_VMMCALL, VMCB_EXITCODE(%eax)
	je	4f
	outb	%al, $PORT_WRONG
	.endm

/*
 * Runs a guest of its own in all of its memory, which writes and executes each of
 * N pages and then stops.
 */
GUEST vmexit
	READY
	HYPERVISOR
	NESTED_GUEST vmexit
	leal	(3f - guest_vmexit)(%esi), %edx
	addl	$4096, %ebx
	RUN_NESTED
1:	addl	$4096, %ebx
	OWN_WRITE
	jmp	*%ebx
3:	decl	%ebp
	jnz	1b
	vmmcall
4:
END vmexit

/*
 * Writes and executes its third page; then runs a guest of its own, behind page
 * tables for that (nested paging), which writes to each of N pages and stops.
 */
GUEST npwrite
	READY
	HYPERVISOR
	NESTED_GUEST npwrite
	orl	$PTE_USER, (%ebx)
	orl	$PTE_USER, 4(%ebx)
	movl	$1, VMCB_NESTED_CTL(%eax)
	movl	%ebx, VMCB_NESTED_CR3(%eax)
	movl	$CR0_UNPAGED, VMCB_CR0(%eax)
	leal	(2f - guest_npwrite)(%esi), %edx
	addl	$8192, %ebx
	OWN_WRITE
	jmp	*%ebx
2:	RUN_NESTED
1:	addl	$4096, %ebx
	OWN_WRITE
	decl	%ebp
	jnz	1b
	vmmcall
4:
END npwrite

/*
 * Writes, or not, and executes each page after the first, which has the stack:
 * single-stepped, and the vectors are no memory, so that the trap after the jump
 * there cannot be delivered and KVM executes the instruction instead.
 */
	.macro STEPPED name write:vararg
GUEST \name
	READY
	leal	4096(%ebx), %esp
	leal	(2f - guest_\name)(%esi), %edx
1:	addl	$4096, %ebx
	\write
	pushfl
	orl	$0x100, (%esp)
	popfl
	jmp	*%ebx
2:	pushfl
	andl	$~0x100, (%esp)
	popfl
	decl	%ebp
	jnz	1b
END \name
	.endm

STEPPED stepwx OWN_WRITE
STEPPED stepsplit

/* Writes N times to the page that it executes. */
GUEST selfwrite
	READY
1:	movl	%ebp, (2f - guest_selfwrite)(%esi)
	decl	%ebp
	jnz	1b
	jmp	3f
	.balign	4
2:	.long	0
3:
END selfwrite

/*
 * Writes an instruction across each of N borders of pages, and executes it. It
 * stores its own address operand where that lies: across the same border.
 */
GUEST straddle
	READY
	leal	(2f - guest_straddle)(%esi), %edx
1:	leal	4096 - 2(%ebx), %eax
	leal	4096 - 3(%ebx), %ecx
	movb	$0xa3, (%ecx)			/* movl %eax, its next 4 bytes */
	movl	%eax, (%eax)
	movw	$0xe2ff, 4(%eax)
	jmp	*%ecx
2:	addl	$8192, %ebx
	decl	%ebp
	jnz	1b
END straddle

/* Executes one that the VMM put there: a prefix, then `jmp *%edx`. */
GUEST across
	READY
	leal	(2f - guest_across)(%esi), %edx
1:	leal	4096 - 1(%ebx), %ecx
	jmp	*%ecx
2:	addl	$8192, %ebx
	decl	%ebp
	jnz	1b
END across

/* vCPU 0 writes a page N times that all the others execute meanwhile. */
GUEST wxrace
	READY
	cmpl	$SHARED_GPA, %ebx
	jne	2f
1:	movw	$0xe2ff, (%ebx)
	decl	%ebp
	jnz	1b
	jmp	4f
2:	movl	$SHARED_GPA, %ebx
	leal	(3f - guest_wxrace)(%esi), %edx
	jmp	*%ebx
3:	decl	%ebp
	jz	4f
	jmp	*%ebx
4:
END wxrace

/*
 * Two vCPUs in turn, N times: one writes a page, the other executes it. Whose
 * turn it is stands in the page behind, and neither leaves the guest to wait.
 */
GUEST relay
	cmpl	$SHARED_GPA, %ebx
	jne	3f
	movl	$0, TURN_GPA
	READY
1:	movw	$0xe2ff, (%ebx)
	incl	TURN_GPA
2:	testb	$1, TURN_GPA
	jnz	2b
	decl	%ebp
	jnz	1b
	jmp	6f
3:	READY
	decl	%ebp				/* vCPU 1 has one more to do */
	movl	$SHARED_GPA, %ebx
	leal	(5f - guest_relay)(%esi), %edx
4:	testb	$1, TURN_GPA
	jz	4b
	jmp	*%ebx
5:	incl	TURN_GPA
	decl	%ebp
	jnz	4b
6:
END relay

/* Writes N pages, has the VMM write-protect them, writes them again. */
GUEST dirty
	READY
	movl	%ebp, %ecx
	movl	%ebx, %edx
1:	movl	%eax, (%edx)
	addl	$4096, %edx
	decl	%ecx
	jnz	1b
	outb	%al, $PORT_SYNC
1:	movl	%eax, (%ebx)
	addl	$4096, %ebx
	decl	%ebp
	jnz	1b
END dirty

/* An IDT without room for any vector: #GP, #DF, triple fault. */
GUEST shutdown
	READY
	lidt	(1f - guest_shutdown)(%esi)
	int	$0x80
	hlt
1:	.word	0
	.long	0
guest_shutdown_end:

GUEST spin
	READY
1:	jmp	1b
guest_spin_end:

/* Until told to stop: a CPUID, an MMIO write and a port write in turn. */
GUEST load
	READY
1:	xorl	%eax, %eax
	cpuid
	movl	%eax, (%edi)
	outb	%al, $PORT_WORK
	jmp	1b
guest_load_end:

GUEST idle
	READY
END idle

	.code16
GUEST real
	READY
1:	outb	%al, $PORT_WORK
	decl	%ebp
	jnz	1b
END real

/*
 * N invalid opcodes, each handled by the guest. Interrupt table, handler and
 * stack lie in the script's page; idtr points to its start.
 */
GUEST ud
	jmp	1f
	.org	guest_ud + 6 * 4
2:	.word	4f - guest_ud, 0		/* vector 6 */
1:	movw	%cs, %ax
	movw	%ax, %cs:(2b + 2 - guest_ud)
	movw	%ax, %ss
	movw	$0x1000, %sp
	READY
3:	ud2
	decl	%ebp
	jnz	3b
	outb	%al, $PORT_DONE
9:	hlt
	jmp	9b
4:	movw	%sp, %bx
	addw	$2, %ss:(%bx)			/* past the ud2 */
	iretw
guest_ud_end:

	.code64
/*
 * Long mode. Every 2 MiB from rbx on has a page table of its own, so that each
 * read makes hardware walk through a page that it never walked before. All map
 * the same data page.
 */
GUEST walk
	READY
1:	movl	(%rbx), %eax
	addq	$0x200000, %rbx
	decl	%ebp
	jnz	1b
END walk

/* As there, but each time the page is written, then executed. */
GUEST wx64
	READY
	leaq	(2f - guest_wx64)(%rsi), %rdx
1:	movw	$0xe2ff, (%rbx)
	jmp	*%rbx
2:	addq	$0x200000, %rbx
	decl	%ebp
	jnz	1b
END wx64

#define CR0_ON		0x80000011
#define CR0_WP		0x10000
#define CR4_PAE		0x20
#define CR4_PGE		0x80
#define CR4_SMEP	0x100000
#define CR4_SMAP	0x200000
#define EFER_ON		0x500
#define EFER_NXE	0x800

	.macro CR0 value
	movl	$(\value), %eax
	movq	%rax, %cr0
	.endm

	.macro CR4 value
	movl	$(\value), %eax
	movq	%rax, %cr4
	.endm

	.macro SET_EFER value
	movl	$EFER, %ecx
	movl	$(\value), %eax
	xorl	%edx, %edx
	wrmsr
	.endm

/* As a kernel: protections on for good, and a bit that is none on and off. */
GUEST protect
	READY
	CR0	CR0_ON | CR0_WP
	CR4	CR4_PAE | CR4_SMEP | CR4_SMAP
	SET_EFER EFER_ON | EFER_NXE
1:	CR4	CR4_PAE | CR4_SMEP | CR4_SMAP | CR4_PGE
	CR4	CR4_PAE | CR4_SMEP | CR4_SMAP
	xorl	%eax, %eax
	cpuid
	decl	%ebp
	jnz	1b
END protect

/* As an exploit in a kernel. */
GUEST tamper
	READY
1:	CR0	CR0_ON | CR0_WP
	CR4	CR4_PAE | CR4_SMEP | CR4_SMAP
	SET_EFER EFER_ON | EFER_NXE
	CR0	CR0_ON
	CR4	CR4_PAE | CR4_SMAP
	CR4	CR4_PAE
	SET_EFER EFER_ON
	xorl	%eax, %eax
	cpuid
	decl	%ebp
	jnz	1b
END tamper

/* Flushes one address of an address space of a guest's guest. */
GUEST nested
	READY
	SET_EFER EFER_ON | EFER_SVME
1:	xorl	%eax, %eax
	movl	$1, %ecx
	invlpga	%rax, %ecx
	decl	%ebp
	jnz	1b
END nested

	.section .note.GNU-stack, "", @progbits
