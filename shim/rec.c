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
};

size_t rec_min_len(unsigned int type)
{
	if (type >= REC_NR_TYPES || !lens[type])
		return sizeof(struct aegishv_hdr);
	return lens[type];
}

bool rec_valid(const struct aegishv_hdr *rec, size_t avail)
{
	if (avail < sizeof(*rec))
		return false;
	return rec->len % 8 == 0 && rec->len <= avail &&
	       rec->len >= rec_min_len(rec->type);
}

const char *rec_type_name(unsigned int type)
{
	return type < REC_NR_TYPES ? names[type] : NULL;
}
