// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Snapshots of all counts. VMs are read before the totals, so that a total is
 * never behind the sum of its VMs. Allocates; any thread, its own struct genl.
 */
#include "snap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "text.h"
#include "words.h"
#include "../kmod/pure/detect.h"

/* Room for one more element; sizes double. */
static void *more(struct snap *s, void *array, size_t nr, size_t size)
{
	void *p;

	if (nr & (nr - 1))
		return array;
	p = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!p)
		s->nomem = true;
	return p;
}

static void add_count(struct snap *s, const struct snap_count *c)
{
	struct snap_count *p;
	size_t i;

	for (i = 0; i < s->nr_counts; i++) {
		p = &s->counts[i];
		if (!strcmp(p->name, c->name) && !strcmp(p->kind, c->kind)) {
			p->value += c->value;
			return;
		}
	}
	p = more(s, s->counts, s->nr_counts, sizeof(*p));
	if (!p)
		return;
	s->counts = p;
	s->counts[s->nr_counts++] = *c;
}

static struct snap_vm *add_vm(struct snap *s)
{
	struct snap_vm *p = more(s, s->vms, s->nr_vms, sizeof(*p));

	if (!p)
		return NULL;
	s->vms = p;
	p = &s->vms[s->nr_vms++];
	memset(p, 0, sizeof(*p));
	return p;
}

static int by_id(const void *a, const void *b)
{
	const struct snap_vm *va = a, *vb = b;

	return va->id < vb->id ? -1 : va->id > vb->id;
}

static int by_value(const void *a, const void *b)
{
	const struct snap_count *ca = a, *cb = b;
	int kind = strcmp(ca->kind, cb->kind);

	if (kind)
		return kind;
	if (ca->value != cb->value)
		return ca->value > cb->value ? -1 : 1;
	return strcmp(ca->name, cb->name);
}

static int sorted(struct snap *s)
{
	if (s->nr_vms)
		qsort(s->vms, s->nr_vms, sizeof(*s->vms), by_id);
	if (s->nr_counts)
		qsort(s->counts, s->nr_counts, sizeof(*s->counts), by_value);
	return s->nomem ? -ENOMEM : 0;
}

static void take_vm(void *arg, const struct genl_vm *g)
{
	struct snap_vm *vm = add_vm(arg);

	if (!vm)
		return;
	vm->id = g->id;
	vm->tgid = g->tgid;
	vm->vcpus = g->vcpus;
	vm->exits = g->exits;
	vm->faults = g->faults;
	vm->exit_events = g->exit_events;
	vm->sample = g->sample;
	vm->own_setting = g->own_setting;
	vm->found = g->found;
	snprintf(vm->who.name, sizeof(vm->who.name), "%s", g->comm);
}

static void take_counter(void *arg, const struct genl_counter *g)
{
	struct snap_count c = { .value = g->value };

	snprintf(c.kind, sizeof(c.kind), "%s", g->kind);
	snprintf(c.name, sizeof(c.name), "%s", g->name);
	add_count(arg, &c);
}

static void take_ring(void *arg, const struct genl_ring *r)
{
	struct snap *s = arg;
	struct genl_ring *p = more(s, s->rings, s->nr_rings, sizeof(*p));
	int i;

	if (!p)
		return;
	s->rings = p;
	s->rings[s->nr_rings++] = *r;
	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		s->lost[i] += r->lost[i];
}

static void name_vm(struct snap_vm *vm, const struct namer *namer)
{
	const struct snap_vm *known = NULL;
	char clean[VM_NAME_MAX];
	struct vmid who;

	if (namer && namer->nr)
		known = bsearch(vm, namer->vms, namer->nr, sizeof(*vm), by_id);
	if (known && known->tgid == vm->tgid) {
		vm->who = known->who;
		return;
	}
	vmid_lookup(&who, "/proc", vm->tgid, vm->who.name);
	utf8_clean(clean, sizeof(clean), who.name, strlen(who.name));
	memcpy(who.name, clean, sizeof(clean));
	vm->who = who;
}

static int failed(struct snap *s, struct genl *g, const char *what, int err)
{
	snprintf(s->why, sizeof(s->why), "%s: %.200s", what, genl_why(g));
	return err;
}

int snap_live(struct snap *s, struct genl *g, struct namer *namer)
{
	struct genl_scope all = { 0 };
	size_t i;
	int err;

	memset(s, 0, sizeof(*s));
	s->live = true;
	err = genl_info(g, &s->info);
	if (err)
		return failed(s, g, "the module's state", err);
	err = genl_vms(g, take_vm, s);
	if (err)
		return failed(s, g, "the list of VMs", err);
	err = genl_counters(g, &all, take_counter, s);
	if (err)
		return failed(s, g, "the counters", err);
	err = genl_rings(g, take_ring, s);
	if (err)
		return failed(s, g, "the rings", err);
	err = genl_policy_get(g, &s->policy);
	if (err)
		return failed(s, g, "the policy", err);
	for (i = 0; i < s->nr_vms; i++)
		name_vm(&s->vms[i], namer);
	return sorted(s);
}

static void take_denial(void *arg, const struct genl_denial *d)
{
	struct snap *s = arg;
	struct genl_denial *p = more(s, s->denials, s->nr_denials, sizeof(*p));

	if (!p)
		return;
	s->denials = p;
	s->denials[s->nr_denials++] = *d;
}

