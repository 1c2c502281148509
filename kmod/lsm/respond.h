/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the parts of the answer to a match: respond.c decides, offender.c
 * knows whom to signal and how hard, report.c tells, proc.c describes a process.
 */
#ifndef AHV_RESPOND_H
#define AHV_RESPOND_H

#include "lsm/lsm.h"

/* With rcu_read_lock(); @t is current, or was made by it just now. */
void ahv_proc_fill(struct aegishv_proc *p, struct task_struct *t);

/* enum aegishv_action for current in enforce mode; adds to AEGISHV_BLOCK_*. */
u8 ahv_offender_action(u8 *flags);
/* Carry it out, after everything else. Returns whether a signal was sent. */
bool ahv_offender_signal(u8 action);

int ahv_report_start(void);
void ahv_report_stop(void);
void ahv_report(const struct ahv_denial *d, u8 action, u8 flags);

#endif
