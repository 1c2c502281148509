/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way of a record through the shim, whatever it was read from: the
 * live rings (ring.c), a recording (recfile.c) or trace text (trace.c). Single
 * threaded: the thread that reads calls in here; the HTTP thread sees counters
 * through metrics.h only.
 */
#ifndef AHV_SHIM_PIPELINE_H
#define AHV_SHIM_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/aegishv.h>

struct pipeline;

/* Any record whose length this program knows; aligned for all of them. */
union aegishv_rec_any {
	struct aegishv_hdr h;
	struct aegishv_rec_lost lost;
	struct aegishv_rec_exit exit;
	struct aegishv_rec_fault fault;
	struct aegishv_rec_entry entry;
	struct aegishv_rec_uexit uexit;
	struct aegishv_rec_vm vm;
	struct aegishv_rec_health health;
	struct aegishv_rec_clock clock;
	struct aegishv_rec_name name;
	struct aegishv_rec_block block;
	struct aegishv_rec_proc proc;
	struct aegishv_rec_policy policy;
	struct aegishv_rec_cgroup cgroup;
	struct aegishv_rec_detect detect;
	struct aegishv_rec_guest guest;
};

struct metrics;
struct out;
struct detector;

/**
 * struct pipeline_opts - where a pipeline's results go
 * @out: JSON Lines, or NULL for none
 * @also: where the same lines go, too, or NULL
 * @metrics: counters, never NULL
 * @detector: looks at each record, instead of the kernel, or NULL
 * @tap: called with each record before it is counted, or NULL
 * @tap_arg: first argument of @tap
 */
struct pipeline_opts {
	struct out *out;
	struct out *also;
	struct metrics *metrics;
	struct detector *detector;
	void (*tap)(void *arg, const struct aegishv_hdr *rec);
	void *tap_arg;
};

/**
 * pipeline_new() - make a pipeline
 * @opts: copied; what it points to must outlive the pipeline
 *
 * Return: the pipeline, or NULL when memory is short.
 */
struct pipeline *pipeline_new(const struct pipeline_opts *opts);

/**
 * pipeline_free() - flush and release
 * @p: the pipeline, or NULL
 */
void pipeline_free(struct pipeline *p);

/**
 * pipeline_record() - count a record and write it out
 * @p: the pipeline
 * @rec: the record; @rec->len is at least the size its type asks for
 *	(rec_valid()); a type that is not known is counted and skipped
 */
void pipeline_record(struct pipeline *p, const struct aegishv_hdr *rec);

/**
 * pipeline_name_vm() - give a VM its name before its first record
 * @p: the pipeline
 * @vm: VM number
 * @name: bytes of any kind; written out as valid JSON and label text
 * @len: bytes of @name
 */
void pipeline_name_vm(struct pipeline *p, uint32_t vm, const char *name, size_t len);

/* Whether the path of a cgroup was told, by a record of that type. */
bool pipeline_knows_cgroup(const struct pipeline *p, uint64_t cgid);

/**
 * pipeline_unreadable() - count an input line or record that made no sense
 * @p: the pipeline
 * @where: "FILE:LINE:COLUMN" or the like, for the first few that are shown
 * @why: what was wrong with it
 */
void pipeline_unreadable(struct pipeline *p, const char *where, const char *why);

/**
 * pipeline_lost_upstream() - the source itself says that it dropped events
 * @p: the pipeline
 * @cpu: CPU whose events were dropped
 * @count: how many; 0 where the source does not know
 *
 * For trace text: "CPU:2 [LOST 1234 EVENTS]".
 */
void pipeline_lost_upstream(struct pipeline *p, uint32_t cpu, uint64_t count);

/**
 * pipeline_problem() - the source holds what no module writes
 * @p: the pipeline
 * @near: a record with the CPU and time at which it was noticed, or NULL
 * @text: what is wrong
 */
void pipeline_problem(struct pipeline *p, const struct aegishv_hdr *near, const char *text);

/**
 * pipeline_flush() - hand all buffered output to the kernel
 * @p: the pipeline
 */
void pipeline_flush(struct pipeline *p);

#endif
