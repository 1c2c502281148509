/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between tracefs.c, which reads, and tracefs_set.c, which sets up and undoes.
 */
#ifndef AHV_SHIM_TRACEFS_INT_H
#define AHV_SHIM_TRACEFS_INT_H

#include <limits.h>
#include "tracefs.h"

#define TRACEFS_EVENTS	8

/**
 * struct tracefs_set - what was set up
 * @path: the instance
 * @made: the instance is ours: made by us, removed by us
 * @clock: trace clock of somebody's instance before, empty when not known
 * @events: events, required ones first
 */
struct tracefs_set {
	char path[PATH_MAX];
	bool made;
	char clock[32];
	struct tracefs_event events[TRACEFS_EVENTS];
};

int tracefs_set_up(struct tracefs_set *s, const struct tracefs_opts *opts, char *err);

/* Stop the events; what the kernel has of them can still be read. */
void tracefs_set_off(struct tracefs_set *s);

/* The same, and remove the instance: trace_pipe must be closed. */
void tracefs_set_undo(struct tracefs_set *s);

/* Events go with the kvm module and come back with it. */
void tracefs_set_check(struct tracefs_set *s);

/* Exits are seen, and faults by one of the events that tell them. */
bool tracefs_set_ready(const struct tracefs_set *s);

#endif
