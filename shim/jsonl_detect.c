// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of detectors, and of what guests do that detectors look at. A line has
 * what its detector fills in and nothing else. The reading thread only.
 */
#include <string.h>
#include "../kmod/pure/detect.h"
#include "jsonl_int.h"

static char *put_prev(char *p, const struct aegishv_rec_detect *r)
{
	p = put_lit(p, ",\"gpa\":\"");
	p = put_hexfield(p, r->gpa);
	p = put_lit(p, ",\"prev_rip\":\"");
	p = put_hexfield(p, r->prev_rip);
	if (r->prev_vcpu == AEGISHV_VCPU_NONE)
		return p;
	p = put_lit(p, ",\"prev_vcpu\":");
	return put_u64(p, r->prev_vcpu);
}

static char *put_since(char *p, const struct aegishv_rec_detect *r)
{
	p = put_lit(p, ",\"since_ns\":");
	return put_u64(p, r->since_ns);
}

static char *put_rate(char *p, const struct aegishv_rec_detect *r)
{
	p = put_lit(p, ",\"seen\":");
	p = put_u64(p, r->value);
	p = put_lit(p, ",\"limit\":");
	p = put_u64(p, r->before);
	p = put_lit(p, ",\"window_ns\":");
	return put_u64(p, r->since_ns);
}

static char *put_change(char *p, const struct aegishv_rec_detect *r)
{
	p = put_lit(p, ",\"value\":\"");
	p = put_hexfield(p, r->value);
	p = put_lit(p, ",\"before\":\"");
	return put_hexfield(p, r->before);
}

static char *put_what(char *p, const struct aegishv_rec_detect *r)
{
	switch (r->detector) {
	case AEGISHV_DETECT_WX:
		return put_since(put_prev(p, r), r);
	case AEGISHV_DETECT_WX_TOGGLE:
		return put_rate(put_prev(p, r), r);
	case AEGISHV_DETECT_MMIO_STORM:
		p = put_lit(p, ",\"gpa\":\"");
		return put_rate(put_hexfield(p, r->gpa), r);
	case AEGISHV_DETECT_PIO_STORM:
		p = put_lit(p, ",\"port\":\"");
		return put_rate(put_hexfield(p, r->gpa), r);
	case AEGISHV_DETECT_EXIT_BURST:
		return put_rate(p, r);
	case AEGISHV_DETECT_HYPERCALL:
		p = put_lit(p, ",\"number\":\"");
		return put_hexfield(p, r->value);
	case AEGISHV_DETECT_HEADLESS:
		return put_since(p, r);
	case AEGISHV_DETECT_CR0_WP:
	case AEGISHV_DETECT_CR4_SMEP:
	case AEGISHV_DETECT_CR4_SMAP:
	case AEGISHV_DETECT_EFER_NXE:
		return put_change(p, r);
	}
	return p;
}

static bool has_reason(uint32_t detector)
{
	return (detector >= AEGISHV_DETECT_EXIT_BURST && detector <= AEGISHV_DETECT_HYPERCALL) ||
	       detector == AEGISHV_DETECT_NESTED;
}

char *jsonl_detect(char *p, const struct aegishv_rec_detect *r)
{
	const char *name = ahv_detector_name(r->detector);

	p = put_lit(p, ",\"detector\":\"");
	p = name ? put_str(p, name) : put_hex(p, r->detector);
	*p++ = '"';
	p = put_tid(p, r->tid);
	if (has_reason(r->detector))
		p = jsonl_reason(p, r->h.isa, r->reason);
	p = put_lit(p, ",\"rip\":\"");
	p = put_hexfield(p, r->rip);
	p = put_lit(p, ",\"count\":");
	p = put_u64(p, r->count);
	p = put_lit(p, ",\"total\":");
	p = put_u64(p, r->total);
	return put_what(p, r);
}

char *jsonl_guest(char *p, const struct aegishv_rec_guest *r)
{
	static const char *const events[] = {
#define AHV_GUEST_EVENT(event, name) [event] = name,
#include "../kmod/pure/names.def"
	};

	p = put_lit(p, ",\"event\":");
	p = put_name_of(p, events, sizeof(events) / sizeof(events[0]), r->event);
	p = put_tid(p, r->tid);
	p = put_lit(p, ",\"value\":\"");
	p = put_hexfield(p, r->value);
	p = put_lit(p, ",\"rip\":\"");
	return put_hexfield(p, r->rip);
}
