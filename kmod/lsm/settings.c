// SPDX-License-Identifier: GPL-2.0-only
/*
 * The settings of the file source: whether a change makes sense, and the
 * change. Process context, under the configuration's mutex.
 */
#include <linux/cgroup.h>
#include "config.h"
#include "lsm.h"

static int check_signal(const struct ahv_config_change *c, const char **why)
{
	u32 signal = c->what & AHV_SET_SIGNAL ? c->signal : ahv_config.signal;
	u32 allowed = c->what & AHV_SET_ALLOW_SIGKILL ? c->allow_sigkill :
							ahv_config.allow_sigkill;

	if (signal != AEGISHV_SIGNAL_KILL || allowed)
		return 0;
	*why = c->what & AHV_SET_SIGNAL ?
		"signal: kill needs allow-sigkill: set it to 1 as well" :
		"allow-sigkill: signal=kill needs it: set signal to another one as well";
	return -EINVAL;
}

static int check_break_glass(const struct ahv_config_change *c, const char **why)
{
	struct cgroup *cgrp;

	if (!(c->what & AHV_SET_BREAK_GLASS) || !c->break_glass)
		return 0;
	cgrp = cgroup_get_from_id(c->break_glass);
	if (IS_ERR_OR_NULL(cgrp)) {
		*why = "break-glass: there is no cgroup with this id";
		return -ENOENT;
	}
	cgroup_put(cgrp);
	return 0;
}

static int check_mode(const struct ahv_config_change *c, const char **why)
{
	if (!(c->what & AHV_SET_FILE_MODE) || c->file_mode != AEGISHV_FILE_MODE_ENFORCE ||
	    ahv_lsm_can_enforce(why))
		return 0;
	return -EOPNOTSUPP;
}

/* A refresh that refreshes nothing would be taken for one that works. */
static int check_refresh(const struct ahv_config_change *c, const char **why)
{
	u32 seconds = c->what & AHV_SET_DEADMAN ? c->deadman_s : ahv_config.deadman_s;
	const char *reverted;

	if (!(c->what & AHV_SET_DEADMAN_REFRESH))
		return 0;
	ahv_file_mode(&reverted);
	if (!seconds)
		*why = "deadman-refresh: deadman-s is 0, nothing is to be refreshed";
	else if (reverted && !(c->what & AHV_SET_FILE_MODE))
		*why = "deadman-refresh: too late, the mode is audit again: set file-mode";
	else
		return 0;
	return -EINVAL;
}

/**
 * ahv_file_settings_check() - whether a change makes sense
 * @c: the change
 * @why: where to put the reason of a refusal
 *
 * Return: 0 or a negative errno.
 */
int ahv_file_settings_check(const struct ahv_config_change *c, const char **why)
{
	return check_signal(c, why) ?: check_break_glass(c, why) ?:
	       check_mode(c, why) ?: check_refresh(c, why);
}

static void set_u32(const struct ahv_config_change *c, u32 what, u32 *to, u32 value)
{
	if (c->what & what)
		WRITE_ONCE(*to, value);
}

/**
 * ahv_file_settings_change() - carry out a change that was checked
 * @c: the change
 *
 * The mode comes last: what it is to be like is set by then.
 */
void ahv_file_settings_change(const struct ahv_config_change *c)
{
	if (c->what & AHV_SET_ALLOW_SIGKILL)
		WRITE_ONCE(ahv_config.allow_sigkill, c->allow_sigkill);
	if (c->what & AHV_SET_BREAK_GLASS)
		WRITE_ONCE(ahv_config.break_glass, c->break_glass);
	set_u32(c, AHV_SET_SIGNAL, &ahv_config.signal, c->signal);
	set_u32(c, AHV_SET_KILL_THRESHOLD, &ahv_config.kill_threshold, c->kill_threshold);
	set_u32(c, AHV_SET_KILL_WINDOW, &ahv_config.kill_window_s, c->kill_window_s);
	set_u32(c, AHV_SET_DENY_MODE, &ahv_config.deny_mode, c->deny_mode);
	set_u32(c, AHV_SET_PROC_EVENTS, &ahv_config.proc_events, c->proc_events);
	set_u32(c, AHV_SET_DEADMAN, &ahv_config.deadman_s, c->deadman_s);
	set_u32(c, AHV_SET_STORM_DENIALS, &ahv_config.storm_denials, c->storm_denials);
	set_u32(c, AHV_SET_STORM_WINDOW, &ahv_config.storm_window_s, c->storm_window_s);
	set_u32(c, AHV_SET_FILE_MODE, &ahv_config.file_mode, c->file_mode);

	if (c->what & (AHV_SET_STORM_DENIALS | AHV_SET_STORM_WINDOW))
		ahv_mode_storm_restart();
	if (c->what & AHV_SET_FILE_MODE)
		ahv_mode_set(c->file_mode);
	else if (c->what & (AHV_SET_DEADMAN | AHV_SET_DEADMAN_REFRESH))
		ahv_mode_deadman_restart();
}
