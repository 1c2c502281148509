/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest of aegishv-vmm says that it caused, and what somebody who
 * watched has seen of it: both as the same lists of names and numbers.
 */
#ifndef EXACT_TRUTH_H
#define EXACT_TRUTH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define MAX_VCPUS	64
#define MAX_COUNTS	32

struct count {
	char name[32];
	uint64_t n;
};

/* Names are unique. */
struct counts {
	struct count c[MAX_COUNTS];
	unsigned int n;
};

/**
 * struct tally - of one vCPU, or of a VM
 * @exits: by the kernel's name of the reason
 * @faults: "read", "write", "exec"
 * @flags: "present", "walk"; only where @has_flags
 * @uexits: returns to the VMM; only the sum where names are not known
 */
struct tally {
	struct counts exits, faults, flags, uexits;
	bool has_flags;
	uint64_t entries;
	pid_t tid;
	unsigned int id;
};

struct truth {
	pid_t pid;
	char state[16];
	unsigned int vcpus;
	struct tally vm, vcpu[MAX_VCPUS];
	struct counts host_exits;	/* names only: anybody may add these */
};

/**
 * struct guest_run - a VMM that holds its VM until it is let go
 * @pid: of the VMM
 * @in: writing end of its stdin
 * @out: its stdout
 */
struct guest_run {
	pid_t pid;
	int in;
	FILE *out;
};

void counts_add(struct counts *c, const char *name, uint64_t n);
uint64_t counts_get(const struct counts *c, const char *name);
uint64_t counts_sum(const struct counts *c);
bool counts_have(const struct counts *c, const char *name);

int guest_start(struct guest_run *g, char *const argv[]);
int guest_read(struct guest_run *g, struct truth *t);
int guest_end(struct guest_run *g);

#endif
