// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest did that no exit line tells: kvm_hypercall, kvm_cr and kvm_msr of
 * x86, see arch/x86/kvm/trace.h in any kernel's source. Only for detectors: the
 * lines are let be when nobody asks for them.
 */
#include "trace_int.h"

#define MSR_EFER	0xc0000080U

static void emit(struct trace_parser *t, const struct trace_head *h, uint32_t event, __u64 value)
{
	struct trace_thread *th = trace_thread(t, h);
	struct aegishv_rec_guest rec = {
		.h = { .type = AEGISHV_REC_GUEST, .len = sizeof(rec), .cpu = h->cpu,
		       .isa = t->isa, .time_ns = h->time_ns },
		.rip = th->rip,
		.value = value,
		.event = event,
		.tid = h->tid,
	};

	trace_emit(t, &rec.h, th);
}

/* "nr 0x5 a0 0x0 a1 ..." */
const char *trace_hypercall(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	__u64 nr;

	if (!scan_lit(s, "nr ") || !scan_0x(s, &nr))
		return "no number in nr";
	emit(t, h, AEGISHV_GUEST_HYPERCALL, nr);
	return NULL;
}

/* "cr_write 0 = 0x80050033"; reads say nothing new. */
const char *trace_cr(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	uint32_t cr;
	__u64 value;

	if (scan_lit(s, "cr_read "))
		return NULL;
	if (!scan_lit(s, "cr_write ") || !scan_dec32(s, &cr) || !scan_lit(s, " = ") ||
	    !scan_0x(s, &value))
		return "no numbers in cr_write";
	if (cr == 0)
		emit(t, h, AEGISHV_GUEST_CR0, value);
	else if (cr == 4)
		emit(t, h, AEGISHV_GUEST_CR4, value);
	return NULL;
}

/* "msr_write c0000080 = 0xd01", with " (#GP)" behind it when it was refused */
const char *trace_msr(struct trace_parser *t, struct scan *s, const struct trace_head *h)
{
	__u64 msr, value;

	if (scan_lit(s, "msr_read "))
		return NULL;
	if (!scan_lit(s, "msr_write ") || !scan_hex(s, &msr) || !scan_lit(s, " = ") ||
	    !scan_0x(s, &value))
		return "no numbers in msr_write";
	if (msr == MSR_EFER && !scan_lit(s, " (#GP)"))
		emit(t, h, AEGISHV_GUEST_EFER, value);
	return NULL;
}
