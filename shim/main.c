// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * aegishv COMMAND: options before the command, and what was meant when a command
 * is not known. Installed as aegisbpf, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cmd.h"
#include "version.h"

/* --name=value or --name value; returns the value, NULL when it is another option. */
static const char *global_value(const char *name, int argc, char **argv, int *i)
{
	size_t n = strlen(name);

	if (strncmp(argv[*i], name, n))
		return NULL;
	if (argv[*i][n] == '=')
		return argv[*i] + n + 1;
	if (argv[*i][n])
		return NULL;
	if (*i + 1 < argc)
		return argv[++*i];
	return "";
}

/* Options before the command; returns the index of the command, or -1 - status. */
static int globals(int argc, char **argv, bool *json)
{
	const char *v;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--version") || !strcmp(argv[i], "-V")) {
			printf("aegishv %s\n", SHIM_VERSION);
			return -1 - cmd_finish();
		}
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			cmd_usage(stdout);
			return -1 - cmd_finish();
		}
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j")) {
			*json = true;
			continue;
		}
		v = global_value("--log-level", argc, argv, &i);
		if (v && log_set_level(v))
			continue;
		if (v) {
			log_error("--log-level %s: not debug, info, warn or error", v);
			return -1 - EXIT_USAGE;
		}
		v = global_value("--log-format", argc, argv, &i);
		if (v && log_set_format(v))
			continue;
		if (v)
			log_error("--log-format %s: not text or json", v);
		else
			log_error("unknown option %s; see 'aegishv help'", argv[i]);
		return -1 - EXIT_USAGE;
	}
	return i;
}

int main(int argc, char **argv)
{
	const char *words[64];
	struct cmd_ctx c = { 0 };
	const struct cmd *cmd;
	int i, n = 0;

	if (argc > 0) {
		const char *slash = strrchr(argv[0], '/');

		log_init(slash ? slash + 1 : argv[0]);
	}
	i = globals(argc, argv, &c.json);
	if (i < 0)
		return -1 - i;
	if (i >= argc) {
		cmd_usage(stderr);
		return EXIT_USAGE;
	}
	c.cmd = cmd_find(argv[i]);
	if (!c.cmd) {
		for (cmd = commands; cmd->name; cmd++)
			words[n++] = cmd->name;
		words[n] = NULL;
		return cmd_unknown("command", argv[i], words);
	}
	c.argc = argc - i - 1;
	c.argv = argv + i + 1;
	return c.cmd->run(&c);
}
