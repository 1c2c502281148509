// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VMs and vCPUs of a stream, and the detectors over what they do. See
 * detector.h.
 */
#include "detector.h"

#include <stdlib.h>
#include <string.h>
#include "jsonl.h"
#include "log.h"
#include "../kmod/pure/detect.h"

#define HASH_SIZE	(4 * DETECTOR_VCPUS)
#define DEAD		64

struct vm {
	uint32_t id;
	bool watched;			/* the module shapes its memory: WX is told by that */
	const struct ahv_detect_set *set;
	struct ahv_detect_vm state;
};

struct vcpu {
	uint32_t vm_id;
	uint32_t id;
	struct vm *vm;
	uint32_t reason;		/* of the last exit, as the rest */
	uint64_t info1;
	uint64_t info2;
	struct ahv_detect_vcpu state;
};

struct named_set {
	const char *name;
	struct ahv_detect_set set;
};

struct detector {
	struct vmrules rules;
	struct named_set *sets;		/* [0] for every VM, then by section */
	size_t nr_vcpus;
	bool said_full;
	struct vcpu *last;
	uint32_t dead[DEAD];		/* VMs that went last: other CPUs' records may follow */
	unsigned int nr_dead;
	struct vm *vms[DETECTOR_VMS];
	struct vcpu *vcpus[HASH_SIZE];
};

static void compile(struct named_set *s, const struct vmrules *rules, const char *name)
{
	struct vm_settings v;

	vmrules_of(rules, name, NULL, &v);
	s->name = name;
	ahv_detect_compile(&s->set, &v.detect);
}

struct detector *detector_new(const struct vmrules *rules)
{
	struct detector *d = calloc(1, sizeof(*d));
	size_t i;

	if (!d)
		return NULL;
	if (vmrules_merge(&d->rules, rules))
		d->sets = calloc(d->rules.nr + 1, sizeof(*d->sets));
	if (!d->sets) {
		detector_free(d);
		return NULL;
	}
	compile(&d->sets[0], &d->rules, NULL);
	for (i = 0; i < d->rules.nr; i++)
		compile(&d->sets[i + 1], &d->rules, d->rules.sections[i].name);
	return d;
}

void detector_free(struct detector *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < DETECTOR_VMS; i++)
		free(d->vms[i]);
	for (i = 0; i < HASH_SIZE; i++)
		free(d->vcpus[i]);
	free(d->sets);
	vmrules_free(&d->rules);
	free(d);
}

static void say_full(struct detector *d)
{
	if (!d->said_full)
		log_warn("more than %d VMs or %d vCPUs at a time: the detectors do not look at all of them",
			 DETECTOR_VMS, DETECTOR_VCPUS);
	d->said_full = true;
}

static const struct ahv_detect_set *set_of(const struct detector *d, const char *name)
{
	size_t i;

	for (i = 1; i <= d->rules.nr; i++)
		if (d->sets[i].name[0] && !strcmp(d->sets[i].name, name))
			return &d->sets[i].set;
	return &d->sets[0].set;
}

static struct vm *find_vm(struct detector *d, uint32_t id)
{
	size_t i;

	for (i = 0; i < DETECTOR_VMS; i++)
		if (d->vms[i] && d->vms[i]->id == id)
			return d->vms[i];
	return NULL;
}

static bool is_dead(const struct detector *d, uint32_t id)
{
	unsigned int i;

	for (i = 0; i < DEAD; i++)
		if (d->dead[i] == id)
			return true;
	return false;
}

static struct vm *get_vm(struct detector *d, uint32_t id, const char *name)
{
	struct vm *vm = find_vm(d, id);
	size_t i = 0;

	if (vm || is_dead(d, id))
		return vm;
	while (i < DETECTOR_VMS && d->vms[i])
		i++;
	if (i < DETECTOR_VMS)
		vm = calloc(1, sizeof(*vm));
	if (!vm) {
		say_full(d);
		return NULL;
	}
	vm->id = id;
	vm->set = set_of(d, name);
	d->vms[i] = vm;
	return vm;
}

static size_t home(uint32_t vm, uint32_t vcpu)
{
	return (vm * 0x9e3779b9U + vcpu * 0x85ebca6bU) >> 8 & (HASH_SIZE - 1);
}

static struct vcpu **slot_of(struct detector *d, uint32_t vm, uint32_t vcpu)
{
	size_t i = home(vm, vcpu);

	while (d->vcpus[i] && (d->vcpus[i]->vm_id != vm || d->vcpus[i]->id != vcpu))
		i = (i + 1) & (HASH_SIZE - 1);
	return &d->vcpus[i];
}

static struct vcpu *get_vcpu(struct detector *d, const struct aegishv_hdr *rec, const char *name)
{
	struct vcpu **slot;
	struct vcpu *v = d->last;

