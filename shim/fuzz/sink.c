// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See sink.h. The functions are those of pipeline.h.
 */
#include "sink.h"

#include <string.h>
#include "../kmod/pure/exits.h"
#include "pipeline.h"
#include "rec.h"

struct sink sink;

void sink_reset(bool strict)
{
	while (sink.cpus)
		sink.next_seq[--sink.cpus] = 0;
	memset(&sink, 0, offsetof(struct sink, next_seq));
	sink.strict = strict;
}

static void check_own(const union aegishv_rec_any *r)
{
	if (r->h.cpu >= sink.cpus)
		sink.cpus = r->h.cpu + 1;
	CHECK(r->h.seq == sink.next_seq[r->h.cpu]++);
	CHECK(r->h.vm > 0 && r->h.vm <= sink.named);
	CHECK(r->h.isa <= AEGISHV_ISA_ARM64);
	CHECK(r->h.class_ == AEGISHV_CLASS_TELEMETRY);
	switch (r->h.type) {
	case AEGISHV_REC_EXIT:
		CHECK(ahv_exit_slot(r->h.isa, r->exit.reason) < AHV_EXIT_SLOTS);
		break;
	case AEGISHV_REC_FAULT:
		CHECK(r->fault.access == AEGISHV_ACCESS_READ ||
		      r->fault.access == AEGISHV_ACCESS_WRITE ||
		      r->fault.access == AEGISHV_ACCESS_EXEC);
		CHECK(!(r->fault.flags & ~7) && !r->fault.rsvd && r->h.isa);
		CHECK(!(r->fault.flags & AEGISHV_FAULT_NO_GPA) || !r->fault.gpa);
		break;
	case AEGISHV_REC_ENTRY:
	case AEGISHV_REC_UEXIT:
		break;
	default:
		CHECK(!"a type that no trace has");
	}
}

void pipeline_record(struct pipeline *p, const struct aegishv_hdr *rec)
{
	union aegishv_rec_any copy;
	static volatile uint64_t sum __attribute__((unused));
	const uint8_t *bytes = (const uint8_t *)rec;
	size_t i;

	CHECK(rec_valid(rec, rec->len));
	for (i = 0; i < rec->len; i++)
		sum += bytes[i];
	sink.records++;
	if (!sink.strict)
		return;
	memset(&copy, 0, sizeof(copy));
	memcpy(&copy, rec, rec->len);
	check_own(&copy);
}

void pipeline_name_vm(struct pipeline *p, uint32_t vm, const char *name, size_t len)
{
	CHECK(vm == sink.named + 1 && len > 0 && len < 48 && strnlen(name, len) == len);
	sink.named = vm;
}

void pipeline_unreadable(struct pipeline *p, const char *where, const char *why)
{
	CHECK(strlen(where) < 512 && strlen(why) > 0);
	sink.unreadable++;
}

void pipeline_lost_upstream(struct pipeline *p, uint32_t cpu, uint64_t count)
{
	CHECK(cpu < 65536);
	sink.lost_reports++;
}
