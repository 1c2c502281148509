// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy lint, apply, export, show, rollback; restore. See apply.h for what one
 * change is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apply.h"
#include "apply_file.h"
#include "ask.h"
#include "cmd.h"
#include "policy_file.h"
#include "rules_view.h"
#include "state.h"
#include "vmapply.h"
#include "wfile.h"

enum {
	OPT_FIX, OPT_OUT, OPT_RESET, OPT_SHA256, OPT_SHA256_FILE, OPT_NO_ROLLBACK, OPT_DRY_RUN,
	OPT_IGNORE, OPT_SWEEP,
};

const struct cmd_opt policy_opts[] = {
	[OPT_FIX] = { "fix", 0, NULL, "lint: write the file sorted and tidied to FILE.fixed" },
	[OPT_OUT] = { "out", 'o', "PATH", "lint: write it to PATH; - is standard output" },
	[OPT_RESET] = { "reset", 0, NULL, "apply: these rules alone, instead of adding them" },
	[OPT_SHA256] = { "sha256", 0, "HEX", "apply: refuse a file with another checksum" },
	[OPT_SHA256_FILE] = { "sha256-file", 0, "PATH", "apply: the same, read from PATH" },
	[OPT_NO_ROLLBACK] = { "no-rollback", 0, NULL, "apply: accepted; a policy that is refused changes nothing" },
	[OPT_DRY_RUN] = { "dry-run", 'n', NULL, "apply: have the kernel check it, change nothing" },
	[OPT_IGNORE] = { "ignore-unsupported", 0, NULL, "apply: pass over sections that are not supported" },
	[OPT_SWEEP] = { "sweep", 0, "[=kill|term]", "apply: find what is open already; signal who holds it" },
	{ 0 },
};

const char *const policy_words[] = {
	"lint", "apply", "export", "show", "rollback", NULL,
};

struct policy_cmd {
	struct cmd_ctx *c;
	struct apply_file file;
	bool fix;
	const char *out;
	bool apply_opts;	/* some that are for apply alone */
};

static int write_policy(const char *path, const struct policy *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int status = EXIT_FAIL;

	if (f)
		policy_print(f, p);
	if (!f || fclose(f))
		log_error("%s", strerror(ENOMEM));
	else
		status = wfile_replace(path, text, len);
	free(text);
	return status;
}

static int fix(const struct policy_cmd *k, const struct policy *p)
{
	const char *name = k->c->args[1];
	char path[4096];

	if (!k->fix && !k->out)
		return EXIT_OK;
	if (k->out)
		return write_policy(k->out, p);
	if (!strcmp(name, "-"))
		return write_policy("-", p);
	if ((size_t)snprintf(path, sizeof(path), "%s.fixed", name) >= sizeof(path)) {
		log_error("%s: %s", name, strerror(ENAMETOOLONG));
		return EXIT_FAIL;
	}
	return write_policy(path, p);
}

static int lint(struct policy_cmd *k)
{
	struct policy_file_opts o = { .lint = true };
	struct policy p = { 0 };
	bool ok = policy_file_read(&p, k->c->args[1], &o);
	size_t twice = policy_normalise(&p);
	int status = ok ? EXIT_OK : EXIT_FAIL;
	cJSON *j;

	if (twice)
		log_warn("%s: %zu entries are there twice; --fix leaves one of each",
			 k->c->args[1], twice);
	if (ok)
		status = fix(k, &p);
	if (k->c->json) {
		j = cJSON_CreateObject();
		cJSON_AddBoolToObject(j, "ok", ok);
		cJSON_AddNumberToObject(j, "errors", o.errors);
		cJSON_AddNumberToObject(j, "warnings", o.warnings + !!twice);
		cJSON_AddNumberToObject(j, "rules", p.nr);
		json_print(j);
	} else if (ok && !(k->out && !strcmp(k->out, "-"))) {
		printf("%s: %zu rules, %zu warnings\n", k->c->args[1], p.nr, o.warnings + !!twice);
	}
	policy_free(&p);
	return status;
}

static int apply(struct policy_cmd *k)
{
	k->file.path = k->c->args[1];
	k->file.json = k->c->json;
	return apply_file(&k->file);
}

/* Rules in force; EXIT_FAIL after saying why not. */
static int in_force(struct policy *p, struct genl_policy *info)
{
	struct genl *g = ask_open();
	int status = 0;

	if (!g)
		return EXIT_FAIL;
	if (genl_policy_get(g, info) || genl_rules(g, p)) {
		log_error("the policy in force: %s", genl_why(g));
		status = EXIT_FAIL;
	}
	genl_close(g);
	policy_normalise(p);
	/* The module knows VMs by number, not the sections that name them. */
	if (!status && !vmapply_stored(&p->vms))
		status = EXIT_FAIL;
	return status;
}

