// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's settings and numbers on a command line, for test and benchmark
 * scripts that shall not depend on the shim:
 *   ahvctl set exit-events=off|all|full|sample:N counters=exits|all ring-bytes=N
 *              watermark-bytes=N deadline-us=N
 *   ahvctl counters | ahvctl rings | ahvctl vms
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mod.h"

#define MAX_SETTINGS	8

struct settings {
	uint32_t attrs[2 * MAX_SETTINGS];
	unsigned int n;
};

static int usage(const char *what)
{
	fprintf(stderr, "ahvctl: %s: not understood; usage: ahvctl set NAME=VALUE... | counters | rings | vms\n",
		what);
	return 2;
}

static void add(struct settings *s, uint32_t attr, uint32_t value)
{
	s->attrs[2 * s->n] = attr;
	s->attrs[2 * s->n + 1] = value;
	s->n++;
}

static int parse_events(struct settings *s, const char *v)
{
	if (!strcmp(v, "off")) {
		add(s, AEGISHV_A_CONFIG_EXIT_EVENTS, AEGISHV_EXIT_EVENTS_OFF);
	} else if (!strcmp(v, "all")) {
		add(s, AEGISHV_A_CONFIG_EXIT_EVENTS, AEGISHV_EXIT_EVENTS_ALL);
	} else if (!strcmp(v, "full")) {
		add(s, AEGISHV_A_CONFIG_EXIT_EVENTS, AEGISHV_EXIT_EVENTS_FULL);
	} else if (!strncmp(v, "sample:", 7)) {
		add(s, AEGISHV_A_CONFIG_EXIT_EVENTS, AEGISHV_EXIT_EVENTS_SAMPLE);
		add(s, AEGISHV_A_CONFIG_SAMPLE, strtoul(v + 7, NULL, 10));
	} else {
		return -1;
	}
	return 0;
}

static int parse(struct settings *s, const char *arg)
{
	const char *v = strchr(arg, '=');

	if (!v || s->n + 2 > MAX_SETTINGS)
		return -1;
	v++;
	if (!strncmp(arg, "exit-events=", v - arg))
		return parse_events(s, v);
	if (!strncmp(arg, "counters=", v - arg))
		add(s, AEGISHV_A_CONFIG_COUNTERS,
		    strcmp(v, "all") ? AEGISHV_COUNTERS_EXITS : AEGISHV_COUNTERS_ALL);
	else if (!strncmp(arg, "ring-bytes=", v - arg))
		add(s, AEGISHV_A_CONFIG_RING_BYTES, strtoul(v, NULL, 10));
	else if (!strncmp(arg, "watermark-bytes=", v - arg))
		add(s, AEGISHV_A_CONFIG_WATERMARK_BYTES, strtoul(v, NULL, 10));
	else if (!strncmp(arg, "deadline-us=", v - arg))
		add(s, AEGISHV_A_CONFIG_DEADLINE_US, strtoul(v, NULL, 10));
	else
		return -1;
	return 0;
}

static void print_counter(const struct mod_counter *k, void *arg)
{
	(void)arg;
	printf("%s %u %s %llu\n", k->kind, k->reason, *k->name ? k->name : "-",
	       (unsigned long long)k->value);
}

static void print_vm(const struct mod_vm *vm, void *arg)
{
	(void)arg;
	printf("vm %u tgid %u found %u vcpus %u exits %llu faults %llu comm %s\n", vm->id, vm->tgid,
	       vm->found, vm->vcpus, (unsigned long long)vm->exits,
	       (unsigned long long)vm->faults, vm->comm);
}

static void print_ring(struct nlattr **t, void *arg)
{
	(void)arg;
	printf("cpu %u bytes %u used %u records %llu lost %llu %llu wakeups %llu\n",
	       nla_get_u32(t[AEGISHV_A_RING_CPU]), nla_get_u32(t[AEGISHV_A_RING_BYTES]),
	       nla_get_u32(t[AEGISHV_A_RING_USED]),
	       (unsigned long long)nla_get_u64(t[AEGISHV_A_RING_RECORDS]),
	       (unsigned long long)nla_get_u64(t[AEGISHV_A_RING_LOST_TELEMETRY]),
	       (unsigned long long)nla_get_u64(t[AEGISHV_A_RING_LOST_ALERT]),
	       (unsigned long long)nla_get_u64(t[AEGISHV_A_RING_WAKEUPS]));
}

static int run(struct mod_client *c, int argc, char **argv)
{
	struct settings s = { .n = 0 };

	if (!strcmp(argv[1], "counters"))
		return mod_counters(c, MOD_NO_VM, MOD_NO_VCPU, print_counter, NULL);
	if (!strcmp(argv[1], "vms"))
		return mod_vms(c, print_vm, NULL);
	if (!strcmp(argv[1], "rings"))
		return mod_rings(c, print_ring, NULL);
	if (strcmp(argv[1], "set") || argc < 3)
		return usage(argv[1]);
	for (int i = 2; i < argc; i++)
		if (parse(&s, argv[i]))
			return usage(argv[i]);
	return mod_set(c, s.attrs, s.n);
}

int main(int argc, char **argv)
{
	struct mod_client c;
	int ret;

	if (argc < 2)
		return usage("nothing");
	if (mod_open(&c))
		return 1;
	ret = run(&c, argc, argv);
	mod_close(&c);
	return ret < 0 ? 1 : ret;
}
