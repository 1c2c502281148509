/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP for the C programs here. */
#ifndef NL_TAP_H
#define NL_TAP_H

#include <stdbool.h>

/* Prints one result; returns @passed. */
bool ok(bool passed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool is(long long got, long long want, const char *what);
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int tap_done(void);	/* exit status */

#endif
