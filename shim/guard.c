// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Enforcement that was asked for against enforcement that is. Any thread, its
 * own struct genl.
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>
#include "genl_policy.h"
#include "state.h"

static bool enforces(const struct genl_info *info)
{
	return info->file_mode == AEGISHV_FILE_MODE_ENFORCE && !info->file_reverted[0] &&
	       strcmp(info->file_backend, "off");
}

/* The policy of the state files is not the kernel's: nobody restored. */
static bool forgotten(struct genl *g)
{
	struct genl_policy p;
	struct state s;

	if (genl_policy_get(g, &p) || p.generation)
		return false;
	state_paths(&s);
	return state_has_rules(&s);
}

const char *guard_lacks(struct genl *g, const struct genl_info *info, bool enforce, char *text)
{
	struct genl_config cfg;

	if (info->file_reverted[0]) {
		snprintf(text, GUARD_TEXT, "enforce went back to audit: %s", info->file_reverted);
		return text;
	}
	if (genl_config_get(g, 0, &cfg)) {
		snprintf(text, GUARD_TEXT, "the module does not answer: %s", genl_why(g));
		return text;
	}
	if (cfg.file_mode == AEGISHV_FILE_MODE_ENFORCE && !enforces(info)) {
		snprintf(text, GUARD_TEXT, "enforce is configured and not in force: the hooks are %s",
			 info->file_backend[0] ? info->file_backend : "off");
		return text;
	}
	if (enforce && !enforces(info)) {
		snprintf(text, GUARD_TEXT, "started with --enforce, and the mode is audit now: somebody set it");
		return text;
	}
	if (forgotten(g)) {
		snprintf(text, GUARD_TEXT, "the policy that was applied is not in force: 'aegishv restore'");
		return text;
	}
	return NULL;
}
