// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rule sets: adding, sorting, finding. Paths live in chunks that only grow.
 */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES	(1UL << 20)

struct policy_chunk {
	struct policy_chunk *next;
	size_t used;
	char bytes[CHUNK_BYTES];
};

void policy_free(struct policy *p)
{
	while (p->chunks) {
		struct policy_chunk *c = p->chunks;

		p->chunks = c->next;
		free(c);
	}
	free(p->rules);
	vmrules_free(&p->vms);
	memset(p, 0, sizeof(*p));
}

static const char *keep(struct policy *p, const char *path, size_t len)
{
	struct policy_chunk *c = p->chunks;
	char *copy;

	if (len >= POLICY_PATH_MAX)
		return NULL;
	if (!c || CHUNK_BYTES - c->used < len + 1) {
		c = malloc(sizeof(*c));
		if (!c)
			return NULL;
		c->used = 0;
		c->next = p->chunks;
		p->chunks = c;
	}
	copy = c->bytes + c->used;
	memcpy(copy, path, len);
	copy[len] = '\0';
	c->used += len + 1;
	return copy;
}

static bool grow(struct policy *p)
{
	size_t size = p->size ? 2 * p->size : 64;
	struct policy_rule *rules;

	if (p->nr < p->size)
		return true;
	rules = realloc(p->rules, size * sizeof(*rules));
	if (!rules)
		return false;
	p->rules = rules;
	p->size = size;
	return true;
}

bool policy_add(struct policy *p, const struct policy_rule *r)
{
	const char *path = NULL;

	if (!grow(p))
		goto nomem;
	if (r->path) {
		path = keep(p, r->path, r->path_len);
		if (!path)
			goto nomem;
	}
	p->rules[p->nr] = *r;
	p->rules[p->nr++].path = path;
	return true;
nomem:
	p->nomem = true;
	return false;
}

bool policy_add_all(struct policy *p, const struct policy *from)
{
	size_t i;

	for (i = 0; i < from->nr; i++) {
		if (!policy_add(p, &from->rules[i]))
			return false;
	}
	if (!vmrules_merge(&p->vms, &from->vms))
		p->nomem = true;
	return !p->nomem;
}

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b))

static int cmp_path(const struct policy_rule *a, const struct policy_rule *b)
{
	size_t n = a->path_len < b->path_len ? a->path_len : b->path_len;
	int c;

	if (!a->path || !b->path)
		return CMP(!a->path, !b->path);
	c = memcmp(a->path, b->path, n);
	return c ? c : CMP(a->path_len, b->path_len);
}

int policy_cmp(const struct policy_rule *a, const struct policy_rule *b)
{
	int c = CMP(a->kind, b->kind);

	if (!c)
		c = cmp_path(a, b);
	/* Rules of a path carry what the path led to: that is not their name. */
	if (c || a->path)
		return c;
	if (a->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
		return CMP(a->cgid, b->cgid);
	c = CMP(a->dev, b->dev);
	if (!c)
		c = CMP(a->ino, b->ino);
	if (!c)
		c = CMP(a->has_gen, b->has_gen);
	return c || !a->has_gen ? c : CMP(a->gen, b->gen);
}

static int by_order(const void *va, const void *vb)
{
	const struct policy_rule *a = va, *b = vb;
	int c = policy_cmp(a, b);

	return c ? c : CMP(a->line, b->line);
}

size_t policy_normalise(struct policy *p)
{
	size_t i, to = 0, before = p->nr;

	if (!p->nr)
		return 0;
	qsort(p->rules, p->nr, sizeof(*p->rules), by_order);
	for (i = 1; i < p->nr; i++) {
		if (policy_cmp(&p->rules[to], &p->rules[i]))
			p->rules[++to] = p->rules[i];
		else
			p->rules[to].flags |= p->rules[i].flags & AEGISHV_RULE_FLAG_PROTECT;
	}
	p->nr = to + 1;
	return before - p->nr;
}

static int to_rule(const void *a, const void *b)
{
	return policy_cmp(a, b);
}

const struct policy_rule *policy_find(const struct policy *p, const struct policy_rule *r)
{
	return p->nr ? bsearch(r, p->rules, p->nr, sizeof(*r), to_rule) : NULL;
}

size_t policy_count(const struct policy *p, unsigned int kind)
{
	size_t i, n = 0;

	for (i = 0; i < p->nr; i++)
		n += p->rules[i].kind == kind;
	return n;
}
