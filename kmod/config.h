/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change of the configuration, between netlink and config.c.
 */
#ifndef AHV_CONFIG_H
#define AHV_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>

#define AHV_SET_EXIT_EVENTS	BIT(0)
#define AHV_SET_SAMPLE		BIT(1)
#define AHV_SET_INHERIT		BIT(2)
#define AHV_SET_COUNTERS	BIT(3)
#define AHV_SET_RING_BYTES	BIT(4)
#define AHV_SET_WATERMARK	BIT(5)
#define AHV_SET_DEADLINE	BIT(6)

/**
 * struct ahv_config_change - what to change, and to what
 * @what: set of AHV_SET_*
 * @vm: the VM it is for, 0 for every VM without its own setting
 * @exit_events: enum aegishv_exit_events
 * @sample: N of exit_events=sample
 * @counters: enum aegishv_counters
 * @ring_bytes: size of each ring
 * @watermark_bytes: wake the consumer at this much
 * @deadline_us: wake it when a record is this old
 */
struct ahv_config_change {
	u32 what;
	u32 vm;
	u32 exit_events;
	u32 sample;
	u32 counters;
	u32 ring_bytes;
	u32 watermark_bytes;
	u32 deadline_us;
};

int ahv_config_change(const struct ahv_config_change *c, const char **why);

#endif
