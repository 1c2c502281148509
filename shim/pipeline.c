// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way of a record: sequence check, counters, VM table, line. One thread;
 * see pipeline.h. What depends on the stream alone happens here, so that live
 * rings, a recording of them and a replay give the same lines.
 */
#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgtab.h"
#include "detector.h"
#include "jsonl.h"
#include "log.h"
#include "metrics.h"
#include "out.h"
#include "rec.h"
#include "vmtab.h"

#define UNREADABLE_SHOWN	10

/* What is expected of a CPU's next record. */
struct cpu_state {
	bool seen;
	uint64_t next_seq;
	uint64_t lost[AEGISHV_NR_CLASSES];
	bool lost_known;
};

struct pipeline {
	struct pipeline_opts o;
	struct jsonl_clock clock;
	struct cgtab *cgroups;
	struct cpu_state *cpus;
	uint32_t nr_cpus;
	struct log_limit said_hole;
};

struct pipeline *pipeline_new(const struct pipeline_opts *opts)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->o = *opts;
	p->cgroups = cgtab_new();
	if (!p->cgroups) {
		free(p);
		return NULL;
	}
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	pipeline_flush(p);
	cgtab_free(p->cgroups);
	free(p->cpus);
	free(p);
}

static struct cpu_state *cpu_state(struct pipeline *p, uint16_t cpu)
{
	struct cpu_state *cpus;
	uint32_t nr = p->nr_cpus ? p->nr_cpus : 16;

	if (cpu < p->nr_cpus)
		return &p->cpus[cpu];
	while (nr <= cpu)
		nr *= 2;
	cpus = realloc(p->cpus, nr * sizeof(*cpus));
	if (!cpus)
		return NULL;
	memset(cpus + p->nr_cpus, 0, (nr - p->nr_cpus) * sizeof(*cpus));
	p->cpus = cpus;
	p->nr_cpus = nr;
	return &cpus[cpu];
}

static void commit(struct pipeline *p, const char *line, size_t len)
{
	char *copy = p->o.also && len ? out_reserve(p->o.also, len) : NULL;

	if (copy) {
		memcpy(copy, line, len);
		out_commit(p->o.also, len);
	}
	out_commit(p->o.out, len);
}

static void problem(struct pipeline *p, const struct aegishv_hdr *near, const char *text)
{
	char *line = p->o.out ? out_reserve(p->o.out, JSONL_SHORT_MAX) : NULL;

	if (line)
		commit(p, line, jsonl_problem(line, near, text, &p->clock));
}

static void report_hole(struct pipeline *p, const struct aegishv_hdr *rec, uint64_t want)
{
	struct metrics *m = p->o.metrics;
	unsigned long long unsaid;
	char text[160];

	count_add(&m->seq_holes, 1);
	if (rec->seq > want)
		count_add(&m->seq_missing, rec->seq - want);
	snprintf(text, sizeof(text),
		 "CPU %u: sequence number %llu expected, %llu found, and no record says why",
		 rec->cpu, (unsigned long long)want, (unsigned long long)rec->seq);
	problem(p, rec, text);
	if (log_allowed(&p->said_hole, &unsaid))
		log_warn("%s (%llu more since this was last said)", text, unsaid);
}

static void check_seq(struct pipeline *p, struct cpu_state *cpu, const struct aegishv_hdr *rec)
{
	uint64_t step = 1;

	if (rec->type == AEGISHV_REC_LOST)
		step = ((const struct aegishv_rec_lost *)rec)->count;
	if (cpu->seen && rec->seq != cpu->next_seq)
		report_hole(p, rec, cpu->next_seq);
	cpu->seen = true;
	cpu->next_seq = rec->seq + step;
}

/*
 * The record says how many events are lost here, and totals by class. The
 * first one of a CPU has no earlier totals to compare with: what they cannot
 * explain counts as telemetry.
 */
