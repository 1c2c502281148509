// SPDX-License-Identifier: GPL-2.0-only
/*
 * Says what a VM provably caused, as text or as one line of JSON, and checks
 * that against what the VMM itself saw: the returns of KVM_RUN.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

/* What the host may add to any vCPU at any time: exits that no guest asked for. */
#define HOST_EXITS	"[\"interrupt\",\"nmi\",\"EXTERNAL_INTERRUPT\",\"EXCEPTION_NMI\"]"

static const char *const access_names[NR_ACCESSES] = { "read", "write", "exec" };

static const struct { unsigned int reason; const char *name; } uexit_names[] = {
	{ KVM_EXIT_IO, "KVM_EXIT_IO" }, { KVM_EXIT_MMIO, "KVM_EXIT_MMIO" },
	{ KVM_EXIT_HLT, "KVM_EXIT_HLT" }, { KVM_EXIT_SHUTDOWN, "KVM_EXIT_SHUTDOWN" },
};

#define NR_UEXIT_NAMES	(sizeof(uexit_names) / sizeof(uexit_names[0]))

void vmm_error(const char *fmt, ...)
{
	va_list ap;

	fputs("aegishv-vmm: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* A guest without an end did as many units as the VMM saw port accesses. */
uint64_t vcpu_units(const struct vcpu *v)
{
	return v->vm->g->flags & GUEST_ENDLESS ? v->works : v->count;
}

static struct truth truth_of(const struct vcpu *v)
{
	struct truth t = { 0 };

	v->vm->g->truth(vcpu_units(v), &t);
	return t;
}

bool report_uexits_match(const struct vcpu *v)
{
	struct truth t = truth_of(v);
	bool same = true;

	for (unsigned int i = 0; i < NR_UEXITS; i++) {
		if (t.uexits[i] == v->uexits[i])
			continue;
		vmm_error("%s: vCPU %u: KVM_RUN returned %llu times with reason %u, expected %llu: the guest did not do what its script says",
			  v->vm->g->name, v->id, (unsigned long long)v->uexits[i], i,
			  (unsigned long long)t.uexits[i]);
		same = false;
	}
	return same;
}

struct list {
	bool json;
	unsigned int printed;
};

static void item(struct list *l, const char *name, uint64_t n)
{
	if (!n)
		return;
	if (l->json)
		printf("%s\"%s\":%llu", l->printed ? "," : "", name, (unsigned long long)n);
	else
		printf("%s%s %llu", l->printed ? ", " : "", name, (unsigned long long)n);
	l->printed++;
}

/* Causes that share an exit reason are added up. */
static void exits(const struct truth *t, bool json)
{
	struct list l = { .json = json };

	for (unsigned int i = 0; i < NR_CAUSES; i++) {
		const char *name = arch_cause_name(i);
		uint64_t n = t->exits[i];
		bool before = false;

		for (unsigned int k = 0; k < i; k++)
			before |= !strcmp(arch_cause_name(k), name);
		for (unsigned int k = i + 1; k < NR_CAUSES; k++)
			if (!strcmp(arch_cause_name(k), name))
				n += t->exits[k];
		if (!before)
			item(&l, name, n);
	}
}

static void faults(const struct truth *t, bool json)
{
	struct list l = { .json = json };

	for (unsigned int i = 0; i < NR_ACCESSES; i++)
		item(&l, access_names[i], t->faults[i]);
}

static void fault_flags(const struct truth *t, bool json)
{
	struct list l = { .json = json };

	item(&l, "present", t->present);
	item(&l, "walk", t->walk);
}

static void uexits(const struct truth *t, bool json)
{
	struct list l = { .json = json };

	for (unsigned int i = 0; i < NR_UEXIT_NAMES; i++)
		item(&l, uexit_names[i].name, t->uexits[uexit_names[i].reason]);
}

static void counts_json(const struct truth *t)
{
	fputs("\"exits\":{", stdout);
	exits(t, true);
	fputs("},\"faults\":{", stdout);
	faults(t, true);
	fputs("},\"fault_flags\":{", stdout);
	fault_flags(t, true);
	fputs("},\"uexits\":{", stdout);
	uexits(t, true);
	fputs("}", stdout);
}

static double ns_per_unit(const struct vcpu *v)
{
	uint64_t n = vcpu_units(v);

	return n && v->done ? (double)(v->done_ns - v->start_ns) / n : 0;
}

static void vcpu_json(const struct vcpu *v, bool timed)
{
	struct truth t = truth_of(v);

	printf("%s{\"id\":%u,\"tid\":%d,\"count\":%llu,", v->id ? "," : "", v->id, (int)v->tid,
	       (unsigned long long)vcpu_units(v));
	if (timed)
		printf("\"ns\":%llu,\"ns_per_unit\":%.1f,",
		       (unsigned long long)(v->done_ns - v->start_ns), ns_per_unit(v));
	counts_json(&t);
	fputs("}", stdout);
}

static void add_truth(struct truth *sum, const struct truth *t)
{
	for (unsigned int i = 0; i < NR_CAUSES; i++)
		sum->exits[i] += t->exits[i];
	for (unsigned int i = 0; i < NR_ACCESSES; i++)
		sum->faults[i] += t->faults[i];
	for (unsigned int i = 0; i < NR_UEXITS; i++)
		sum->uexits[i] += t->uexits[i];
	sum->present += t->present;
	sum->walk += t->walk;
}

static struct truth truth_of_vm(const struct vm *vm)
{
	struct truth sum = { 0 };

	for (unsigned int i = 0; i < vm->o->vcpus; i++) {
		struct truth t = truth_of(&vm->vcpu[i]);

		add_truth(&sum, &t);
	}
	return sum;
}

static void report_json(const struct vm *vm, const char *state)
{
	struct truth sum = truth_of_vm(vm);

	printf("{\"guest\":\"%s\",\"state\":\"%s\",\"pid\":%d,\"lives\":%lu,", vm->g->name, state,
	       (int)getpid(), vm->o->repeat);
	if (!strcmp(state, "ready")) {
		printf("\"vcpus\":%u}\n", vm->o->vcpus);
		return;
	}
	counts_json(&sum);
	fputs(",\"host_exits\":" HOST_EXITS ",\"vcpus\":[", stdout);
	for (unsigned int i = 0; i < vm->o->vcpus; i++)
		vcpu_json(&vm->vcpu[i], vm->o->time);
	fputs("]}\n", stdout);
}

static void report_text(const struct vm *vm, const char *state)
{
	printf("%s: %s, pid %d, %u vCPU%s\n", vm->g->name, state, (int)getpid(), vm->o->vcpus,
	       vm->o->vcpus > 1 ? "s" : "");
	if (!strcmp(state, "ready"))
		return;
	for (unsigned int i = 0; i < vm->o->vcpus; i++) {
		const struct vcpu *v = &vm->vcpu[i];
		struct truth t = truth_of(v);

		printf("  vCPU %u (tid %d): exits ", v->id, (int)v->tid);
		exits(&t, false);
		fputs("; faults ", stdout);
		faults(&t, false);
		if (vm->o->time)
			printf("; %.1f ns a unit", ns_per_unit(v));
		putchar('\n');
	}
}

/* @state: ready (runs without an end), held (ended, the VM still there) or done. */
void report(const struct vm *vm, const char *state)
{
	if (vm->o->json)
		report_json(vm, state);
	else
		report_text(vm, state);
	fflush(stdout);
}
