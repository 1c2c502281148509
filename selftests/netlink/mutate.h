/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages for a fuzzer, from a seed. */
#ifndef MUTATE_H
#define MUTATE_H

#include <stddef.h>
#include <stdint.h>

struct mutate {
	uint64_t state;
	int family;
	uint32_t txn;	/* a transaction that the module has numbered, for the rules in messages */
	unsigned long long plain, mutated, random, unsent;
};

void mutate_init(struct mutate *m, uint64_t seed, int family);
/* Writes one at @to, less than 1,500 bytes; returns how many, padding included. */
size_t mutate_message(struct mutate *m, uint8_t *to);

#endif