static void count_lost(struct metrics *m, struct cpu_state *cpu, const struct aegishv_rec_lost *r)
{
	uint64_t alert = r->total[AEGISHV_CLASS_ALERT];

	if (cpu && cpu->lost_known)
		alert -= cpu->lost[AEGISHV_CLASS_ALERT];
	else if (r->total[AEGISHV_CLASS_TELEMETRY] + alert != r->count)
		alert = 0;
	if (alert > r->count)
		alert = r->count;
	count_add(&m->lost[AEGISHV_CLASS_ALERT], alert);
	count_add(&m->lost[AEGISHV_CLASS_TELEMETRY], r->count - alert);
	if (!cpu)
		return;
	memcpy(cpu->lost, r->total, sizeof(cpu->lost));
	cpu->lost_known = true;
}

static void count_exit(struct metrics *m, struct vm_entry *vm, const struct aegishv_rec_exit *r)
{
	uint32_t isa = r->h.isa < METRICS_NR_ISA ? r->h.isa : 0;

	count_add(&m->exits[isa][ahv_exit_slot(isa, r->reason)], 1);
	if (vm)
		count_add(&vm->exits, 1);
}

static void count_fault(struct metrics *m, struct vm_entry *vm, const struct aegishv_rec_fault *r)
{
	count_add(&m->faults[access_index(r->access)], 1);
	if (vm)
		count_add(&vm->faults, 1);
}

/* A VM without a name is called after its VMM process. */
static void name_from_vmm(struct pipeline *p, struct vm_entry *vm, const struct aegishv_rec_vm *r)
{
	char name[AEGISHV_COMM_LEN + 16];
	int n;

	if (!vm || vm->named || !r->comm[0])
		return;
	n = snprintf(name, sizeof(name), "%.*s-%u", AEGISHV_COMM_LEN, r->comm, r->tgid);
	vmtab_name(p->o.metrics->vms, vm, name, n);
}

static void set_clock(struct pipeline *p, const struct aegishv_rec_clock *r)
{
	p->clock.offset_ns = r->real_ns - r->h.time_ns;
	p->clock.known = true;
}

static bool take_note(struct pipeline *p, const struct aegishv_hdr *rec)
{
	const struct aegishv_rec_name *name = (const struct aegishv_rec_name *)rec;
	const struct aegishv_rec_cgroup *cg = (const struct aegishv_rec_cgroup *)rec;

	switch (rec->type) {
	case AEGISHV_REC_CLOCK:
		set_clock(p, (const struct aegishv_rec_clock *)rec);
		return true;
	case AEGISHV_REC_NAME:
		pipeline_name_vm(p, rec->vm, name->name, strnlen(name->name, sizeof(name->name)));
		return true;
	case AEGISHV_REC_CGROUP:
		cgtab_set(p->cgroups, cg->cgid, cg->text, cg->path_len);
		return true;
	}
	return false;
}

/* As the module told it: what it held back after its last alert is missing. */
static void count_detect(struct pipeline *p, const struct aegishv_rec_detect *r)
{
	if (r->detector < AEGISHV_DETECT_END && !p->o.detector)
		count_add(&p->o.metrics->detections[r->detector], r->count);
}

/* As told: by which rules those held back were, no record says. */
static void count_wx(struct metrics *m, const struct aegishv_rec_wx *r)
{
	if (r->rule <= AEGISHV_WX_TRAP)
		count_add(&m->wx[r->rule], 1);
}

static void account(struct pipeline *p, struct vm_entry *vm, const struct aegishv_hdr *rec)
{
	struct cpu_state *cpu = cpu_state(p, rec->cpu);
	struct metrics *m = p->o.metrics;

	if (cpu)
		check_seq(p, cpu, rec);
	switch (rec->type) {
	case AEGISHV_REC_LOST:
		count_lost(m, cpu, (const struct aegishv_rec_lost *)rec);
		break;
	case AEGISHV_REC_EXIT:
		count_exit(m, vm, (const struct aegishv_rec_exit *)rec);
		break;
	case AEGISHV_REC_FAULT:
		count_fault(m, vm, (const struct aegishv_rec_fault *)rec);
		break;
	case AEGISHV_REC_VM:
		name_from_vmm(p, vm, (const struct aegishv_rec_vm *)rec);
		break;
	case AEGISHV_REC_DETECT:
		count_detect(p, (const struct aegishv_rec_detect *)rec);
		break;
	case AEGISHV_REC_WX:
		count_wx(m, (const struct aegishv_rec_wx *)rec);
		break;
	}
}

