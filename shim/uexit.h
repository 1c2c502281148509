/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of KVM_EXIT_*: why KVM_RUN returned to the VMM.
 */
#ifndef AHV_SHIM_UEXIT_H
#define AHV_SHIM_UEXIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The name, as linux/kvm.h and the tracepoint spell it, or NULL. */
const char *uexit_name(uint32_t reason);

/* The number of a name that need not be terminated; false: there is none. */
bool uexit_find(const char *name, size_t len, uint32_t *reason);

#endif
