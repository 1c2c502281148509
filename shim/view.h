/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts for people: the live table of run, and the tables that stats, top and
 * snapshot share. Rates come from two snapshots.
 */
#ifndef AHV_SHIM_VIEW_H
#define AHV_SHIM_VIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "snap.h"

/* Whether to colour what goes to a stream: a terminal, NO_COLOR not set. */
bool view_colour(FILE *f);

/**
 * struct view - what to print
 * @f: where to
 * @colour: view_colour()
 * @rows: lines there are, 0 for no limit
 * @seconds: between @prev and @now, 0 without rates
 * @prev: earlier counts, or NULL
 * @now: counts
 */
struct view {
	FILE *f;
	bool colour;
	unsigned int rows;
	double seconds;
	const struct snap *prev;
	const struct snap *now;
};

/* VMs with exits and faults, busiest first. */
void view_vms(const struct view *v);

/* Exit reasons and faults, most frequent first. */
void view_counts(const struct view *v);

/* One line: VMs, exits, faults, losses. */
void view_line(const struct view *v);

/* A number with its thousands apart; buffers rotate, four at a time. */
const char *view_number(uint64_t n);

#endif