static void put_line(struct pipeline *p, const struct aegishv_hdr *rec,
		     const struct vm_entry *vm)
{
	const struct aegishv_proc *proc = rec_proc(rec);
	const struct cgtab_entry *cg = proc ? cgtab_find(p->cgroups, proc->cgid) : NULL;
	char *line = out_reserve(p->o.out, jsonl_bound(rec, cg));

	if (line)
		commit(p, line, proc ? jsonl_proc_record(line, rec, cg, &p->clock) :
				       jsonl_record(line, rec, vm, &p->clock));
}

/* Have the detectors look; what the kernel's told of the same record is left out. */
static void detect(struct pipeline *p, const struct aegishv_hdr *rec, const struct vm_entry *vm)
{
	struct detector_alerts found;	/* large: no more of it is touched than is told */
	size_t i;

	detector_record(p->o.detector, rec, vm->name, &found);
	if (!found.fired)
		return;
	for (i = 0; i < found.nr; i++) {
		count_add(&p->o.metrics->records[AEGISHV_REC_DETECT], 1);
		if (p->o.out)
			put_line(p, &found.rec[i].h, vm);
	}
	for (i = 0; i < AEGISHV_DETECT_END; i++)
		if (found.fired >> i & 1)
			count_add(&p->o.metrics->detections[i], 1);
}

void pipeline_record(struct pipeline *p, const struct aegishv_hdr *rec)
{
	struct vm_entry *vm = NULL;
	bool known = rec_type_name(rec->type);
	bool again = p->o.detector && rec->type == AEGISHV_REC_DETECT;

	if (p->o.tap)
		p->o.tap(p->o.tap_arg, rec);
	if (take_note(p, rec))
		return;
	if (!again)
		count_add(&p->o.metrics->records[known ? rec->type : 0], 1);
	if (rec->vm && known)
		vm = vmtab_get(p->o.metrics->vms, rec->vm);
	account(p, vm, rec);
	if (p->o.out && known && !again)
		put_line(p, rec, vm);
	if (p->o.detector && vm)
		detect(p, rec, vm);
	if (vm && rec->type == AEGISHV_REC_VM &&
	    ((const struct aegishv_rec_vm *)rec)->event == AEGISHV_VM_DEATH)
		vmtab_dead(p->o.metrics->vms, vm);
}

void pipeline_name_vm(struct pipeline *p, uint32_t vm, const char *name, size_t len)
{
	struct vmtab *t = p->o.metrics->vms;

	if (vm && len)
		vmtab_name(t, vmtab_get(t, vm), name, len);
}

void pipeline_unreadable(struct pipeline *p, const char *where, const char *why)
{
	struct metrics *m = p->o.metrics;

	count_add(&m->unreadable, 1);
	if (m->unreadable <= UNREADABLE_SHOWN)
		log_warn("%s: %s%s", where, why,
			 m->unreadable == UNREADABLE_SHOWN ? "; more of them are only counted" : "");
}

void pipeline_lost_upstream(struct pipeline *p, uint32_t cpu, uint64_t count)
{
	char *line = p->o.out ? out_reserve(p->o.out, JSONL_SHORT_MAX) : NULL;

	if (count)
		count_add(&p->o.metrics->lost_trace, count);
	else
		count_add(&p->o.metrics->lost_trace_unknown, 1);
	if (line)
		commit(p, line, jsonl_loss(line, JSONL_LOSS_TRACE, cpu, count));
}

void pipeline_problem(struct pipeline *p, const struct aegishv_hdr *near, const char *text)
{
	count_add(&p->o.metrics->ring_corrupt, 1);
	problem(p, near, text);
}

void pipeline_flush(struct pipeline *p)
{
	if (p->o.out)
		out_flush(p->o.out);
	if (p->o.also)
		out_flush(p->o.also);
}

bool pipeline_knows_cgroup(const struct pipeline *p, uint64_t cgid)
{
	return cgtab_find(p->cgroups, cgid);
}
