// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hot path of the shim: records to JSON Lines without format strings or
 * allocation. What is the same for many lines (VM, exit reason, second of the
 * time) is kept as text and copied. The reading thread only.
 */
#include "jsonl.h"

#include <string.h>
#include <time.h>
#include "../kmod/pure/exits.h"
#include "jsonl_int.h"
#include "metrics.h"
#include "rec.h"
#include "text.h"
#include "uexit.h"
#include "words.h"
#include <linux/aegishv_genl.h>

#define NS_PER_S	1000000000ULL
#define REASON_MAX	96

struct frag {
	char text[REASON_MAX];
	size_t len;
};

static struct frag reasons[METRICS_NR_ISA][AHV_EXIT_SLOTS];

static const char *const isa_names[METRICS_NR_ISA] = {
	[0] = "unknown",
#define AHV_ISA(isa, name) [isa] = name,
#include "../kmod/pure/names.def"
};

static unsigned int isa_index(uint8_t isa)
{
	return isa < METRICS_NR_ISA ? isa : 0;
}

static char *put_time(char *p, uint64_t time_ns, struct jsonl_clock *clock)
{
	uint64_t real = time_ns + clock->offset_ns;
	uint64_t second = real / NS_PER_S;
	struct tm tm;

	if (second != clock->second || !clock->text[0]) {
		time_t t = second;

		gmtime_r(&t, &tm);
		strftime(clock->text, sizeof(clock->text), "%Y-%m-%dT%H:%M:%S", &tm);
		clock->second = second;
	}
	p = put_lit(p, ",\"time\":\"");
	p = put_bytes(p, clock->text, 19);
	*p++ = '.';
	real %= NS_PER_S;
	*p++ = '0' + real / 100000000;
	p = put_padded(p, real % 100000000, 8);
	p = put_lit(p, "Z\"");
	return p;
}

char *jsonl_head(char *p, const struct aegishv_hdr *h, struct jsonl_clock *clock)
{
	if (h->seq != JSONL_NO_SEQ) {
		p = put_lit(p, ",\"seq\":");
		p = put_u64(p, h->seq);
	}
	p = put_lit(p, ",\"cpu\":");
	p = put_u64(p, h->cpu);
	p = put_lit(p, ",\"time_ns\":");
	p = put_u64(p, h->time_ns);
	if (clock->known)
		p = put_time(p, h->time_ns, clock);
	return p;
}

static char *put_vm(char *p, const struct aegishv_hdr *h, const struct vm_entry *vm)
{
	if (vm)
		p = put_blocks(p, vm->frag, vm->frag_len);
	if (h->vcpu != AEGISHV_VCPU_NONE) {
		p = put_lit(p, ",\"vcpu\":");
		p = put_u64(p, h->vcpu);
	}
	return p;
}

static char *put_isa(char *p, uint8_t isa)
{
	p = put_lit(p, ",\"isa\":\"");
	p = put_str(p, isa_names[isa_index(isa)]);
	*p++ = '"';
	return p;
}

static char *make_reason(char *p, uint8_t isa, uint32_t reason)
{
	const char *name = ahv_exit_name(isa, reason);

	p = put_isa(p, isa);
	p = put_lit(p, ",\"reason\":\"");
	if (name)
		p = put_bytes(p, name, strnlen(name, 32));
	else if (isa == AEGISHV_ISA_VMX)
		p = put_hex(p, reason & AHV_VMX_REASON_MASK);
	else
		p = put_hex(p, reason);
	*p++ = '"';
	return p;
}

char *jsonl_reason(char *p, uint8_t isa, uint32_t reason)
{
	uint32_t slot = ahv_exit_slot(isa, reason);
	struct frag *f = &reasons[isa_index(isa)][slot];

	if (slot >= AHV_EXIT_OTHER || isa != isa_index(isa))
		return make_reason(p, isa, reason);
	if (!f->len)
		f->len = make_reason(f->text, isa, reason) - f->text;
	return put_blocks(p, f->text, f->len);
}

static char *put_exit(char *p, const struct aegishv_rec_exit *r)
{
	p = put_tid(p, r->tid);
	p = jsonl_reason(p, r->h.isa, r->reason);
	p = put_lit(p, ",\"reason_code\":");
	p = put_u64(p, r->reason);
	p = put_lit(p, ",\"rip\":\"");
	p = put_hexfield(p, r->rip);
	p = put_lit(p, ",\"info1\":\"");
	p = put_hexfield(p, r->info1);
	p = put_lit(p, ",\"info2\":\"");
	p = put_hexfield(p, r->info2);
	p = put_lit(p, ",\"intr_info\":\"");
	p = put_hexfield(p, r->intr_info);
	p = put_lit(p, ",\"error_code\":\"");
	return put_hexfield(p, r->error_code);
}

