// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump-schemas, completion and version: what needs neither module nor rights.
 */
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "embed.h"
#include "genl.h"
#include "version.h"

const char *const completion_words[] = { "bash", "zsh", NULL };

int cmd_dump_schemas(struct cmd_ctx *c)
{
	int status = cmd_plain(c, 0, 0);

	if (status >= 0)
		return status;
	fwrite(embed_schema, 1, embed_schema_end - embed_schema, stdout);
	return cmd_finish();
}

int cmd_version(struct cmd_ctx *c)
{
	int status = cmd_plain(c, 0, 0);
	struct genl_info info = { 0 };
	char why[256];
	struct genl *g;
	cJSON *o;

	if (status >= 0)
		return status;
	g = genl_open(why);
	if (g && genl_info(g, &info))
		snprintf(why, sizeof(why), "%.200s", genl_why(g));
	genl_close(g);
	if (!c->json) {
		printf("aegishv %s, events version %u, API version %u\n", SHIM_VERSION,
		       AEGISHV_EVENTS_VERSION, AEGISHV_API_VERSION);
		if (info.api_version)
			printf("module %s, events version %u, API version %u, Linux %s\n",
			       info.module_version, info.events_version, info.api_version,
			       info.kernel);
		else
			printf("module: %s\n", why);
		return cmd_finish();
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "version", SHIM_VERSION);
	cJSON_AddNumberToObject(o, "events_version", AEGISHV_EVENTS_VERSION);
	cJSON_AddNumberToObject(o, "api_version", AEGISHV_API_VERSION);
	if (info.api_version)
		cJSON_AddStringToObject(o, "module_version", info.module_version);
	return json_print(o);
}

static void print_words(const struct cmd *cmd)
{
	const struct cmd_opt *o;
	const char *const *w;

	printf("\t%s) words=\"", cmd->name);
	for (w = cmd->words; w && *w; w++)
		printf("%s ", *w);
	for (o = cmd->opts; o && o->name; o++)
		printf("--%s ", o->name);
	puts("--json --help --log-level --log-format\" ;;");
}

static void print_bash(void)
{
	const struct cmd *cmd;

	puts("# bash completion for aegishv; made by 'aegishv completion bash'");
	puts("_aegishv()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}");
	puts("\tlocal command= words= i");
	puts("\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tcase ${COMP_WORDS[i]} in\n"
	     "\t\t--log-level|--log-format) ((i++)) ;;\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
	     "\t\tesac\n\tdone");
	puts("\tcase $prev in\n"
	     "\t--jsonl|--replay|--record|--out|--policy|--sha256-file) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
	     "\t--tracefs) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	     "\t--exit-events) COMPREPLY=($(compgen -W 'off all full sample:' -- \"$cur\")); return ;;\n"
	     "\t--log) COMPREPLY=($(compgen -W 'stdout journald both' -- \"$cur\")); return ;;\n"
	     "\t--enforce-signal) COMPREPLY=($(compgen -W 'term kill int none' -- \"$cur\")); return ;;\n"
	     "\t--deny-mode) COMPREPLY=($(compgen -W 'open access' -- \"$cur\")); return ;;\n"
	     "\t--proc-events) COMPREPLY=($(compgen -W 'off exec all' -- \"$cur\")); return ;;\n"
	     "\t--break-glass) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	     "\t--listen) COMPREPLY=($(compgen -W '127.0.0.1:9108 [::1]:9108 none' -- \"$cur\")); return ;;\n"
	     "\t--log-level) COMPREPLY=($(compgen -W 'debug info warn error' -- \"$cur\")); return ;;\n"
	     "\t--log-format) COMPREPLY=($(compgen -W 'text json' -- \"$cur\")); return ;;\n"
	     "\tesac");
	puts("\tcase $command in");
	printf("\t''|help) words=\"");
	for (cmd = commands; cmd->name; cmd++)
		printf("%s ", cmd->name);
	puts("--version --help --log-level --log-format\" ;;");
	for (cmd = commands; cmd->name; cmd++) {
		if (strcmp(cmd->name, "help"))
			print_words(cmd);
	}
	puts("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))");
	puts("\t[[ $command == @(record|block|policy|explain) ]] && COMPREPLY+=($(compgen -f -- \"$cur\"))");
	puts("\t[[ $command == allow ]] && COMPREPLY+=($(compgen -d -- \"$cur\"))");
	puts("\treturn 0\n}\ncomplete -o filenames -F _aegishv aegishv aegisbpf");
}

int cmd_completion(struct cmd_ctx *c)
{
	int status = cmd_plain(c, 1, 1);

	if (status >= 0)
		return status;
	if (!strcmp(c->args[0], "zsh"))
		puts("#compdef aegishv aegisbpf\nautoload -U +X bashcompinit && bashcompinit");
	else if (strcmp(c->args[0], "bash"))
		return cmd_unknown("completion", c->args[0], completion_words);
	print_bash();
	return cmd_finish();
}
