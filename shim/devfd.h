/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors on mounted file systems, by device: what stat(2) calls it or what
 * the kernel does (mountinfo); they differ on btrfs.
 */
#ifndef AHV_SHIM_DEVFD_H
#define AHV_SHIM_DEVFD_H

#include <stdint.h>

struct devfd;

/* NULL when memory is short; that and every other failure reads as no mount. */
struct devfd *devfd_new(void);
void devfd_free(struct devfd *d);

/* A descriptor on a mount of the device, good until devfd_free(), or -1. */
int devfd_get(struct devfd *d, uint32_t dev);

#endif
