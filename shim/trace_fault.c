// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which faults a trace tells of. The kernel prints kvm_exit, then, in the same
 * thread, kvm_page_fault for the same fault: that is one FAULT record, taken
 * from the second line. Where kvm_page_fault was not traced the exit has to
 * do: on SVM it has all, on VMX all but the address. Text does not say what
 * was traced, so an exit waits for the next line of its thread until one kind
 * of trace is established; a new header ("# tracer:") starts over.
 */
#include "trace_int.h"

/* So many exits without a fault line: there are none. */
#define UNANSWERED_MAX	16

#define NPF		0x400
#define EPT_VIOLATION	48

static bool is_fault(const struct aegishv_rec_exit *exit)
{
	switch (exit->h.isa) {
	case AEGISHV_ISA_SVM:
		return exit->reason == NPF;
	case AEGISHV_ISA_VMX:
		return exit->reason == EPT_VIOLATION;
	default:
		return false;
	}
}

static uint32_t index_of(const struct trace_parser *t, const struct trace_thread *th)
{
	return th - t->threads;
}

static void wait_add(struct trace_parser *t, struct trace_thread *th,
		     const struct aegishv_rec_exit *exit)
{
	th->wait = TRACE_WAIT_LINE;
	th->cpu = exit->h.cpu;
	th->isa = exit->h.isa;
	th->time_ns = exit->h.time_ns;
	th->code = exit->info1;
	th->gpa = exit->info2;
	th->next = TRACE_NONE;
	th->prev = t->wait_last;
	if (th->prev == TRACE_NONE)
		t->wait_first = index_of(t, th);
	else
		t->threads[th->prev].next = index_of(t, th);
	t->wait_last = index_of(t, th);
}

static void wait_del(struct trace_parser *t, struct trace_thread *th)
{
	th->wait = TRACE_WAIT_NONE;
	if (th->prev == TRACE_NONE)
		t->wait_first = th->next;
	else
		t->threads[th->prev].next = th->next;
	if (th->next == TRACE_NONE)
		t->wait_last = th->prev;
	else
		t->threads[th->next].prev = th->prev;
}

static void emit_fault(struct trace_parser *t, struct trace_thread *th,
		       struct aegishv_rec_fault *rec)
{
	rec->h.type = AEGISHV_REC_FAULT;
	rec->h.len = sizeof(*rec);
	rec->h.class_ = AEGISHV_CLASS_TELEMETRY;
	rec->access = ahv_fault_access(rec->h.isa, rec->code);
	rec->flags |= ahv_fault_flags(rec->h.isa, rec->code);
	rec->tid = th->tid;
	trace_emit(t, &rec->h, th);
}

static void infer_fault(struct trace_parser *t, struct trace_thread *th,
			const struct aegishv_rec_exit *exit)
{
	struct aegishv_rec_fault rec = {
		.h = { .isa = exit->h.isa, .cpu = exit->h.cpu, .time_ns = exit->h.time_ns },
		.rip = exit->rip,
		.code = exit->info1,
	};

	if (exit->h.isa == AEGISHV_ISA_SVM)
		rec.gpa = exit->info2;
	else
		rec.flags = AEGISHV_FAULT_NO_GPA;
	t->stats.faults_inferred++;
	emit_fault(t, th, &rec);
}

/* The fault of an exit that waits for nothing any more. */
static void infer_waiting(struct trace_parser *t, struct trace_thread *th)
{
	const struct aegishv_rec_exit exit = {
		.h = { .isa = th->isa, .cpu = th->cpu, .time_ns = th->time_ns },
		.rip = th->rip,
		.info1 = th->code,
		.info2 = th->gpa,
	};

	infer_fault(t, th, &exit);
}

void trace_fault_exit(struct trace_parser *t, struct trace_thread *th,
		      const struct aegishv_rec_exit *exit)
{
	if (!is_fault(exit) || t->mode == TRACE_FAULT_LINES)
		return;
	if (t->mode == TRACE_UNDECIDED) {
		wait_add(t, th, exit);
		return;
	}
	infer_fault(t, th, exit);
	th->wait = TRACE_WAIT_TWICE;
}

void trace_fault_line(struct trace_parser *t, struct trace_thread *th,
		      struct aegishv_rec_fault *rec)
{
	enum trace_wait wait = th->wait;

	t->mode = TRACE_FAULT_LINES;
	t->stats.faults_seen++;
	if (wait == TRACE_WAIT_LINE)
		wait_del(t, th);
	th->wait = TRACE_WAIT_NONE;
	if (wait == TRACE_WAIT_TWICE) {
		t->stats.merged++;
		return;
	}
	emit_fault(t, th, rec);
}

void trace_fault_over(struct trace_parser *t, struct trace_thread *th)
{
	if (th->wait != TRACE_WAIT_LINE) {
		th->wait = TRACE_WAIT_NONE;
		return;
	}
	wait_del(t, th);
	if (t->mode == TRACE_FAULT_LINES)
		return;
	infer_waiting(t, th);
	if (++t->unanswered >= UNANSWERED_MAX)
		t->mode = TRACE_EXITS_ONLY;
}

void trace_fault_all(struct trace_parser *t)
{
	while (t->wait_first != TRACE_NONE)
		trace_fault_over(t, &t->threads[t->wait_first]);
	t->mode = t->o.page_faults ? TRACE_FAULT_LINES : TRACE_UNDECIDED;
	t->unanswered = 0;
}
