/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tailing the kernel's own tracing of KVM, where the module cannot be loaded:
 * exits and faults come as text and cost more, and what the kernel drops is
 * only known as far as it says so. Single threaded.
 */
#ifndef AHV_SHIM_TRACEFS_H
#define AHV_SHIM_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pipeline;
struct trace_stats;
struct tracefs;

#define TRACEFS_ERR_LEN	512

/**
 * struct tracefs_opts - what to tail
 * @dir: where tracefs is mounted, or one instance in it
 * @all: VM entries and returns to the VMM too
 * @guest: what guests do that detectors look at, too
 */
struct tracefs_opts {
	const char *dir;
	bool all;
	bool guest;
};

/**
 * struct tracefs_event - one event
 * @name: its name in events/kvm
 * @wanted: it was asked for
 * @guest: it is one of those that detectors look at
 * @required: nothing is seen without it
 * @on: it is there and enabled
 * @err: why it is not: 0 or a positive errno; ENOENT: this kernel has none
 * @was: whether it was enabled before, where @dir is somebody's instance
 */
struct tracefs_event {
	const char *name;
	bool wanted;
	bool guest;
	bool required;
	bool on;
	int err;
	bool was;
};

/**
 * tracefs_open() - start the kernel's tracing
 * @opts: what to tail; not kept
 * @p: where records go
 * @err: %TRACEFS_ERR_LEN bytes for what went wrong
 *
 * Makes the instance "aegishv" in @dir, or uses @dir where that is an instance
 * itself. One that a killed aegishv left behind is taken over. Fails when
 * exits or faults cannot be traced: nothing is tailed in the hope of events to
 * come.
 *
 * Return: the tail, or NULL.
 */
struct tracefs *tracefs_open(const struct tracefs_opts *opts, struct pipeline *p, char *err);

/**
 * tracefs_poll() - wait for text and read all there is
 * @t: the tail
 * @timeout_ms: how long to wait at most; a signal ends the wait
 *
 * Return: 0 or -errno.
 */
int tracefs_poll(struct tracefs *t, int timeout_ms);

/**
 * tracefs_check() - see whether the events are still there
 * @t: the tail
 *
 * They go with the kvm module and come back with it, switched off.
 * tracefs_poll() does this once a second.
 */
void tracefs_check(struct tracefs *t);

/**
 * tracefs_ready() - whether exits and faults are seen now
 * @t: the tail
 *
 * False after kvm was unloaded, until it is back.
 */
bool tracefs_ready(const struct tracefs *t);

/**
 * tracefs_events() - the events and their states
 * @t: the tail
 * @nr: how many there are
 */
const struct tracefs_event *tracefs_events(const struct tracefs *t, size_t *nr);

/* Where it reads, for messages. */
const char *tracefs_path(const struct tracefs *t);
const struct trace_stats *tracefs_stats(const struct tracefs *t);

/**
 * tracefs_close() - stop the kernel's tracing and undo what was set up
 * @t: the tail, or NULL
 *
 * Text that the kernel still has is read before.
 */
void tracefs_close(struct tracefs *t);

#endif
