// SPDX-License-Identifier: GPL-2.0-only
/* From enforce back to audit: by a storm, by the deadman; never silently. */
#include "events.h"

static const struct aegishv_rec_policy *policy_event(uint32_t which)
{
	const struct aegishv_rec_policy *p;
	int i;

	events_read();
	for (i = 0; (p = event(AEGISHV_REC_POLICY, 0, i)); i++)
		if (p->event == which)
			return p;
	return NULL;
}

static int enforce(void)
{
	return configure(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE);
}

static void test_loud(uint32_t which, const char *why)
{
	const struct aegishv_rec_policy *p = policy_event(which);
	struct nl_info i;

	check(p && p->mode == AEGISHV_FILE_MODE_AUDIT && !p->pid, "the ring tells so");
	nl_info(&i);
	check_number(i.file_mode, AEGISHV_FILE_MODE_AUDIT, "info tells the mode in force");
	check(strstr(i.reverted, why) != NULL, "and why");
	check_number(i.healthy, 0, "health is bad");
	check_number(offend_once().err, 0, "and the file opens");
	enforce();
	nl_info(&i);
	check(i.file_mode == AEGISHV_FILE_MODE_ENFORCE && !*i.reverted && i.healthy,
	      "until somebody sets enforce again");
	check_number(offend_once().err, -EPERM, "and then it does not");
}

static void test_storm(void)
{
	struct setting s[] = {
		{ AEGISHV_A_CONFIG_STORM_DENIALS, 5 },
		{ AEGISHV_A_CONFIG_STORM_WINDOW_S, 86400 },
	};
	int i;

	nl_set(s, 2);
	events_drop();
	for (i = 0; i < 5; i++)
		if (offend_once().err != -EPERM)
			break;
	check_number(i, 5, "all denials of a storm are denials");
	test_loud(AEGISHV_POLICY_STORM, "storm");
	configure(AEGISHV_A_CONFIG_STORM_DENIALS, 0);
	for (i = 0; i < 20; i++)
		if (offend_once().err != -EPERM)
			break;
	check_number(i, 20, "without a limit there is no storm");
}

static void test_deadman(void)
{
	int i;

	events_drop();
	configure(AEGISHV_A_CONFIG_DEADMAN_S, 6);
	sleep(4);
	check(!configure(AEGISHV_A_CONFIG_DEADMAN_REFRESH, 0), "a refresh is taken");
	sleep(4);
	check_number(offend_once().err, -EPERM, "and prolongs enforce");
	for (i = 0; i < 600 && !policy_event(AEGISHV_POLICY_EXPIRED); i++)
		usleep(100000);
	test_loud(AEGISHV_POLICY_EXPIRED, "deadman");
}

void test_reverts(void)
{
	struct setting late = { AEGISHV_A_CONFIG_DEADMAN_REFRESH, 0 };

	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	enforce();
	check(policy_event(AEGISHV_POLICY_MODE) != NULL, "a change of the mode is told");
	check_number(offend_once().err, -EPERM, "enforce denies");
	test_storm();
	check(refused(&late, 1, "nothing is to be refreshed"), "no deadman, nothing to refresh");
	test_deadman();
}
