// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the detectors: what they are when nobody says, whether they make
 * sense, and the form in which detect.c looks at them. Any context; no locks.
 */
#include "detect.h"

#define NS_PER_MS	1000000ULL
#define MAX_MS		86400000U	/* a day */

static const struct aegishv_detect_rules defaults = {
	.detectors = 0,
	.cooldown_ms = 60000,
	.wx_window_ms = 1000,
	.headless_ms = 60000,
	.toggle = { 16, 1000 },
	.burst = { 100000, 1000 },
	.pio = { 50000, 1000 },
	.mmio = { 50000, 1000 },
	/* What KVM knows: VAPIC_POLL_IRQ, KICK_CPU, CLOCK_PAIRING to MAP_GPA_RANGE. */
	.nr_hypercalls = 3,
	.hypercalls = { { 1, 1 }, { 5, 5 }, { 9, 12 } },
	/* Interrupts of the host and of the guest, and what an idle guest does. */
	.nr_quiet = 10,
	.quiet = {
		{ AEGISHV_ISA_SVM, 0x60 },	/* interrupt */
		{ AEGISHV_ISA_SVM, 0x64 },	/* vintr */
		{ AEGISHV_ISA_SVM, 0x77 },	/* pause */
		{ AEGISHV_ISA_SVM, 0x78 },	/* hlt */
		{ AEGISHV_ISA_VMX, 1 },		/* EXTERNAL_INTERRUPT */
		{ AEGISHV_ISA_VMX, 7 },		/* INTERRUPT_WINDOW */
		{ AEGISHV_ISA_VMX, 12 },	/* HLT */
		{ AEGISHV_ISA_VMX, 40 },	/* PAUSE_INSTRUCTION */
		{ AEGISHV_ISA_VMX, 52 },	/* PREEMPTION_TIMER */
		{ AEGISHV_ISA_ARM64, 0 },	/* IRQ */
	},
};

/**
 * ahv_detect_defaults() - the rules when nobody gave any: no detector is on
 * @r: where to put them
 */
void ahv_detect_defaults(struct aegishv_detect_rules *r)
{
	*r = defaults;
}

static bool ranges_bad(const struct aegishv_detect_range *r, u32 nr, u32 max)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (r[i].first > r[i].last || r[i].last > max)
			return true;
	return false;
}

static bool rate_bad(const struct aegishv_detect_rate *r)
{
	return !r->window_ms || r->window_ms > MAX_MS;
}

static bool reasons_bad(const struct aegishv_detect_rules *r)
{
	u32 i;

	for (i = 0; i < r->nr_quiet; i++)
		if (!r->quiet[i].isa || r->quiet[i].isa >= AHV_DETECT_ISAS)
			return true;
	return false;
}

/**
 * ahv_detect_problem() - what is wrong with rules
 * @r: rules, any bytes
 *
 * Return: NULL when nothing is, else the reason, for a person.
 */
const char *ahv_detect_problem(const struct aegishv_detect_rules *r)
{
	if (r->detectors & ~AHV_DETECT_ALL)
		return "detect: a detector that this module does not know";
	if (r->rsvd)
		return "detect: what is reserved must be zero";
	if (r->nr_ports > AEGISHV_DETECT_RANGES || r->nr_hypercalls > AEGISHV_DETECT_RANGES ||
	    r->nr_quiet > AEGISHV_DETECT_REASONS)
		return "detect: too many ranges or reasons";
	if (ranges_bad(r->ports, r->nr_ports, 0xffff))
		return "detect: a range of ports that ends before it begins or above 0xffff";
	if (ranges_bad(r->hypercalls, r->nr_hypercalls, ~0U))
		return "detect: a range of hypercalls that ends before it begins";
	if (reasons_bad(r))
		return "detect: an exit reason of no architecture";
	if (rate_bad(&r->toggle) || rate_bad(&r->burst) || rate_bad(&r->pio) ||
	    rate_bad(&r->mmio))
		return "detect: a window that is not between 1 ms and a day";
	if (r->cooldown_ms > MAX_MS || r->wx_window_ms > MAX_MS || r->headless_ms > MAX_MS)
		return "detect: a time that is longer than a day";
	return NULL;
}

static void limit(struct ahv_burst_limit *l, const struct aegishv_detect_rate *r)
{
	l->count = r->count;
	l->step_ns = r->window_ms * NS_PER_MS / AHV_BURST_STEPS;
}

/**
 * ahv_detect_compile() - put rules into the form that is looked at
 * @s: where to put it; all of it is written
 * @r: rules that ahv_detect_problem() finds nothing wrong with
 */
void ahv_detect_compile(struct ahv_detect_set *s, const struct aegishv_detect_rules *r)
{
	u32 i;

	*s = (struct ahv_detect_set){ .rules = *r };
	limit(&s->burst, &r->burst);
	limit(&s->pio, &r->pio);
	limit(&s->mmio, &r->mmio);
	s->cooldown_ns = r->cooldown_ms * NS_PER_MS;
	s->wx_window_ns = r->wx_window_ms * NS_PER_MS;
	s->toggle_ns = r->toggle.window_ms * NS_PER_MS;
	s->headless_ns = r->headless_ms * NS_PER_MS;
	for (i = 0; i < r->nr_quiet; i++) {
		const struct aegishv_detect_reason *q = &r->quiet[i];
		u32 slot = ahv_exit_slot(q->isa, q->reason);

		s->quiet[q->isa][slot / 64] |= 1ULL << slot % 64;
	}
}
