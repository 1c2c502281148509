/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading a Linux kernel into a VM's memory and pointing a vCPU at it. */
#ifndef VMM_BOOT_X86_H
#define VMM_BOOT_X86_H

#include "vmm.h"

/**
 * struct boot - what goes into the guest's memory
 * @ram: the memory, from guest-physical address 0
 * @bytes: its size
 * @entry: 64-bit entry point of the kernel
 * @zero_page: address of its boot parameters
 */
struct boot {
	uint8_t *ram;
	size_t bytes;
	uint64_t entry, zero_page;
};

int boot_load(struct boot *b, const struct options *o);
int boot_vcpu(const struct boot *b, struct vcpu *v);

#endif
