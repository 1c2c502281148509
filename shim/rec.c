// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lengths and names of record types. No state, no allocation.
 */
#include "rec.h"

static const char *const names[REC_NR_TYPES] = {
#define AHV_EVENT_TYPE(type, name) [type] = name,
#include "../kmod/pure/names.def"
};

static const size_t lens[REC_NR_TYPES] = {
	[AEGISHV_REC_LOST] = sizeof(struct aegishv_rec_lost),
	[AEGISHV_REC_EXIT] = sizeof(struct aegishv_rec_exit),
	[AEGISHV_REC_FAULT] = sizeof(struct aegishv_rec_fault),
	[AEGISHV_REC_ENTRY] = sizeof(struct aegishv_rec_entry),
	[AEGISHV_REC_UEXIT] = sizeof(struct aegishv_rec_uexit),
	[AEGISHV_REC_VM] = sizeof(struct aegishv_rec_vm),
	[AEGISHV_REC_HEALTH] = sizeof(struct aegishv_rec_health),
	[AEGISHV_REC_CLOCK] = sizeof(struct aegishv_rec_clock),
	[AEGISHV_REC_NAME] = sizeof(struct aegishv_rec_name),
	[AEGISHV_REC_BLOCK] = sizeof(struct aegishv_rec_block),
	[AEGISHV_REC_EXEC] = sizeof(struct aegishv_rec_proc),
	[AEGISHV_REC_FORK] = sizeof(struct aegishv_rec_proc),
	[AEGISHV_REC_PEXIT] = sizeof(struct aegishv_rec_proc),
	[AEGISHV_REC_POLICY] = sizeof(struct aegishv_rec_policy),
	[AEGISHV_REC_CGROUP] = sizeof(struct aegishv_rec_cgroup),
	[AEGISHV_REC_DETECT] = sizeof(struct aegishv_rec_detect),
	[AEGISHV_REC_GUEST] = sizeof(struct aegishv_rec_guest),
	[AEGISHV_REC_WX] = sizeof(struct aegishv_rec_wx),
};

size_t rec_min_len(unsigned int type)
{
	if (type >= REC_NR_TYPES || !lens[type])
		return sizeof(struct aegishv_hdr);
	return lens[type];
}

static bool text_fits(const struct aegishv_hdr *rec)
{
	const struct aegishv_rec_block *b = (const struct aegishv_rec_block *)rec;
	const struct aegishv_rec_proc *p = (const struct aegishv_rec_proc *)rec;
	const struct aegishv_rec_cgroup *c = (const struct aegishv_rec_cgroup *)rec;
	size_t room = rec->len - rec_min_len(rec->type);

	switch (rec->type) {
	case AEGISHV_REC_BLOCK:
		return b->path_len <= REC_PATH_MAX && b->host_len <= REC_PATH_MAX &&
		       (size_t)b->path_len + b->host_len <= room;
	case AEGISHV_REC_EXEC:
	case AEGISHV_REC_FORK:
	case AEGISHV_REC_PEXIT:
		return p->path_len <= REC_PATH_MAX && p->path_len <= room;
	case AEGISHV_REC_CGROUP:
		return c->path_len <= REC_PATH_MAX && c->path_len <= room;
	}
	return true;
}

bool rec_valid(const struct aegishv_hdr *rec, size_t avail)
{
	if (avail < sizeof(*rec))
		return false;
	return rec->len % 8 == 0 && rec->len <= avail &&
	       rec->len >= rec_min_len(rec->type) && text_fits(rec);
}

const char *rec_type_name(unsigned int type)
{
	return type < REC_NR_TYPES ? names[type] : NULL;
}
