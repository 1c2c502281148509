/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals as flags and a file descriptor to sleep on. SIGTERM and SIGINT ask
 * to stop (the second time at once), SIGHUP to open output files again.
 */
#ifndef AHV_SHIM_SIG_H
#define AHV_SHIM_SIG_H

#include <signal.h>
#include <stdbool.h>

/* Install the handlers; SIGPIPE is ignored from here on. */
int sig_init(void);

/* Readable after a signal; sig_clear() before looking at the flags. */
int sig_fd(void);
void sig_clear(void);

/* Whether to stop; for loops that do not sleep. */
bool sig_stop(void);

/* The same as a flag to be polled. */
const volatile sig_atomic_t *sig_stop_flag(void);

/* Whether a SIGHUP came since the last call. */
bool sig_reopen(void);

#endif
