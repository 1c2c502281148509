// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hash table with open addressing, at most half full. See cgtab.h.
 */
#include "cgtab.h"

#include <stdlib.h>
#include "text.h"

#define SLOTS	(2 * CGTAB_MAX)

struct cgtab {
	size_t nr;
	struct cgtab_entry slots[SLOTS];
};

struct cgtab *cgtab_new(void)
{
	return calloc(1, sizeof(struct cgtab));
}

static void forget(struct cgtab *t)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		free(t->slots[i].frag);
	memset(t, 0, sizeof(*t));
}

void cgtab_free(struct cgtab *t)
{
	if (t)
		forget(t);
	free(t);
}

/* The slot of an id, or the free one where it belongs. */
static size_t slot_of(const struct cgtab *t, uint64_t cgid)
{
	size_t i = (cgid * 0x9e3779b97f4a7c15ULL) >> 32 & (SLOTS - 1);

	while (t->slots[i].frag && t->slots[i].cgid != cgid)
		i = (i + 1) & (SLOTS - 1);
	return i;
}

const struct cgtab_entry *cgtab_find(const struct cgtab *t, uint64_t cgid)
{
	const struct cgtab_entry *e = &t->slots[slot_of(t, cgid)];

	return e->frag ? e : NULL;
}

bool cgtab_set(struct cgtab *t, uint64_t cgid, const char *path, size_t len)
{
	char *frag = malloc(PUT_JSON_EXPAND * len + 2 * PUT_BLOCK);
	struct cgtab_entry *e;
	char *p = frag;

	if (!frag)
		return false;
	if (t->nr >= CGTAB_MAX && !cgtab_find(t, cgid))
		forget(t);
	e = &t->slots[slot_of(t, cgid)];
	t->nr += !e->frag;
	free(e->frag);
	if (len) {
		p = put_lit(p, ",\"cgroup_path\":\"");
		p = put_json(p, path, len);
		*p++ = '"';
	}
	memset(p, 0, PUT_BLOCK);
	e->cgid = cgid;
	e->frag = frag;
	e->len = p - frag;
	return true;
}
