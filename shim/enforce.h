/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of `run` that is about denying files: which options there are, and
 * telling the module. What is set stays set when `run` ends, but for proc_events
 * which only make sense while somebody reads.
 */
#ifndef AHV_SHIM_ENFORCE_H
#define AHV_SHIM_ENFORCE_H

#include <stdbool.h>
#include "cmd.h"
#include "genl.h"

enum {
	ENFORCE_AUDIT, ENFORCE_ENFORCE, ENFORCE_SIGNAL, ENFORCE_ALLOW_SIGKILL, ENFORCE_THRESHOLD,
	ENFORCE_WINDOW, ENFORCE_POLICY, ENFORCE_DEADMAN, ENFORCE_STORM, ENFORCE_DENY_MODE,
	ENFORCE_BREAK_GLASS, ENFORCE_PROC_EVENTS, ENFORCE_NR,
};

/* Their entries of a table of options, from index @first on. */
#define ENFORCE_OPTS(first) \
	[(first) + ENFORCE_AUDIT] = { "audit", 0, NULL, "tell of what rules cover, deny nothing" }, \
	[(first) + ENFORCE_ENFORCE] = { "enforce", 0, NULL, "deny what rules cover" }, \
	[(first) + ENFORCE_SIGNAL] = { "enforce-signal", 0, "SIG", "then send: term (default), kill, int, none" }, \
	[(first) + ENFORCE_ALLOW_SIGKILL] = { "allow-sigkill", 0, NULL, "needed for --enforce-signal kill" }, \
	[(first) + ENFORCE_THRESHOLD] = { "kill-escalation-threshold", 0, "N", "SIGKILL from N denials of a process on (default 5)" }, \
	[(first) + ENFORCE_WINDOW] = { "kill-escalation-window-seconds", 0, "S", "... within S seconds (default 30)" }, \
	[(first) + ENFORCE_POLICY] = { "policy", 0, "FILE", "apply FILE first, in place of all rules" }, \
	[(first) + ENFORCE_DEADMAN] = { "deadman", 0, "S", "back to audit when this program is gone for S seconds" }, \
	[(first) + ENFORCE_STORM] = { "storm", 0, "N/S", "back to audit at N denials in S seconds" }, \
	[(first) + ENFORCE_DENY_MODE] = { "deny-mode", 0, "MODE", "open (default), access: check reads of open files, too" }, \
	[(first) + ENFORCE_BREAK_GLASS] = { "break-glass", 0, "CGROUP", "never signal processes of CGROUP; none" }, \
	[(first) + ENFORCE_PROC_EVENTS] = { "proc-events", 0, "WHICH", "off, exec, all, while this runs" }

/**
 * struct enforce - as asked for
 * @audit: --audit
 * @enforce: --enforce
 * @config: settings to be made; @config.set says which
 * @policy: file to be applied, or NULL
 * @genl: connection, while it runs
 * @before: proc_events as they were
 * @changed: they were changed
 * @said: that refreshing failed was said
 */
struct enforce {
	bool audit;
	bool enforce;
	struct genl_config config;
	const char *policy;
	struct genl *genl;
	uint32_t before;
	bool changed;
	struct log_limit said;
};

/* Take option @which; 0 or EXIT_USAGE. */
int enforce_take(struct enforce *e, struct cmd_ctx *c, int first, int which);

/* What goes together and what does not, and defaults; 0 or EXIT_USAGE. */
int enforce_check(struct enforce *e);

/* Whether any of the options was given. */
bool enforce_any(const struct enforce *e);

/* Apply the policy, then make the settings; 0 or EXIT_FAIL. */
int enforce_start(struct enforce *e);

/* Once a second: this program is alive. */
void enforce_tick(struct enforce *e);
void enforce_stop(struct enforce *e);

/* break_glass=PATH|cgid:N|none; false when it is none of them. */
bool enforce_parse_cgroup(const char *v, uint64_t *cgid);

#endif
