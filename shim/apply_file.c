// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy apply, and run --policy. Main thread.
 */
#include "apply_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "ask.h"
#include "cmd.h"
#include "rules_view.h"

#define NAMED	5

/* Names that no file has now: not wrong, but perhaps not what was meant. */
static void tell_unbound(const struct policy *p, const char *file)
{
	char text[4 * POLICY_PATH_MAX + 1];
	size_t i, n = 0;
	struct stat st;

	for (i = 0; i < p->nr; i++) {
		const struct policy_rule *r = &p->rules[i];

		if (r->kind != AEGISHV_RULE_KIND_DENY_PATH || !lstat(r->path, &st) ||
		    errno == ELOOP || ++n > NAMED)
			continue;
		policy_escape(text, r->path, r->path_len);
		log_warn("%s:%u:%u: %s: no file has this name now; whichever gets it will be denied",
			 file, r->line, r->column, text);
	}
	if (n > NAMED)
		log_warn("%s: %zu more names that no file has now", file, n - NAMED);
}

static cJSON *report_json(const struct apply *a)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddBoolToObject(o, "applied", !a->dry_run);
	rules_json_summary(o, a->dry_run ? &a->before : &a->after);
	return o;
}

static void report_text(const struct apply *a)
{
	if (a->dry_run)
		printf("the kernel would take it; nothing was changed; in force is ");
	else
		printf("in force is ");
	rules_print_summary(a->dry_run ? &a->before : &a->after);
}

int apply_report(const struct apply *a, bool json)
{
	if (json)
		return json_print(report_json(a));
	report_text(a);
	return cmd_finish();
}

static int report(const struct apply_file *f, const struct apply *a, const struct sweep *s)
{
	cJSON *o;

	if (f->silent)
		return EXIT_OK;
	if (!f->json) {
		report_text(a);
		if (f->sweep)
			sweep_print(s);
		return cmd_finish();
	}
	o = report_json(a);
	if (f->sweep)
		cJSON_AddItemToObject(o, "sweep", sweep_json(s));
	return json_print(o);
}

static int apply_rules(struct apply_file *f, const struct policy *p)
{
	struct apply a = { .what = f->path, .add = p, .reset = f->reset, .dry_run = f->dry_run };
	struct genl *g = ask_open();
	struct sweep s = { .what = f->sweep };
	int status;

	if (!g)
		return EXIT_FAIL;
	status = apply_run(g, &a);
	if (!status && f->sweep)
		status = sweep_run(&s, g, p, f->dry_run);
	genl_close(g);
	if (!status)
		status = report(f, &a, &s);
	sweep_free(&s);
	return status;
}

int apply_file(struct apply_file *f)
{
	struct policy p = { 0 };
	int status = EXIT_FAIL;

	if (policy_file_read(&p, f->path, &f->read)) {
		policy_normalise(&p);
		status = apply_rules(f, &p);
		if (!status)
			tell_unbound(&p, f->path);
	} else {
		log_error("%s: refused; nothing was changed", f->path);
	}
	policy_free(&p);
	return status;
}
