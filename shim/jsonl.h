/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One record, one line of JSON. schema/event.schema.json describes the lines;
 * the same record and state give the same bytes, whatever the record came from.
 */
#ifndef AHV_SHIM_JSONL_H
#define AHV_SHIM_JSONL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/aegishv.h>
#include "cgtab.h"
#include "vmtab.h"

/* No line is longer, its newline included: three paths of REC_PATH_MAX. */
#define JSONL_LINE_MAX	(80 * 1024)
/* Nor is one of a record without a path. */
#define JSONL_SHORT_MAX	4096

/* Sequence number of a record that no ring held: its line has none. */
#define JSONL_NO_SEQ	UINT64_MAX

/**
 * struct jsonl_clock - how a record's time becomes wall-clock time
 * @known: whether it can
 * @offset_ns: CLOCK_REALTIME minus the clock of the records, modulo 2^64
 * @second: the second that @text holds, 0 for none
 * @text: YYYY-MM-DDTHH:MM:SS
 */
struct jsonl_clock {
	bool known;
	uint64_t offset_ns;
	uint64_t second;
	char text[24];
};

/* Most bytes that the line of a record can have, newline included. */
size_t jsonl_bound(const struct aegishv_hdr *rec, const struct cgtab_entry *cgroup);

/**
 * jsonl_record() - write a record as a line
 * @dst: where; jsonl_bound() bytes
 * @rec: a record that rec_valid() accepts
 * @vm: its VM, NULL when &aegishv_hdr.vm is 0
 * @clock: relation of the clocks
 *
 * Return: bytes written, newline included; 0 for a record without a line
 * (AEGISHV_REC_CLOCK, types that are not known) and for those of
 * jsonl_proc_record().
 */
size_t jsonl_record(char *dst, const struct aegishv_hdr *rec,
		    const struct vm_entry *vm, struct jsonl_clock *clock);

/**
 * jsonl_proc_record() - write a record about a process as a line
 * @dst: where; jsonl_bound() bytes
 * @rec: a record that rec_valid() accepts and rec_proc() knows
 * @cgroup: its cgroup, NULL when that is not known
 * @clock: relation of the clocks
 *
 * Return: bytes written, newline included.
 */
size_t jsonl_proc_record(char *dst, const struct aegishv_hdr *rec,
			 const struct cgtab_entry *cgroup, struct jsonl_clock *clock);

/**
 * jsonl_problem() - a line of the shim's own about something that is wrong
 * @dst: where; %JSONL_SHORT_MAX bytes
 * @near: the record at which it was noticed, for cpu and time, or NULL
 * @text: what is wrong
 * @clock: relation of the clocks
 *
 * Return: bytes written, newline included.
 */
size_t jsonl_problem(char *dst, const struct aegishv_hdr *near, const char *text,
		     struct jsonl_clock *clock);

/* Who knows of a loss besides the module's own records. */
enum jsonl_loss {
	JSONL_LOSS_TRACE,	/* trace text: LOST n EVENTS */
	JSONL_LOSS_OUTPUT,	/* lines that found no room here: the disk was full */
};

/**
 * jsonl_loss() - a "lost" line for a loss that no record tells
 * @dst: where; %JSONL_SHORT_MAX bytes
 * @source: who says so
 * @cpu: its CPU, or -1
 * @count: how many events, 0 when that is not known
 *
 * Return: bytes written, newline included.
 */
size_t jsonl_loss(char *dst, enum jsonl_loss source, long cpu, uint64_t count);

#endif
