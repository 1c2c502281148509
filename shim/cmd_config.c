// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * config get and set. Keys are spelled as the netlink family spells them, with
 * underscores; one set is one message, so all of it happens or nothing.
 */
#include <stdio.h>
#include <string.h>
#include "ask.h"
#include "cgpath.h"
#include "cmd.h"
#include "enforce.h"
#include "words.h"

const char *const config_words[] = { "get", "set", NULL };

enum kind { NUMBER, BYTES, WORD, EXIT_EVENTS, CGROUP };

/* One setting: how it is spelled, read and checked. */
struct key {
	const char *name;
	unsigned int attr;
	enum kind kind;
	const char *const *words;
	const char *want;
};

#define ATTR(name) AEGISHV_A_CONFIG_ ## name

static const struct key keys[] = {
	{ "exit_events", ATTR(EXIT_EVENTS), EXIT_EVENTS, NULL, "off, all, full or sample:N" },
	{ "counters", ATTR(COUNTERS), WORD, words_counters, "exits or all" },
	{ "ring_bytes", ATTR(RING_BYTES), BYTES, NULL, "a number of bytes, such as 262144, 256K or 1M" },
	{ "watermark_bytes", ATTR(WATERMARK_BYTES), BYTES, NULL, "a number of bytes, such as 65536 or 64K" },
	{ "deadline_us", ATTR(DEADLINE_US), NUMBER, NULL, "a number of microseconds" },
	{ "file_mode", ATTR(FILE_MODE), WORD, words_file_mode, "audit or enforce" },
	{ "signal", ATTR(SIGNAL), WORD, words_signal, "none, term, int or kill" },
	{ "allow_sigkill", ATTR(ALLOW_SIGKILL), NUMBER, NULL, "0 or 1" },
	{ "kill_threshold", ATTR(KILL_THRESHOLD), NUMBER, NULL, "a number of denials" },
	{ "kill_window_s", ATTR(KILL_WINDOW_S), NUMBER, NULL, "a number of seconds" },
	{ "deny_mode", ATTR(DENY_MODE), WORD, words_deny_mode, "open or access" },
	{ "proc_events", ATTR(PROC_EVENTS), WORD, words_proc_events, "off, exec or all" },
	{ "break_glass", ATTR(BREAK_GLASS), CGROUP, NULL, "the directory of a cgroup (v2), cgid:NUMBER, or none" },
	{ "deadman_s", ATTR(DEADMAN_S), NUMBER, NULL, "a number of seconds, 0 for never" },
	{ "storm_denials", ATTR(STORM_DENIALS), NUMBER, NULL, "a number of denials, 0 for never" },
	{ "storm_window_s", ATTR(STORM_WINDOW_S), NUMBER, NULL, "a number of seconds" },
	{ "wx", ATTR(WX), WORD, words_wx, "off, detect or enforce" },
	{ "wx_action", ATTR(WX_ACTION), WORD, words_wx_action, "log, deny, pause or kill" },
	{ "wx_granularity", ATTR(WX_GRANULARITY), WORD, words_wx_granularity, "4k or huge" },
	{ "wx_scope", ATTR(WX_SCOPE), WORD, words_wx_scope, "all or user" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

/* A value as text; false when it is a number, in *@n then. */
static bool value_text(const struct genl_config *cfg, const struct key *k, char *buf, uint64_t *n)
{
	const uint32_t *v = genl_config_u32((struct genl_config *)cfg, k->attr);

	*n = k->kind == CGROUP ? cfg->break_glass : *v;
	switch (k->kind) {
	case EXIT_EVENTS:
		ask_exit_events(cfg->exit_events, cfg->sample, buf);
		return true;
	case WORD:
		snprintf(buf, 4096, "%s", words_name(k->words, *v));
		return true;
	case CGROUP:
		if (!*n)
			snprintf(buf, 4096, "none");
		else if (cgpath_of(*n, buf, 4096) <= 0)
			snprintf(buf, 4096, "cgid:%llu", (unsigned long long)*n);
		return true;
	default:
		return false;
	}
}

static int get(struct cmd_ctx *c, struct genl *g)
{
	cJSON *o = c->json ? cJSON_CreateObject() : NULL;
	struct genl_config cfg;
	char text[4096];
	uint64_t n;
	size_t i;

	if (genl_config_get(g, 0, &cfg)) {
		log_error("config: %s", genl_why(g));
		cJSON_Delete(o);
		return EXIT_FAIL;
	}
	for (i = 0; i < NR_KEYS; i++) {
		bool is_text = value_text(&cfg, &keys[i], text, &n);

		if (!(cfg.set & GENL_CONFIG(keys[i].attr)))
			continue;	/* the module is older than this program */
		if (o && is_text)
			cJSON_AddStringToObject(o, keys[i].name, text);
		else if (o)
			json_u64(o, keys[i].name, n);
		else if (is_text)
			printf("%s=%s\n", keys[i].name, text);
		else
			printf("%s=%llu\n", keys[i].name, (unsigned long long)n);
	}
	return o ? json_print(o) : cmd_finish();
}

static bool parse_value(struct genl_config *cfg, const struct key *k, const char *v)
{
	uint32_t *to = genl_config_u32(cfg, k->attr);
	uint64_t n;

	switch (k->kind) {
	case EXIT_EVENTS:
		if (!args_exit_events(v, &cfg->exit_events, &cfg->sample))
			return false;
		if (cfg->sample)
			cfg->set |= GENL_CONFIG_SAMPLE;
		return true;
	case WORD:
		return words_find(k->words, v, to);
	case BYTES:
		return args_bytes(v, to);
	case CGROUP:
		return enforce_parse_cgroup(v, &cfg->break_glass);
	default:
		if (!args_u64(v, 0, UINT32_MAX, &n))
			return false;
		*to = n;
		return true;
	}
}

/* One KEY=VALUE; false after saying what is wrong. */
static bool parse(struct genl_config *cfg, const char *word)
{
	const char *names[NR_KEYS + 1] = { NULL };
	const char *v = strchr(word, '=');
	char name[32];
	size_t i;

	if (!v) {
		log_error("config set: '%s': not KEY=VALUE", word);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(v++ - word), word);
	for (i = 0; i < NR_KEYS; i++) {
		names[i] = keys[i].name;
		if (strcmp(keys[i].name, name))
			continue;
		cfg->set |= GENL_CONFIG(keys[i].attr);
		if (parse_value(cfg, &keys[i], v))
			return true;
		log_error("config set: %s: not %s", word, keys[i].want);
		return false;
	}
	cmd_unknown("config: setting", name, names);
	return false;
}

static int set(struct genl *g, const struct genl_config *cfg)
{
	if (!genl_config_set(g, cfg))
		return EXIT_OK;
	log_error("config set: nothing was changed: %s", genl_why(g));
	return EXIT_FAIL;
}

int cmd_config(struct cmd_ctx *c)
{
	struct genl_config cfg = { 0 };
	struct genl *g;
	int i, status = cmd_plain(c, 0, CMD_ARGS_MAX);
	bool setting;

	if (status >= 0)
		return status;
	if (!c->nr_args)
		c->args[c->nr_args++] = "get";
	setting = !strcmp(c->args[0], "set");
	if (!setting && strcmp(c->args[0], "get"))
		return cmd_unknown("config", c->args[0], config_words);
	status = cmd_check_args(c, setting ? 2 : 1, setting ? CMD_ARGS_MAX : 1);
	if (status >= 0)
		return status;
	for (i = 1; i < c->nr_args; i++) {
		if (!parse(&cfg, c->args[i]))
			return EXIT_USAGE;
	}
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = setting ? set(g, &cfg) : get(c, g);
	genl_close(g);
	return status;
}