static int by_count(const void *a, const void *b)
{
	const struct genl_denial *da = a, *db = b;

	return da->count > db->count ? -1 : da->count < db->count;
}

int snap_details(struct snap *s, struct genl *g)
{
	int err = genl_rules(g, &s->rules);

	if (err)
		return failed(s, g, "the rules", err);
	policy_normalise(&s->rules);
	err = genl_denials(g, take_denial, s);
	if (err)
		return failed(s, g, "the denials", err);
	if (s->nr_denials)
		qsort(s->denials, s->nr_denials, sizeof(*s->denials), by_count);
	return s->nomem ? -ENOMEM : 0;
}

static void take_entry(void *arg, const struct vm_entry *e)
{
	struct snap_vm *vm = add_vm(arg);

	if (!vm)
		return;
	vm->id = e->id;
	vm->exits = count_read(&e->exits);
	vm->faults = count_read(&e->faults);
	vm->dead = e->dead;
	memcpy(vm->who.name, e->name, sizeof(vm->who.name));
}

static void take_exits(struct snap *s, struct metrics *m)
{
	struct snap_count c = { .kind = "exit" };
	uint32_t isa, slot;

	for (isa = 0; isa < METRICS_NR_ISA; isa++) {
		for (slot = 0; slot < AHV_EXIT_SLOTS; slot++) {
			uint32_t reason = slot < AHV_EXIT_OTHER ? ahv_exit_slot_reason(isa, slot) : 0;
			const char *name = slot < AHV_EXIT_OTHER ? ahv_exit_name(isa, reason) : "other";

			c.value = count_read(&m->exits[isa][slot]);
			if (!c.value)
				continue;
			if (name)
				snprintf(c.name, sizeof(c.name), "%s", name);
			else
				snprintf(c.name, sizeof(c.name), "0x%x", reason);
			add_count(s, &c);
		}
	}
}

static void take_detections(struct snap *s, struct metrics *m)
{
	struct snap_count c = { .kind = "detect" };
	uint32_t d;

	for (d = 1; d < AEGISHV_DETECT_END; d++) {
		snprintf(c.name, sizeof(c.name), "%s", ahv_detector_name(d));
		c.value = count_read(&m->detections[d]);
		if (c.value)
			add_count(s, &c);
	}
}

static void take_wx(struct snap *s, struct metrics *m)
{
	struct snap_count c = { .kind = "wx" };
	uint32_t rule;

	for (rule = AEGISHV_WX_WRITE_EXEC; rule <= AEGISHV_WX_TRAP; rule++) {
		snprintf(c.name, sizeof(c.name), "%s", words_wx_rule[rule]);
		c.value = count_read(&m->wx[rule]);
		if (c.value)
			add_count(s, &c);
	}
}

int snap_stream(struct snap *s, struct metrics *m)
{
	struct snap_count c = { .kind = "fault" };
	int i;

	memset(s, 0, sizeof(*s));
	vmtab_walk(m->vms, take_entry, s);
	vmtab_gone(m->vms, &s->gone_exits, &s->gone_faults);
	take_exits(s, m);
	for (i = 0; i < METRICS_NR_ACCESS; i++) {
		snprintf(c.name, sizeof(c.name), "%s", access_name(i));
		c.value = count_read(&m->faults[i]);
		if (c.value)
			add_count(s, &c);
	}
	take_detections(s, m);
	take_wx(s, m);
	for (i = 0; i < AEGISHV_NR_CLASSES; i++)
		s->lost[i] = count_read(&m->lost[i]);
	return sorted(s);
}

void snap_free(struct snap *s)
{
	free(s->counts);
	free(s->vms);
	free(s->rings);
	free(s->denials);
	policy_free(&s->rules);
	memset(s, 0, sizeof(*s));
}

uint64_t snap_total(const struct snap *s, const char *kind)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < s->nr_counts; i++) {
		if (!strcmp(s->counts[i].kind, kind))
			sum += s->counts[i].value;
	}
	return sum;
}

uint64_t snap_value(const struct snap *s, const char *kind, const char *name)
{
	size_t i;

	for (i = 0; i < s->nr_counts; i++) {
		if (!strcmp(s->counts[i].kind, kind) && !strcmp(s->counts[i].name, name))
			return s->counts[i].value;
	}
	return 0;
}

void namer_update(struct namer *n, struct snap *s, uint32_t max)
{
	struct snap_vm *copy;
	uint32_t shown = 0;
	size_t i;

	for (i = 0; i < s->nr_vms; i++) {
		struct snap_vm *known = NULL;

		if (n->nr)
			known = bsearch(&s->vms[i], n->vms, n->nr, sizeof(*known), by_id);
		s->vms[i].shown = known && known->shown;
		shown += s->vms[i].shown;
	}
	for (i = 0; i < s->nr_vms && shown < max; i++) {
		if (n->nr && bsearch(&s->vms[i], n->vms, n->nr, sizeof(*n->vms), by_id))
			continue;
		s->vms[i].shown = true;
		shown++;
	}
	copy = s->nr_vms ? malloc(s->nr_vms * sizeof(*copy)) : NULL;
	if (s->nr_vms && !copy)
		return;
	if (copy)
		memcpy(copy, s->vms, s->nr_vms * sizeof(*copy));
	free(n->vms);
	n->vms = copy;
	n->nr = s->nr_vms;
	n->shown = shown;
}

void namer_free(struct namer *n)
{
	free(n->vms);
	memset(n, 0, sizeof(*n));
}
