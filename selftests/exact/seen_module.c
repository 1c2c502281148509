// SPDX-License-Identifier: GPL-2.0-only
/* What the module counted, by netlink. */
#include <errno.h>
#include <string.h>

#include "mod.h"
#include "seen.h"

static struct mod_client client;

struct search {
	pid_t pid;
	struct mod_vm vm;
	unsigned int found;
};

static int open_module(void)
{
	static const uint32_t all[] = { AEGISHV_A_CONFIG_COUNTERS, AEGISHV_COUNTERS_ALL };
	int ret = mod_open(&client);

	return ret ? ret : mod_set(&client, all, 1);
}

static void close_module(void)
{
	static const uint32_t exits[] = { AEGISHV_A_CONFIG_COUNTERS, AEGISHV_COUNTERS_EXITS };

	mod_set(&client, exits, 1);
	mod_close(&client);
}

static int begin(void)
{
	return 0;
}

static void match(const struct mod_vm *vm, void *arg)
{
	struct search *s = arg;

	if (vm->tgid != (uint32_t)s->pid)
		return;
	s->vm = *vm;
	s->found++;
}

static void add(const struct mod_counter *k, void *arg)
{
	static const char *const access[] = { [1] = "read", [2] = "write", [4] = "exec" };
	struct tally *t = arg;
	char name[32];

	snprintf(name, sizeof(name), "%.30s", k->name);
	if (!*name)
		snprintf(name, sizeof(name), "0x%x", k->reason);
	if (!strcmp(k->kind, "exit"))
		counts_add(&t->exits, name, k->value);
	else if (!strcmp(k->kind, "fault"))
		counts_add(&t->faults, k->reason <= 4 && access[k->reason] ? access[k->reason] : name,
			   k->value);
	else if (!strcmp(k->kind, "uexit"))
		counts_add(&t->uexits, "sum", k->value);
	else if (!strcmp(k->kind, "entry"))
		t->entries += k->value;
	else
		counts_add(&t->exits, k->kind, k->value);
}

/* The totals that a VM's own answer carries must be those of its counters. */
static int check_totals(const struct mod_vm *vm, const struct truth *seen)
{
	uint64_t exits = counts_sum(&seen->vm.exits), faults = counts_sum(&seen->vm.faults);

	if (vm->exits == exits && vm->faults == faults && vm->vcpus == vm->nr_vcpus && !vm->found)
		return 0;
	fprintf(stderr, "# vm-get says %llu exits, %llu faults, %u vCPUs, found %u; the counters sum to %llu and %llu, it lists %u vCPUs\n",
		(unsigned long long)vm->exits, (unsigned long long)vm->faults, vm->vcpus, vm->found,
		(unsigned long long)exits, (unsigned long long)faults, vm->nr_vcpus);
	return -EBADMSG;
}

static int read_module(const struct truth *t, struct truth *seen)
{
	struct search s = { .pid = t->pid };
	int ret = mod_vms(&client, match, &s);

	if (ret)
		return ret;
	if (s.found != 1) {
		fprintf(stderr, "# the module knows %u VMs of process %d\n", s.found, (int)t->pid);
		return -ENOENT;
	}
	memset(seen, 0, sizeof(*seen));
	s.found = 0;
	ret = mod_vm(&client, s.vm.id, match, &s);
	if (ret)
		return ret;
	seen->vcpus = s.vm.nr_vcpus;
	ret = mod_counters(&client, s.vm.id, MOD_NO_VCPU, add, &seen->vm);
	for (unsigned int i = 0; i < seen->vcpus && !ret; i++) {
		seen->vcpu[i].id = s.vm.vcpu[i].id;
		seen->vcpu[i].tid = s.vm.vcpu[i].tid;
		ret = mod_counters(&client, s.vm.id, s.vm.vcpu[i].id, add, &seen->vcpu[i]);
	}
	return ret ? ret : check_totals(&s.vm, seen);
}

static bool gone(pid_t pid)
{
	struct search s = { .pid = pid };

	return !mod_vms(&client, match, &s) && !s.found;
}

const struct watcher seen_module = {
	.name = "the module", .open = open_module, .begin = begin, .read = read_module,
	.gone = gone, .close = close_module,
};