static char *put_bool(char *p, bool v)
{
	return v ? put_lit(p, "true") : put_lit(p, "false");
}

static char *put_fault(char *p, const struct aegishv_rec_fault *r)
{
	p = put_tid(p, r->tid);
	p = put_isa(p, r->h.isa);
	p = put_lit(p, ",\"ept\":{\"access\":\"");
	p = put_str(p, access_name(access_index(r->access)));
	p = put_lit(p, "\",\"present\":");
	p = put_bool(p, r->flags & AEGISHV_FAULT_PRESENT);
	p = put_lit(p, ",\"walk\":");
	p = put_bool(p, r->flags & AEGISHV_FAULT_WALK);
	*p++ = '}';
	if (!(r->flags & AEGISHV_FAULT_NO_GPA)) {
		p = put_lit(p, ",\"gpa\":\"");
		p = put_hexfield(p, r->gpa);
	}
	p = put_lit(p, ",\"rip\":\"");
	p = put_hexfield(p, r->rip);
	p = put_lit(p, ",\"code\":\"");
	return put_hexfield(p, r->code);
}

static char *put_entry(char *p, const struct aegishv_rec_entry *r)
{
	p = put_tid(p, r->tid);
	p = put_lit(p, ",\"rip\":\"");
	return put_hexfield(p, r->rip);
}

