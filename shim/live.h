/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the module's rings into a session until told to stop.
 */
#ifndef AHV_SHIM_LIVE_H
#define AHV_SHIM_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include "genl.h"
#include "ring.h"
#include "session.h"
#include "vmrules.h"

/**
 * struct live_opts - as asked for
 * @set_exit_events: change exit_events while it runs, put back what was after
 * @exit_events: to what
 * @sample: N of sample:N, 0 for the module's own
 * @duration_ns: stop after that, 0 for never
 * @max_events: stop after so many records, 0 for never
 * @tick: called about once a second, or NULL
 * @tick_arg: its argument
 * @rules: for VMs, put in force for each as it comes; NULL: those of the policy
 *	that was applied last
 */
struct live_opts {
	bool set_exit_events;
	uint32_t exit_events;
	uint32_t sample;
	uint64_t duration_ns;
	uint64_t max_events;
	void (*tick)(void *arg);
	void *tick_arg;
	const struct vmrules *rules;
};

struct live {
	struct live_opts o;
	struct session *s;
	struct ring_set rings;
	struct genl *genl;
	struct genl_config before;
	bool changed;
	struct vmrules stored;
	struct timespec stored_at;
	uint64_t events;
	uint64_t clock_due_ns;
	int epoll_fd;
};

/* Take the device; what fails is said on stderr. Returns 0 or an exit status. */
int live_open(struct live *l, const struct live_opts *o);

/* Read until a signal or a limit; returns an exit status. */
int live_run(struct live *l, struct session *s);
void live_close(struct live *l);

#endif
