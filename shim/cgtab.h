/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths of cgroups by their id, as the piece of JSON that lines carry. An id is
 * never used again and a cgroup cannot be renamed, so what is known stays good.
 * The reading thread only.
 */
#ifndef AHV_SHIM_CGTAB_H
#define AHV_SHIM_CGTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGTAB_MAX	4096	/* beyond, all is forgotten and asked anew */
#define CGTAB_PATH_MAX	4096

struct cgtab;

/**
 * struct cgtab_entry - one cgroup
 * @cgid: its id
 * @frag: ,"cgroup_path":"PATH", whole PUT_BLOCKs; NULL in a free slot
 * @len: bytes of @frag, 0 when the cgroup was gone before anybody asked
 */
struct cgtab_entry {
	uint64_t cgid;
	char *frag;
	size_t len;
};

struct cgtab *cgtab_new(void);
void cgtab_free(struct cgtab *t);

/* The entry, or NULL when it is not known; good until the next cgtab_set(). */
const struct cgtab_entry *cgtab_find(const struct cgtab *t, uint64_t cgid);

/**
 * cgtab_set() - remember a path
 * @t: the table
 * @cgid: cgroup v2 id
 * @path: bytes of any kind
 * @len: how many, at most %CGTAB_PATH_MAX; 0 when the cgroup is gone
 *
 * Return: whether there was memory for it.
 */
bool cgtab_set(struct cgtab *t, uint64_t cgid, const char *path, size_t len);

#endif
