/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's trace text (trace, trace_pipe, trace-cmd report) to records,
 * for kvm_exit, kvm_entry, kvm_page_fault, kvm_guest_fault and
 * kvm_userspace_exit of x86 and arm64, Linux 5.4 to today. Nothing is
 * allocated after trace_new() and memory is bounded whatever is read. Single
 * threaded.
 */
#ifndef AHV_SHIM_TRACE_H
#define AHV_SHIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline;
struct trace_parser;

#define TRACE_LINE_MAX	65536	/* bytes of a line without its newline */
#ifndef TRACE_VMS_MAX
#define TRACE_VMS_MAX	4096	/* VMs told apart; the rest are VM "overflow" */
#endif

/**
 * struct trace_opts - what a parser is to do
 * @out: where records go
 * @name: name of the input, for messages; not copied
 * @tgid: the process of a thread, 0 when not known; called where the text has
 *	no (TGID) column, once for each new thread; NULL: threads are VMs
 * @comm: the name of a process, where it is known better than by the text;
 *	called once for each new VM with %AEGISHV_COMM_LEN bytes to fill;
 *	false: not known; or NULL
 * @arg: first argument of @tgid and @comm
 * @page_faults: the text is known to have kvm_page_fault lines
 * @guest_events: give records of kvm_hypercall, kvm_cr and kvm_msr lines
 * @vm_events: give VM records: birth at a VM's first line, death in
 *	trace_sweep()
 */
struct trace_opts {
	struct pipeline *out;
	const char *name;
	uint32_t (*tgid)(void *arg, uint32_t tid);
	bool (*comm)(void *arg, uint32_t id, char *comm);
	void *arg;
	bool page_faults;
	bool guest_events;
	bool vm_events;
};

/**
 * struct trace_stats - what was read
 * @lines: lines of any kind
 * @records: records given to the pipeline
 * @other: events that are not ours, and stack traces
 * @comments: empty lines, lines that start with #, trace-cmd's preamble
 * @unreadable: lines that made no sense, or what they said cannot be kept
 * @lost_reports: lines of the kernel that say that it dropped events
 * @lost_events: how many it says, where it does
 * @merged: kvm_page_fault lines whose fault was counted at the exit already
 * @faults_inferred: faults taken from kvm_exit, which no other line told
 * @faults_seen: fault lines
 * @faults_blind: exits of arm64 for a memory abort; kvm_guest_fault has the rest
 * @overflow_records: records of VM "overflow"
 */
struct trace_stats {
	uint64_t lines;
	uint64_t records;
	uint64_t other;
	uint64_t comments;
	uint64_t unreadable;
	uint64_t lost_reports;
	uint64_t lost_events;
	uint64_t merged;
	uint64_t faults_inferred;
	uint64_t faults_seen;
	uint64_t faults_blind;
	uint64_t overflow_records;
};

/**
 * trace_new() - make a parser
 * @opts: copied
 *
 * Return: the parser, or NULL when memory is short.
 */
struct trace_parser *trace_new(const struct trace_opts *opts);

/**
 * trace_free() - release a parser
 * @t: the parser, or NULL
 */
void trace_free(struct trace_parser *t);

/**
 * trace_feed() - read text
 * @t: the parser
 * @buf: the text, from where the last call stopped
 * @len: bytes of it
 *
 * Return: bytes consumed: all complete lines. What is left is the start of a
 * line: give it again with more behind it. It is never longer than
 * %TRACE_LINE_MAX + 1 bytes.
 */
size_t trace_feed(struct trace_parser *t, const char *buf, size_t len);

/**
 * trace_end() - the input is over
 * @t: the parser
 * @rest: what trace_feed() left: a last line without a newline
 * @len: bytes of it
 */
void trace_end(struct trace_parser *t, const char *rest, size_t len);

/**
 * trace_sweep() - forget VMs that are gone
 * @t: the parser
 * @alive: whether a process (or thread, where no process is known) still is
 * @arg: first argument of @alive
 *
 * For input without end, so that VM numbers do not run out.
 */
void trace_sweep(struct trace_parser *t, bool (*alive)(void *arg, uint32_t id), void *arg);

/**
 * trace_stats() - what was read so far
 * @t: the parser
 */
const struct trace_stats *trace_stats(const struct trace_parser *t);

#endif
