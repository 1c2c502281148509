// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a recording. Every record is checked before anything looks into it:
 * the file may be anybody's. See recfile.h.
 */
#include "recfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pipeline.h"
#include "rec.h"

#define HEAD_MAX	4096

struct recread {
	struct pipeline *p;
	const char *name;
	bool has_head;
	struct recfile_head head;
	struct recread_stats stats;
	char error[RECFILE_ERR_LEN];
};

bool recread_is(const void *buf, size_t len)
{
	return len >= RECFILE_MAGIC_LEN && !memcmp(buf, RECFILE_MAGIC, RECFILE_MAGIC_LEN);
}

struct recread *recread_new(struct pipeline *p, const char *name)
{
	struct recread *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->p = p;
	r->name = name;
	return r;
}

void recread_free(struct recread *r)
{
	free(r);
}

const char *recread_error(const struct recread *r)
{
	return r->error;
}

const struct recread_stats *recread_stats(const struct recread *r)
{
	return &r->stats;
}

const struct recfile_head *recread_head(const struct recread *r)
{
	return r->has_head ? &r->head : NULL;
}

static const char *check_head(const struct recfile_head *h)
{
	if (h->endian == __builtin_bswap32(RECFILE_ENDIAN))
		return "it was recorded on a machine of the other byte order: replay it there";
	if (h->endian != RECFILE_ENDIAN)
		return "its header is damaged";
	if (h->version != RECFILE_VERSION || h->events_version != AEGISHV_EVENTS_VERSION)
		return "it is from another version of aegishv: replay it with that version";
	if (h->len < sizeof(*h) || h->len > HEAD_MAX || h->len % 8)
		return "its header is damaged: it cannot be that long";
	return NULL;
}

/* Bytes of the header, 0 when more are needed first, -EPROTO. */
static long read_head(struct recread *r, const char *buf, size_t len)
{
	const char *why;

	if (len < sizeof(r->head))
		return 0;
	memcpy(&r->head, buf, sizeof(r->head));
	if (!recread_is(&r->head, sizeof(r->head)))
		why = "it is no recording";
	else
		why = check_head(&r->head);
	if (why) {
		snprintf(r->error, sizeof(r->error), "%.100s: %s", r->name, why);
		return -EPROTO;
	}
	if (len < r->head.len)
		return 0;
	r->head.release[sizeof(r->head.release) - 1] = 0;
	r->has_head = true;
	return r->head.len;
}

static const char *bad_loss(const struct aegishv_rec_lost *rec)
{
	if (!rec->count)
		return "a loss record without a count";
	if (rec->h.seq + rec->count < rec->h.seq)
		return "a loss record whose count is out of range";
	return NULL;
}

/* Why a record, complete and of a plausible length, makes no sense; or NULL. */
static const char *bad_record(const struct aegishv_hdr *rec)
{
	if (!rec->type)
		return "a record without a type";
	if (rec->len < rec_min_len(rec->type))
		return "a record too short for its type";
	if (rec->class_ >= AEGISHV_NR_CLASSES)
		return "a record of no known class";
	if (!rec_valid(rec, rec->len))
		return "a record too short for its text";
	if (rec->type == AEGISHV_REC_LOST)
		return bad_loss((const struct aegishv_rec_lost *)rec);
	return NULL;
}

static void unreadable(struct recread *r, uint64_t at, const char *why)
{
	char where[512];

	r->stats.unreadable++;
	snprintf(where, sizeof(where), "%.400s: byte %llu", r->name, (unsigned long long)at);
	pipeline_unreadable(r->p, where, why);
}

static long damaged(struct recread *r, uint64_t at, const struct aegishv_hdr *rec)
{
	const char *why = "the file is damaged here, nothing behind can be read";

	if (recread_is(rec, sizeof(*rec)))
		why = "a second recording starts here: cut it off and replay it on its own";
	unreadable(r, at, why);
	snprintf(r->error, sizeof(r->error), "%.100s: byte %llu: %s", r->name,
		 (unsigned long long)at, why);
	return -EBADMSG;
}

static long read_records(struct recread *r, const char *buf, size_t len, size_t at)
{
	const struct aegishv_hdr *rec;
	const char *why;

	for (; len - at >= sizeof(*rec); at += rec->len) {
		rec = (const struct aegishv_hdr *)(buf + at);
		if (rec->len < sizeof(*rec) || rec->len % 8 ||
		    recread_is(rec, sizeof(*rec))) {
			r->stats.bytes += at;
			return damaged(r, r->stats.bytes, rec);
		}
		if (rec->len > len - at)
			break;
		why = bad_record(rec);
		if (why) {
			unreadable(r, r->stats.bytes + at, why);
			continue;
		}
		r->stats.records++;
		pipeline_record(r->p, rec);
	}
	r->stats.bytes += at;
	return at;
}

long recread_feed(struct recread *r, const void *buf, size_t len)
{
	long at = 0;

	if (r->error[0])
		return -EPROTO;
	if (!r->has_head) {
		at = read_head(r, buf, len);
		if (at <= 0)
			return at;
	}
	return read_records(r, buf, len, at);
}

int recread_end(struct recread *r, size_t len)
{
	if (!r->has_head) {
		snprintf(r->error, sizeof(r->error),
			 "%.100s: the recording ends inside its header", r->name);
		return -EBADMSG;
	}
	r->stats.truncated = len;
	if (len)
		unreadable(r, r->stats.bytes,
			   "the recording ends inside a record: its writer was stopped");
	return 0;
}
