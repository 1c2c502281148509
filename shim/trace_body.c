// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The events of a trace line, in the formats of Linux 5.4 to today and of
 * trace-cmd's kvm plugin. Fields that a newer kernel adds at the end are let
 * be. See arch/x86/kvm/trace.h, arch/arm64/kvm/trace_arm.h and
 * include/trace/events/kvm.h in any kernel's source.
 */
#include "trace_int.h"

#include <errno.h>
#include <linux/kvm.h>

#define EC_IABT_LOW	0x20
#define EC_DABT_LOW	0x24
#define EPT_GLA_VALID	(1U << 7)	/* NPF error codes have no bit 7 */
#define NAME_MAX_LEN	64

static bool at_field_end(const struct scan *s)
{
	return s->p == s->end || *s->p == ' ';
}

static void head_of(struct trace_parser *t, struct aegishv_hdr *rec, const struct trace_head *h)
{
	rec->cpu = h->cpu;
	rec->isa = t->isa;
	rec->time_ns = h->time_ns;
}

/* NAME, NAME FLAGS for VMX, 0xNUMBER [FLAGS], or trace-cmd's UNKNOWN (NUMBER) */
static bool find_reason(const struct trace_parser *t, struct trace_name *n)
{
	struct scan s = { n->text, n->text + n->len, n->text + n->len };
	const char *space = memchr(n->text, ' ', n->len);
	__u64 v;

	n->isa = AEGISHV_ISA_VMX;
	if (ahv_exit_find(n->isa, n->text, n->len, &n->reason))
		return true;
	n->isa = AEGISHV_ISA_SVM;
	if (ahv_exit_find(n->isa, n->text, n->len, &n->reason))
		return true;
	n->isa = AEGISHV_ISA_VMX;
	if (space && ahv_exit_find(n->isa, n->text, space - n->text, &n->reason)) {
#define AHV_VMX_FLAG(flag, name) \
		if (memmem(space, n->text + n->len - space, name, sizeof(name) - 1)) \
			n->reason |= flag;
#include "../kmod/pure/names.def"
		return true;
	}
	n->isa = t->isa;
	if (scan_lit(&s, "UNKNOWN ("))
		return scan_dec32(&s, &n->reason);
	if (!scan_lit(&s, "0x") || !scan_hex(&s, &v) || v > UINT32_MAX)
		return false;
	n->reason = v;
	return at_field_end(&s);
}

static struct trace_name *name_slot(struct trace_parser *t, const char *text, size_t len)
{
	uint32_t hash = len * 7 + (unsigned char)text[0] * 31 +
			(unsigned char)text[len / 2] * 5 + (unsigned char)text[len - 1];

	return &t->names[hash % TRACE_NAMES];
}

/* Names repeat: the last one in each slot is kept with its number. */
static bool reason_of(struct trace_parser *t, const char *text, size_t len, uint32_t *reason)
{
	struct trace_name *n, found;

	if (!len || len > sizeof(found.text))
		return false;
	n = name_slot(t, text, len);
	if (n->len == len && !memcmp(n->text, text, len)) {
		*reason = n->reason;
		t->isa = n->isa;
		return true;
	}
	found.len = len;
	memcpy(found.text, text, len);
	if (!find_reason(t, &found))
		return false;
	if (text[0] != '0' && text[0] != 'U')
		*n = found;
	*reason = found.reason;
	t->isa = found.isa;
	return true;
}

/* All between "reason " and " rip 0x"; names may have spaces. */
static size_t reason_len(const struct scan *s)
{
	size_t room = s->end - s->p;
	const char *p = memchr(s->p, ' ', room < NAME_MAX_LEN ? room : NAME_MAX_LEN);

	while (p) {
		struct scan at = { p, s->end, s->limit };

		if (scan_lit(&at, " rip 0x"))
			return p - s->p;
		room = s->end - ++p;
		if (p - s->p >= NAME_MAX_LEN)
			return 0;
		p = memchr(p, ' ', room < NAME_MAX_LEN ? room : NAME_MAX_LEN);
	}
	return 0;
}

/* " info1 0x... info2 0x... intr_info 0x... error_code 0x..." or " info N N" */
static const char *exit_info(struct scan *s, struct aegishv_rec_exit *rec)
{
	if (scan_lit(s, " info1 ")) {
		if (!scan_0x(s, &rec->info1) || !scan_lit(s, " info2 ") ||
		    !scan_0x(s, &rec->info2))
			return "no numbers in info1 and info2";
		if (scan_lit(s, " intr_info ") &&
		    (!scan_0x32(s, &rec->intr_info) || !scan_lit(s, " error_code ") ||
		     !scan_0x32(s, &rec->error_code)))
			return "no numbers in intr_info and error_code";
	} else if (scan_lit(s, " info ")) {
		if (!scan_0x(s, &rec->info1) || !scan_char(s, ' ') || !scan_0x(s, &rec->info2))
			return "no two numbers in info";
	}
	return at_field_end(s) ? NULL : "the line is damaged here";
}

