// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * config get and set. Keys are spelled as the netlink family spells them, with
 * underscores; one set is one message, so all of it happens or nothing.
 */
#include <stdio.h>
#include <string.h>
#include "ask.h"
#include "cmd.h"

const char *const config_words[] = { "get", "set", NULL };

static const char *const keys[] = {
	"exit_events", "counters", "ring_bytes", "watermark_bytes", "deadline_us", NULL,
};

static int get(struct cmd_ctx *c, struct genl *g)
{
	struct genl_config cfg;
	char mode[32];
	cJSON *o;

	if (genl_config_get(g, 0, &cfg)) {
		log_error("config: %s", genl_why(g));
		return EXIT_FAIL;
	}
	ask_exit_events(cfg.exit_events, cfg.sample, mode);
	if (!c->json) {
		printf("exit_events=%s\ncounters=%s\nring_bytes=%u\nwatermark_bytes=%u\ndeadline_us=%u\n",
		       mode, cfg.counters == AEGISHV_COUNTERS_ALL ? "all" : "exits",
		       cfg.ring_bytes, cfg.watermark_bytes, cfg.deadline_us);
		return cmd_finish();
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "exit_events", mode);
	cJSON_AddStringToObject(o, "counters",
				cfg.counters == AEGISHV_COUNTERS_ALL ? "all" : "exits");
	cJSON_AddNumberToObject(o, "ring_bytes", cfg.ring_bytes);
	cJSON_AddNumberToObject(o, "watermark_bytes", cfg.watermark_bytes);
	cJSON_AddNumberToObject(o, "deadline_us", cfg.deadline_us);
	return json_print(o);
}

static bool parse_counters(const char *v, uint32_t *counters)
{
	if (strcmp(v, "exits") && strcmp(v, "all"))
		return false;
	*counters = strcmp(v, "all") ? AEGISHV_COUNTERS_EXITS : AEGISHV_COUNTERS_ALL;
	return true;
}

/* One KEY=VALUE; the index of the key, or -1 after saying what is wrong. */
static bool parse(struct genl_config *cfg, const char *word)
{
	const char *v = strchr(word, '=');
	const char *want = NULL;
	char key[32];
	uint64_t n;

	if (!v) {
		log_error("config set: '%s': not KEY=VALUE", word);
		return false;
	}
	snprintf(key, sizeof(key), "%.*s", (int)(v++ - word), word);
	if (!strcmp(key, "exit_events")) {
		cfg->set |= GENL_CONFIG_EXIT_EVENTS;
		if (!args_exit_events(v, &cfg->exit_events, &cfg->sample))
			want = "off, all, full or sample:N";
		if (cfg->sample)
			cfg->set |= GENL_CONFIG_SAMPLE;
	} else if (!strcmp(key, "counters")) {
		cfg->set |= GENL_CONFIG_COUNTERS;
		if (!parse_counters(v, &cfg->counters))
			want = "exits or all";
	} else if (!strcmp(key, "ring_bytes")) {
		cfg->set |= GENL_CONFIG_RING_BYTES;
		if (!args_bytes(v, &cfg->ring_bytes))
			want = "a number of bytes, such as 262144, 256K or 1M";
	} else if (!strcmp(key, "watermark_bytes")) {
		cfg->set |= GENL_CONFIG_WATERMARK;
		if (!args_bytes(v, &cfg->watermark_bytes))
			want = "a number of bytes, such as 65536 or 64K";
	} else if (!strcmp(key, "deadline_us")) {
		cfg->set |= GENL_CONFIG_DEADLINE;
		if (!args_u64(v, 0, UINT32_MAX, &n))
			want = "a number of microseconds";
		else
			cfg->deadline_us = n;
	} else {
		cmd_unknown("config: setting", key, keys);
		return false;
	}
	if (want)
		log_error("config set: %s: not %s", word, want);
	return !want;
}

static int set(struct cmd_ctx *c, struct genl *g)
{
	struct genl_config cfg = { 0 };
	int i;

	for (i = 1; i < c->nr_args; i++) {
		if (!parse(&cfg, c->args[i]))
			return EXIT_USAGE;
	}
	if (genl_config_set(g, &cfg)) {
		log_error("config set: nothing was changed: %s", genl_why(g));
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

int cmd_config(struct cmd_ctx *c)
{
	struct genl *g;
	int status = cmd_plain(c, 0, CMD_ARGS_MAX);
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
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = setting ? set(c, g) : get(c, g);
	genl_close(g);
	return status;
}
