/* SPDX-License-Identifier: GPL-2.0-only */
/* The test programs in ahv-ring; each prints TAP and returns an exit status. */
#ifndef RING_RING_H
#define RING_RING_H

int test_mapping(void);
int test_wake(void);
int test_torture(void);
int test_drain(void);

#endif
