// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sums of counters: of a vCPU, of a VM, of the host since the module was
 * loaded. What a vCPU counted moves into `retired` when it is destroyed, so
 * that the host's sums never go back.
 *
 * Summing is process context with rcu_read_lock(); retiring is under the
 * registry's lock, inside ahv_vms_changes.
 */
#include <linux/rculist.h>
#include "aegishv.h"
#include "vm.h"

/* Tries to sum without the registry's lock before taking it. */
#define OPTIMISTIC_TRIES 8

static struct ahv_counts retired;

static void add_counts(struct ahv_counts *sum, const struct ahv_counts *c)
{
	int i;

	for (i = 0; i < AHV_EXIT_SLOTS; i++)
		sum->exits[i] += READ_ONCE(c->exits[i]);
	for (i = 0; i < AHV_NR_ACCESS; i++)
		sum->faults[i] += READ_ONCE(c->faults[i]);
	sum->entries += READ_ONCE(c->entries);
	sum->uexits += READ_ONCE(c->uexits);
	for (i = 0; i < AEGISHV_DETECT_END; i++)
		sum->detections[i] += READ_ONCE(c->detections[i]);
	for (i = 0; i < AEGISHV_NR_WX_COUNTS; i++)
		sum->wx[i] += READ_ONCE(c->wx[i]);
	sum->unseen += READ_ONCE(c->unseen);
}

void ahv_stats_retire(const struct ahv_counts *c)
{
	add_counts(&retired, c);
}

void ahv_stats_vcpu(struct ahv_counts *sum, const struct ahv_vcpu *v)
{
	memset(sum, 0, sizeof(*sum));
	add_counts(sum, &v->counts);
}

void ahv_stats_vm(struct ahv_counts *sum, const struct ahv_vm *vm)
{
	struct ahv_vcpu *v;

	memset(sum, 0, sizeof(*sum));
	list_for_each_entry_rcu(v, &vm->vcpus, in_vm)
		add_counts(sum, &v->counts);
}

static void sum_host(void *arg)
{
	struct ahv_counts *sum = arg;
	struct ahv_vcpu *v;
	struct ahv_vm *vm;

	*sum = retired;
	rcu_read_lock();
	list_for_each_entry_rcu(vm, &ahv_vms, all)
		list_for_each_entry_rcu(v, &vm->vcpus, in_vm)
			add_counts(sum, &v->counts);
	rcu_read_unlock();
}

void ahv_stats_host(struct ahv_counts *sum)
{
	unsigned int seq;
	int i;

	for (i = 0; i < OPTIMISTIC_TRIES; i++) {
		seq = read_seqcount_begin(&ahv_vms_changes);
		sum_host(sum);
		if (!read_seqcount_retry(&ahv_vms_changes, seq))
			return;
	}
	ahv_vms_locked(sum_host, sum);
}

u64 ahv_counts_exits(const struct ahv_counts *c)
{
	u64 n = 0;
	int i;

	for (i = 0; i < AHV_EXIT_SLOTS; i++)
		n += READ_ONCE(c->exits[i]);
	return n;
}

u64 ahv_counts_faults(const struct ahv_counts *c)
{
	return READ_ONCE(c->faults[0]) + READ_ONCE(c->faults[1]) + READ_ONCE(c->faults[2]);
}
