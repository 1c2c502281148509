// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The metrics page. Every family is written once with HELP and TYPE, then its
 * series. Called at each scrape in the HTTP thread, or once by commands; uses
 * stdio on memory, since nothing here is hot.
 */
#include "prom_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "version.h"
#include "words.h"
#include "../kmod/pure/detect.h"

void prom_family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prom_single(FILE *f, const char *name, const char *help, uint64_t value)
{
	size_t n = strlen(name);
	bool counter = n > 6 && !strcmp(name + n - 6, "_total");

	prom_family(f, name, counter ? "counter" : "gauge", help);
	fprintf(f, "%s %llu\n", name, (unsigned long long)value);
}

/* A label's value: the text is UTF-8 already. */
void prom_label(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", f);
			continue;
		}
		if (*value == '"' || *value == '\\')
			fputc('\\', f);
		fputc(*value, f);
	}
	fputc('"', f);
}

static void labelled(FILE *f, const char *name, const char *key, const char *value,
		     uint64_t v)
{
	fprintf(f, "%s{", name);
	prom_label(f, key, value);
	fprintf(f, "} %llu\n", (unsigned long long)v);
}

static void build_info(struct page *g)
{
	FILE *f = g->f;

	prom_family(f, "aegishv_build_info", "gauge", "Versions; the value is always 1.");
	fputs("aegishv_build_info{", f);
	prom_label(f, "version", SHIM_VERSION);
	fprintf(f, ",events_version=\"%u\",", AEGISHV_EVENTS_VERSION);
	prom_label(f, "module_version", g->s && g->s->live ? g->s->info.module_version : "");
	fputc(',', f);
	prom_label(f, "kernel", g->s && g->s->live ? g->s->info.kernel : "");
	fputc(',', f);
	prom_label(f, "mode", g->p->mode);
	fputs("} 1\n", f);
}

static void exits(struct page *g)
{
	const struct snap *s = g->s;
	size_t i;

	prom_family(g->f, "aegishv_vm_exits_total", "counter",
	       "VM exits by reason, as the kernel names it.");
	for (i = 0; i < s->nr_counts; i++) {
		if (!strcmp(s->counts[i].kind, "exit"))
			labelled(g->f, "aegishv_vm_exits_total", "reason", s->counts[i].name,
				 s->counts[i].value);
	}
	prom_family(g->f, "aegishv_ept_violations_total", "counter",
	       "Stage-2 (EPT, NPT) faults by the access that caused them.");
	for (i = 0; i < METRICS_NR_ACCESS; i++)
		labelled(g->f, "aegishv_ept_violations_total", "type", access_name(i),
			 snap_value(s, "fault", access_name(i)));
	if (!snap_total(s, "entry") && !snap_total(s, "uexit"))
		return;
	prom_single(g->f, "aegishv_vm_entries_total", "VM entries; counted with counters=all.",
	       snap_total(s, "entry"));
	prom_family(g->f, "aegishv_vmm_returns_total", "counter",
	       "Returns of KVM_RUN to the VMM by reason; counted with counters=all.");
	for (i = 0; i < s->nr_counts; i++) {
		if (!strcmp(s->counts[i].kind, "uexit"))
			labelled(g->f, "aegishv_vmm_returns_total", "reason",
				 s->counts[i].name, s->counts[i].value);
	}
}

static void vm_series(struct page *g, const char *name, bool fault, uint64_t other)
{
	const struct snap *s = g->s;
	size_t i;

	for (i = 0; i < s->nr_vms; i++) {
		const struct snap_vm *vm = &s->vms[i];

		if (!vm->shown)
			continue;
		fprintf(g->f, "%s{", name);
		prom_label(g->f, "vm", vm->who.name);
		fprintf(g->f, ",vm_id=\"%u\"} %llu\n", vm->id,
			(unsigned long long)(fault ? vm->faults : vm->exits));
	}
	fprintf(g->f, "%s{vm=\"other\",vm_id=\"\"} %llu\n", name, (unsigned long long)other);
}

/* What is not of a VM shown; two reads of moving counters never make it less. */
static void update_other(uint64_t *other, uint64_t total, uint64_t shown)
{
	if (total > shown && total - shown > *other)
		*other = total - shown;
}

static void detections(struct page *g)
{
	uint32_t d;

	prom_family(g->f, "aegishv_detections_total", "counter",
	       "What set a detector off, those that a cool-down held back included.");
	for (d = 1; d < AEGISHV_DETECT_END; d++)
		labelled(g->f, "aegishv_detections_total", "detector", ahv_detector_name(d),
			 snap_value(g->s, "detect", ahv_detector_name(d)));
}

