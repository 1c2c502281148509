/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts of this process, from /proc/self/mountinfo.
 */
#ifndef AHV_SHIM_MOUNTS_H
#define AHV_SHIM_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mount_line - one of them
 * @id: of the mount, as statx(2) tells it, too
 * @dev: device of the file system, the kernel's own idea, as stat(2) encodes it
 * @point: where it is mounted
 * @fstype: what it is
 */
struct mount_line {
	uint64_t id;
	uint32_t dev;
	const char *point;
	const char *fstype;
};

/* Calls @fn for each until it returns false; 0 or a negative errno. */
int mounts_walk(bool (*fn)(void *arg, const struct mount_line *m), void *arg);

/* Takes a line of mountinfo to pieces, in place; false when it is none. */
bool mounts_parse(char *line, struct mount_line *m);

#endif
