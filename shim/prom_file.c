// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The part of the metrics page that is about files. What has no bound (rules,
 * cgroups, inodes) is there with detailed only. See prom.c.
 */
#include <stdlib.h>
#include <string.h>
#include "cgpath.h"
#include "cgtab.h"
#include "prom_int.h"
#include "rules_view.h"
#include "text.h"

#define LABEL_MAX	(4 * CGTAB_PATH_MAX + 1)

static void entries(struct page *g)
{
	static const struct {
		unsigned int kind;
		const char *name;
		const char *help;
	} kinds[] = {
		{ AEGISHV_RULE_KIND_DENY_INODE, "aegishv_deny_inode_entries", "Rules about inodes." },
		{ AEGISHV_RULE_KIND_DENY_PATH, "aegishv_deny_path_entries", "Rules about paths." },
		{ AEGISHV_RULE_KIND_DENY_DIR, "aegishv_deny_dir_entries", "Rules about directories." },
		{ AEGISHV_RULE_KIND_ALLOW_CGROUP, "aegishv_allow_cgroup_entries", "Cgroups that are allowed." },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		prom_single(g->f, kinds[i].name, kinds[i].help,
			    g->s->policy.by_kind[kinds[i].kind]);
}

static void totals(struct page *g)
{
	const struct genl_policy *p = &g->s->policy;

	prom_single(g->f, "aegishv_blocks_total", "Operations on files denied.", p->blocks);
	prom_single(g->f, "aegishv_audits_total",
		    "Operations on files that a rule covers and audit mode let pass.", p->audits);
	prom_single(g->f, "aegishv_exempt_total",
		    "Operations on files that a rule covers and allow_cgroup let pass.", p->exempt);
	prom_single(g->f, "aegishv_signals_total", "Signals sent after denials.", p->signals);
	prom_single(g->f, "aegishv_policy_generation",
		    "Number of the policy in force, 0 when none was applied since the module was loaded.",
		    p->generation);
	prom_single(g->f, "aegishv_policy_bytes", "Memory the policy takes.", p->bytes);
	prom_single(g->f, "aegishv_policy_max_bytes", "Memory that policies may take.", p->max_bytes);
	prom_single(g->f, "aegishv_policy_marks",
		    "Inodes that are denied since they had or got a denied name.", p->marks);
}

static void mode(struct page *g)
{
	const struct genl_info *info = &g->s->info;

	prom_single(g->f, "aegishv_enforcing", "1 when the mode in force is enforce, 0 for audit.",
		    info->file_mode == AEGISHV_FILE_MODE_ENFORCE);
	prom_single(g->f, "aegishv_enforce_reverted",
		    "1 when enforce went back to audit by itself.", !!info->file_reverted[0]);
	prom_family(g->f, "aegishv_file_backend_info", "gauge",
		    "How hooks on files attach; the value is always 1.");
	fputs("aegishv_file_backend_info{", g->f);
	prom_label(g->f, "backend", info->file_backend[0] ? info->file_backend : "off");
	fputs("} 1\n", g->f);
}

static void label_path(FILE *f, const char *path)
{
	size_t len = strlen(path);
	char *text = malloc(4 * len + 1);

	if (!text)
		return;
	utf8_clean(text, 4 * len + 1, path, len);
	prom_label(f, "path", text);
	free(text);
}

static void by_rule(struct page *g)
{
	const struct policy *p = &g->s->rules;
	size_t i;

	prom_family(g->f, "aegishv_rule_hits_total", "counter",
		    "How often each rule was met; it starts anew with the rule.");
	for (i = 0; i < p->nr; i++)
		fprintf(g->f, "aegishv_rule_hits_total{rule=\"%u\",kind=\"%s\"} %llu\n",
			p->rules[i].id, rules_kind(p->rules[i].kind),
			(unsigned long long)p->rules[i].hits);
}

static void by_path(struct page *g, const char *name)
{
	size_t i;

	prom_family(g->f, name, "counter", "How often each rule with a path was met.");
	for (i = 0; i < g->s->rules.nr; i++) {
		const struct policy_rule *r = &g->s->rules.rules[i];

		if (!r->path || r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
			continue;
		fprintf(g->f, "%s{", name);
		label_path(g->f, r->path);
		fprintf(g->f, ",rule=\"%u\"} %llu\n", r->id, (unsigned long long)r->hits);
	}
}

static void by_cgroup(struct page *g, const char *name)
{
	char path[CGTAB_PATH_MAX], text[LABEL_MAX];
	size_t i;
	long n;

	prom_family(g->f, name, "counter",
		    "Operations denied or told by cgroup; cgroup_id other is the sum of those beyond the table.");
	for (i = 0; i < g->s->nr_denials; i++) {
		const struct genl_denial *d = &g->s->denials[i];

		if (d->is_inode)
			continue;
		n = d->other ? 0 : cgpath_of(d->cgroup, path, sizeof(path));
		utf8_clean(text, sizeof(text), path, n > 0 ? n : 0);
		if (d->other)
			fprintf(g->f, "%s{cgroup_id=\"other\",", name);
		else
			fprintf(g->f, "%s{cgroup_id=\"%llu\",", name, (unsigned long long)d->cgroup);
		prom_label(g->f, "cgroup_path", text);
		fprintf(g->f, "} %llu\n", (unsigned long long)d->count);
	}
}

static void by_inode(struct page *g, const char *name)
{
	size_t i;

	prom_family(g->f, name, "counter",
		    "Operations denied or told by inode, as DEV:INODE; other is the sum of those beyond the table.");
	for (i = 0; i < g->s->nr_denials; i++) {
		const struct genl_denial *d = &g->s->denials[i];

		if (!d->is_inode)
			continue;
		if (d->other)
			fprintf(g->f, "%s{inode=\"other\"} %llu\n", name,
				(unsigned long long)d->count);
		else
			fprintf(g->f, "%s{inode=\"%u:%llu\"} %llu\n", name, d->dev,
				(unsigned long long)d->ino, (unsigned long long)d->count);
	}
}

void prom_files(struct page *g)
{
	totals(g);
	entries(g);
	mode(g);
	if (!g->p->detailed)
		return;
	by_rule(g);
	by_path(g, "aegishv_blocks_by_path_total");
	by_cgroup(g, "aegishv_blocks_by_cgroup_total");
	by_inode(g, "aegishv_blocks_by_inode_total");
}

/* Names of the older program, for those whose dashboards have them. */
void prom_files_legacy(struct page *g)
{
	const struct genl_policy *p = &g->s->policy;

	prom_single(g->f, "aegisbpf_blocks_total",
		    "aegishv_blocks_total and aegishv_audits_total, by their older name.",
		    p->blocks + p->audits);
	prom_single(g->f, "aegisbpf_deny_inode_entries", "aegishv_deny_inode_entries.",
		    p->by_kind[AEGISHV_RULE_KIND_DENY_INODE]);
	prom_single(g->f, "aegisbpf_deny_path_entries", "aegishv_deny_path_entries.",
		    p->by_kind[AEGISHV_RULE_KIND_DENY_PATH]);
	prom_single(g->f, "aegisbpf_allow_cgroup_entries", "aegishv_allow_cgroup_entries.",
		    p->by_kind[AEGISHV_RULE_KIND_ALLOW_CGROUP]);
	if (!g->p->detailed)
		return;
	by_cgroup(g, "aegisbpf_blocks_by_cgroup_total");
	by_inode(g, "aegisbpf_blocks_by_inode_total");
	by_path(g, "aegisbpf_blocks_by_path_total");
}