static void emit_exit(struct trace_parser *t, struct aegishv_rec_exit *rec,
		      const struct trace_head *h, uint32_t vcpu)
{
	struct trace_thread *th = trace_thread(t, h);

	trace_fault_over(t, th);
	if (vcpu != AEGISHV_VCPU_NONE)
		th->vcpu = vcpu;
	th->rip = rec->rip;
	head_of(t, &rec->h, h);
	rec->h.type = AEGISHV_REC_EXIT;
	rec->h.len = sizeof(*rec);
	rec->tid = h->tid;
	trace_emit(t, &rec->h, th);
	trace_fault_exit(t, th, rec);
}

static const char *exit_x86(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	struct aegishv_rec_exit rec = { 0 };
	uint32_t vcpu = AEGISHV_VCPU_NONE;
	const char *why;
	size_t len;

	if (scan_lit(s, "vcpu ") && (!scan_dec32(s, &vcpu) || !scan_char(s, ' ')))
		return "no number in vcpu";
	if (!scan_lit(s, "reason "))
		return "neither an x86 nor an arm64 exit";
	len = reason_len(s);
	if (!len)
		return "no rip after the exit reason";
	if (!reason_of(t, s->p, len, &rec.reason))
		return "an exit reason that is not known: is this trace from a newer kernel?";
	s->p += len + sizeof(" rip ") - 1;
	if (!scan_0x(s, &rec.rip))
		return "no number in rip";
	why = exit_info(s, &rec);
	if (!why)
		emit_exit(t, &rec, h, vcpu);
	return why;
}

/* "TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x..." */
static const char *exit_arm64(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	struct aegishv_rec_exit rec = { 0 };
	const char *type = s->p;
	const char *colon = memchr(type, ':', s->end - type);
	__u64 ec;

	s->p = colon;
	if (!scan_lit(s, ": HSR_EC: ") && !scan_lit(s, ": ESR_EC: "))
		return "neither an x86 nor an arm64 exit";
	if (!scan_0x(s, &ec) || ec > 0x3f || !scan_lit(s, " ("))
		return "no exception class in HSR_EC";
	while (s->p < s->end && *s->p != ')')
		s->p++;
	if (!scan_lit(s, "), PC: ") || !scan_0x(s, &rec.rip) || !at_field_end(s))
		return "no number in PC";
	if (colon - type == 4 && !memcmp(type, "TRAP", 4)) {
		rec.reason = AHV_ARM64_TRAP_REASON + ec;
		t->stats.faults_blind += ec == EC_IABT_LOW || ec == EC_DABT_LOW;
	} else if (!ahv_exit_find(AEGISHV_ISA_ARM64, type, colon - type, &rec.reason)) {
		struct scan n = { type, colon, colon };

		if (!scan_lit(&n, "0x") || !scan_0x32(&n, &rec.reason) || n.p != colon) {
			s->p = type;
			return "an exit that is not known: is this trace from a newer kernel?";
		}
	}
	t->isa = AEGISHV_ISA_ARM64;
	emit_exit(t, &rec, h, AEGISHV_VCPU_NONE);
	return NULL;
}

static const char *event_exit(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	const char *p = s->p, *colon;

	if (s->end - p >= 5 && (!memcmp(p, "vcpu ", 5) || !memcmp(p, "reaso", 5)))
		return exit_x86(t, s, h);
	colon = memchr(p, ':', s->end - p);
	return colon ? exit_arm64(t, s, h) : "neither an x86 nor an arm64 exit";
}

/* "vcpu 0, rip 0x...", trace-cmd's without comma, "vcpu 0", arm64's "PC: 0x..." */
static const char *event_entry(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	struct aegishv_rec_entry rec = { 0 };
	uint32_t vcpu = AEGISHV_VCPU_NONE;
	struct trace_thread *th;

	if (scan_lit(s, "PC: ")) {
		if (!scan_0x(s, &rec.rip))
			return "no number in PC";
	} else if (!scan_lit(s, "vcpu ") || !scan_dec32(s, &vcpu)) {
		return "no number in vcpu";
	} else if ((scan_lit(s, ", rip ") || scan_lit(s, " rip ")) && !scan_0x(s, &rec.rip)) {
		return "no number in rip";
	}
	if (!at_field_end(s) && *s->p != '[')
		return "the line is damaged here";
	th = trace_thread(t, h);
	trace_fault_over(t, th);
	if (vcpu != AEGISHV_VCPU_NONE)
		th->vcpu = vcpu;
	head_of(t, &rec.h, h);
	rec.h.type = AEGISHV_REC_ENTRY;
	rec.h.len = sizeof(rec);
	rec.tid = h->tid;
	trace_emit(t, &rec.h, th);
	return NULL;
}

