// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block and allow: rules one by one, in force at once, whether or not `run`
 * runs. What is added here is stored, too, as if it had been applied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apply.h"
#include "ask.h"
#include "cgpath.h"
#include "cmd.h"
#include "rules_view.h"

enum { OPT_DIR, OPT_INODE, OPT_PROTECT };

const struct cmd_opt block_opts[] = {
	[OPT_DIR] = { "dir", 0, NULL, "add: a directory and all below it" },
	[OPT_INODE] = { "inode", 0, NULL, "add: the file that PATH names now, whatever it is called later" },
	[OPT_PROTECT] = { "protect", 0, NULL, "add: refuse unlink, rename, chmod and the like, too" },
	{ 0 },
};

const char *const block_words[] = { "add", "del", "list", "clear", NULL };
const char *const allow_words[] = { "add", "del", "list", NULL };

struct request {
	struct cmd_ctx *c;
	bool allow;
	bool dir;
	bool inode;
	uint8_t flags;
	struct policy rules;
	bool found[CMD_ARGS_MAX];	/* by index of rules */
};

static bool of_ours(const struct request *q, const struct policy_rule *r)
{
	return (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP) == q->allow;
}

static bool wrong(struct request *q, const char *word, const char *why)
{
	log_error("%s %s: %s: %s", q->c->cmd->name, q->c->args[0], word, why);
	return false;
}

/* An entry as a policy file has it; paths as they are, without escapes. */
static bool parse_path(struct request *q, const char *word, struct policy_rule *r)
{
	char path[2 * POLICY_PATH_MAX], text[8 * POLICY_PATH_MAX + 1];
	struct policy_entry e = { .text = text, .kind = r->kind, .flags = r->flags };
	size_t n = 0;

	if (word[0] != '/' && getcwd(path, POLICY_PATH_MAX - 1)) {
		n = strlen(path);
		path[n++] = '/';
	}
	if (n + strlen(word) >= sizeof(path))
		return wrong(q, word, "longer than any path");
	strcpy(path + n, word);
	policy_escape(text, path, strlen(path));
	e.len = strlen(text);
	return policy_parse_entry(&q->rules, &e, r) || wrong(q, word, e.why);
}

static bool parse_text(struct request *q, const char *word, struct policy_rule *r)
{
	struct policy_entry e = {
		.text = word, .len = strlen(word), .kind = r->kind, .flags = r->flags,
	};

	return policy_parse_entry(&q->rules, &e, r) || wrong(q, word, e.why);
}

static bool parse_inode_of(struct request *q, const char *word, struct policy_rule *r)
{
	struct stat st;

	if (stat(word, &st)) {
		log_error("block add: %s: %m; --inode is about a file that is there", word);
		return false;
	}
	r->kind = AEGISHV_RULE_KIND_DENY_INODE;
	r->dev = st.st_dev;
	r->ino = st.st_ino;
	return policy_add(&q->rules, r);
}

static bool is_inode(const char *word)
{
	return *word >= '0' && *word <= '9' && strchr(word, ':') &&
	       strspn(word, "0123456789:") == strlen(word);
}

static void hint(const struct request *q, const struct policy_rule *r, const char *word)
{
	struct stat st;

	if (r->kind != AEGISHV_RULE_KIND_DENY_PATH || strcmp(q->c->args[0], "add"))
		return;
	if (lstat(word, &st))
		log_info("%s: no file has this name now; whichever gets it will be denied", word);
	else if (S_ISDIR(st.st_mode))
		log_warn("%s: is a directory; what is in it stays open: --dir denies that, too", word);
}

/* A word to a rule of q->rules. */
static bool parse(struct request *q, const char *word)
{
	struct policy_rule r = { .flags = q->flags };
	bool ok;

	if (q->allow) {
		r.kind = AEGISHV_RULE_KIND_ALLOW_CGROUP;
		return strncmp(word, "cgid:", 5) ? parse_path(q, word, &r) :
						   parse_text(q, word, &r);
	}
	if (is_inode(word)) {
		r.kind = AEGISHV_RULE_KIND_DENY_INODE;
		return parse_text(q, word, &r);
	}
	if (q->inode)
		return parse_inode_of(q, word, &r);
	r.kind = q->dir ? AEGISHV_RULE_KIND_DENY_DIR : AEGISHV_RULE_KIND_DENY_PATH;
	ok = parse_path(q, word, &r);
	if (ok)
		hint(q, &r, word);
	return ok;
}

static bool parse_all(struct request *q)
{
	int i;

	for (i = 1; i < q->c->nr_args; i++) {
		if (!parse(q, q->c->args[i]))
			return false;
	}
	return true;
}

static int change(struct request *q, struct apply *a)
{
	struct genl *g = ask_open();
	int status;
	cJSON *o;

	if (!g)
		return EXIT_FAIL;
	status = apply_run(g, a);
	genl_close(g);
	if (status || !q->c->json)
		return status;
	o = cJSON_CreateObject();
	json_u64(o, "removed", a->dropped);
	rules_json_summary(o, &a->after);
	return json_print(o);
}

static int add(struct request *q)
{
	struct apply a = { .add = &q->rules };
	char what[64];

	if (!parse_all(q))
		return EXIT_USAGE;
	policy_normalise(&q->rules);
	snprintf(what, sizeof(what), "%s add", q->c->cmd->name);
	a.what = what;
	return change(q, &a);
}

