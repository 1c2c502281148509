// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules as tables and JSON. Main thread.
 */
#include "rules_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cgpath.h"
#include "cmd.h"
#include "text.h"
#include "view.h"

const char *rules_kind(unsigned int kind)
{
	static const char *const kinds[] = {
#define AHV_RULE_KIND(kind, name) [kind] = name,
#include "../kmod/pure/names.def"
	};

	return kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[kind] ? kinds[kind] : "?";
}

static const char *notes(const struct policy_rule *r, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s%s",
		 r->flags & AEGISHV_RULE_FLAG_PROTECT ? " protect" : "",
		 r->flags & AEGISHV_RULE_FLAG_UNBOUND ? " no-file-yet" : "",
		 r->kind == AEGISHV_RULE_KIND_DENY_INODE &&
		 r->flags & AEGISHV_RULE_FLAG_ANY_GENERATION ? " any-generation" : "");
	return buf[0] ? buf + 1 : "";
}

void rules_print(const struct policy *p)
{
	char path[4096], note[64];
	size_t i;

	if (!p->nr)
		return;
	puts("   ID  KIND                HITS  RULE");
	for (i = 0; i < p->nr; i++) {
		const struct policy_rule *r = &p->rules[i];

		printf("%5u  %-12s %11s  ", r->id, rules_kind(r->kind), view_number(r->hits));
		policy_print_rule(stdout, r);
		if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP && !r->path &&
		    cgpath_of(r->cgid, path, sizeof(path)) > 0)
			printf("  (%s)", path);
		if (notes(r, note, sizeof(note))[0])
			printf("  [%s]", notes(r, note, sizeof(note)));
		putchar('\n');
	}
}

void rules_json_path(cJSON *o, const char *key, const char *path)
{
	size_t len = strlen(path);
	char *text = malloc(PUT_JSON_EXPAND * len + 3);
	char *p = text;

	if (!text)
		return;
	*p++ = '"';
	p = put_json(p, path, len);
	*p++ = '"';
	*p = '\0';
	cJSON_AddRawToObject(o, key, text);
	free(text);
}

static void json_inode(cJSON *o, const struct policy_rule *r)
{
	cJSON_AddNumberToObject(o, "dev", r->dev);
	json_u64(o, "ino", r->ino);
	if (r->has_gen)
		cJSON_AddNumberToObject(o, "gen", r->gen);
	cJSON_AddBoolToObject(o, "any_generation", r->flags & AEGISHV_RULE_FLAG_ANY_GENERATION);
}

cJSON *rules_json_rule(const struct policy_rule *r)
{
	cJSON *o = cJSON_CreateObject();
	char path[4096];

	if (r->id)
		cJSON_AddNumberToObject(o, "id", r->id);
	cJSON_AddStringToObject(o, "kind", rules_kind(r->kind));
	if (r->path)
		rules_json_path(o, "path", r->path);
	if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP) {
		if (r->cgid)
			json_u64(o, "cgid", r->cgid);
		if (!r->path && cgpath_of(r->cgid, path, sizeof(path)) > 0)
			rules_json_path(o, "cgroup_path", path);
	} else {
		if (r->ino)
			json_inode(o, r);
		cJSON_AddBoolToObject(o, "protect", r->flags & AEGISHV_RULE_FLAG_PROTECT);
		cJSON_AddBoolToObject(o, "unbound", r->flags & AEGISHV_RULE_FLAG_UNBOUND);
	}
	json_u64(o, "hits", r->hits);
	return o;
}

cJSON *rules_json(const struct policy *p)
{
	cJSON *list = cJSON_CreateArray();
	size_t i;

	for (i = 0; i < p->nr; i++)
		cJSON_AddItemToArray(list, rules_json_rule(&p->rules[i]));
	return list;
}

void rules_print_summary(const struct genl_policy *p)
{
	unsigned int kind;

	printf("generation %llu: %s rules", (unsigned long long)p->generation,
	       view_number(p->rules));
	for (kind = 1; kind <= AEGISHV_RULE_KIND_ALLOW_CGROUP; kind++) {
		if (p->by_kind[kind])
			printf(", %s %s", view_number(p->by_kind[kind]), rules_kind(kind));
	}
	printf("; %s KiB\n", view_number((p->bytes + 1023) / 1024));
}

void rules_json_summary(cJSON *o, const struct genl_policy *p)
{
	unsigned int kind;

	json_u64(o, "generation", p->generation);
	cJSON_AddNumberToObject(o, "rules", p->rules);
	for (kind = 1; kind <= AEGISHV_RULE_KIND_ALLOW_CGROUP; kind++)
		cJSON_AddNumberToObject(o, rules_kind(kind), p->by_kind[kind]);
	json_u64(o, "bytes", p->bytes);
}
