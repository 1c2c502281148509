// SPDX-License-Identifier: GPL-2.0-only
/*
 * aegishv-vmm: command line. Exit status: 0 when the guest did what its script
 * says, 1 when it did not or could not run, 2 for a wrong command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "vmm.h"

#define USAGE	2

enum {
	OPT_LIST = 256, OPT_NAME, OPT_HOLD, OPT_TIME, OPT_HUGE, OPT_KERNEL, OPT_INITRD, OPT_APPEND,
	OPT_MEM, OPT_CONSOLE
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "json", no_argument, NULL, 'j' },
	{ "count", required_argument, NULL, 'n' },
	{ "vcpus", required_argument, NULL, 'c' },
	{ "repeat", required_argument, NULL, 'r' },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "hold", no_argument, NULL, OPT_HOLD },
	{ "time", no_argument, NULL, OPT_TIME },
	{ "huge", no_argument, NULL, OPT_HUGE },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "console", required_argument, NULL, OPT_CONSOLE },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
"Usage: aegishv-vmm GUEST [--count N] [--vcpus N] [--repeat N] [--name NAME]\n"
"                   [--hold] [--time] [--huge] [--json]\n"
"       aegishv-vmm linux --kernel BZIMAGE [--initrd FILE] [--append TEXT]\n"
"                   [--mem MIB] [--console FILE] [--name NAME] [--time]\n"
"                   [--huge]\n"
"       aegishv-vmm --list [--json]\n"
"\n"
"Runs a guest on /dev/kvm that causes a number of VM exits and stage-2 faults\n"
"known beforehand, and prints that number.\n"
"\n"
"  -n, --count N    units of work on vCPU 0; vCPU i does N + i\n"
"  -c, --vcpus N    vCPUs, each on a thread of its own (1 to 64)\n"
"  -r, --repeat N   lives: create, run and destroy the VM N times\n"
"      --name NAME  name of the process, at most 15 bytes\n"
"      --hold       keep the VM after its guest ended, until SIGTERM, SIGINT or\n"
"                   the end of stdin where that is a pipe or terminal\n"
"      --time       measure: nanoseconds a unit (CLOCK_MONOTONIC_RAW); of linux,\n"
"                   nanoseconds of CPU in all\n"
"      --huge       memory in transparent huge pages of the host, where it has them\n"
"  -j, --json       one JSON object a line: exits, faults and returns to the VMM,\n"
"                   for the VM and each vCPU, of one life. state is \"ready\" (an\n"
"                   endless guest runs), \"held\" (ended, VM still there) or \"done\"\n"
"      --list       the guests\n"
"\n"
"linux boots a real kernel with one vCPU and a serial port on stdin and stdout:\n"
"      --kernel F   bzImage with a 64-bit entry\n"
"      --initrd F   initial RAM disk\n"
"      --append T   more words for the kernel's command line\n"
"      --mem MIB    guest memory (default 256)\n"
"      --console F  write the serial port's output to F\n"
"It ends, with status 0, when the guest resets, halts for good or triple faults.\n";

static void list(bool json)
{
	for (unsigned int i = 0; i < arch_nr_guests; i++) {
		const struct guest *g = &arch_guests[i];

		if (json)
			printf("%s{\"guest\":\"%s\",\"what\":\"%s\",\"count\":%llu,\"endless\":%s}",
			       i ? ",\n" : "[", g->name, g->what, (unsigned long long)g->count,
			       g->flags & GUEST_ENDLESS ? "true" : "false");
		else
			printf("%-11s %s\n", g->name, g->what);
	}
	if (json)
		puts("]");
	else if (arch_has_linux())
		puts("linux       a real kernel: see --help");
}

static int number(const char *opt, const char *text, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < 1 || n > max) {
		vmm_error("%s %s: give a whole number from 1 to %llu", opt, text,
			  (unsigned long long)max);
		return USAGE;
	}
	*out = n;
	return 0;
}

static int parse_number(struct options *o, int opt)
{
	uint64_t n = 0;
	int ret = USAGE;

	switch (opt) {
	case 'n':
		ret = number("--count", optarg, 1ULL << 40, &o->count);
		break;
	case 'c':
		ret = number("--vcpus", optarg, VMM_MAX_VCPUS, &n);
		o->vcpus = n;
		break;
	case 'r':
		ret = number("--repeat", optarg, 1ULL << 31, &n);
		o->repeat = n;
		break;
	case OPT_MEM:
		ret = number("--mem", optarg, 3072, &n);
		o->mem_mib = n;
		break;
	}
	return ret;
}

static int parse_one(struct options *o, int opt)
{
	switch (opt) {
	case 'j':
		o->json = true;
		return 0;
	case OPT_HOLD:
		o->hold = true;
		return 0;
	case OPT_TIME:
		o->time = true;
		return 0;
	case OPT_HUGE:
		o->huge = true;
		return 0;
	case OPT_NAME:
		o->name = optarg;
		return 0;
	case OPT_KERNEL:
		o->kernel = optarg;
		return 0;
	case OPT_INITRD:
		o->initrd = optarg;
		return 0;
	case OPT_APPEND:
		o->append = optarg;
		return 0;
	case OPT_CONSOLE:
		o->console = optarg;
		return 0;
	}
	return parse_number(o, opt);
}

static const struct guest *find(const char *name)
{
	for (unsigned int i = 0; i < arch_nr_guests; i++)
		if (!strcmp(arch_guests[i].name, name))
			return &arch_guests[i];
	vmm_error("%s: no such guest; there are:", name);
	for (unsigned int i = 0; i < arch_nr_guests; i++)
		fprintf(stderr, " %s", arch_guests[i].name);
	fputs(arch_has_linux() ? " linux\n" : "\n", stderr);
	return NULL;
}

static int check_count(struct options *o)
{
	const struct guest *g = o->guest;

	if (o->count && g->flags & GUEST_NO_COUNT) {
		vmm_error("%s: does one thing only; leave --count out", g->name);
		return USAGE;
	}
	if (!o->count)
		o->count = g->count;
	if (g->max_count && o->count > g->max_count) {
		vmm_error("%s: --count %llu is more than it can do, give at most %llu", g->name,
			  (unsigned long long)o->count, (unsigned long long)g->max_count);
		return USAGE;
	}
	return 0;
}

static int run_named(struct options *o, const char *name)
{
	int ret;

	if (o->name && (!*o->name || strlen(o->name) > 15)) {
		vmm_error("--name %s: a process name has 1 to 15 bytes", o->name);
		return USAGE;
	}
	if (o->name)
		prctl(PR_SET_NAME, o->name);
	if (wait_init()) {
		vmm_error("signals: %s", strerror(errno));
		return 1;
	}
	if (!strcmp(name, "linux") && arch_has_linux())
		return run_linux(o);
	o->guest = find(name);
	if (!o->guest)
		return USAGE;
	if (o->guest->flags & GUEST_PAIR && o->vcpus != 2) {
		vmm_error("%s: two vCPUs wait for each other: give --vcpus 2", name);
		return USAGE;
	}
	ret = check_count(o);
	return ret ? ret : run_guest(o);
}

int main(int argc, char **argv)
{
	struct options o = { .vcpus = 1, .repeat = 1, .mem_mib = 256 };
	bool want_list = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "hjn:c:r:", long_options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(help, stdout);
			return 0;
		}
		if (opt == '?') {
			fputs("aegishv-vmm: see --help\n", stderr);
			return USAGE;
		}
		if (opt == OPT_LIST)
			want_list = true;
		else if (parse_one(&o, opt))
			return USAGE;
	}
	if (want_list && optind == argc) {
		list(o.json);
		return 0;
	}
	if (want_list || optind + 1 != argc) {
		vmm_error("name one guest; --list shows them, --help the options");
		return USAGE;
	}
	return run_named(&o, argv[optind]);
}
