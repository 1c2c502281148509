// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See words.h. No state.
 */
#include "words.h"

#include <string.h>
#include <linux/aegishv.h>
#include <linux/aegishv_genl.h>

const char *const words_file_mode[] = {
#define AHV_FILE_MODE(value, name) [value] = name,
#include "../kmod/pure/names.def"
	NULL
};

const char *const words_signal[] = {
	[AEGISHV_SIGNAL_NONE] = "none", [AEGISHV_SIGNAL_TERM] = "term",
	[AEGISHV_SIGNAL_INT] = "int", [AEGISHV_SIGNAL_KILL] = "kill", NULL,
};

const char *const words_deny_mode[] = {
	[AEGISHV_DENY_MODE_OPEN] = "open", [AEGISHV_DENY_MODE_ACCESS] = "access", NULL,
};

const char *const words_proc_events[] = {
	[AEGISHV_PROC_EVENTS_OFF] = "off", [AEGISHV_PROC_EVENTS_EXEC] = "exec",
	[AEGISHV_PROC_EVENTS_ALL] = "all", NULL,
};

const char *const words_counters[] = {
	[AEGISHV_COUNTERS_EXITS] = "exits", [AEGISHV_COUNTERS_ALL] = "all", NULL,
};

const char *const words_wx_rule[] = {
	"none",
#define AHV_WX_RULE(rule, name) [rule] = name,
#include "../kmod/pure/names.def"
	NULL
};

const char *const words_wx[] = {
#define AHV_WX_MODE(value, name) [value] = name,
#include "../kmod/pure/names.def"
	NULL
};

const char *const words_wx_action[] = {
#define AHV_WX_ACTION(value, name) [value] = name,
#include "../kmod/pure/names.def"
	NULL
};

const char *const words_wx_granularity[] = {
#define AHV_WX_GRANULARITY(value, name) [value] = name,
#include "../kmod/pure/names.def"
	NULL
};

const char *const words_wx_scope[] = {
#define AHV_WX_SCOPE(value, name) [value] = name,
#include "../kmod/pure/names.def"
	NULL
};

bool words_find(const char *const *words, const char *s, uint32_t *v)
{
	uint32_t i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(words[i], s)) {
			*v = i;
			return true;
		}
	}
	return false;
}

const char *words_name(const char *const *words, uint32_t v)
{
	uint32_t i;

	for (i = 0; words[i]; i++) {
		if (i == v)
			return words[i];
	}
	return "?";
}