/* Whether an argument names a rule: by number, or as it was added. */
static bool named(const struct request *q, int i, const struct policy_rule *r)
{
	const struct policy_rule *want = &q->rules.rules[i];
	uint64_t cgid;

	if (!want->kind)
		return want->id == r->id;
	if (want->kind != r->kind) {
		/* A path alone may be that of a directory rule. */
		return want->path && r->path && !q->allow && r->kind == AEGISHV_RULE_KIND_DENY_DIR &&
		       want->path_len == r->path_len &&
		       !memcmp(want->path, r->path, r->path_len);
	}
	if (want->kind == AEGISHV_RULE_KIND_DENY_INODE)
		return want->dev == r->dev && want->ino == r->ino &&
		       (!want->has_gen || !r->has_gen || want->gen == r->gen);
	if (want->cgid)
		return want->cgid == r->cgid;
	if (want->path && !r->path && !cgpath_id(want->path, &cgid))
		return cgid == r->cgid;
	return !policy_cmp(want, r);
}

static bool drop_named(void *arg, const struct policy_rule *r)
{
	struct request *q = arg;
	bool drop = false;
	size_t i;

	for (i = 0; of_ours(q, r) && i < q->rules.nr; i++) {
		if (named(q, i, r))
			drop = q->found[i] = true;
	}
	return drop;
}

/* What there is to be removed must be there, all of it: look first. */
static int check_found(struct request *q, struct genl *g)
{
	struct policy now = { 0 };
	int status = 0;
	size_t i;

	if (genl_rules(g, &now)) {
		log_error("%s del: %s", q->c->cmd->name, genl_why(g));
		status = EXIT_FAIL;
	}
	for (i = 0; i < now.nr; i++)
		drop_named(q, &now.rules[i]);
	for (i = 0; !status && i < q->rules.nr; i++) {
		if (q->found[i])
			continue;
		log_error("%s del: %s: no such rule; see 'aegishv %s list'", q->c->cmd->name,
			  q->c->args[i + 1], q->c->cmd->name);
		status = EXIT_FAIL;
	}
	policy_free(&now);
	return status;
}

static int del(struct request *q)
{
	struct apply a = { .drop = drop_named, .drop_arg = q };
	struct genl *g;
	char what[64];
	int i, status;

	for (i = 1; i < q->c->nr_args; i++) {
		struct policy_rule id = { 0 };
		uint64_t n;

		if (!args_u64(q->c->args[i], 1, UINT32_MAX, &n)) {
			if (!parse(q, q->c->args[i]))
				return EXIT_USAGE;
			continue;
		}
		id.id = n;
		if (!policy_add(&q->rules, &id))
			return EXIT_FAIL;
	}
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = check_found(q, g);
	genl_close(g);
	snprintf(what, sizeof(what), "%s del", q->c->cmd->name);
	a.what = what;
	return status ? status : change(q, &a);
}

static bool drop_ours(void *arg, const struct policy_rule *r)
{
	return of_ours(arg, r);
}

static int clear(struct request *q)
{
	struct apply a = { .what = "block clear", .drop = drop_ours, .drop_arg = q };

	return change(q, &a);
}

static int list(struct request *q)
{
	struct policy all = { 0 }, ours = { 0 };
	struct genl *g = ask_open();
	int status = EXIT_OK;
	size_t i;

	if (!g)
		return EXIT_FAIL;
	if (genl_rules(g, &all)) {
		log_error("%s list: %s", q->c->cmd->name, genl_why(g));
		status = EXIT_FAIL;
	}
	genl_close(g);
	for (i = 0; i < all.nr; i++) {
		if (of_ours(q, &all.rules[i]))
			policy_add(&ours, &all.rules[i]);
	}
	policy_free(&all);
	policy_normalise(&ours);
	if (!status && q->c->json)
		status = json_print(rules_json(&ours));
	else if (!status)
		rules_print(&ours);
	policy_free(&ours);
	return status ? status : cmd_finish();
}

static int dispatch(struct request *q)
{
	const char *verb = q->c->nr_args ? q->c->args[0] : "list";
	bool listing = !strcmp(verb, "list");
	bool clearing = !q->allow && !strcmp(verb, "clear");
	int status;

	if (!q->c->nr_args)
		q->c->args[q->c->nr_args++] = verb;
	if (!listing && !clearing && strcmp(verb, "add") && strcmp(verb, "del"))
		return cmd_unknown(q->c->cmd->name, verb, q->c->cmd->words);
	status = listing || clearing ? cmd_check_args(q->c, 1, 1) :
				       cmd_check_args(q->c, 2, CMD_ARGS_MAX);
	if (status >= 0)
		return status;
	if ((q->dir || q->inode || q->flags) && strcmp(verb, "add") && strcmp(verb, "del")) {
		log_error("block %s: --dir, --inode and --protect are for 'block add'", verb);
		return EXIT_USAGE;
	}
	return listing ? list(q) : clearing ? clear(q) : !strcmp(verb, "add") ? add(q) : del(q);
}

static int start(struct cmd_ctx *c, bool allow)
{
	struct request q = { .c = c, .allow = allow };
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0) {
		q.dir |= opt == OPT_DIR;
		q.inode |= opt == OPT_INODE;
		if (opt == OPT_PROTECT)
			q.flags |= AEGISHV_RULE_FLAG_PROTECT;
	}
	if (opt != CMD_END)
		return cmd_status(opt);
	if (q.dir && q.inode) {
		log_error("block: --dir and --inode exclude each other");
		return EXIT_USAGE;
	}
	status = dispatch(&q);
	policy_free(&q.rules);
	return status;
}

int cmd_block(struct cmd_ctx *c)
{
	return start(c, false);
}

int cmd_allow(struct cmd_ctx *c)
{
	return start(c, true);
}
