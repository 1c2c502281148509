// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm set, seal, unseal, trap, untrap, pause and resume: one request to the
 * module each, so that all of it happens or nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ask.h"
#include "cmd.h"
#include "cmd_vm.h"
#include "words.h"

/* A guest that is idle runs its kernel now and then. */
#define KERNEL_TEXT_PATIENCE_S	5

bool vm_kernel_text;

struct key {
	const char *name;
	unsigned int attr;
	const char *const *words;	/* NULL: a number */
	const char *want;
};

static const struct key keys[] = {
	{ "wx", AEGISHV_A_VM_WX, words_wx, "off, detect, enforce or inherit" },
	{ "wx_action", AEGISHV_A_VM_WX_ACTION, words_wx_action, "log, deny, pause or kill" },
	{ "wx_granularity", AEGISHV_A_VM_WX_GRANULARITY, words_wx_granularity, "4k or huge" },
	{ "wx_scope", AEGISHV_A_VM_WX_SCOPE, words_wx_scope, "all or user" },
	{ "trap_rearm_ms", AEGISHV_A_VM_TRAP_REARM_MS, NULL, "a number of milliseconds, 0 for never" },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static uint32_t *value_of(struct genl_vm_wx *wx, unsigned int attr)
{
	switch (attr) {
	case AEGISHV_A_VM_WX:
		return &wx->wx;
	case AEGISHV_A_VM_WX_ACTION:
		return &wx->action;
	case AEGISHV_A_VM_WX_GRANULARITY:
		return &wx->granularity;
	case AEGISHV_A_VM_WX_SCOPE:
		return &wx->scope;
	default:
		return &wx->rearm_ms;
	}
}

static bool parse_value(struct genl_vm_change *ch, const struct key *k, const char *v)
{
	uint32_t *to = value_of(&ch->to, k->attr);
	uint64_t n;

	ch->set |= GENL_VM(k->attr);
	if (k->words)
		return words_find(k->words, v, to);
	if (!args_u64(v, 0, UINT32_MAX, &n))
		return false;
	*to = n;
	return true;
}

/* One KEY=VALUE about W^X; false after saying what is wrong. */
static bool parse_wx(struct genl_vm_change *ch, const char *word)
{
	const char *names[NR_KEYS + 2] = { "exit_events" };
	const char *v = strchr(word, '=');
	char name[32];
	size_t i;

	if (!v) {
		log_error("vm set: '%s': not KEY=VALUE", word);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(v++ - word), word);
	if (!strcmp(name, "wx") && !strcmp(v, "inherit")) {
		ch->set |= GENL_VM(AEGISHV_A_VM_WX_INHERIT);
		return true;
	}
	for (i = 0; i < NR_KEYS; i++) {
		names[i + 1] = keys[i].name;
		if (strcmp(keys[i].name, name))
			continue;
		if (parse_value(ch, &keys[i], v))
			return true;
		log_error("vm set: %s: not %s", word, keys[i].want);
		return false;
	}
	cmd_unknown("vm: setting", name, names);
	return false;
}

static bool parse_exit_events(struct genl_config *cfg, const char *v)
{
	cfg->set |= GENL_CONFIG_VM;
	if (!strcmp(v, "inherit")) {
		cfg->set |= GENL_CONFIG_INHERIT;
	} else if (args_exit_events(v, &cfg->exit_events, &cfg->sample)) {
		cfg->set |= GENL_CONFIG_EXIT_EVENTS | (cfg->sample ? GENL_CONFIG_SAMPLE : 0);
	} else {
		log_error("vm set: exit_events=%s: not off, all, full, sample:N or inherit", v);
		return false;
	}
	return true;
}

static int failed(struct genl *g, uint32_t id)
{
	log_error("VM %u: %s", id, genl_why(g));
	return EXIT_FAIL;
}

int vm_set(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm)
{
	struct genl_config cfg = { .vm = vm->id };
	struct genl_vm_change ch = { .id = vm->id };
	int i;

	for (i = 2; i < c->nr_args; i++) {
		const char *word = c->args[i];

		if (!strncmp(word, "exit_events=", 12)) {
			if (!parse_exit_events(&cfg, word + 12))
				return EXIT_USAGE;
		} else if (!parse_wx(&ch, word)) {
			return EXIT_USAGE;
		}
	}
	if (ch.set && genl_vm_set(g, &ch))
		return failed(g, vm->id);
	if (cfg.set && genl_config_set(g, &cfg))
		return failed(g, vm->id);
	return EXIT_OK;
}

static bool parse_range(struct genl_range *r, uint32_t *n, const char *word)
{
	if (*n == GENL_RANGES_MAX) {
		log_error("vm: at most %d ranges", GENL_RANGES_MAX);
		return false;
	}
	if (args_range(word, &r[*n].start, &r[*n].end)) {
		(*n)++;
		return true;
	}
	log_error("vm: '%s': not START-END, the first and the last byte, such as 0x1000000-0x1ffffff",
		  word);
	return false;
}

static void print_ranges(const char *what, const struct genl_range *r, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		printf("  %-12s 0x%llx-0x%llx\n", what, (unsigned long long)r[i].start,
		       (unsigned long long)r[i].end);
}

static void add_ranges(cJSON *o, const char *key, const struct genl_range *r, uint32_t n)
{
	cJSON *list = cJSON_AddArrayToObject(o, key);
	char text[48];
	uint32_t i;

	for (i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "0x%llx-0x%llx", (unsigned long long)r[i].start,
			 (unsigned long long)r[i].end);
		cJSON_AddItemToArray(list, cJSON_CreateString(text));
	}
}

