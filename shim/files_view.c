// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Denials and rules for stats. Main thread.
 */
#include "files_view.h"

#include <stdio.h>
#include "cgpath.h"
#include "cmd.h"
#include "rules_view.h"
#include "view.h"
#include "words.h"

void files_print(const struct snap *s)
{
	const struct genl_policy *p = &s->policy;

	printf("files: %s, hooks by %s; %s denied, %s only told", words_name(words_file_mode, s->info.file_mode),
	       s->info.file_backend[0] ? s->info.file_backend : "off", view_number(p->blocks),
	       view_number(p->audits));
	printf(", %s allowed by cgroup, %s signals; ", view_number(p->exempt),
	       view_number(p->signals));
	rules_print_summary(p);
}

static void print_cgroups(const struct snap *s)
{
	char path[4096];
	size_t i;

	puts("\n       DENIED  CGROUP");
	for (i = 0; i < s->nr_denials; i++) {
		const struct genl_denial *d = &s->denials[i];

		if (d->is_inode)
			continue;
		if (d->other)
			snprintf(path, sizeof(path), "others");
		else if (cgpath_of(d->cgroup, path, sizeof(path)) <= 0)
			snprintf(path, sizeof(path), "cgid:%llu", (unsigned long long)d->cgroup);
		printf("%13s  %s\n", view_number(d->count), path);
	}
}

static void print_inodes(const struct snap *s)
{
	size_t i;

	puts("\n       DENIED  INODE");
	for (i = 0; i < s->nr_denials; i++) {
		const struct genl_denial *d = &s->denials[i];

		if (!d->is_inode)
			continue;
		if (d->other)
			printf("%13s  others\n", view_number(d->count));
		else
			printf("%13s  %u:%llu\n", view_number(d->count), d->dev,
			       (unsigned long long)d->ino);
	}
}

void files_print_details(const struct snap *s)
{
	if (s->rules.nr)
		putchar('\n');
	rules_print(&s->rules);
	if (!s->nr_denials)
		return;
	print_cgroups(s);
	print_inodes(s);
}

static void json_denials(cJSON *o, const struct snap *s)
{
	cJSON *cgroups = cJSON_AddArrayToObject(o, "by_cgroup");
	cJSON *inodes = cJSON_AddArrayToObject(o, "by_inode");
	char path[4096];
	size_t i;

	for (i = 0; i < s->nr_denials; i++) {
		const struct genl_denial *d = &s->denials[i];
		cJSON *k = cJSON_CreateObject();

		if (d->other)
			cJSON_AddBoolToObject(k, "other", true);
		else if (d->is_inode)
			cJSON_AddNumberToObject(k, "dev", d->dev);
		else
			json_u64(k, "cgid", d->cgroup);
		if (!d->other && d->is_inode)
			json_u64(k, "ino", d->ino);
		else if (!d->other && cgpath_of(d->cgroup, path, sizeof(path)) > 0)
			rules_json_path(k, "cgroup_path", path);
		json_u64(k, "denied", d->count);
		cJSON_AddItemToArray(d->is_inode ? inodes : cgroups, k);
	}
}

cJSON *files_json(const struct snap *s, bool detailed)
{
	const struct genl_policy *p = &s->policy;
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "mode", words_name(words_file_mode, s->info.file_mode));
	cJSON_AddStringToObject(o, "backend", s->info.file_backend);
	if (s->info.file_reverted[0])
		cJSON_AddStringToObject(o, "reverted", s->info.file_reverted);
	json_u64(o, "blocks", p->blocks);
	json_u64(o, "audits", p->audits);
	json_u64(o, "exempt", p->exempt);
	json_u64(o, "signals", p->signals);
	cJSON_AddNumberToObject(o, "marks", p->marks);
	rules_json_summary(o, p);
	if (!detailed)
		return o;
	cJSON_AddItemToObject(o, "list", rules_json(&s->rules));
	json_denials(o, s);
	return o;
}