static int export(struct policy_cmd *k)
{
	struct genl_policy info;
	struct policy p = { 0 };
	int status = in_force(&p, &info);

	if (!status)
		status = write_policy(k->c->args[1], &p);
	policy_free(&p);
	return status;
}

static int show(struct policy_cmd *k)
{
	struct genl_policy info;
	struct policy p = { 0 };
	int status = in_force(&p, &info);
	cJSON *o;

	if (!status && k->c->json) {
		o = cJSON_CreateObject();
		rules_json_summary(o, &info);
		cJSON_AddItemToObject(o, "list", rules_json(&p));
		status = json_print(o);
	} else if (!status) {
		printf("# ");
		rules_print_summary(&info);
		policy_print(stdout, &p);
		status = cmd_finish();
	}
	policy_free(&p);
	return status;
}

/* A stored policy instead of the one in force. */
static int go_back(struct cmd_ctx *c, bool restore)
{
	struct apply a = { .what = restore ? "restore" : "policy rollback", .reset = true,
			   .restore = restore };
	struct policy p = { 0 };
	struct genl *g = NULL;
	struct state s;
	int err, status = EXIT_FAIL;

	state_paths(&s);
	err = state_load(&s, restore ? s.applied : s.prev, &p);
	if (err == -ENOENT && restore) {
		log_info("%s: there is none: nothing was ever applied, nothing to restore", s.applied);
		status = EXIT_OK;
	} else if (err == -ENOENT) {
		log_error("%s: there is none: no policy was applied before this one", s.prev);
	} else if (!err) {
		policy_normalise(&p);
		a.add = &p;
		g = ask_open();
		status = g ? apply_run(g, &a) : EXIT_FAIL;
		if (!status)
			status = apply_report(&a, c->json);
	}
	genl_close(g);
	policy_free(&p);
	return status;
}

static int take_opt(struct policy_cmd *k, int opt)
{
	struct apply_file *f = &k->file;

	k->apply_opts |= opt >= OPT_RESET;
	switch (opt) {
	case OPT_FIX:
		k->fix = true;
		break;
	case OPT_OUT:
		k->out = k->c->value;
		break;
	case OPT_RESET:
		f->reset = true;
		break;
	case OPT_SHA256:
		f->read.sha256 = k->c->value;
		break;
	case OPT_SHA256_FILE:
		f->read.sha256_file = k->c->value;
		break;
	case OPT_DRY_RUN:
		f->dry_run = true;
		break;
	case OPT_IGNORE:
		f->read.ignore_unsupported = true;
		break;
	case OPT_SWEEP:
		if (!sweep_parse(k->c->value, &f->sweep))
			return cmd_bad_value(k->c, opt, "kill or term");
		break;
	}
	return 0;
}

static int dispatch(struct policy_cmd *k)
{
	static const struct {
		const char *verb;
		int args;
		int (*run)(struct policy_cmd *k);
	} verbs[] = {
		{ "lint", 2, lint }, { "apply", 2, apply }, { "export", 2, export },
		{ "show", 1, show },
	};
	const char *verb = k->c->nr_args ? k->c->args[0] : "show";
	bool is_lint = !strcmp(verb, "lint"), is_apply = !strcmp(verb, "apply");
	size_t i;
	int status;

	if (!k->c->nr_args)
		k->c->args[k->c->nr_args++] = verb;
	if ((k->apply_opts && !is_apply) || ((k->fix || k->out) && !is_lint)) {
		log_error("policy %s: an option of %s; see 'aegishv help policy'", verb,
			  k->apply_opts && !is_apply ? "'policy apply'" : "'policy lint'");
		return EXIT_USAGE;
	}
	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, verb))
			continue;
		status = cmd_check_args(k->c, verbs[i].args, verbs[i].args);
		return status >= 0 ? status : verbs[i].run(k);
	}
	if (strcmp(verb, "rollback"))
		return cmd_unknown("policy", verb, policy_words);
	status = cmd_check_args(k->c, 1, 1);
	return status >= 0 ? status : go_back(k->c, false);
}

int cmd_policy(struct cmd_ctx *c)
{
	struct policy_cmd k = { .c = c };
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0) {
		status = take_opt(&k, opt);
		if (status)
			return status;
	}
	return opt == CMD_END ? dispatch(&k) : cmd_status(opt);
}

int cmd_restore(struct cmd_ctx *c)
{
	int status = cmd_plain(c, 0, 0);

	return status >= 0 ? status : go_back(c, true);
}
