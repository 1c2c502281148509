/* SPDX-License-Identifier: GPL-2.0-only */
/* The module's netlink family, for tests: no more than they ask, nothing of the shim's. */
#ifndef EXACT_MOD_H
#define EXACT_MOD_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdbool.h>
#include <stdint.h>

#include "linux/aegishv_genl.h"

struct mod_client {
	struct nl_sock *sock;
	int family;
};

struct mod_vcpu {
	uint32_t id, tid;
	uint64_t exits, faults;
};

#define MOD_MAX_VCPUS	64

struct mod_vm {
	uint32_t id, tgid, found, vcpus;
	uint64_t exits, faults;
	char comm[32];
	struct mod_vcpu vcpu[MOD_MAX_VCPUS];
	uint32_t nr_vcpus;	/* in @vcpu */
};

struct mod_counter {
	char kind[16];
	char name[64];		/* "" for a reason without one */
	uint32_t reason;
	uint64_t value;
};

/* All return 0 or a negative errno, after saying why on stderr. */
int mod_open(struct mod_client *c);
void mod_close(struct mod_client *c);
int mod_set(struct mod_client *c, const uint32_t *attrs, unsigned int n);
int mod_vms(struct mod_client *c, void (*fn)(const struct mod_vm *vm, void *arg), void *arg);
int mod_vm(struct mod_client *c, uint32_t id, void (*fn)(const struct mod_vm *vm, void *arg),
	   void *arg);
int mod_counters(struct mod_client *c, uint32_t vm, uint32_t vcpu,
		void (*fn)(const struct mod_counter *k, void *arg), void *arg);
int mod_rings(struct mod_client *c, void (*fn)(struct nlattr **attrs, void *arg), void *arg);

#define MOD_NO_VM	0U
#define MOD_NO_VCPU	0xffffffffU

#endif
