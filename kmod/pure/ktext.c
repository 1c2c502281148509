// SPDX-License-Identifier: GPL-2.0-only
/*
 * See ktext.h. The mappings are gone through downwards to find where the text
 * begins, and then upwards to collect its memory, in the order of addresses.
 */
#include "ktext.h"

#define PAGE_BITS	12

/* Whether there is text at an address; anything but FOUND and NO_TEXT ends the search. */
static enum ahv_ktext_result text_at(struct ahv_ktext *k, u64 gva, struct ahv_ktext_map *m)
{
	if (k->looked++ == AHV_KTEXT_MAPS)
		return AHV_KTEXT_TOO_LONG;
	switch (k->look(k->arg, gva, m)) {
	case AHV_KTEXT_NONE:
		return AHV_KTEXT_NO_TEXT;
	case AHV_KTEXT_UNKNOWN:
		return AHV_KTEXT_UNREAD;
	default:
		break;
	}
	if (!(m->rights & AHV_KTEXT_EXEC) || m->rights & AHV_KTEXT_USER)
		return AHV_KTEXT_NO_TEXT;
	if (!(m->rights & AHV_KTEXT_WRITE))
		return AHV_KTEXT_FOUND;
	k->writable_gpa = m->gpa;
	return AHV_KTEXT_WRITABLE;
}

/* Mappings that follow each other in memory, too, are one range. */
static bool add(struct ahv_wx_ranges *s, const struct ahv_ktext_map *m)
{
	u64 first = m->gpa >> PAGE_BITS, last = first + (m->bytes >> PAGE_BITS) - 1;

	if (s->n && s->r[s->n - 1].last + 1 == first) {
		s->r[s->n - 1].last = last;
		return true;
	}
	return ahv_wx_add_range(s, first, last);
}

static enum ahv_ktext_result find_start(struct ahv_ktext *k, u64 entry, u64 *start)
{
	enum ahv_ktext_result res;
	struct ahv_ktext_map m;

	res = text_at(k, entry, &m);
	while (res == AHV_KTEXT_FOUND) {
		*start = m.gva;
		if (entry - *start > AHV_KTEXT_BYTES)
			return AHV_KTEXT_TOO_LONG;
		res = text_at(k, *start - 1, &m);
	}
	return res == AHV_KTEXT_NO_TEXT && *start ? AHV_KTEXT_FOUND : res;
}

static enum ahv_ktext_result collect(struct ahv_ktext *k, u64 start)
{
	enum ahv_ktext_result res;
	struct ahv_ktext_map m;
	u64 at = start;

	res = text_at(k, at, &m);
	while (res == AHV_KTEXT_FOUND) {
		if (!add(&k->text, &m))
			return AHV_KTEXT_SCATTERED;
		at = m.gva + m.bytes;
		if (at - start > AHV_KTEXT_BYTES)
			return AHV_KTEXT_TOO_LONG;
		if (!at)
			return res;
		res = text_at(k, at, &m);
	}
	return res == AHV_KTEXT_NO_TEXT ? AHV_KTEXT_FOUND : res;
}

enum ahv_ktext_result ahv_ktext_find(struct ahv_ktext *k, u64 entry)
{
	enum ahv_ktext_result res;
	u64 start = 0;

	if (!(entry >> 63))
		return AHV_KTEXT_NO_KERNEL;
	res = find_start(k, entry, &start);
	return res == AHV_KTEXT_FOUND ? collect(k, start) : res;
}
