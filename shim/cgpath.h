/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the cgroups of this host are.
 */
#ifndef AHV_SHIM_CGPATH_H
#define AHV_SHIM_CGPATH_H

#include <stddef.h>
#include <stdint.h>

/**
 * cgpath_mount() - where cgroup v2 is mounted
 * @buf: the path
 * @size: bytes of @buf
 *
 * Return: 0, or -ENOENT.
 */
int cgpath_mount(char *buf, size_t size);

/**
 * cgpath_of() - the path of a cgroup's directory
 * @cgid: cgroup v2 id
 * @buf: the path, terminated
 * @size: bytes of @buf
 *
 * Return: its length, or a negative errno: -ESTALE when the cgroup is gone.
 */
long cgpath_of(uint64_t cgid, char *buf, size_t size);

/* The id of a directory of cgroup v2; 0 or a negative errno, -ENOTDIR for others. */
int cgpath_id(const char *path, uint64_t *cgid);

#endif
