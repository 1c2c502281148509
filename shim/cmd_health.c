// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * health, doctor and self-check: the same checks, less or more of them, with
 * or without advice. Exit status 1 when something fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "cmd.h"
#include "view.h"
#include "words.h"

static const char *const results[] = { "ok", "note", "FAIL" };
static const char *const json_results[] = { "ok", "note", "fail" };

static void print_check(const struct check *k, bool colour, bool advice)
{
	static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };

	printf("%s%-4s%s  %-24s %s\n", colour ? colours[k->result] : "", results[k->result],
	       colour ? "\033[0m" : "", k->name, k->text);
	if (advice && k->advice[0])
		printf("      %-24s -> %s\n", "", k->advice);
}

static void add_module(cJSON *o, const struct genl_info *info)
{
	cJSON *m = cJSON_AddObjectToObject(o, "module");
	cJSON *hooks;
	uint32_t i;

	cJSON_AddStringToObject(m, "version", info->module_version);
	cJSON_AddNumberToObject(m, "api_version", info->api_version);
	cJSON_AddNumberToObject(m, "events_version", info->events_version);
	cJSON_AddStringToObject(m, "kernel", info->kernel);
	cJSON_AddStringToObject(m, "isa", genl_isa_name(info->isa));
	cJSON_AddNumberToObject(m, "vms", info->vms);
	json_u64(m, "vms_seen", info->vms_total);
	json_u64(m, "memory_bytes", info->memory_bytes);
	cJSON_AddNumberToObject(m, "consumer_pid", info->consumer_pid);
	cJSON_AddStringToObject(m, "consumer_comm", info->consumer_comm);
	cJSON_AddStringToObject(m, "file_mode", words_name(words_file_mode, info->file_mode));
	cJSON_AddStringToObject(m, "file_backend", info->file_backend);
	if (info->file_reverted[0])
		cJSON_AddStringToObject(m, "file_reverted", info->file_reverted);
	hooks = cJSON_AddArrayToObject(m, "hooks");
	for (i = 0; i < info->nr_hooks; i++) {
		const struct genl_hook *h = &info->hooks[i];
		cJSON *k = cJSON_CreateObject();

		cJSON_AddStringToObject(k, "name", h->name);
		cJSON_AddStringToObject(k, "state", genl_state_name(h->state));
		cJSON_AddBoolToObject(k, "required", h->required);
		cJSON_AddStringToObject(k, "backend", h->backend);
		cJSON_AddNumberToObject(k, "errno", h->err);
		cJSON_AddStringToObject(k, "reason", h->reason);
		cJSON_AddItemToArray(hooks, k);
	}
}

static int print_json(const struct checks *c, bool advice)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *list;
	int i;

	cJSON_AddBoolToObject(o, "healthy", !check_failures(c));
	list = cJSON_AddArrayToObject(o, "checks");
	for (i = 0; i < c->nr; i++) {
		const struct check *k = &c->list[i];
		cJSON *item = cJSON_CreateObject();

		cJSON_AddStringToObject(item, "name", k->name);
		cJSON_AddStringToObject(item, "result", json_results[k->result]);
		cJSON_AddStringToObject(item, "text", k->text);
		if (advice)
			cJSON_AddStringToObject(item, "advice", k->advice);
		cJSON_AddItemToArray(list, item);
	}
	if (c->have_info)
		add_module(o, &c->info);
	return json_print(o);
}

static int report(struct cmd_ctx *ctx, const struct checks *c, bool advice)
{
	bool colour = view_colour(stdout);
	int failures = check_failures(c);
	int i, status;

	if (ctx->json) {
		status = print_json(c, advice);
		return failures ? EXIT_FAIL : status;
	}
	for (i = 0; i < c->nr; i++)
		print_check(&c->list[i], colour, advice);
	if (failures)
		printf("\n%d of %d checks fail%s\n", failures, c->nr,
		       advice ? "" : "; 'aegishv doctor' says what to do");
	status = cmd_finish();
	return failures ? EXIT_FAIL : status;
}

static int run_checks(struct cmd_ctx *ctx, bool module, bool host, bool advice)
{
	struct checks *c;
	int status = cmd_plain(ctx, 0, 0);

	if (status >= 0)
		return status;
	c = calloc(1, sizeof(*c));
	if (!c)
		return EXIT_FAIL;
	if (module)
		check_module(c);
	if (host)
		check_host(c);
	status = report(ctx, c, advice);
	free(c);
	return status;
}

int cmd_health(struct cmd_ctx *c)
{
	return run_checks(c, true, false, false);
}

int cmd_doctor(struct cmd_ctx *c)
{
	return run_checks(c, true, true, true);
}

int cmd_self_check(struct cmd_ctx *c)
{
	return run_checks(c, true, true, false);
}
