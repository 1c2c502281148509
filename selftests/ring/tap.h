/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP on stdout. */
#ifndef RING_TAP_H
#define RING_TAP_H

#include <stdbool.h>

/* Returns @good, so that a test can stop where the next step needs this one. */
bool tap(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tap_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void tap_skip(const char *what, const char *why);
int tap_done(void);

#endif
