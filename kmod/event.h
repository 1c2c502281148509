/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a record: begin, fill, end. Any context with preemption off, as in a
 * tracepoint probe; it stays off in between, and nothing sleeps.
 */
#ifndef AHV_EVENT_H
#define AHV_EVENT_H

#include <linux/timekeeping.h>
#include "aegishv.h"
#include "ring.h"

/**
 * ahv_event_begin() - start a record on this CPU's ring
 * @type: enum aegishv_rec_type
 * @len: bytes of it, a multiple of 8; the caller fills all behind the header
 * @class_: enum aegishv_class
 * @v: the vCPU it is about, or NULL
 *
 * Return: the record; NULL when the ring had no room, which is counted, and
 * then there is nothing to end.
 */
static __always_inline void *ahv_event_begin(u32 type, u32 len, u32 class_,
					     const struct ahv_vcpu *v)
{
	struct aegishv_hdr *h = ahv_ring_reserve(this_cpu_read(ahv_ring), len, class_);

	if (unlikely(!h))
		return NULL;
	h->type = type;
	h->cpu = raw_smp_processor_id();
	h->class_ = class_;
	h->isa = ahv_isa();
	h->time_ns = ktime_get_mono_fast_ns();
	h->vm = v ? v->vm_id : 0;
	h->vcpu = v ? v->id : AEGISHV_VCPU_NONE;
	return h;
}

/**
 * ahv_event_end() - a record is complete
 * @h: its header
 * @class_: its class; an alert wakes the consumer
 */
static __always_inline void ahv_event_end(struct aegishv_hdr *h, u32 class_)
{
	ahv_ring_commit(this_cpu_read(ahv_ring), h, class_ == AEGISHV_CLASS_ALERT);
}

/**
 * ahv_event_end_lazy() - a record of any class is complete that can wait
 * @h: its header
 *
 * The consumer is woken at the watermark or the deadline.
 */
static __always_inline void ahv_event_end_lazy(struct aegishv_hdr *h)
{
	ahv_ring_commit(this_cpu_read(ahv_ring), h, false);
}

#endif
