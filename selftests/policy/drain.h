/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer of /dev/aegishv that counts denials and losses. */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct drain {
	uint64_t blocks;	/* BLOCK records */
	uint64_t denied;	/* of them, with an action other than audit */
	uint64_t others;	/* records of other types */
	uint64_t lost;		/* what LOST records report */
	uint64_t gaps;		/* sequence numbers that are missing, and not reported */
	uint64_t first_seq;	/* sum of what each ring had handed out when it was opened */
	uint64_t end_seq;	/* ... and has now */
};

/* 0 or a negative errno. */
int drain_open(void);
/* Reads what is there, and as long as *@stop is false, what comes. */
void drain_run(struct drain *d, const volatile bool *stop);
void drain_close(void);

#endif
