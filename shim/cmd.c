// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arguments and help, driven by the table of commands. No allocation but by
 * cJSON; main thread.
 */
#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX	64

static const struct cmd_opt common[] = {
	{ "json", 'j', NULL, "print JSON" },
	{ "help", 'h', NULL, "print this" },
	{ "log-level", 0, "LEVEL", "debug, info (default), warn, error" },
	{ "log-format", 0, "FORMAT", "text (default), json: of messages on stderr" },
	{ 0 },
};

enum { COMMON_JSON, COMMON_HELP, COMMON_LEVEL, COMMON_FORMAT };

const struct cmd *cmd_find(const char *name)
{
	const struct cmd *c;

	for (c = commands; c->name; c++) {
		if (!strcmp(c->name, name))
			return c;
	}
	return NULL;
}

int cmd_unknown(const char *what, const char *word, const char *const *words)
{
	const char *near = args_nearest(word, words);

	if (near)
		log_error("%s '%s': there is none; did you mean '%s'?", what, word, near);
	else
		log_error("%s '%s': there is none; see 'aegishv help'", what, word);
	return EXIT_USAGE;
}

static void print_opts(const struct cmd_opt *o)
{
	char left[64];

	for (; o && o->name; o++) {
		char letter[8] = "";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name,
			 o->arg && *o->arg != '[' ? " " : "", o->arg ? o->arg : "");
		printf("  %-26s %s\n", left, o->help);
	}
}

void cmd_help(const struct cmd *cmd)
{
	printf("aegishv %s%s%s - %s\n\n", cmd->name, *cmd->args ? " " : "", cmd->args, cmd->brief);
	if (cmd->about)
		printf("%s\n\n", cmd->about);
	puts("Options:");
	print_opts(cmd->opts);
	print_opts(common);
}

static int find_opt(const struct cmd_opt *opts, const char *name, size_t len)
{
	int i;

	for (i = 0; opts && opts[i].name; i++) {
		if (strlen(opts[i].name) == len && !memcmp(opts[i].name, name, len))
			return i;
	}
	return -1;
}

static int find_letter(const struct cmd_opt *opts, char letter)
{
	int i;

	for (i = 0; opts && opts[i].name; i++) {
		if (opts[i].letter == letter)
			return i;
	}
	return -1;
}

static int unknown_opt(struct cmd_ctx *c, const char *word)
{
	const char *words[WORDS_MAX];
	const struct cmd_opt *o;
	char name[64];
	int n = 0;

	for (o = c->cmd->opts; o && o->name && n < WORDS_MAX - 8; o++)
		words[n++] = o->name;
	for (o = common; o->name; o++)
		words[n++] = o->name;
	words[n] = NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (args_nearest(name, words))
		log_error("%s: unknown option --%s; did you mean --%s?", c->cmd->name, name,
			  args_nearest(name, words));
	else
		log_error("%s: unknown option --%s; see 'aegishv help %s'", c->cmd->name, name,
			  c->cmd->name);
	return CMD_BAD;
}

/* The value behind '=' or the next word. */
static bool take_value(struct cmd_ctx *c, const struct cmd_opt *o, const char *inline_value)
{
	c->value = inline_value;
	if (!o->arg) {
		if (inline_value)
			log_error("%s: --%s takes no value", c->cmd->name, o->name);
		return !inline_value;
	}
	if (!c->value && o->arg[0] == '[')
		return true;
	if (!c->value && c->next < c->argc)
		c->value = c->argv[c->next++];
	if (!c->value)
		log_error("%s: --%s needs a value: %s", c->cmd->name, o->name, o->arg);
	return c->value;
}

static int common_opt(struct cmd_ctx *c, int i)
{
	switch (i) {
	case COMMON_JSON:
		c->json = true;
		return 0;
	case COMMON_HELP:
		cmd_help(c->cmd);
		return CMD_HELP;
	case COMMON_LEVEL:
		if (log_set_level(c->value))
			return 0;
		break;
	case COMMON_FORMAT:
		if (log_set_format(c->value))
			return 0;
		break;
	}
	log_error("--%s %s: not one of %s", common[i].name, c->value, common[i].help);
	return CMD_BAD;
}

static int long_opt(struct cmd_ctx *c, const char *word)
{
	size_t len = strcspn(word, "=");
	const char *value = word[len] ? word + len + 1 : NULL;
	int i = find_opt(c->cmd->opts, word, len);

	if (i >= 0)
		return take_value(c, &c->cmd->opts[i], value) ? i : CMD_BAD;
	i = find_opt(common, word, len);
	if (i < 0)
		return unknown_opt(c, word);
	if (!take_value(c, &common[i], value))
		return CMD_BAD;
	i = common_opt(c, i);
	return i ? i : cmd_opt(c);
}

static int short_opt(struct cmd_ctx *c, const char *word)
{
	const char *value = word[1] ? word + 1 : NULL;
	int i = find_letter(c->cmd->opts, word[0]);

	if (i >= 0)
		return take_value(c, &c->cmd->opts[i], value) ? i : CMD_BAD;
	i = find_letter(common, word[0]);
	if (i < 0 || word[1]) {
		log_error("%s: unknown option -%s; see 'aegishv help %s'", c->cmd->name, word,
			  c->cmd->name);
		return CMD_BAD;
	}
	i = common_opt(c, i);
	return i ? i : cmd_opt(c);
}

static bool add_arg(struct cmd_ctx *c, const char *word)
{
	if (c->nr_args == CMD_ARGS_MAX) {
		log_error("%s: too many arguments", c->cmd->name);
		return false;
	}
	c->args[c->nr_args++] = word;
	return true;
}

int cmd_opt(struct cmd_ctx *c)
{
	while (c->next < c->argc) {
		const char *word = c->argv[c->next++];

		if (!strcmp(word, "--")) {
			while (c->next < c->argc) {
				if (!add_arg(c, c->argv[c->next++]))
					return CMD_BAD;
			}
			return CMD_END;
		}
		if (word[0] == '-' && word[1] == '-')
			return long_opt(c, word + 2);
		if (word[0] == '-' && word[1])
			return short_opt(c, word + 1);
		if (!add_arg(c, word))
			return CMD_BAD;
	}
	return CMD_END;
}

int cmd_check_args(struct cmd_ctx *c, int min, int max)
{
	if (c->nr_args >= min && c->nr_args <= max)
		return -1;
	if (c->nr_args < min)
		log_error("%s: needs %s; see 'aegishv help %s'", c->cmd->name, c->cmd->args,
			  c->cmd->name);
	else
		log_error("%s: '%s' is one argument too many; see 'aegishv help %s'", c->cmd->name,
			  c->args[max], c->cmd->name);
	return EXIT_USAGE;
}

int cmd_plain(struct cmd_ctx *c, int min, int max)
{
	int opt = cmd_opt(c);

	if (opt != CMD_END)
		return cmd_status(opt);
	return cmd_check_args(c, min, max);
}

int cmd_bad_value(struct cmd_ctx *c, int opt, const char *want)
{
	log_error("%s: --%s %s: not %s", c->cmd->name, c->cmd->opts[opt].name, c->value, want);
	return EXIT_USAGE;
}

void json_u64(cJSON *o, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	cJSON_AddRawToObject(o, key, text);
}

int cmd_finish(void)
{
	if (fflush(stdout) || ferror(stdout)) {
		if (errno == EPIPE)
			return EXIT_FAIL;
		log_error("standard output: %s", strerror(errno));
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

int json_print(cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);

	cJSON_Delete(o);
	if (!text) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAIL;
	}
	puts(text);
	free(text);
	return cmd_finish();
}