/* "reason KVM_EXIT_IO (2)", "reason restart (4)", "reason error (14)" */
static const char *event_uexit(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	struct aegishv_rec_uexit rec = { 0 };
	struct trace_thread *th;
	bool failed;

	if (!scan_lit(s, "reason "))
		return "no reason";
	failed = scan_lit(s, "restart") || scan_lit(s, "error");
	while (s->p < s->end && *s->p != ' ')
		s->p++;
	if (!scan_lit(s, " (") || !scan_dec32(s, &rec.reason) || rec.reason > INT32_MAX ||
	    !scan_char(s, ')'))
		return "no number behind the reason";
	if (failed) {
		rec.err = -(int32_t)rec.reason;
		rec.reason = rec.err == -EINTR ? KVM_EXIT_INTR : KVM_EXIT_UNKNOWN;
	}
	th = trace_thread(t, h);
	trace_fault_over(t, th);
	head_of(t, &rec.h, h);
	rec.h.type = AEGISHV_REC_UEXIT;
	rec.h.len = sizeof(rec);
	rec.tid = h->tid;
	trace_emit(t, &rec.h, th);
	return NULL;
}

/* "vcpu 0 rip 0x... address 0x... error_code 0x..."; old: "address N error_code N" */
static const char *event_fault_x86(struct trace_parser *t, struct scan *s,
				   const struct trace_head *h)
{
	struct aegishv_rec_fault rec = { 0 };
	uint32_t vcpu = AEGISHV_VCPU_NONE;
	struct trace_thread *th;
	bool rip = false;

	if (scan_lit(s, "vcpu ")) {
		rip = true;
		if (!scan_dec32(s, &vcpu) || !scan_lit(s, " rip ") || !scan_0x(s, &rec.rip) ||
		    !scan_char(s, ' '))
			return "no numbers in vcpu and rip";
	}
	if (!scan_lit(s, "address ") || !scan_0x(s, &rec.gpa) || !scan_lit(s, " error_code ") ||
	    !scan_0x(s, &rec.code) || !at_field_end(s))
		return "no numbers in address and error_code";
	th = trace_thread(t, h);
	if (vcpu != AEGISHV_VCPU_NONE)
		th->vcpu = vcpu;
	if (!rip)
		rec.rip = th->rip;
	head_of(t, &rec.h, h);
	if (!rec.h.isa)
		rec.h.isa = rec.code & EPT_GLA_VALID ? AEGISHV_ISA_VMX : AEGISHV_ISA_SVM;
	trace_fault_line(t, th, &rec);
	return NULL;
}

/* "ipa 0x..., hsr 0x..., hxfar 0x..., pc 0x..." */
static const char *event_fault_arm64(struct trace_parser *t, struct scan *s,
				     const struct trace_head *h)
{
	struct aegishv_rec_fault rec = { 0 };
	__u64 hxfar;

	if (!scan_lit(s, "ipa ") || !scan_0x(s, &rec.gpa) ||
	    (!scan_lit(s, ", hsr ") && !scan_lit(s, ", esr ")) || !scan_0x(s, &rec.code) ||
	    !scan_lit(s, ", hxfar ") || !scan_0x(s, &hxfar) ||
	    !scan_lit(s, ", pc ") || !scan_0x(s, &rec.rip) || !at_field_end(s))
		return "no numbers in ipa, hsr, hxfar and pc";
	t->isa = AEGISHV_ISA_ARM64;
	head_of(t, &rec.h, h);
	trace_fault_line(t, trace_thread(t, h), &rec);
	return NULL;
}

typedef const char *event_fn(struct trace_parser *t, struct scan *s,
			     const struct trace_head *h);

static event_fn *guest_event(struct scan *s)
{
	if (scan_lit(s, "hypercall: "))
		return trace_hypercall;
	if (scan_lit(s, "cr: "))
		return trace_cr;
	if (scan_lit(s, "msr: "))
		return trace_msr;
	return NULL;
}

static event_fn *which_event(const struct trace_parser *t, struct scan *s)
{
	if (!scan_lit(s, "kvm_"))
		return NULL;
	if (scan_lit(s, "exit: "))
		return event_exit;
	if (scan_lit(s, "entry: "))
		return event_entry;
	if (scan_lit(s, "userspace_exit: "))
		return event_uexit;
	if (scan_lit(s, "page_fault: "))
		return event_fault_x86;
	if (scan_lit(s, "guest_fault: "))
		return event_fault_arm64;
	return t->o.guest_events ? guest_event(s) : NULL;
}

const char *trace_event(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	event_fn *event;

	scan_spaces(s);
	scan_lit(s, "kvm:");
	event = which_event(t, s);
	if (!event) {
		t->stats.other++;
		return NULL;
	}
	scan_spaces(s);
	t->time_ns = h->time_ns;
	return event(t, s, h);
}