static char *put_s32(char *p, int32_t v)
{
	if (v < 0)
		*p++ = '-';
	return put_u64(p, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static char *put_uexit(char *p, const struct aegishv_rec_uexit *r)
{
	const char *name = uexit_name(r->reason);

	p = put_tid(p, r->tid);
	p = put_lit(p, ",\"reason\":\"");
	p = name ? put_str(p, name) : put_hex(p, r->reason);
	p = put_lit(p, "\",\"reason_code\":");
	p = put_u64(p, r->reason);
	p = put_lit(p, ",\"err\":");
	return put_s32(p, r->err);
}

static char *put_vm_event(char *p, const struct aegishv_rec_vm *r)
{
	static const char *const events[] = {
#define AHV_VM_EVENT(event, name) [event] = name,
#include "../kmod/pure/names.def"
	};

	p = put_lit(p, ",\"event\":");
	p = put_name_of(p, events, sizeof(events) / sizeof(events[0]), r->event);
	p = put_lit(p, ",\"vmm_pid\":");
	p = put_u64(p, r->tgid);
	p = put_lit(p, ",\"vmm_comm\":\"");
	p = put_field(p, r->comm, sizeof(r->comm));
	p = put_lit(p, "\",\"exits\":");
	p = put_u64(p, r->exits);
	p = put_lit(p, ",\"faults\":");
	p = put_u64(p, r->faults);
	p = put_lit(p, ",\"vcpus\":");
	p = put_u64(p, r->vcpus);
	p = put_lit(p, ",\"found\":");
	return put_bool(p, r->found);
}

static char *put_health(char *p, const struct aegishv_rec_health *r)
{
	static const char *const states[] = {
		[AEGISHV_HOOK_STATE_ABSENT] = "absent",
		[AEGISHV_HOOK_STATE_ATTACHED] = "attached",
		[AEGISHV_HOOK_STATE_FAILED] = "failed",
		[AEGISHV_HOOK_STATE_IDLE] = "idle",
	};

	p = put_lit(p, ",\"hook\":\"");
	p = put_field(p, r->name, sizeof(r->name));
	p = put_lit(p, "\",\"state\":");
	p = put_name_of(p, states, sizeof(states) / sizeof(states[0]), r->state);
	p = put_lit(p, ",\"err\":");
	return put_s32(p, r->err);
}

static char *put_policy(char *p, const struct aegishv_rec_policy *r)
{
	static const char *const events[] = {
#define AHV_POLICY_EVENT(event, name) [event] = name,
#include "../kmod/pure/names.def"
	};

	p = put_lit(p, ",\"event\":");
	p = put_name_of(p, events, sizeof(events) / sizeof(events[0]), r->event);
	p = put_lit(p, ",\"mode\":");
	p = put_name_of(p, words_file_mode, AEGISHV_FILE_MODE_ENFORCE + 1, r->mode);
	p = put_lit(p, ",\"generation\":");
	p = put_u64(p, r->generation);
	p = put_lit(p, ",\"rules\":");
	p = put_u64(p, r->rules);
	p = put_lit(p, ",\"pid\":");
	p = put_u64(p, r->pid);
	p = put_lit(p, ",\"uid\":");
	p = put_u64(p, r->uid);
	p = put_lit(p, ",\"comm\":\"");
	p = put_field(p, r->comm, sizeof(r->comm));
	*p++ = '"';
	return p;
}

static char *put_lost(char *p, const struct aegishv_rec_lost *r)
{
	p = put_lit(p, ",\"source\":\"ring\",\"count\":");
	p = put_u64(p, r->count);
	p = put_lit(p, ",\"total\":{\"telemetry\":");
	p = put_u64(p, r->total[AEGISHV_CLASS_TELEMETRY]);
	p = put_lit(p, ",\"alert\":");
	p = put_u64(p, r->total[AEGISHV_CLASS_ALERT]);
	*p++ = '}';
	return p;
}

static char *put_body(char *p, const struct aegishv_hdr *rec)
{
	switch (rec->type) {
	case AEGISHV_REC_LOST:
		return put_lost(p, (const struct aegishv_rec_lost *)rec);
	case AEGISHV_REC_EXIT:
		return put_exit(p, (const struct aegishv_rec_exit *)rec);
	case AEGISHV_REC_FAULT:
		return put_fault(p, (const struct aegishv_rec_fault *)rec);
	case AEGISHV_REC_ENTRY:
		return put_entry(p, (const struct aegishv_rec_entry *)rec);
	case AEGISHV_REC_UEXIT:
		return put_uexit(p, (const struct aegishv_rec_uexit *)rec);
	case AEGISHV_REC_VM:
		return put_vm_event(p, (const struct aegishv_rec_vm *)rec);
	case AEGISHV_REC_POLICY:
		return put_policy(p, (const struct aegishv_rec_policy *)rec);
	case AEGISHV_REC_DETECT:
		return jsonl_detect(p, (const struct aegishv_rec_detect *)rec);
	case AEGISHV_REC_GUEST:
		return jsonl_guest(p, (const struct aegishv_rec_guest *)rec);
	case AEGISHV_REC_WX:
		return jsonl_wx(p, (const struct aegishv_rec_wx *)rec);
	default:
		return put_health(p, (const struct aegishv_rec_health *)rec);
	}
}

size_t jsonl_record(char *dst, const struct aegishv_hdr *rec,
		    const struct vm_entry *vm, struct jsonl_clock *clock)
{
	const char *type = rec_type_name(rec->type);
	char *p = dst;

	if (!type || rec_is_note(rec->type) || rec_proc(rec))
		return 0;
	p = put_lit(p, "{\"type\":\"");
	p = put_str(p, type);
	*p++ = '"';
	p = jsonl_head(p, rec, clock);
	p = put_vm(p, rec, vm);
	p = put_body(p, rec);
	p = put_lit(p, "}\n");
	return p - dst;
}

size_t jsonl_problem(char *dst, const struct aegishv_hdr *near, const char *text,
		     struct jsonl_clock *clock)
{
	char *p = put_lit(dst, "{\"type\":\"health\"");

	if (near) {
		p = put_lit(p, ",\"cpu\":");
		p = put_u64(p, near->cpu);
		p = put_lit(p, ",\"time_ns\":");
		p = put_u64(p, near->time_ns);
		if (clock->known)
			p = put_time(p, near->time_ns, clock);
	}
	p = put_lit(p, ",\"hook\":\"internal\",\"state\":\"failed\",\"err\":0,\"problem\":\"");
	p = put_json(p, text, strnlen(text, 512));
	p = put_lit(p, "\"}\n");
	return p - dst;
}

size_t jsonl_loss(char *dst, enum jsonl_loss source, long cpu, uint64_t count)
{
	char *p = put_lit(dst, "{\"type\":\"lost\"");

	if (cpu >= 0) {
		p = put_lit(p, ",\"cpu\":");
		p = put_u64(p, cpu);
	}
	p = put_lit(p, ",\"source\":\"");
	p = source == JSONL_LOSS_TRACE ? put_lit(p, "trace") : put_lit(p, "output");
	p = put_lit(p, "\",\"count\":");
	p = count ? put_u64(p, count) : put_lit(p, "null");
	p = put_lit(p, "}\n");
	return p - dst;
}
