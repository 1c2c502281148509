/* SPDX-License-Identifier: GPL-2.0-only */
/* One small VM at a time: made, run to its end, destroyed; or many that are only held. */
#ifndef LIFE_H
#define LIFE_H

#include <stdint.h>

#define LIFE_MAX_VCPUS	4

/**
 * struct life - a VM whose guest writes to an I/O port and halts
 * @vm: its descriptor
 * @vcpu: those of its vCPUs
 * @run: what KVM shares of each
 * @run_bytes: how much that is
 * @nr_vcpus: how many
 * @mem: its memory
 */
struct life {
	int vm;
	int vcpu[LIFE_MAX_VCPUS];
	struct kvm_run *run[LIFE_MAX_VCPUS];
	int run_bytes;
	int nr_vcpus;
	uint8_t *mem;
};

/* Each returns 0, or -1 after saying why on stderr. */
int life_open_kvm(void);
int life_make(struct life *l, int nr_vcpus);
int life_run(struct life *l, int vcpu, uint16_t writes);
void life_end(struct life *l);

#endif
