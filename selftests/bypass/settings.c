// SPDX-License-Identifier: GPL-2.0-only
/* What the configuration refuses, and in which words. */
#include "events.h"

void test_settings(void)
{
	struct setting kill = { AEGISHV_A_CONFIG_SIGNAL, AEGISHV_SIGNAL_KILL };
	struct setting allow = { AEGISHV_A_CONFIG_ALLOW_SIGKILL, 0 };
	struct setting both[] = { kill, { AEGISHV_A_CONFIG_ALLOW_SIGKILL, 1 } };
	struct setting mode = { AEGISHV_A_CONFIG_FILE_MODE, 2 };
	struct setting window = { AEGISHV_A_CONFIG_STORM_WINDOW_S, 0 };
	struct setting vm[] = { { AEGISHV_A_CONFIG_VM, 1 }, { AEGISHV_A_CONFIG_EXIT_EVENTS, 1 },
				{ AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT } };

	nl_set(&allow, 1);
	check(refused(&kill, 1, "needs allow-sigkill"), "signal=kill alone is refused");
	check(!nl_set(both, 2), "with allow-sigkill it is taken");
	check(refused(&allow, 1, "signal=kill needs it"), "allow-sigkill=0 under it is refused");
	configure(AEGISHV_A_CONFIG_SIGNAL, AEGISHV_SIGNAL_NONE);
	check(!nl_set(&allow, 1), "and taken once signal is another");
	check(nl_set_u64(AEGISHV_A_CONFIG_BREAK_GLASS, 0xdeadbeefcafeULL) == -ENOENT &&
	      strstr(nl_words, "no cgroup"), "a break-glass cgroup that is not there is refused");
	check(nl_set(&mode, 1) == -ERANGE, "a mode that is not there is refused");
	check(nl_set(&window, 1) == -ERANGE, "a window of no length is refused");
	check(refused(vm, 3, "per VM"), "file settings are not per VM");
}

/* With hook=off: nothing would be denied. */
void test_refuses(void)
{
	struct setting enforce = { AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE };
	struct nl_info i;

	check(nl_set(&enforce, 1) == -EOPNOTSUPP, "enforce without a hook is refused");
	check(strlen(nl_words) > 20, "with words");
	printf("# %s\n", nl_words);
	nl_info(&i);
	check_number(i.file_mode, AEGISHV_FILE_MODE_AUDIT, "and the mode is what it was");
}
