/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports through which the x86 guest scripts speak to the VMM; for C and assembler. */
#ifndef VMM_GUESTS_X86_H
#define VMM_GUESTS_X86_H

#define PORT_WORK	0xe9	/* one unit of a script's work */
#define PORT_READY	0xf0	/* this vCPU's own pages are mapped: wait for the others */
#define PORT_SYNC	0xf1	/* all vCPUs meet; the VMM switches dirty logging on */
#define PORT_PATCH	0xf3	/* the VMM writes to all pages of this vCPU */
#define PORT_WRONG	0xf4	/* memory is not as it has to be: the VM ends, badly */
#define PORT_DONE	0xf2	/* the work is done; the next hlt ends the vCPU */

#define SHARED_GPA	0x400000	/* ARCH_PAGES_GPA: first page of vCPU 0 */
#define TURN_GPA	0x401000	/* and its second */

#define MSR_WORK	0x17a	/* IA32_MCG_STATUS: read and written without a side effect */

#endif
