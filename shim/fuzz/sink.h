/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pipeline that only checks: what a reader hands over must be sound whatever
 * it read. A failed check ends the program.
 */
#ifndef AHV_SHIM_FUZZ_SINK_H
#define AHV_SHIM_FUZZ_SINK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct sink - what came through
 * @strict: records are of our own making: sequence, VM and values are checked
 * @records: records
 * @unreadable: reports of what makes no sense
 * @lost_reports: reports of loss
 * @vms: highest VM number
 * @named: highest VM number with a name
 * @cpus: CPUs whose numbers were touched
 * @next_seq: next sequence number, by CPU
 */
struct sink {
	bool strict;
	uint64_t records;
	uint64_t unreadable;
	uint64_t lost_reports;
	uint32_t vms;
	uint32_t named;
	uint32_t cpus;
	uint64_t next_seq[65536];
};

extern struct sink sink;

void sink_reset(bool strict);

#define CHECK(condition) do { if (!(condition)) __builtin_trap(); } while (0)

#endif
