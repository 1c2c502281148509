// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VM table: open addressing by VM number, entries allocated one by one so that
 * a pointer stays good while the table grows. See vmtab.h for who may call
 * what; lock guards slots, dead and the names.
 */
#include "vmtab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "metrics.h"
#include "text.h"

struct vmtab {
	pthread_mutex_t lock;
	struct vm_entry **slots;
	uint32_t nr_slots;	/* a power of two */
	uint32_t used;
	uint32_t alive;
	struct vm_entry *last;
	struct vm_entry *spare;	/* when memory or room ran out */
	uint64_t gone_exits;
	uint64_t gone_faults;
	uint32_t dead[VMTAB_DEAD];
	uint32_t nr_dead;
};

struct vmtab *vmtab_new(void)
{
	struct vmtab *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nr_slots = 64;
	t->slots = calloc(t->nr_slots, sizeof(*t->slots));
	t->spare = calloc(1, sizeof(*t->spare));
	if (!t->slots || !t->spare) {
		free(t->slots);
		free(t->spare);
		free(t);
		return NULL;
	}
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void vmtab_free(struct vmtab *t)
{
	uint32_t i;

	if (!t)
		return;
	for (i = 0; i < t->nr_slots; i++)
		free(t->slots[i]);
	pthread_mutex_destroy(&t->lock);
	free(t->slots);
	free(t->spare);
	free(t);
}

static uint32_t hash(uint32_t id)
{
	return (id * 0x9e3779b1U) >> 8;
}

static struct vm_entry **find(struct vm_entry **slots, uint32_t nr, uint32_t id)
{
	uint32_t i = hash(id) & (nr - 1);

	while (slots[i] && slots[i]->id != id)
		i = (i + 1) & (nr - 1);
	return &slots[i];
}

static bool grow(struct vmtab *t)
{
	uint32_t nr = t->nr_slots * 2;
	struct vm_entry **slots = calloc(nr, sizeof(*slots));
	uint32_t i;

	if (!slots)
		return false;
	for (i = 0; i < t->nr_slots; i++) {
		if (t->slots[i])
			*find(slots, nr, t->slots[i]->id) = t->slots[i];
	}
	free(t->slots);
	t->slots = slots;
	t->nr_slots = nr;
	return true;
}

static void set_name(struct vm_entry *e, const char *name, size_t len)
{
	char *p = e->frag;

	len = utf8_clean(e->name, sizeof(e->name), name, len);
	p = put_lit(p, ",\"vm\":\"");
	p = put_json(p, e->name, len);
	p = put_lit(p, "\",\"vm_id\":");
	p = put_u64(p, e->id);
	e->frag_len = p - e->frag;
}

static void init_entry(struct vm_entry *e, uint32_t id)
{
	char name[16];

	e->id = id;
	set_name(e, name, snprintf(name, sizeof(name), "vm-%u", id));
}

static struct vm_entry *add(struct vmtab *t, uint32_t id)
{
	struct vm_entry *e = NULL;

	pthread_mutex_lock(&t->lock);
	if (t->used < VMTAB_MAX &&
	    (t->used < t->nr_slots / 2 || grow(t)))
		e = calloc(1, sizeof(*e));
	if (e) {
		init_entry(e, id);
		*find(t->slots, t->nr_slots, id) = e;
		t->used++;
		t->alive++;
		t->last = e;
	}
	pthread_mutex_unlock(&t->lock);
	return e;
}

/* One entry for all that found no room; what it counted goes to the gone. */
static struct vm_entry *reuse_spare(struct vmtab *t, uint32_t id)
{
	count_add(&t->gone_exits, t->spare->exits);
	count_add(&t->gone_faults, t->spare->faults);
	memset(t->spare, 0, sizeof(*t->spare));
	init_entry(t->spare, id);
	return t->spare;
}

struct vm_entry *vmtab_get(struct vmtab *t, uint32_t id)
{
	struct vm_entry *e = t->last;

	if (e && e->id == id)
		return e;
	e = *find(t->slots, t->nr_slots, id);
	if (e) {
		t->last = e;
		return e;
	}
	e = add(t, id);
	return e ? e : reuse_spare(t, id);
}

void vmtab_name(struct vmtab *t, struct vm_entry *e, const char *name, size_t len)
{
	pthread_mutex_lock(&t->lock);
	set_name(e, name, len);
	e->named = true;
	pthread_mutex_unlock(&t->lock);
}

/* Deletion from open addressing: move up what hashed before the hole. */
static void remove_entry(struct vmtab *t, uint32_t id)
{
	struct vm_entry **slot = find(t->slots, t->nr_slots, id);
	uint32_t mask = t->nr_slots - 1;
	uint32_t hole = slot - t->slots;
	uint32_t i = hole;

	if (!*slot)
		return;
	count_add(&t->gone_exits, (*slot)->exits);
	count_add(&t->gone_faults, (*slot)->faults);
	if (t->last == *slot)
		t->last = NULL;
	free(*slot);
	t->slots[hole] = NULL;
	t->used--;
	for (i = (i + 1) & mask; t->slots[i]; i = (i + 1) & mask) {
		uint32_t home = hash(t->slots[i]->id) & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		t->slots[hole] = t->slots[i];
		t->slots[i] = NULL;
		hole = i;
	}
}

void vmtab_dead(struct vmtab *t, struct vm_entry *e)
{
	uint32_t at = t->nr_dead % VMTAB_DEAD;

	if (e->dead || e == t->spare)
		return;
	pthread_mutex_lock(&t->lock);
	e->dead = true;
	t->alive--;
	if (t->nr_dead >= VMTAB_DEAD)
		remove_entry(t, t->dead[at]);
	t->dead[at] = e->id;
	t->nr_dead++;
	if (t->nr_dead == 2 * VMTAB_DEAD)
		t->nr_dead = VMTAB_DEAD;
	pthread_mutex_unlock(&t->lock);
}

void vmtab_walk(struct vmtab *t, void (*fn)(void *arg, const struct vm_entry *e),
		void *arg)
{
	uint32_t i;

	pthread_mutex_lock(&t->lock);
	for (i = 0; i < t->nr_slots; i++) {
		if (t->slots[i])
			fn(arg, t->slots[i]);
	}
	pthread_mutex_unlock(&t->lock);
}

void vmtab_gone(struct vmtab *t, uint64_t *exits, uint64_t *faults)
{
	*exits = count_read(&t->gone_exits);
	*faults = count_read(&t->gone_faults);
}

uint32_t vmtab_alive(struct vmtab *t)
{
	uint32_t alive;

	pthread_mutex_lock(&t->lock);
	alive = t->alive;
	pthread_mutex_unlock(&t->lock);
	return alive;
}
