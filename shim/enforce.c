// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enforcement as `run` starts it. The policy comes before the mode, so that
 * there is no moment of enforcing an older one. Main thread.
 */
#include "enforce.h"

#include <string.h>
#include "apply_file.h"
#include "ask.h"
#include "cgpath.h"
#include "words.h"

#define THRESHOLD_DEFAULT	5
#define WINDOW_DEFAULT_S	30

#define SET(e, ATTR) ((e)->config.set |= GENL_CONFIG(AEGISHV_A_CONFIG_ ## ATTR))
#define IS_SET(e, ATTR) ((e)->config.set & GENL_CONFIG(AEGISHV_A_CONFIG_ ## ATTR))

bool enforce_parse_cgroup(const char *v, uint64_t *cgid)
{
	*cgid = 0;
	if (!strcmp(v, "none"))
		return true;
	if (!strncmp(v, "cgid:", 5))
		return args_u64(v + 5, 1, UINT64_MAX, cgid);
	return v[0] == '/' && !cgpath_id(v, cgid);
}

static bool take_number(struct cmd_ctx *c, uint32_t *to)
{
	uint64_t n;
	bool ok = args_u64(c->value, 1, UINT32_MAX, &n);

	if (ok)
		*to = n;
	return ok;
}

static bool take_storm(struct cmd_ctx *c, struct enforce *e)
{
	const char *slash = strchr(c->value, '/');
	char first[32];
	uint64_t n, s;

	if (!slash || (size_t)(slash - c->value) >= sizeof(first))
		return false;
	memcpy(first, c->value, slash - c->value);
	first[slash - c->value] = '\0';
	if (!args_u64(first, 1, UINT32_MAX, &n) || !args_u64(slash + 1, 1, UINT32_MAX, &s))
		return false;
	e->config.storm_denials = n;
	e->config.storm_window_s = s;
	SET(e, STORM_DENIALS);
	SET(e, STORM_WINDOW_S);
	return true;
}

/* An option with a value: what it should have been, NULL when it is right. */
static const char *take_value(struct enforce *e, struct cmd_ctx *c, int which)
{
	struct genl_config *g = &e->config;

	switch (which) {
	case ENFORCE_SIGNAL:
		SET(e, SIGNAL);
		return words_find(words_signal, c->value, &g->signal) ? NULL :
		       "term, kill, int or none";
	case ENFORCE_THRESHOLD:
		SET(e, KILL_THRESHOLD);
		return take_number(c, &g->kill_threshold) ? NULL : "a number from 1";
	case ENFORCE_WINDOW:
		SET(e, KILL_WINDOW_S);
		return take_number(c, &g->kill_window_s) ? NULL : "a number of seconds from 1";
	case ENFORCE_DEADMAN:
		SET(e, DEADMAN_S);
		SET(e, DEADMAN_REFRESH);
		return take_number(c, &g->deadman_s) && g->deadman_s >= 3 ? NULL :
		       "a number of seconds from 3";
	case ENFORCE_STORM:
		return take_storm(c, e) ? NULL : "N/S: denials and seconds, such as 1000/10";
	case ENFORCE_DENY_MODE:
		SET(e, DENY_MODE);
		return words_find(words_deny_mode, c->value, &g->deny_mode) ? NULL :
		       "open or access";
	case ENFORCE_BREAK_GLASS:
		SET(e, BREAK_GLASS);
		return enforce_parse_cgroup(c->value, &g->break_glass) ? NULL :
		       "the directory of a cgroup (v2), cgid:NUMBER, or none";
	case ENFORCE_PROC_EVENTS:
		SET(e, PROC_EVENTS);
		return words_find(words_proc_events, c->value, &g->proc_events) ? NULL :
		       "off, exec or all";
	}
	return NULL;
}

int enforce_take(struct enforce *e, struct cmd_ctx *c, int first, int which)
{
	const char *want = NULL;

	switch (which) {
	case ENFORCE_AUDIT:
		e->audit = true;
		break;
	case ENFORCE_ENFORCE:
		e->enforce = true;
		break;
	case ENFORCE_ALLOW_SIGKILL:
		e->config.allow_sigkill = 1;
		SET(e, ALLOW_SIGKILL);
		break;
	case ENFORCE_POLICY:
		e->policy = c->value;
		break;
	default:
		want = take_value(e, c, which);
	}
	return want ? cmd_bad_value(c, first + which, want) : 0;
}

