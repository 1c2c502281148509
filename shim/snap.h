/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All counts at one moment, from the module or from a stream that was read:
 * what /metrics, the live table, snapshot, stats and top show. A snapshot
 * belongs to one thread.
 */
#ifndef AHV_SHIM_SNAP_H
#define AHV_SHIM_SNAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "genl.h"
#include "genl_policy.h"
#include "metrics.h"
#include "out.h"
#include "vmid.h"

/**
 * struct snap_count - how often something happened
 * @kind: exit, fault, entry, uexit, detect
 * @name: its reason
 * @value: how often
 */
struct snap_count {
	char kind[16];
	char name[64];
	uint64_t value;
};

/**
 * struct snap_vm - one VM
 * @id: its number
 * @tgid: VMM process, 0 when a stream did not say
 * @vcpus: vCPUs, 0 when a stream did not say
 * @exits: VM exits
 * @faults: stage-2 faults
 * @exit_events: setting in force (live)
 * @sample: N of sample:N (live)
 * @own_setting: the setting is its own (live)
 * @found: ran before the module was loaded (live)
 * @dead: its end was seen (stream)
 * @shown: has series of its own
 * @who: name, printable UTF-8, and UUID
 */
struct snap_vm {
	uint32_t id;
	uint32_t tgid;
	uint32_t vcpus;
	uint64_t exits;
	uint64_t faults;
	uint32_t exit_events;
	uint32_t sample;
	bool own_setting;
	bool found;
	bool dead;
	bool shown;
	struct vmid who;
};

struct snap {
	bool live;
	struct genl_info info;		/* live */
	struct snap_count *counts;
	size_t nr_counts;
	struct snap_vm *vms;
	size_t nr_vms;
	struct genl_ring *rings;	/* live */
	size_t nr_rings;
	struct genl_policy policy;	/* live */
	struct policy rules;		/* snap_details() */
	struct genl_denial *denials;	/* snap_details() */
	size_t nr_denials;
	uint64_t lost[AEGISHV_NR_CLASSES];
	uint64_t gone_exits;		/* of VMs that are not in vms */
	uint64_t gone_faults;
	char why[256];			/* what failed */
	bool nomem;
};

/**
 * struct namer - remembers VM names between snapshots
 * @vms: VMs of the last snapshot, by number
 * @nr: how many
 * @shown: how many of them have series of their own
 */
struct namer {
	struct snap_vm *vms;
	size_t nr;
	uint32_t shown;
};

/**
 * snap_live() - ask the module
 * @s: filled in; snap_free() it whatever comes back
 * @g: connection
 * @namer: names of earlier snapshots, or NULL
 *
 * Return: 0 or a negative errno; @s->why says more.
 */
int snap_live(struct snap *s, struct genl *g, struct namer *namer);

/**
 * snap_details() - ask the module for what has no bound: rules, denials
 * @s: what snap_live() filled in
 * @g: connection
 *
 * Return: 0 or a negative errno; @s->why says more.
 */
int snap_details(struct snap *s, struct genl *g);

/**
 * snap_stream() - take what a stream was counted to
 * @s: filled in; snap_free() it whatever comes back
 * @m: the counters
 *
 * Return: 0 or -ENOMEM.
 */
int snap_stream(struct snap *s, struct metrics *m);
void snap_free(struct snap *s);

/* The sum of all counts of a kind. */
uint64_t snap_total(const struct snap *s, const char *kind);

/* A count, 0 when there is none. */
uint64_t snap_value(const struct snap *s, const char *kind, const char *name);

/**
 * namer_update() - decide which VMs have series of their own, and remember
 * @n: the memory
 * @s: a snapshot; &snap_vm.shown is set
 * @max: how many may have their own
 *
 * A VM keeps what it was given when it was first seen, so that no counter of
 * the others ever goes back.
 */
void namer_update(struct namer *n, struct snap *s, uint32_t max);
void namer_free(struct namer *n);

#endif