/* The module sees an execution after a write by one of the two ways, not by both. */
static void violations(struct page *g)
{
	const char *name = "aegishv_wx_violation_total";
	uint32_t rule;
	uint64_t n;

	prom_family(g->f, name, "counter",
	       "Pages used against wx, a seal or a trap; write_exec: executed after a write.");
	for (rule = AEGISHV_WX_WRITE_EXEC; rule <= AEGISHV_WX_TRAP; rule++) {
		n = snap_value(g->s, "wx", words_wx_rule[rule]);
		if (rule == AEGISHV_WX_WRITE_EXEC)
			n += snap_value(g->s, "detect", ahv_detector_name(AEGISHV_DETECT_WX));
		labelled(g->f, name, "rule", words_wx_rule[rule], n);
	}
}

static void unseen(struct page *g)
{
	prom_single(g->f, "aegishv_unseen_total",
		    "Exits and stage-2 faults that detectors or W^X had no memory to look at.",
		    snap_total(g->s, "unseen"));
}

static void vms(struct page *g)
{
	uint64_t shown_exits = 0, shown_faults = 0;
	struct prom *p = g->p;
	uint64_t alive = 0;
	size_t i;

	namer_update(&p->namer, g->s, p->detailed ? UINT32_MAX : p->max_vm_series);
	for (i = 0; i < g->s->nr_vms; i++) {
		alive += !g->s->vms[i].dead;
		if (g->s->vms[i].shown) {
			shown_exits += g->s->vms[i].exits;
			shown_faults += g->s->vms[i].faults;
		}
	}
	update_other(&p->other_exits, snap_total(g->s, "exit"), shown_exits);
	update_other(&p->other_faults, snap_total(g->s, "fault"), shown_faults);
	prom_single(g->f, "aegishv_vms", "VMs alive.", alive);
	prom_family(g->f, "aegishv_vm_exits_by_vm_total", "counter",
	       "VM exits by VM; VMs beyond --max-vm-series and those that are gone are in vm other.");
	vm_series(g, "aegishv_vm_exits_by_vm_total", false, p->other_exits);
	prom_family(g->f, "aegishv_ept_violations_by_vm_total", "counter",
	       "Stage-2 faults by VM; VMs beyond --max-vm-series and those that are gone are in vm other.");
	vm_series(g, "aegishv_ept_violations_by_vm_total", true, p->other_faults);
}

static void lost(struct page *g)
{
	FILE *f = g->f;

	prom_family(f, "aegishv_events_lost_total", "counter",
	       "Events dropped because a ring was full, by class.");
	labelled(f, "aegishv_events_lost_total", "class", "telemetry",
		 g->s->lost[AEGISHV_CLASS_TELEMETRY]);
	labelled(f, "aegishv_events_lost_total", "class", "alert",
		 g->s->lost[AEGISHV_CLASS_ALERT]);
}

static void hooks(struct page *g)
{
	const struct genl_info *info = &g->s->info;
	uint32_t i;

	prom_family(g->f, "aegishv_hook_up", "gauge", "1 when the hook is attached.");
	for (i = 0; i < info->nr_hooks; i++) {
		fputs("aegishv_hook_up{", g->f);
		prom_label(g->f, "hook", info->hooks[i].name);
		fprintf(g->f, ",required=\"%u\"} %u\n", info->hooks[i].required,
			info->hooks[i].state == AEGISHV_HOOK_STATE_ATTACHED);
	}
}

struct ring_metric {
	const char *name;
	const char *help;
	uint64_t (*get)(const struct genl_ring *r);
};

static uint64_t ring_records(const struct genl_ring *r) { return r->records; }
static uint64_t ring_bytes(const struct genl_ring *r) { return r->bytes; }
static uint64_t ring_used(const struct genl_ring *r) { return r->used; }
static uint64_t ring_wakeups(const struct genl_ring *r) { return r->wakeups; }
static uint64_t ring_bad_tail(const struct genl_ring *r) { return r->bad_tail; }

static const struct ring_metric ring_metrics[] = {
	{ "aegishv_ring_records_total", "Records written to the rings.", ring_records },
	{ "aegishv_ring_bytes", "Size of the rings.", ring_bytes },
	{ "aegishv_ring_used_bytes", "Bytes in the rings that wait for the consumer.", ring_used },
	{ "aegishv_ring_wakeups_total", "Times a ring had the consumer woken.", ring_wakeups },
	{ "aegishv_ring_bad_tail_total",
	  "Records refused because the consumer's position was out of range.", ring_bad_tail },
};

#define NR_RING_METRICS (sizeof(ring_metrics) / sizeof(ring_metrics[0]))

static void ring_family(struct page *g, const struct ring_metric *m)
{
	const struct snap *s = g->s;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->nr_rings; i++)
		sum += m->get(&s->rings[i]);
	prom_single(g->f, m->name, m->help, sum);
}

