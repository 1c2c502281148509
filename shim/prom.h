/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts as Prometheus text exposition format 0.0.4. The number of series is
 * bounded by the exit reasons there are, the hooks and max_vm_series; what is
 * a series a CPU or has no bound is there only with detailed.
 */
#ifndef AHV_SHIM_PROM_H
#define AHV_SHIM_PROM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "snap.h"

#define PROM_VM_SERIES	100

/**
 * struct prom - what to show
 * @mode: live, replay, tracefs or module
 * @metrics: counters of this process, or NULL when it reads no stream
 * @out: its JSON Lines, or NULL
 * @namer: which VMs have series of their own
 * @max_vm_series: how many may
 * @other_exits: of the other VMs, so that it never goes back
 * @other_faults: the same for faults
 * @legacy: add aegisbpf_* names
 * @detailed: every VM, every CPU
 */
struct prom {
	const char *mode;
	struct metrics *metrics;
	struct out *out;
	struct namer namer;
	uint32_t max_vm_series;
	uint64_t other_exits;
	uint64_t other_faults;
	bool legacy;
	bool detailed;
};

/**
 * prom_render() - the page
 * @p: what to show
 * @s: counts, or NULL when the module did not answer
 * @ready: what /readyz says
 * @len: where to put its length
 *
 * Return: the text, to be freed, or NULL when memory is short.
 */
char *prom_render(struct prom *p, struct snap *s, bool ready, size_t *len);

#endif
