// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration as netlink attributes, in both directions. What each may be
 * is checked by the generated policy and by config.c.
 */
#include "config.h"
#include "detect.h"
#include "lsm/lsm.h"
#include "netlink.h"

/* A setting of 32 bits: its attribute, its flag and its place in a change. */
#define SETTING(attr, what, field) \
	{ AEGISHV_A_CONFIG_##attr, what, offsetof(struct ahv_config_change, field) }

static const struct {
	u16 attr;
	u32 what;
	u32 offset;
} settings[] = {
	SETTING(VM, 0, vm),
	SETTING(EXIT_EVENTS, AHV_SET_EXIT_EVENTS, exit_events),
	SETTING(SAMPLE, AHV_SET_SAMPLE, sample),
	SETTING(COUNTERS, AHV_SET_COUNTERS, counters),
	SETTING(RING_BYTES, AHV_SET_RING_BYTES, ring_bytes),
	SETTING(WATERMARK_BYTES, AHV_SET_WATERMARK, watermark_bytes),
	SETTING(DEADLINE_US, AHV_SET_DEADLINE, deadline_us),
	SETTING(FILE_MODE, AHV_SET_FILE_MODE, file_mode),
	SETTING(SIGNAL, AHV_SET_SIGNAL, signal),
	SETTING(ALLOW_SIGKILL, AHV_SET_ALLOW_SIGKILL, allow_sigkill),
	SETTING(KILL_THRESHOLD, AHV_SET_KILL_THRESHOLD, kill_threshold),
	SETTING(KILL_WINDOW_S, AHV_SET_KILL_WINDOW, kill_window_s),
	SETTING(DENY_MODE, AHV_SET_DENY_MODE, deny_mode),
	SETTING(PROC_EVENTS, AHV_SET_PROC_EVENTS, proc_events),
	SETTING(DEADMAN_S, AHV_SET_DEADMAN, deadman_s),
	SETTING(STORM_DENIALS, AHV_SET_STORM_DENIALS, storm_denials),
	SETTING(STORM_WINDOW_S, AHV_SET_STORM_WINDOW, storm_window_s),
	SETTING(WX, AHV_SET_WX, wx.mode),
	SETTING(WX_ACTION, AHV_SET_WX_ACTION, wx.action),
	SETTING(WX_GRANULARITY, AHV_SET_WX_GRANULARITY, wx.granularity),
	SETTING(WX_SCOPE, AHV_SET_WX_SCOPE, wx.scope),
};

static void take_detect(struct ahv_config_change *c, struct nlattr *a)
{
	if (!a)
		return;
	c->what |= AHV_SET_DETECT;
	c->detect = nla_data(a);
	c->detect_len = nla_len(a);
}

/**
 * ahv_nl_take_config() - what a request asks for
 * @c: where to put it; zeroed
 * @attrs: the request's attributes
 */
void ahv_nl_take_config(struct ahv_config_change *c, struct nlattr **attrs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		struct nlattr *a = attrs[settings[i].attr];

		if (!a)
			continue;
		c->what |= settings[i].what;
		*(u32 *)((void *)c + settings[i].offset) = nla_get_u32(a);
	}
	if (attrs[AEGISHV_A_CONFIG_BREAK_GLASS]) {
		c->what |= AHV_SET_BREAK_GLASS;
		c->break_glass = nla_get_u64(attrs[AEGISHV_A_CONFIG_BREAK_GLASS]);
	}
	take_detect(c, attrs[AEGISHV_A_CONFIG_DETECT]);
	if (nla_get_flag(attrs[AEGISHV_A_CONFIG_INHERIT]))
		c->what |= AHV_SET_INHERIT;
	if (nla_get_flag(attrs[AEGISHV_A_CONFIG_DEADMAN_REFRESH]))
		c->what |= AHV_SET_DEADMAN_REFRESH;
}

static int fill_file_config(struct sk_buff *skb)
{
	if (nla_put_u32(skb, AEGISHV_A_CONFIG_FILE_MODE, ahv_config.file_mode) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_SIGNAL, ahv_config.signal) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_ALLOW_SIGKILL, ahv_config.allow_sigkill) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_KILL_THRESHOLD, ahv_config.kill_threshold) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_KILL_WINDOW_S, ahv_config.kill_window_s) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_DENY_MODE, ahv_config.deny_mode) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_PROC_EVENTS, ahv_config.proc_events) ||
	    nla_put_u64_64bit(skb, AEGISHV_A_CONFIG_BREAK_GLASS, ahv_config.break_glass,
			      AEGISHV_A_CONFIG_PAD) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_DEADMAN_S, ahv_config.deadman_s) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_STORM_DENIALS, ahv_config.storm_denials) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_STORM_WINDOW_S, ahv_config.storm_window_s) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_WX, ahv_config.wx.mode) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_WX_ACTION, ahv_config.wx.action) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_WX_GRANULARITY, ahv_config.wx.granularity) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_WX_SCOPE, ahv_config.wx.scope))
		return -EMSGSIZE;
	return 0;
}

static int fill_detect(struct sk_buff *skb, const struct ahv_vm *vm)
{
	struct aegishv_detect_rules r;

	ahv_detect_get(vm, &r);
	if (nla_put(skb, AEGISHV_A_CONFIG_DETECT, sizeof(r), &r))
		return -EMSGSIZE;
	if (!vm)
		return 0;
	return nla_put_u32(skb, AEGISHV_A_CONFIG_OWN_DETECT, !!rcu_access_pointer(vm->detect_own));
}

/**
 * ahv_nl_fill_config() - the configuration
 * @skb: where to put it
 * @vm: the VM whose own it is, or NULL for all of it
 */
int ahv_nl_fill_config(struct sk_buff *skb, const struct ahv_vm *vm)
{
	bool own = vm && vm->own_setting;

	if (vm && nla_put_u32(skb, AEGISHV_A_CONFIG_VM, vm->id))
		return -EMSGSIZE;
	if (nla_put_u32(skb, AEGISHV_A_CONFIG_EXIT_EVENTS,
			own ? vm->exit_events : ahv_config.exit_events) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_SAMPLE,
			own ? vm->sample : ahv_config.sample))
		return -EMSGSIZE;
	if (fill_detect(skb, vm))
		return -EMSGSIZE;
	if (vm)
		return 0;
	if (nla_put_u32(skb, AEGISHV_A_CONFIG_COUNTERS, ahv_config.counters) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_RING_BYTES, ahv_rings_bytes()) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_WATERMARK_BYTES, ahv_config.watermark_bytes) ||
	    nla_put_u32(skb, AEGISHV_A_CONFIG_DEADLINE_US, ahv_config.deadline_us))
		return -EMSGSIZE;
	return fill_file_config(skb);
}

/**
 * ahv_nl_fill_file_info() - the mode in force and what it rests on
 * @skb: where to put it
 */
int ahv_nl_fill_file_info(struct sk_buff *skb)
{
	const char *reverted;
	u32 mode = ahv_file_mode(&reverted);

	if (nla_put_u32(skb, AEGISHV_A_INFO_FILE_MODE, mode) ||
	    nla_put_string(skb, AEGISHV_A_INFO_FILE_BACKEND, ahv_file_backend()))
		return -EMSGSIZE;
	return reverted ? nla_put_string(skb, AEGISHV_A_INFO_FILE_REVERTED, reverted) : 0;
}
