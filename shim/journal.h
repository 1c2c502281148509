/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines to the systemd journal.
 */
#ifndef AHV_SHIM_JOURNAL_H
#define AHV_SHIM_JOURNAL_H

struct out;

/* NULL after saying why not. */
struct out *journal_open(void);

#endif
