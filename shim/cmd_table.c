// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of commands, and help, which is printed from it.
 */
#include <stdio.h>
#include "cmd.h"

const struct cmd commands[] = {
	{ "run", "", "watch: events as JSON Lines, /metrics, a live table",
	  "Reads the module's rings; with --replay a recording or kernel trace text (no root,\n"
	  "no module); with --tracefs the kernel's own tracing, where the module cannot be\n"
	  "loaded. SIGHUP opens the JSON Lines file again, SIGTERM drains and ends.",
	  run_opts, NULL, cmd_run },
	{ "record", "FILE", "keep the raw events of the rings for a replay",
	  NULL, record_opts, NULL, cmd_record },
	{ "snapshot", "", "counts at this moment, as JSON", NULL, snapshot_opts, NULL,
	  cmd_snapshot },
	{ "top", "", "VMs by exits, live; q quits", NULL, top_opts, NULL, cmd_top },
	{ "vm", "list | show VM | set VM KEY=VALUE... | seal|trap VM START-END... |\n"
	  "       seal VM --kernel-text | unseal|untrap|pause|resume VM", "virtual machines",
	  "VM is a number or a name. What is set is in force at once, the VM running:\n"
	  "exit_events=off|all|full|sample:N|inherit\n"
	  "wx=off|detect|enforce|inherit     pages that are written and then executed\n"
	  "wx_action=log|deny|pause|kill     the answer to them with wx=enforce\n"
	  "wx_granularity=4k|huge            how much is writable or executable together\n"
	  "wx_scope=all|user                 answer those of the guest's kernel, too, or not\n"
	  "trap_rearm_ms=N                   a trap that was met is armed again, 0: never\n"
	  "START-END are guest-physical: the first and the last byte of whole pages. Seal the text\n"
	  "of a kernel after boot: it cannot patch itself any more.",
	  vm_opts, vm_words, cmd_vm },
	{ "config", "get | set KEY=VALUE...", "the module's settings",
	  "exit_events=off|all|full|sample:N  which VM exits become events\n"
	  "counters=exits|all                count VM entries and returns to the VMM too\n"
	  "ring_bytes=N[K|M]                 size of each CPU's ring, a power of two\n"
	  "watermark_bytes=N[K|M]            a reader is woken when a ring holds this much\n"
	  "deadline_us=N                     a reader is woken when an event is this old",
	  NULL, config_words, cmd_config },
	{ "block", "add RULE... | del RULE|ID... | list | clear", "files that are denied",
	  "RULE is a path, or DEV:INODE[:GENERATION]. In force at once, and after a reboot when\n"
	  "'aegishv restore' runs then, as aegishv.service has it.",
	  block_opts, block_words, cmd_block },
	{ "allow", "add CGROUP... | del CGROUP|ID... | list", "cgroups that no rule denies anything",
	  "CGROUP is the path of its directory, or cgid:NUMBER; those below it are allowed, too.",
	  NULL, allow_words, cmd_allow },
	{ "policy", "lint FILE | apply FILE | export FILE | show | rollback", "rules in files",
	  "One apply is one transaction: every check sees the old rules or the new ones, and what is\n"
	  "refused changes nothing. FILE can be -.",
	  policy_opts, policy_words, cmd_policy },
	{ "restore", "", "put in force what was applied last", NULL, NULL, NULL, cmd_restore },
	{ "explain", "EVENT.JSON", "why an operation on a file was denied",
	  "EVENT.JSON has one event line of type block; - is standard input. What of the policy\n"
	  "covers it is found by what the event tells; rule_kind is the kernel's own word.",
	  explain_opts, NULL, cmd_explain },
	{ "stats", "", "counts since the module was loaded", NULL, stats_opts, NULL, cmd_stats },
	{ "metrics", "", "the same as Prometheus text", NULL, metrics_opts, NULL, cmd_metrics },
	{ "events", "", "VMs that come and go, hooks and policies that change", NULL, events_opts, NULL,
	  cmd_events },
	{ "health", "", "whether everything that was asked for works",
	  "Exit status 0 when it does, 1 when not.", NULL, NULL, cmd_health },
	{ "doctor", "", "the same with what to do about it", NULL, NULL, NULL, cmd_doctor },
	{ "self-check", "", "whether this host and this program can do the job",
	  NULL, NULL, NULL, cmd_self_check },
	{ "dump-schemas", "", "the JSON Schema of event lines", NULL, NULL, NULL,
	  cmd_dump_schemas },
	{ "completion", "bash|zsh", "completion for a shell", NULL, NULL, completion_words,
	  cmd_completion },
	{ "version", "", "versions of program and module", NULL, NULL, NULL, cmd_version },
	{ "help", "[COMMAND]", "this, or help on a command", NULL, NULL, NULL, cmd_help_command },
	{ 0 },
};

void cmd_usage(FILE *f)
{
	const struct cmd *c;

	fputs("aegishv - watches KVM from the inside, without anything in the guest\n\n"
	      "Usage: aegishv [--log-level LEVEL] [--log-format text|json] COMMAND [OPTIONS]\n\n"
	      "Commands:\n", f);
	for (c = commands; c->name; c++)
		fprintf(f, "  %-14s %s\n", c->name, c->brief);
	fputs("\n'aegishv help COMMAND' says more. Exit status: 0 success, 1 failure, 2 wrong usage.\n", f);
}

int cmd_help_command(struct cmd_ctx *c)
{
	const char *words[64];
	const struct cmd *cmd;
	int n = 0;
	int status = cmd_plain(c, 0, 1);

	if (status >= 0)
		return status;
	if (!c->nr_args) {
		cmd_usage(stdout);
		return cmd_finish();
	}
	cmd = cmd_find(c->args[0]);
	if (cmd) {
		cmd_help(cmd);
		return cmd_finish();
	}
	for (cmd = commands; cmd->name; cmd++)
		words[n++] = cmd->name;
	words[n] = NULL;
	return cmd_unknown("help", c->args[0], words);
}
