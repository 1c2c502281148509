/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer of /dev/aegishv that counts denials and losses. */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct drain {
	uint64_t blocks;	/* BLOCK records */
	uint64_t denied;	/* of them, those that were denied */
	uint64_t policies;	/* POLICY records */
	uint64_t others;	/* of other types */
	uint64_t reported;	/* events that LOST records tell of */
	uint64_t gaps;		/* places where sequence numbers are missing without one */
	uint64_t lost;		/* events lost, by the rings' counters */
};

/* 0 or a negative errno. */
int drain_open(void);
/* Reads what comes until *@stop, and then what is there. */
void drain_run(struct drain *d, const volatile bool *stop);
void drain_close(void);

#endif