static void ring_cpus(struct page *g)
{
	const struct snap *s = g->s;
	size_t i;

	prom_family(g->f, "aegishv_ring_cpu_records_total", "counter", "Records written, by CPU.");
	for (i = 0; i < s->nr_rings; i++)
		fprintf(g->f, "aegishv_ring_cpu_records_total{cpu=\"%u\"} %llu\n",
			s->rings[i].cpu, (unsigned long long)s->rings[i].records);
	prom_family(g->f, "aegishv_ring_cpu_lost_total", "counter", "Events lost, by CPU.");
	for (i = 0; i < s->nr_rings; i++)
		fprintf(g->f, "aegishv_ring_cpu_lost_total{cpu=\"%u\"} %llu\n", s->rings[i].cpu,
			(unsigned long long)(s->rings[i].lost[0] + s->rings[i].lost[1]));
}

static void module(struct page *g)
{
	const struct genl_info *info = &g->s->info;
	size_t i;

	hooks(g);
	prom_files(g);
	for (i = 0; i < NR_RING_METRICS; i++)
		ring_family(g, &ring_metrics[i]);
	if (g->p->detailed)
		ring_cpus(g);
	prom_single(g->f, "aegishv_vms_seen_total", "VMs seen since the module was loaded.",
	       info->vms_total);
	prom_single(g->f, "aegishv_module_memory_bytes",
	       "Memory the module holds for rings and VMs.", info->memory_bytes);
	prom_single(g->f, "aegishv_unattributed_total",
	       "Exits and faults whose VM could not be recorded for want of memory.",
	       info->unattributed);
}

static void stream(struct page *g)
{
	const struct metrics *m = g->p->metrics;
	FILE *f = g->f;
	int i;

	prom_family(f, "aegishv_events_total", "counter", "Records read by this process, by type.");
	for (i = AEGISHV_REC_LOST; i < REC_NR_TYPES; i++) {
		if (rec_type_name(i) && !rec_is_note(i))
			labelled(f, "aegishv_events_total", "type", rec_type_name(i),
				 count_read(&m->records[i]));
	}
	labelled(f, "aegishv_events_total", "type", "unknown", count_read(&m->records[0]));
	prom_single(f, "aegishv_unreadable_lines_total",
	       "Lines or records of the input that could not be read.", count_read(&m->unreadable));
	prom_single(f, "aegishv_trace_lost_total", "Events that trace text says the kernel dropped.",
	       count_read(&m->lost_trace));
	prom_single(f, "aegishv_trace_lost_unknown_total",
	       "Reports of loss in trace text that do not say how many.",
	       count_read(&m->lost_trace_unknown));
	prom_single(f, "aegishv_sequence_holes_total",
	       "Times events were missing and no record said so.", count_read(&m->seq_holes));
	prom_single(f, "aegishv_sequence_missing_total",
	       "Events that were missing and no record said so.", count_read(&m->seq_missing));
	prom_single(f, "aegishv_ring_corrupt_total",
	       "Times a ring or recording held what no module writes.",
	       count_read(&m->ring_corrupt));
}

static void output(struct page *g)
{
	struct out_stats st;

	out_stats(g->p->out, &st);
	prom_single(g->f, "aegishv_output_lines_total", "JSON Lines accepted for writing.", st.lines);
	prom_single(g->f, "aegishv_output_bytes_total", "Bytes of JSON Lines written.", st.bytes);
	prom_single(g->f, "aegishv_output_dropped_total",
	       "JSON Lines dropped because they could not be written.", st.dropped);
	prom_single(g->f, "aegishv_output_errors_total", "Writes of JSON Lines that failed.", st.errors);
}

static void legacy(struct page *g)
{
	prom_single(g->f, "aegisbpf_ringbuf_drops_total",
	       "aegishv_events_lost_total of both classes, by its older name.",
	       g->s->lost[0] + g->s->lost[1]);
	if (g->s->live)
		prom_files_legacy(g);
}

static void render(struct page *g, bool ready)
{
	build_info(g);
	prom_single(g->f, "aegishv_ready", "1 when /readyz says so.", ready);
	if (g->s) {
		exits(g);
		detections(g);
		unseen(g);
		violations(g);
		vms(g);
		lost(g);
		if (g->s->live)
			module(g);
		if (g->p->legacy)
			legacy(g);
	}
	if (g->p->metrics)
		stream(g);
	if (g->p->out)
		output(g);
}

char *prom_render(struct prom *p, struct snap *s, bool ready, size_t *len)
{
	struct page g = { .p = p, .s = s };
	char *text = NULL;

	g.f = open_memstream(&text, len);
	if (!g.f)
		return NULL;
	render(&g, ready);
	if (fclose(g.f)) {
		free(text);
		return NULL;
	}
	return text;
}