static uint64_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What is sealed now, the rest included. */
static int tell_seals(struct cmd_ctx *c, struct genl *g, uint32_t id)
{
	struct genl_vm_wx wx;
	cJSON *o;

	if (genl_vm_wx(g, id, &wx))
		return failed(g, id);
	if (!c->json) {
		printf("VM %u:\n", id);
		print_ranges("sealed", wx.seals, wx.nr_seals);
		return cmd_finish();
	}
	o = cJSON_CreateObject();
	cJSON_AddNumberToObject(o, "id", id);
	add_ranges(o, "seal", wx.seals, wx.nr_seals);
	return json_print(o);
}

/* The module answers soon; whether the guest runs its kernel just then is chance. */
static int seal_kernel_text(struct cmd_ctx *c, struct genl *g, struct genl_vm_change *ch)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	uint64_t until = seconds() + KERNEL_TEXT_PATIENCE_S;
	int err;

	ch->set |= GENL_VM(AEGISHV_A_VM_SEAL_KERNEL_TEXT);
	err = genl_vm_set(g, ch);
	while (err == -EAGAIN && seconds() < until) {
		nanosleep(&pause, NULL);	/* each try costs the VM its mappings */
		err = genl_vm_set(g, ch);
	}
	return err ? failed(g, ch->id) : tell_seals(c, g, ch->id);
}

int vm_ranges(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm)
{
	bool seal = !strcmp(c->args[0], "seal");
	struct genl_vm_change ch = { .id = vm->id };
	struct genl_vm_wx *to = &ch.to;
	int i;

	for (i = 2; i < c->nr_args; i++) {
		if (!parse_range(seal ? to->seals : to->traps,
				 seal ? &to->nr_seals : &to->nr_traps, c->args[i]))
			return EXIT_USAGE;
	}
	if (vm_kernel_text)
		return seal_kernel_text(c, g, &ch);
	return genl_vm_set(g, &ch) ? failed(g, vm->id) : EXIT_OK;
}

int vm_flag(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm)
{
	static const struct {
		const char *word;
		unsigned int attr;
	} words[] = {
		{ "unseal", AEGISHV_A_VM_UNSEAL }, { "untrap", AEGISHV_A_VM_UNTRAP },
		{ "pause", AEGISHV_A_VM_PAUSE }, { "resume", AEGISHV_A_VM_RESUME },
	};
	struct genl_vm_change ch = { .id = vm->id };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(c->args[0], words[i].word))
			ch.set |= GENL_VM(words[i].attr);
	}
	return genl_vm_set(g, &ch) ? failed(g, vm->id) : EXIT_OK;
}

void vm_print_wx(const struct genl_vm_wx *wx)
{
	printf("  wx           %s%s\n", words_name(words_wx, wx->wx), wx->own ? " (its own)" : "");
	printf("  wx_action    %s, wx_granularity %s, wx_scope %s\n",
	       words_name(words_wx_action, wx->action),
	       words_name(words_wx_granularity, wx->granularity),
	       words_name(words_wx_scope, wx->scope));
	if (wx->problem[0])
		printf("  not watched: %s\n", wx->problem);
	if (wx->pages)
		printf("  wx memory    %u pages known, %llu forgotten, %llu bytes\n", wx->pages,
		       (unsigned long long)wx->forgotten, (unsigned long long)wx->bytes);
	if (wx->paused)
		puts("  paused       yes");
	print_ranges("sealed", wx->seals, wx->nr_seals);
	print_ranges("exec trap", wx->traps, wx->nr_traps);
}

void vm_json_wx(cJSON *o, const struct genl_vm_wx *wx)
{
	cJSON_AddStringToObject(o, "wx", words_name(words_wx, wx->wx));
	cJSON_AddStringToObject(o, "wx_action", words_name(words_wx_action, wx->action));
	cJSON_AddStringToObject(o, "wx_granularity",
				words_name(words_wx_granularity, wx->granularity));
	cJSON_AddStringToObject(o, "wx_scope", words_name(words_wx_scope, wx->scope));
	cJSON_AddBoolToObject(o, "own_wx", wx->own);
	cJSON_AddBoolToObject(o, "paused", wx->paused);
	if (wx->problem[0])
		cJSON_AddStringToObject(o, "wx_problem", wx->problem);
	json_u64(o, "wx_pages", wx->pages);
	json_u64(o, "wx_forgotten", wx->forgotten);
	json_u64(o, "wx_bytes", wx->bytes);
	add_ranges(o, "seal", wx->seals, wx->nr_seals);
	add_ranges(o, "exec_trap", wx->traps, wx->nr_traps);
	json_u64(o, "trap_rearm_ms", wx->rearm_ms);
}
