// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: one block event and the policy that is behind it. Needs no module.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"
#include "explain.h"
#include "policy_file.h"
#include "rules_view.h"
#include "state.h"
#include "wfile.h"

#define EVENT_MAX	(1UL << 20)

enum { OPT_POLICY };

const struct cmd_opt explain_opts[] = {
	[OPT_POLICY] = { "policy", 0, "FILE", "the policy; without it what was applied last" },
	{ 0 },
};

/* What the words of an event mean. */
static const struct {
	const char *word;
	const char *means;
} meanings[] = {
	{ "AUDIT", "it was let pass: the mode was audit" },
	{ "BLOCK", "it failed with EPERM" },
	{ "TERM", "it failed with EPERM, and the process got SIGTERM" },
	{ "INT", "it failed with EPERM, and the process got SIGINT" },
	{ "KILL", "it failed with EPERM, and the process got SIGKILL: it had been denied too often" },
	{ "marked", "the file had the denied name before, or came out of the denied directory" },
	{ "survivor", "no signal was sent: the process is one that is never signalled" },
	{ "no_path", "the file has no name: it was found by its inode" },
	{ "fs_path", "the path is from the root of its file system: it is not below the host's root" },
	{ "cut", "the path is longer than PATH_MAX: its head is missing" },
};

static const char *meaning(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (!strcmp(meanings[i].word, word))
			return meanings[i].means;
	}
	return NULL;
}

static void print_rule(const char *what, const struct policy_rule *r)
{
	printf("%s [%s] ", what, policy_section(r));
	policy_print_rule(stdout, r);
	if (r->line)
		printf("  (line %u)", r->line);
	putchar('\n');
}

static void print_flags(const struct explain *e)
{
	char flags[sizeof(e->flags)], *word, *save;

	memcpy(flags, e->flags, sizeof(flags));
	for (word = strtok_r(flags, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (meaning(word))
			printf("  %s: %s\n", word, meaning(word));
	}
}

static int print(const struct explain *e, const char *policy)
{
	const char *path = *e->path ? e->path : *e->resolved ? e->resolved : "a file without a name";
	size_t i;

	printf("%s (%u) tried to %s %s", *e->comm ? e->comm : "a process", e->pid,
	       *e->op ? e->op : "open", path);
	if (*e->resolved && strcmp(e->resolved, path))
		printf(", which the host sees as %s", e->resolved);
	putchar('\n');
	if (meaning(e->action))
		printf("%s: %s\n", e->action, meaning(e->action));
	print_flags(e);
	if (*e->kind)
		printf("the kernel decided by rule %u, of kind %s\n", e->rule, e->kind);
	for (i = 0; i < e->nr; i++)
		print_rule(i ? "also covered by" : "covered by", e->matches[i]);
	if (!e->nr)
		printf("no rule of %s covers it by what the event tells%s\n", policy,
		       *e->kind ? ": by another name of the file, or the policy changed since" : "");
	if (e->allowed)
		print_rule("its cgroup is allowed now by", e->allowed);
	return cmd_finish();
}

static int print_json(const struct explain *e, const char *policy)
{
	cJSON *o = cJSON_CreateObject(), *list;
	size_t i;

	cJSON_AddStringToObject(o, "policy", policy);
	cJSON_AddStringToObject(o, "action", e->action);
	cJSON_AddStringToObject(o, "meaning", meaning(e->action) ? meaning(e->action) : "");
	cJSON_AddStringToObject(o, "op", e->op);
	cJSON_AddStringToObject(o, "path", e->path);
	cJSON_AddStringToObject(o, "resolved_path", e->resolved);
	cJSON_AddNumberToObject(o, "rule", e->rule);
	cJSON_AddStringToObject(o, "rule_kind", e->kind);
	cJSON_AddStringToObject(o, "flags", e->flags);
	cJSON_AddBoolToObject(o, "explained", e->nr > 0);
	list = cJSON_AddArrayToObject(o, "matches");
	for (i = 0; i < e->nr; i++) {
		cJSON *k = rules_json_rule(e->matches[i]);

		if (e->matches[i]->line)
			cJSON_AddNumberToObject(k, "line", e->matches[i]->line);
		cJSON_AddItemToArray(list, k);
	}
	if (e->allowed)
		cJSON_AddItemToObject(o, "allowed", rules_json_rule(e->allowed));
	return json_print(o);
}

/* The policy that is meant; false after saying why there is none. */
static bool load_policy(const char *file, struct policy *p, char *name, size_t size)
{
	struct policy_file_opts o = { .lint = true };
	struct state s;
	int err;

	if (file) {
		snprintf(name, size, "%s", file);
		return policy_file_read(p, file, &o);
	}
	state_paths(&s);
	snprintf(name, size, "%s", s.applied);
	err = state_load(&s, s.applied, p);
	if (err == -ENOENT)
		log_warn("%s: there is none; --policy FILE names the policy", s.applied);
	return !err || err == -ENOENT;
}

static int explain(struct cmd_ctx *c, const char *file, const cJSON *event)
{
	struct policy p = { 0 };
	char name[4200], why[256];
	struct explain e;
	int status = EXIT_FAIL;

	if (!explain_read(&e, event, why)) {
		log_error("%s: %s", c->args[0], why);
		return EXIT_FAIL;
	}
	if (load_policy(file, &p, name, sizeof(name))) {
		policy_normalise(&p);
		explain_match(&e, &p);
		status = c->json ? print_json(&e, name) : print(&e, name);
	}
	policy_free(&p);
	return status;
}

int cmd_explain(struct cmd_ctx *c)
{
	const char *policy = NULL;
	cJSON *event;
	char *text;
	size_t len;
	int opt, err, status;

	while ((opt = cmd_opt(c)) >= 0)
		policy = c->value;
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 1, 1);
	if (status >= 0)
		return status;
	err = wfile_read(c->args[0], EVENT_MAX, &len, &text);
	if (err) {
		log_error("%s: %s", c->args[0], strerror(-err));
		return EXIT_FAIL;
	}
	event = cJSON_Parse(text);
	free(text);
	if (!event) {
		log_error("%s: no JSON; one line of what 'aegishv run --jsonl' writes is wanted", c->args[0]);
		return EXIT_FAIL;
	}
	status = explain(c, policy, event);
	cJSON_Delete(event);
	return status;
}
