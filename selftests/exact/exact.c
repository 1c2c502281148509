// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs every guest of aegishv-vmm and compares what was counted, for the VM
 * and for each vCPU, by reason and access, with what the guest provably
 * caused. TAP on stdout. Promise 1.2 of the module: counters are exact.
 *
 *   exact [--tracefs] VMM [GUEST]...
 *
 * With --tracefs the kernel's own tracepoints are asked instead of the module:
 * this tests the test.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seen.h"

/* What to run; each is held until it was compared. */
static char *const cases[][6] = {
	{ "portio" }, { "portio", "--count", "40000" }, { "portin" }, { "real" },
	{ "mmio" }, { "mmioread" }, { "cpuid" }, { "msr" }, { "hypercall" },
	{ "hlt" }, { "ud" }, { "touchread" }, { "touchread", "--count", "5000" },
	{ "touchwrite" }, { "touchexec" }, { "wx" }, { "wsplit" }, { "flip" },
	{ "copy" }, { "copysplit" }, { "vmmwrite" },
	{ "dirty" }, { "walk" }, { "shutdown" }, { "idle" }, { "load" },
	{ "portio", "--count", "500", "--vcpus", "8" },
	{ "cpuid", "--count", "500", "--vcpus", "3" },
	{ "mmio", "--count", "300", "--vcpus", "4" },
	{ "touchwrite", "--count", "300", "--vcpus", "4" },
	{ "dirty", "--count", "50", "--vcpus", "3" },
	{ "walk", "--count", "20", "--vcpus", "3" },
};

#define NR_CASES (sizeof(cases) / sizeof(cases[0]))

static const struct watcher *watcher = &seen_module;
static unsigned int tests, failures;

static void result(bool good, const char *text)
{
	tests++;
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", tests, text);
	fflush(stdout);
}

static unsigned int differ(const char *what, const char *name, uint64_t got, uint64_t want)
{
	if (got == want)
		return 0;
	printf("# %s %s: seen %llu, caused %llu\n", what, name, (unsigned long long)got,
	       (unsigned long long)want);
	return 1;
}

/* Both ways, so that what is seen and was not caused is found too. */
static unsigned int compare_counts(const char *what, const struct counts *got,
				   const struct counts *want, const struct counts *ignore)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < want->n; i++)
		bad += differ(what, want->c[i].name, counts_get(got, want->c[i].name), want->c[i].n);
	for (unsigned int i = 0; i < got->n; i++) {
		const char *name = got->c[i].name;

		if (!counts_have(want, name) && !(ignore && counts_have(ignore, name)))
			bad += differ(what, name, got->c[i].n, 0);
	}
	return bad;
}

static unsigned int compare_tally(const char *who, const struct tally *got,
				  const struct tally *want, const struct counts *ignore)
{
	char what[64];
	unsigned int bad;

	snprintf(what, sizeof(what), "%s exit", who);
	bad = compare_counts(what, &got->exits, &want->exits, ignore);
	snprintf(what, sizeof(what), "%s fault", who);
	bad += compare_counts(what, &got->faults, &want->faults, NULL);
	if (got->has_flags)
		bad += compare_counts(what, &got->flags, &want->flags, NULL);
	snprintf(what, sizeof(what), "%s return to the VMM", who);
	if (counts_have(&got->uexits, "sum") || !got->uexits.n)
		bad += differ(what, "(all)", counts_sum(&got->uexits), counts_sum(&want->uexits));
	else
		bad += compare_counts(what, &got->uexits, &want->uexits, NULL);
	snprintf(what, sizeof(what), "%s entry", who);
	return bad + differ(what, "(one an exit)", got->entries, counts_sum(&got->exits));
}

static const struct tally *vcpu_of(const struct truth *t, unsigned int id)
{
	for (unsigned int i = 0; i < t->vcpus; i++)
		if (t->vcpu[i].id == id)
			return &t->vcpu[i];
	return NULL;
}

static unsigned int compare(const struct truth *seen, const struct truth *t)
{
	unsigned int bad = differ("VM", "vCPUs", seen->vcpus, t->vcpus);
	char who[16];

	bad += compare_tally("VM", &seen->vm, &t->vm, &t->host_exits);
	for (unsigned int i = 0; i < t->vcpus; i++) {
		const struct tally *got = vcpu_of(seen, t->vcpu[i].id);

		snprintf(who, sizeof(who), "vCPU %u", t->vcpu[i].id);
		if (!got) {
			printf("# %s was not seen\n", who);
			bad++;
			continue;
		}
		bad += differ(who, "tid", got->tid, t->vcpu[i].tid);
		bad += compare_tally(who, got, &t->vcpu[i], &t->host_exits);
	}
	return bad;
}

/* An endless guest is let run for a while, then stopped by SIGTERM. */
static int read_held(struct guest_run *g, struct truth *t)
{
	int ret = guest_read(g, t);

	if (!ret && !strcmp(t->state, "ready")) {
		usleep(200000);
		kill(g->pid, SIGTERM);
		ret = guest_read(g, t);
	}
	return ret || !strcmp(t->state, "held") ? ret : -EPROTO;
}

/* KVM destroys a VM a moment after its last descriptor is closed. */
static bool gone_soon(pid_t pid)
{
	for (int i = 0; i < 1000; i++) {
		if (watcher->gone(pid))
			return true;
		usleep(10000);
	}
	return false;
}

static bool run_case(char *vmm, char *const words[])
{
	static struct truth truth, seen;
	char *argv[12] = { vmm };
	unsigned int n = 1, bad = 0;
	struct guest_run g;
	int ret, status;

	for (unsigned int i = 0; i < 6 && words[i]; i++)
		argv[n++] = words[i];
	argv[n++] = "--json";
	argv[n++] = "--hold";
	ret = watcher->begin();
	if (!ret)
		ret = guest_start(&g, argv);
	if (ret) {
		printf("# cannot start the guest: %s\n", strerror(-ret));
		return false;
	}
	ret = read_held(&g, &truth);
	if (!ret)
		ret = watcher->read(&truth, &seen);
	if (ret)
		printf("# %s\n", strerror(-ret));
	else
		bad = compare(&seen, &truth);
	status = guest_end(&g);
	bad += differ("VMM", "exit status", status, 0);
	if (!gone_soon(g.pid)) {
		printf("# the VM is still known after it was destroyed\n");
		bad++;
	}
	return !ret && !bad;
}

static void run_named(char *vmm, char *const words[])
{
	char text[128];
	int n = snprintf(text, sizeof(text), "%s", words[0]);

	for (unsigned int i = 1; i < 6 && words[i]; i++)
		n += snprintf(text + n, sizeof(text) - n, " %s", words[i]);
	snprintf(text + n, sizeof(text) - n, ": %s saw what it caused", watcher->name);
	result(run_case(vmm, words), text);
}

int main(int argc, char **argv)
{
	int i = 1;

	if (argc > 1 && !strcmp(argv[1], "--tracefs")) {
		watcher = &seen_trace;
		i++;
	}
	if (i >= argc) {
		fprintf(stderr, "usage: exact [--tracefs] VMM [GUEST]...\n");
		return 2;
	}
	if (watcher->open()) {
		printf("1..0\nBail out! cannot ask %s\n", watcher->name);
		return 1;
	}
	if (i + 1 == argc)
		for (unsigned int k = 0; k < NR_CASES; k++)
			run_named(argv[i], cases[k]);
	for (int k = i + 1; k < argc; k++) {
		char *const words[6] = { argv[k] };

		run_named(argv[i], words);
	}
	watcher->close();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
