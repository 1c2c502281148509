// SPDX-License-Identifier: GPL-2.0-only
/*
 * The family for test scripts:
 *   nltool info		KEY VALUE lines; "hook NAME STATE BACKEND ERRNO REASON" for each hook
 *   nltool vms			"ID TGID FOUND VCPUS EXITS TID COMM", one VM a line
 *   nltool rings		"rings N bytes B records R lost L used U"
 *   nltool exits		exits and faults of the host since load, added up
 *   nltool set ATTR VALUE...	config-set, attributes by number
 *   nltool watch DEATHS	"births N deaths N" once that many deaths were told;
 *				says "listening" first
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nlc.h"

static const char *const states[] = { "absent", "attached", "failed", "idle" };

static const char *text(struct nlattr *a)
{
	return a ? nla_get_string(a) : "-";
}

static void print_hook(struct nlattr *nest)
{
	struct nlattr *t[AEGISHV_A_HOOK_MAX + 1];
	uint32_t state;

	if (nla_parse_nested(t, AEGISHV_A_HOOK_MAX, nest, NULL))
		return;
	state = nlc_u32(t[AEGISHV_A_HOOK_STATE]);
	printf("hook %s %s %s %d %s\n", text(t[AEGISHV_A_HOOK_NAME]),
	       state < 4 ? states[state] : "?", text(t[AEGISHV_A_HOOK_BACKEND]),
	       (int)nlc_u32(t[AEGISHV_A_HOOK_ERRNO]), text(t[AEGISHV_A_HOOK_REASON]));
}

static void print_hooks(struct nlattr *first, int len, void *arg)
{
	struct nlattr *a;
	int rem;

	(void)arg;
	nla_for_each_attr(a, first, len, rem)
		if (nla_type(a) == AEGISHV_A_INFO_HOOK)
			print_hook(a);
}

static int info(struct nlc *c)
{
	struct nlc_answer a = { .on_msg = print_hooks };
	struct nlc_info i;

	if (nlc_get_info(c, &i))
		return 1;
	printf("isa %u\nhealthy %u\nvms %u\nvms-total %llu\nmemory %llu\nunattributed %llu\n",
	       i.isa, i.healthy, i.vms, (unsigned long long)i.vms_total,
	       (unsigned long long)i.memory, (unsigned long long)i.unattributed);
	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_INFO_GET, NLM_F_ACK, NULL), &a) != 0;
}

/* A dump leaves the vCPUs out: ask for each VM. */
static int vms(struct nlc *c)
{
	static struct nlc_vm list[4096];
	int n = nlc_dump_vms(c, list, 4096);

	for (int i = 0; i < n && i < 4096; i++) {
		struct nlc_vm vm = list[i];

		nlc_get_vm(c, list[i].id, &vm);
		printf("%u %u %u %u %llu %u %s\n", vm.id, vm.tgid, vm.found, vm.vcpus,
		       (unsigned long long)vm.exits, vm.tid, vm.comm);
	}
	return n < 0;
}

static int rings(struct nlc *c)
{
	struct nlc_rings r;

	if (nlc_get_rings(c, &r))
		return 1;
	printf("rings %u bytes %llu records %llu lost %llu used %llu\n", r.n,
	       (unsigned long long)r.bytes, (unsigned long long)r.records,
	       (unsigned long long)r.lost, (unsigned long long)r.used);
	return 0;
}

static void add_counter(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_COUNTER_MAX + 1], *a;
	unsigned long long *sum = arg;
	int rem;

	nla_for_each_attr(a, first, len, rem)
		if (nla_type(a) == AEGISHV_A_COUNTERS_COUNTER &&
		    !nla_parse_nested(t, AEGISHV_A_COUNTER_MAX, a, NULL) &&
		    strcmp(text(t[AEGISHV_A_COUNTER_KIND]), "entry") &&
		    strcmp(text(t[AEGISHV_A_COUNTER_KIND]), "uexit"))
			*sum += nlc_u64(t[AEGISHV_A_COUNTER_VALUE]);
}

static int exits(struct nlc *c)
{
	unsigned long long sum = 0;
	struct nlc_answer a = { .on_msg = add_counter, .arg = &sum };

	if (nlc_ask(c, nlc_new(c, AEGISHV_CMD_COUNTERS_GET, NLM_F_ACK, NULL), &a))
		return 1;
	printf("%llu\n", sum);
	return 0;
}

static int set(struct nlc *c, int n, char **words)
{
	struct nlc_attr attrs[16] = { 0 };
	struct nlc_answer a = { 0 };
	int i;

	for (i = 0; i + 1 < n && i / 2 < 15; i += 2)
		attrs[i / 2] = (struct nlc_attr) { atoi(words[i]), 4, strtoul(words[i + 1], NULL, 0) };
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, attrs), &a);
	if (a.err)
		fprintf(stderr, "nltool: %s: %s\n", strerror(-a.err), a.text);
	return a.err != 0;
}

struct events {
	unsigned long births, deaths;
};

static void hear(int cmd, struct nlattr *first, int len, void *arg)
{
	struct events *e = arg;

	(void)first;
	(void)len;
	e->births += cmd == AEGISHV_CMD_VM_BIRTH_NTF;
	e->deaths += cmd == AEGISHV_CMD_VM_DEATH_NTF;
}

static int watch(struct nlc *c, unsigned long deaths)
{
	struct events e = { 0 };

	if (nlc_join(c))
		return 1;
	puts("listening");
	fflush(stdout);
	while (e.deaths < deaths) {
		int n = nlc_next_event(c, 0, hear, &e);

		if (n < 0) {
			fprintf(stderr, "nltool: %s after %lu deaths\n", strerror(-n), e.deaths);
			return 1;
		}
	}
	printf("births %lu deaths %lu\n", e.births, e.deaths);
	return 0;
}

static int run(struct nlc *c, int argc, char **argv)
{
	if (!strcmp(argv[1], "info"))
		return info(c);
	if (!strcmp(argv[1], "vms"))
		return vms(c);
	if (!strcmp(argv[1], "rings"))
		return rings(c);
	if (!strcmp(argv[1], "exits"))
		return exits(c);
	if (!strcmp(argv[1], "set"))
		return set(c, argc - 2, argv + 2);
	if (!strcmp(argv[1], "watch") && argc == 3)
		return watch(c, strtoul(argv[2], NULL, 10));
	fprintf(stderr, "nltool: %s: info, vms, rings, exits, set or watch\n", argv[1]);
	return 2;
}

int main(int argc, char **argv)
{
	struct nlc c;
	int ret;

	if (argc < 2 || nlc_connect(&c)) {
		fprintf(stderr, argc < 2 ? "usage: nltool info|vms|rings|exits|set|watch\n" :
			"nltool: no netlink family: load aegishv.ko first\n");
		return argc < 2 ? 2 : 1;
	}
	ret = run(&c, argc, argv);
	nlc_close(&c);
	return ret;
}
