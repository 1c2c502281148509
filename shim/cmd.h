/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of commands and how each reads its arguments. Options may stand
 * anywhere; -j/--json, -h/--help, --log-level and --log-format are understood
 * by every command. A wrong argument is said on stderr, exit status 2.
 */
#ifndef AHV_SHIM_CMD_H
#define AHV_SHIM_CMD_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "args.h"
#include "log.h"

#define CMD_ARGS_MAX	256

/**
 * struct cmd_opt - an option of a command
 * @name: without the dashes
 * @letter: short form, 0 for none
 * @arg: what its value is called in help, NULL when it takes none; in brackets
 *	when it may be left out, and then it stands behind a '='
 * @help: one line
 */
struct cmd_opt {
	const char *name;
	char letter;
	const char *arg;
	const char *help;
};

struct cmd_ctx;

/**
 * struct cmd - a command
 * @name: what is typed
 * @args: its arguments, for help; "" for none
 * @brief: one line
 * @about: more, or NULL
 * @opts: options, ended by one without a name; NULL for none
 * @words: words that its first argument can be, for completion; or NULL
 * @run: does it; returns the exit status
 */
struct cmd {
	const char *name;
	const char *args;
	const char *brief;
	const char *about;
	const struct cmd_opt *opts;
	const char *const *words;
	int (*run)(struct cmd_ctx *c);
};

/**
 * struct cmd_ctx - a command that is being run
 * @cmd: which
 * @argc: what was typed behind it
 * @argv: the same
 * @next: index of the next one
 * @value: value of the option that cmd_opt() returned
 * @args: arguments that are no options
 * @nr_args: how many
 * @json: -j was given
 */
struct cmd_ctx {
	const struct cmd *cmd;
	int argc;
	char **argv;
	int next;
	const char *value;
	const char *args[CMD_ARGS_MAX];
	int nr_args;
	bool json;
};

extern const struct cmd commands[];

enum { CMD_END = -1, CMD_BAD = -2, CMD_HELP = -3 };

/**
 * cmd_opt() - the next option
 * @c: the command
 *
 * Return: its index in &cmd.opts; %CMD_END behind the last; %CMD_BAD after an
 * error was said, %CMD_HELP after help was printed: see cmd_status().
 */
int cmd_opt(struct cmd_ctx *c);

/* The exit status for what cmd_opt() returned last. */
static inline int cmd_status(int opt)
{
	return opt == CMD_BAD ? EXIT_USAGE : EXIT_OK;
}

/**
 * cmd_plain() - read the arguments of a command without options of its own
 * @c: the command
 * @min: arguments it needs
 * @max: arguments it takes
 *
 * Return: -1 to go on, or an exit status.
 */
int cmd_plain(struct cmd_ctx *c, int min, int max);

/* Say that @c has too few or too many arguments; -1 when it has not. */
int cmd_check_args(struct cmd_ctx *c, int min, int max);

/* Say what is wrong with the value of an option; returns EXIT_USAGE. */
int cmd_bad_value(struct cmd_ctx *c, int opt, const char *want);

void cmd_help(const struct cmd *cmd);
void cmd_usage(FILE *f);
const struct cmd *cmd_find(const char *name);

/* Say that there is no such word, and which is meant; returns EXIT_USAGE. */
int cmd_unknown(const char *what, const char *word, const char *const *words);

/* A 64-bit number as it is; cJSON's own numbers are doubles. */
void json_u64(cJSON *o, const char *key, uint64_t v);

/* Print and free; returns an exit status. */
int json_print(cJSON *o);

/* Flush stdout; returns EXIT_FAIL and says so when it took not everything. */
int cmd_finish(void);

int cmd_run(struct cmd_ctx *c);
int cmd_record(struct cmd_ctx *c);
int cmd_snapshot(struct cmd_ctx *c);
int cmd_top(struct cmd_ctx *c);
int cmd_self_check(struct cmd_ctx *c);
int cmd_health(struct cmd_ctx *c);
int cmd_doctor(struct cmd_ctx *c);
int cmd_dump_schemas(struct cmd_ctx *c);
int cmd_vm(struct cmd_ctx *c);
int cmd_config(struct cmd_ctx *c);
int cmd_stats(struct cmd_ctx *c);
int cmd_metrics(struct cmd_ctx *c);
int cmd_events(struct cmd_ctx *c);
int cmd_block(struct cmd_ctx *c);
int cmd_allow(struct cmd_ctx *c);
int cmd_policy(struct cmd_ctx *c);
int cmd_restore(struct cmd_ctx *c);
int cmd_explain(struct cmd_ctx *c);
int cmd_completion(struct cmd_ctx *c);
int cmd_help_command(struct cmd_ctx *c);
int cmd_version(struct cmd_ctx *c);

extern const struct cmd_opt run_opts[], record_opts[], snapshot_opts[], top_opts[],
	vm_opts[], stats_opts[], metrics_opts[], events_opts[], block_opts[], policy_opts[],
	explain_opts[];
extern const char *const vm_words[];
extern const char *const config_words[];
extern const char *const block_words[];
extern const char *const allow_words[];
extern const char *const policy_words[];
extern const char *const completion_words[];

#endif
