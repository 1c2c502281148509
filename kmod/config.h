/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change of the configuration, between netlink and config.c.
 */
#ifndef AHV_CONFIG_H
#define AHV_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>
#include "aegishv.h"
#include "pure/wx.h"

#define AHV_SET_EXIT_EVENTS	BIT(0)
#define AHV_SET_SAMPLE		BIT(1)
#define AHV_SET_INHERIT		BIT(2)
#define AHV_SET_COUNTERS	BIT(3)
#define AHV_SET_RING_BYTES	BIT(4)
#define AHV_SET_WATERMARK	BIT(5)
#define AHV_SET_DEADLINE	BIT(6)
#define AHV_SET_FILE_MODE	BIT(7)
#define AHV_SET_SIGNAL		BIT(8)
#define AHV_SET_ALLOW_SIGKILL	BIT(9)
#define AHV_SET_KILL_THRESHOLD	BIT(10)
#define AHV_SET_KILL_WINDOW	BIT(11)
#define AHV_SET_DENY_MODE	BIT(12)
#define AHV_SET_PROC_EVENTS	BIT(13)
#define AHV_SET_BREAK_GLASS	BIT(14)
#define AHV_SET_DEADMAN		BIT(15)
#define AHV_SET_DEADMAN_REFRESH	BIT(16)
#define AHV_SET_STORM_DENIALS	BIT(17)
#define AHV_SET_STORM_WINDOW	BIT(18)
#define AHV_SET_DETECT		BIT(19)
#define AHV_SET_WX		BIT(20)
#define AHV_SET_WX_ACTION	BIT(21)
#define AHV_SET_WX_GRANULARITY	BIT(22)
#define AHV_SET_WX_SCOPE	BIT(23)
#define AHV_SET_WX_ALL \
	(AHV_SET_WX | AHV_SET_WX_ACTION | AHV_SET_WX_GRANULARITY | AHV_SET_WX_SCOPE)

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
 * @file_mode: this and what follows is described at &struct ahv_config
 * @signal: there
 * @allow_sigkill: there
 * @kill_threshold: there
 * @kill_window_s: there
 * @deny_mode: there
 * @proc_events: there
 * @deadman_s: there
 * @storm_denials: there
 * @storm_window_s: there
 * @break_glass: there
 * @wx: there
 * @detect: rules of the detectors, any bytes
 * @detect_len: how many; 0: drop the VM's own
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
	u32 file_mode;
	u32 signal;
	u32 allow_sigkill;
	u32 kill_threshold;
	u32 kill_window_s;
	u32 deny_mode;
	u32 proc_events;
	u32 deadman_s;
	u32 storm_denials;
	u32 storm_window_s;
	u64 break_glass;
	struct ahv_wx_settings wx;
	const struct aegishv_detect_rules *detect;
	u32 detect_len;
};

#define AHV_VM_INHERIT	BIT(0)
#define AHV_VM_UNSEAL	BIT(1)
#define AHV_VM_UNTRAP	BIT(2)
#define AHV_VM_REARM	BIT(3)
#define AHV_VM_PAUSE	BIT(4)
#define AHV_VM_RESUME	BIT(5)
#define AHV_VM_SEAL_TEXT	BIT(6)

/**
 * struct ahv_vm_change - what to change of one VM
 * @vm: its number
 * @what: set of AHV_VM_*
 * @config: its wx settings
 * @rearm_ms: a trap that was met is armed again after this
 * @seals: to add
 * @traps: to add
 * @writable_gpa: kernel text that was refused for this page, 0 for none
 */
struct ahv_vm_change {
	u32 vm;
	u32 what;
	struct ahv_config_change config;
	u32 rearm_ms;
	struct ahv_wx_ranges seals;
	struct ahv_wx_ranges traps;
	u64 writable_gpa;
};

int ahv_config_change(const struct ahv_config_change *c, const char **why);
int ahv_config_change_vm(struct ahv_vm_change *c, const char **why);
/* Nothing was changed here, but what follows from it. */
void ahv_config_reapply(void);

#endif
