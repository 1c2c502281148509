/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the trace parser: trace.c takes lines, trace_head.c reads who, where
 * and when, trace_body.c and trace_guest.c what, trace_fault.c pairs exits with faults,
 * trace_vm.c remembers threads and VMs.
 */
#ifndef AHV_SHIM_TRACE_INT_H
#define AHV_SHIM_TRACE_INT_H

#include <linux/aegishv.h>
#include "../kmod/pure/exits.h"
#include "pipeline.h"
#include "trace.h"
#include "trace_scan.h"

#define TRACE_THREAD_WAYS	4
#ifndef TRACE_THREAD_SETS	/* fuzzing wants small tables, to reach their end */
#define TRACE_THREAD_SETS	4096
#define TRACE_CPUS_MAX		65536	/* &aegishv_hdr.cpu has 16 bits */
#endif
#define TRACE_THREADS		(TRACE_THREAD_WAYS * TRACE_THREAD_SETS)
#define TRACE_VM_HASH		(2 * TRACE_VMS_MAX)
#define TRACE_NAMES		64	/* exit reasons kept by name */
#define TRACE_NAME_LEN		48
#define TRACE_NONE		UINT32_MAX

/**
 * struct trace_head - the columns before the event
 * @comm: name of the thread, in the line, behind spaces
 * @comm_len: bytes of it
 * @tid: thread
 * @tgid: process, 0 when the line does not tell
 * @cpu: below %TRACE_CPUS_MAX
 * @time_ns: time stamp; counter clocks: the counter
 */
struct trace_head {
	const char *comm;
	size_t comm_len;
	uint32_t tid;
	uint32_t tgid;
	uint32_t cpu;
	__u64 time_ns;
};

enum trace_wait {
	TRACE_WAIT_NONE,
	TRACE_WAIT_LINE,	/* the exit's fault line may follow */
	TRACE_WAIT_TWICE,	/* its fault was given: a line that follows is the same */
};

/**
 * struct trace_thread - what is known of a thread
 * @tid: thread
 * @tgid: process, or 0
 * @vm: index of its VM + 1, 0 when the entry is free
 * @vcpu: last vCPU it ran, or %AEGISHV_VCPU_NONE
 * @rip: where its last exit was
 * @used: when it was last looked up
 * @cpu: of the exit that waits
 * @isa: of the exit that waits
 * @wait: enum trace_wait
 * @prev: neighbour in the list of those that wait, or %TRACE_NONE
 * @next: likewise
 * @time_ns: of the exit that waits
 * @code: info1 of the exit that waits
 * @gpa: info2 of the exit that waits
 */
struct trace_thread {
	uint32_t tid;
	uint32_t tgid;
	uint32_t vm;
	uint32_t vcpu;
	__u64 rip;
	uint32_t used;
	uint16_t cpu;
	uint8_t isa;
	uint8_t wait;
	uint32_t prev;
	uint32_t next;
	__u64 time_ns;
	__u64 code;
	__u64 gpa;
};

/**
 * struct trace_vm - a VM
 * @number: VM number, 0 when the entry is free
 * @id: process, or thread where no process is known
 * @is_tid: @id is a thread, as far as was known at first
 * @comm: name of the thread that was seen first
 * @exits: exits given
 * @faults: faults given
 */
struct trace_vm {
	uint32_t number;
	uint32_t id;
	bool is_tid;
	char comm[AEGISHV_COMM_LEN];
	__u64 exits;
	__u64 faults;
};

struct trace_name {
	uint8_t len;
	uint8_t isa;
	uint32_t reason;
	char text[TRACE_NAME_LEN];
};

enum trace_mode {
	TRACE_UNDECIDED,	/* whether there are fault lines */
	TRACE_EXITS_ONLY,
	TRACE_FAULT_LINES,
};

/**
 * struct trace_parser - see trace.h
 * @o: options
 * @stats: counters
 * @skip: the rest of a line that was too long is skipped
 * @mode: enum trace_mode
 * @unanswered: exits whose fault line did not follow
 * @isa: of the last exit, 0 before the first
 * @time_ns: of the last line with an event
 * @tick: lookups of threads
 * @last: thread of the last line, or NULL
 * @wait_first: head of the list of threads that wait, oldest first
 * @wait_last: its tail
 * @next_vm: next VM number
 * @nr_vms: VMs in @vms, "overflow" not counted
 * @seq: next sequence number, by CPU
 * @threads: sets of %TRACE_THREAD_WAYS
 * @vms: no order; the last one is "overflow"
 * @vm_hash: index in @vms + 1, 0 for free
 * @names: exit reasons that were looked up
 */
struct trace_parser {
	struct trace_opts o;
	struct trace_stats stats;
	bool skip;
	enum trace_mode mode;
	unsigned int unanswered;
	uint8_t isa;
	__u64 time_ns;
	uint32_t tick;
	struct trace_thread *last;
	uint32_t wait_first;
	uint32_t wait_last;
	uint32_t next_vm;
	uint32_t nr_vms;
	__u64 seq[TRACE_CPUS_MAX];
	struct trace_thread threads[TRACE_THREADS];
	struct trace_vm vms[TRACE_VMS_MAX + 1];
	uint16_t vm_hash[TRACE_VM_HASH];
	struct trace_name names[TRACE_NAMES];
};

/* Each returns NULL, or why the line is unreadable, the cursor at the place. */
const char *trace_head(struct scan *s, struct trace_head *h);
const char *trace_event(struct trace_parser *t, struct scan *s, const struct trace_head *h);

/* trace_guest.c: lines behind the event's name. */
const char *trace_hypercall(struct trace_parser *t, struct scan *s, const struct trace_head *h);
const char *trace_cr(struct trace_parser *t, struct scan *s, const struct trace_head *h);
const char *trace_msr(struct trace_parser *t, struct scan *s, const struct trace_head *h);

/* The thread of a line and, through it, its VM; never NULL. */
struct trace_thread *trace_thread(struct trace_parser *t, const struct trace_head *h);

/* Number a record of a thread that has its type, length, isa, CPU and time, and pass it on. */
void trace_emit(struct trace_parser *t, struct aegishv_hdr *rec, const struct trace_thread *th);

/* An exit record was given: it may be a fault too. */
void trace_fault_exit(struct trace_parser *t, struct trace_thread *th,
		      const struct aegishv_rec_exit *exit);

/* A fault line of a thread: all but access and flags is filled in. */
void trace_fault_line(struct trace_parser *t, struct trace_thread *th,
		      struct aegishv_rec_fault *rec);

/* The thread goes on: no line about its last exit will follow. */
void trace_fault_over(struct trace_parser *t, struct trace_thread *th);

/* No line will follow for any thread. */
void trace_fault_all(struct trace_parser *t);

#endif