bool enforce_any(const struct enforce *e)
{
	return e->audit || e->enforce || e->policy || e->config.set;
}

static void set_defaults(struct enforce *e)
{
	struct genl_config *g = &e->config;

	if (!IS_SET(e, PROC_EVENTS))
		g->proc_events = AEGISHV_PROC_EVENTS_EXEC;
	SET(e, PROC_EVENTS);
	g->file_mode = e->enforce ? AEGISHV_FILE_MODE_ENFORCE : AEGISHV_FILE_MODE_AUDIT;
	SET(e, FILE_MODE);
	if (!e->enforce)
		return;
	if (!IS_SET(e, SIGNAL))
		g->signal = AEGISHV_SIGNAL_TERM;
	if (!IS_SET(e, KILL_THRESHOLD))
		g->kill_threshold = THRESHOLD_DEFAULT;
	if (!IS_SET(e, KILL_WINDOW_S))
		g->kill_window_s = WINDOW_DEFAULT_S;
	SET(e, SIGNAL);
	SET(e, ALLOW_SIGKILL);
	SET(e, KILL_THRESHOLD);
	SET(e, KILL_WINDOW_S);
}

int enforce_check(struct enforce *e)
{
	if (e->audit && e->enforce) {
		log_error("run: --audit and --enforce exclude each other");
		return EXIT_USAGE;
	}
	if (!e->enforce && (IS_SET(e, SIGNAL) || IS_SET(e, KILL_THRESHOLD) ||
			    IS_SET(e, KILL_WINDOW_S) || IS_SET(e, DEADMAN_S) ||
			    IS_SET(e, STORM_DENIALS))) {
		log_error("run: --enforce-signal, --kill-escalation-*, --deadman and --storm are for --enforce");
		return EXIT_USAGE;
	}
	if (IS_SET(e, SIGNAL) && e->config.signal == AEGISHV_SIGNAL_KILL && !e->config.allow_sigkill) {
		log_error("run: --enforce-signal kill needs --allow-sigkill: after %u denials in %u seconds a process is killed without a chance to clean up",
			  THRESHOLD_DEFAULT, WINDOW_DEFAULT_S);
		return EXIT_USAGE;
	}
	if (e->audit || e->enforce)
		set_defaults(e);
	return 0;
}

static int set(struct enforce *e)
{
	struct genl_config now;

	if (IS_SET(e, PROC_EVENTS)) {
		if (genl_config_get(e->genl, 0, &now))
			goto refused;
		e->before = now.proc_events;
		e->changed = true;
	}
	if (e->config.set && genl_config_set(e->genl, &e->config))
		goto refused;
	return 0;
refused:
	e->changed = false;
	log_error("run: %s cannot be set: %s; nothing was changed",
		  e->enforce ? "enforce" : e->audit ? "audit" : "what was asked for",
		  genl_why(e->genl));
	return EXIT_FAIL;
}

int enforce_start(struct enforce *e)
{
	struct apply_file f = { .path = e->policy, .reset = true, .silent = true };
	int status;

	if (!enforce_any(e))
		return 0;
	if (e->policy) {
		status = apply_file(&f);
		if (status)
			return status;
	}
	e->genl = ask_open();
	return e->genl ? set(e) : EXIT_FAIL;
}

void enforce_tick(struct enforce *e)
{
	struct genl_config c = { .set = GENL_CONFIG(AEGISHV_A_CONFIG_DEADMAN_REFRESH) };
	unsigned long long unsaid;

	if (!e->genl || !IS_SET(e, DEADMAN_S))
		return;
	if (genl_config_set(e->genl, &c) && log_allowed(&e->said, &unsaid))
		log_warn("the deadman cannot be refreshed: %s", genl_why(e->genl));
}

void enforce_stop(struct enforce *e)
{
	struct genl_config c = { .set = GENL_CONFIG_PROC_EVENTS, .proc_events = e->before };

	if (e->genl && e->changed && genl_config_set(e->genl, &c))
		log_warn("proc_events cannot be put back: %s", genl_why(e->genl));
	if (e->genl && IS_SET(e, DEADMAN_S))
		log_warn("nobody refreshes the deadman now: audit in %u s, unless 'run --deadman' comes back",
			 e->config.deadman_s);
	genl_close(e->genl);
	e->genl = NULL;
}
