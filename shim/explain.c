// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events are matched by what they tell: inode, paths, directories above the
 * path. The kernel matched more than that (names by directory and inode, files
 * followed), so its own word, the event's rule_kind, goes before.
 */
#include "explain.h"

#include <stdlib.h>
#include <string.h>
#include "rules_view.h"

static const char *text_of(const cJSON *o, const char *key)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(o, key));

	return s ? s : "";
}

/* Doubles hold integers below 2^53 exactly; inode numbers beyond are not compared. */
static bool number_of(const cJSON *o, const char *key, double max, uint64_t *v)
{
	const cJSON *n = cJSON_GetObjectItemCaseSensitive(o, key);

	*v = 0;
	if (!cJSON_IsNumber(n) || n->valuedouble < 0 || n->valuedouble > max)
		return false;
	*v = n->valuedouble;
	return true;
}

static void read_flags(struct explain *e, const cJSON *event)
{
	const cJSON *flags = cJSON_GetObjectItemCaseSensitive(event, "flags"), *f;
	size_t used = 0;

	cJSON_ArrayForEach(f, flags) {
		const char *s = cJSON_GetStringValue(f);
		size_t n = s ? strlen(s) : 0;

		if (!n || used + n + 2 > sizeof(e->flags))
			continue;
		if (used)
			e->flags[used++] = ' ';
		memcpy(e->flags + used, s, n);
		used += n;
	}
	e->flags[used] = '\0';
}

bool explain_read(struct explain *e, const cJSON *event, char *why)
{
	const char *type = text_of(event, "type");
	uint64_t n;

	memset(e, 0, sizeof(*e));
	if (!cJSON_IsObject(event) || strcmp(type, "block")) {
		if (*type)
			snprintf(why, 256, "its type is '%.32s': only events of type block are explained", type);
		else
			snprintf(why, 256, "it is no event: an object with a type is wanted");
		return false;
	}
	e->path = text_of(event, "path");
	e->resolved = text_of(event, "resolved_path");
	e->kind = text_of(event, "rule_kind");
	e->action = text_of(event, "action");
	e->op = text_of(event, "op");
	e->comm = text_of(event, "comm");
	e->cgroup = text_of(event, "cgroup_path");
	read_flags(e, event);
	number_of(event, "ino", 9007199254740992.0, &e->ino);
	number_of(event, "cgid", 9007199254740992.0, &e->cgid);
	e->has_gen = number_of(event, "gen", UINT32_MAX, &n);
	e->gen = n;
	number_of(event, "dev", UINT32_MAX, &n);
	e->dev = n;
	number_of(event, "rule", UINT32_MAX, &n);
	e->rule = n;
	number_of(event, "pid", UINT32_MAX, &n);
	e->pid = n;
	if (e->ino || *e->path || *e->resolved)
		return true;
	snprintf(why, 256, "it tells neither a path nor an inode");
	return false;
}

static bool below(const char *path, const struct policy_rule *r)
{
	return !strncmp(path, r->path, r->path_len) &&
	       (!path[r->path_len] || path[r->path_len] == '/');
}

static bool meets(const struct explain *e, const struct policy_rule *r)
{
	switch (r->kind) {
	case AEGISHV_RULE_KIND_DENY_INODE:
		return e->ino == r->ino && e->dev == r->dev &&
		       (!r->has_gen || !e->has_gen || r->gen == e->gen);
	case AEGISHV_RULE_KIND_DENY_PATH:
		return !strcmp(e->path, r->path) || !strcmp(e->resolved, r->path);
	case AEGISHV_RULE_KIND_DENY_DIR:
		return below(e->path, r) || below(e->resolved, r);
	}
	return false;
}

static bool allows(const struct explain *e, const struct policy_rule *r)
{
	return r->path ? *e->cgroup && below(e->cgroup, r) : r->cgid && r->cgid == e->cgid;
}

/* The kind that the event names, then inode, path, directory. */
static int rank(const struct explain *e, const struct policy_rule *r)
{
	if (!strcmp(rules_kind(r->kind), e->kind))
		return 0;
	return r->kind == AEGISHV_RULE_KIND_DENY_INODE ? 1 :
	       r->kind == AEGISHV_RULE_KIND_DENY_PATH ? 2 : 3;
}

static void add(struct explain *e, const struct policy_rule *r)
{
	size_t i;

	if (e->nr == EXPLAIN_MATCHES)
		return;
	for (i = e->nr++; i && rank(e, e->matches[i - 1]) > rank(e, r); i--)
		e->matches[i] = e->matches[i - 1];
	e->matches[i] = r;
}

void explain_match(struct explain *e, const struct policy *p)
{
	size_t i;

	for (i = 0; i < p->nr; i++) {
		const struct policy_rule *r = &p->rules[i];

		if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP) {
			if (!e->allowed && allows(e, r))
				e->allowed = r;
		} else if (meets(e, r)) {
			add(e, r);
		}
	}
}
