/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run --seccomp.
 */
#ifndef AHV_SHIM_HARDEN_H
#define AHV_SHIM_HARDEN_H

/* Give up all system calls but those of a running `run`; 0 or EXIT_FAIL. */
int harden(void);

#endif
