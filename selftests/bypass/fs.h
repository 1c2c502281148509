/* SPDX-License-Identifier: GPL-2.0-only */
/* File systems for the ways in fs.c, overlay.c and btrfs.c. */
#ifndef BYPASS_FS_H
#define BYPASS_FS_H

#include "bypass.h"

/* base/@name becomes a mount of @image; e->file the secret in it. Returns 0 or -errno. */
int mount_image(struct env *e, const char *image, const char *type);
/* The secret is @dir/@name below base from now on. */
int put_secret(struct env *e, const char *dir, const char *name);

extern char loop_device_name[32];

extern const struct way overlay_ways[], btrfs_ways[], pseudo_ways[], fuse_ways[];

#endif