	if (v && v->vm_id == rec->vm && v->id == rec->vcpu)
		return v;
	slot = slot_of(d, rec->vm, rec->vcpu);
	if (!*slot && d->nr_vcpus < DETECTOR_VCPUS) {
		struct vm *vm = get_vm(d, rec->vm, name);

		v = vm ? calloc(1, sizeof(*v)) : NULL;
		if (v) {
			v->vm_id = rec->vm;
			v->id = rec->vcpu;
			v->vm = vm;
			d->nr_vcpus++;
			*slot = v;
		}
	}
	if (*slot)
		d->last = *slot;
	else if (d->nr_vcpus == DETECTOR_VCPUS)
		say_full(d);
	return *slot;
}

/* Take one out of the table, and put those behind it nearer to where they belong. */
static void drop_vcpu(struct detector *d, size_t i)
{
	free(d->vcpus[i]);
	d->vcpus[i] = NULL;
	d->nr_vcpus--;
	for (i = (i + 1) & (HASH_SIZE - 1); d->vcpus[i]; i = (i + 1) & (HASH_SIZE - 1)) {
		struct vcpu *v = d->vcpus[i];

		d->vcpus[i] = NULL;
		*slot_of(d, v->vm_id, v->id) = v;
	}
}

static void drop_vm(struct detector *d, uint32_t id)
{
	size_t i;

	d->last = NULL;
	d->dead[d->nr_dead++ % DEAD] = id;
	for (i = 0; i < HASH_SIZE; i++) {
		while (d->vcpus[i] && d->vcpus[i]->vm_id == id)
			drop_vcpu(d, i);
	}
	for (i = 0; i < DETECTOR_VMS; i++) {
		if (!d->vms[i] || d->vms[i]->id != id)
			continue;
		free(d->vms[i]);
		d->vms[i] = NULL;
	}
}

static void tell(const struct ahv_detect_at *at, const struct aegishv_hdr *rec, uint32_t fired,
		 struct detector_alerts *found)
{
	uint32_t d;

	for (d = 0; d < AEGISHV_DETECT_END; d++) {
		struct aegishv_rec_detect *r = &found->rec[found->nr];
		uint64_t before = at->vm->total[d];

		if (!(fired >> d & 1))
			continue;
		r->h = *rec;
		r->h.type = AEGISHV_REC_DETECT;
		r->h.len = sizeof(*r);
		r->h.class_ = AEGISHV_CLASS_ALERT;
		r->h.seq = JSONL_NO_SEQ;
		found->nr += ahv_detect_tell(at, d, r);
		if (at->vm->total[d] != before)
			found->fired |= 1U << d;
	}
}

static uint32_t look(struct vcpu *v, struct ahv_detect_at *at, const struct aegishv_hdr *rec)
{
	const struct aegishv_rec_exit *x = (const struct aegishv_rec_exit *)rec;
	const struct aegishv_rec_fault *f = (const struct aegishv_rec_fault *)rec;
	const struct aegishv_rec_guest *g = (const struct aegishv_rec_guest *)rec;

	switch (rec->type) {
	case AEGISHV_REC_EXIT:
		at->reason = v->reason = x->reason;
		at->info1 = v->info1 = x->info1;
		at->info2 = v->info2 = x->info2;
		at->rip = x->rip;
		at->tid = x->tid;
		return ahv_detect_exit(at);
	case AEGISHV_REC_FAULT:
		at->rip = f->rip;
		at->tid = f->tid;
		if (v->vm->watched || f->flags & AEGISHV_FAULT_NO_GPA)
			return 0;
		return ahv_detect_fault(at, f->gpa, f->access);
	default:
		at->reason = v->reason;
		at->info1 = v->info1;
		at->info2 = v->info2;
		at->rip = g->rip;
		at->tid = g->tid;
		return ahv_detect_guest(at, g->event, g->value);
	}
}

static void look_at(struct detector *d, const struct aegishv_hdr *rec, const char *name,
		    struct detector_alerts *found)
{
	struct vcpu *v = get_vcpu(d, rec, name);
	struct ahv_detect_at at;
	uint32_t fired;

	if (!v)
		return;
	at = (struct ahv_detect_at){
		.set = v->vm->set, .vm = &v->vm->state, .vcpu = &v->state,
		.now_ns = rec->time_ns, .vcpu_id = rec->vcpu, .isa = rec->isa,
	};
	fired = look(v, &at, rec);
	if (fired)
		tell(&at, rec, fired, found);
}

static void watched(struct detector *d, const struct aegishv_hdr *rec, const char *name)
{
	struct vm *vm = get_vm(d, rec->vm, name);

	if (vm)
		vm->watched = true;
}

void detector_record(struct detector *d, const struct aegishv_hdr *rec, const char *name,
		     struct detector_alerts *found)
{
	found->fired = 0;
	found->nr = 0;
	switch (rec->type) {
	case AEGISHV_REC_EXIT:
	case AEGISHV_REC_FAULT:
	case AEGISHV_REC_GUEST:
		look_at(d, rec, name, found);
		break;
	case AEGISHV_REC_WX:
		watched(d, rec, name);
		break;
	case AEGISHV_REC_VM:
		if (((const struct aegishv_rec_vm *)rec)->event == AEGISHV_VM_DEATH)
			drop_vm(d, rec->vm);
		break;
	}
}
