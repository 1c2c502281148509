// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration: checked whole, then changed whole, so that a refused
 * request changes nothing. Process context; change_mutex serializes changes.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include "aegishv.h"
#include "config.h"
#include "kvm/stage2_settings.h"
#include "detect.h"
#include "lsm/lsm.h"
#include "ring.h"
#include "ringpos.h"

struct ahv_config ahv_config = {
	.exit_events = AEGISHV_EXIT_EVENTS_OFF,
	.sample = 1000,
	.counters = AEGISHV_COUNTERS_EXITS,
	.watermark_bytes = 32U << 10,	/* fits into the smallest ring */
	.deadline_us = 100000,
	.file_mode = AEGISHV_FILE_MODE_AUDIT,
	.signal = AEGISHV_SIGNAL_NONE,
	.kill_threshold = 5,
	.kill_window_s = 30,
	.deny_mode = AEGISHV_DENY_MODE_OPEN,
	.proc_events = AEGISHV_PROC_EVENTS_EXEC,
	.storm_window_s = 60,
};

#define MAX_DEADLINE_US 10000000U

static DEFINE_MUTEX(change_mutex);

/* Whether VM entries and returns to the VMM are to be probed at all. */
bool ahv_config_wants_entries(void)
{
	return READ_ONCE(ahv_config.counters) == AEGISHV_COUNTERS_ALL ||
	       READ_ONCE(ahv_config.exit_events) == AEGISHV_EXIT_EVENTS_FULL ||
	       ahv_vms_any_full();
}

static int check_ring_bytes(const struct ahv_config_change *c, const char **why)
{
	if (!(c->what & AHV_SET_RING_BYTES) || ahv_ring_bytes_valid(c->ring_bytes))
		return 0;
	*why = "ring-bytes: not a power of two from 65536 to 67108864";
	return -EINVAL;
}

static int check_watermark(const struct ahv_config_change *c, const char **why)
{
	u32 ring = c->what & AHV_SET_RING_BYTES ? c->ring_bytes : ahv_rings_bytes();
	u32 mark = c->what & AHV_SET_WATERMARK ? c->watermark_bytes :
						 ahv_config.watermark_bytes;

	if (mark && mark <= ring - ring / AHV_RING_ALERT_PART)
		return 0;
	*why = "watermark-bytes: not between 1 and 7/8 of ring-bytes";
	return -EINVAL;
}

static int check_deadline(const struct ahv_config_change *c, const char **why)
{
	if (!(c->what & AHV_SET_DEADLINE) || c->deadline_us <= MAX_DEADLINE_US)
		return 0;
	*why = "deadline-us: more than 10000000";
	return -EINVAL;
}

static int check_exit_events(const struct ahv_config_change *c, const char **why)
{
	if (c->what & AHV_SET_INHERIT && c->what & AHV_SET_EXIT_EVENTS) {
		*why = "inherit: it drops exit-events, do not give both";
		return -EINVAL;
	}
	if (c->what & AHV_SET_INHERIT && !c->vm) {
		*why = "inherit: it needs vm";
		return -EINVAL;
	}
	if (c->vm && !(c->what & (AHV_SET_INHERIT | AHV_SET_EXIT_EVENTS | AHV_SET_DETECT))) {
		*why = "vm: give exit-events, inherit or detect with it";
		return -EINVAL;
	}
	if (c->vm && c->what & ~(AHV_SET_INHERIT | AHV_SET_EXIT_EVENTS | AHV_SET_SAMPLE |
				 AHV_SET_DETECT)) {
		*why = "vm: only exit-events, sample, inherit and detect are per VM";
		return -EINVAL;
	}
	return 0;
}

/* A number that nothing looks at would be taken for one that works. */
static int check_sample(const struct ahv_config_change *c, const char **why)
{
	u32 mode = c->what & AHV_SET_EXIT_EVENTS ? c->exit_events : ahv_config.exit_events;

	if (!(c->what & AHV_SET_SAMPLE))
		return 0;
	if (c->what & AHV_SET_INHERIT) {
		*why = "inherit: it drops sample, do not give both";
		return -EINVAL;
	}
	if (mode != AEGISHV_EXIT_EVENTS_SAMPLE) {
		*why = "sample: it needs exit-events=sample";
		return -EINVAL;
	}
	return 0;
}

/* Rules of the detectors, checked; NULL where none are given. */
static int make_detect(const struct ahv_config_change *c, struct ahv_detect_ref **ref,
		       const char **why)
{
	if (!(c->what & AHV_SET_DETECT))
		return 0;
	if (!c->detect_len) {
		*why = "detect: without rules it drops those of a VM, and needs vm";
		return c->vm ? 0 : -EINVAL;
	}
	if (c->detect_len != sizeof(*c->detect)) {
		*why = "detect: not the length of struct aegishv_detect_rules";
		return -EINVAL;
	}
	*why = ahv_detect_problem(c->detect);
	if (*why)
		return -EINVAL;
	*ref = ahv_detect_ref_new(c->detect);
	return *ref ? 0 : -ENOMEM;
}

static int change_vm(const struct ahv_config_change *c, struct ahv_detect_ref *ref,
		     const char **why)
{
	u32 sample = c->what & AHV_SET_SAMPLE ? c->sample : ahv_config.sample;
	int err = 0;

	if (c->what & AHV_SET_DETECT)
		err = ahv_detect_change_vm(c->vm, ref);
	if (!err && c->what & (AHV_SET_INHERIT | AHV_SET_EXIT_EVENTS))
		err = ahv_vm_set_exit_events(c->vm, c->what & AHV_SET_INHERIT,
					     c->exit_events, sample);
	if (err)
		*why = "vm: there is no VM with this number";
	return err;
}

static int change_all(const struct ahv_config_change *c, struct ahv_detect_ref *ref,
		      const char **why)
{
	int err;

	if (c->what & AHV_SET_RING_BYTES && c->ring_bytes != ahv_rings_bytes()) {
		err = ahv_rings_resize(c->ring_bytes, why);
		if (err) {
			kfree(ref);
			return err;
		}
	}
	if (c->what & AHV_SET_DETECT)
		ahv_detect_change_all(ref);
	if (c->what & AHV_SET_WATERMARK)
		WRITE_ONCE(ahv_config.watermark_bytes, c->watermark_bytes);
	if (c->what & AHV_SET_DEADLINE)
		WRITE_ONCE(ahv_config.deadline_us, c->deadline_us);
	if (c->what & AHV_SET_COUNTERS)
		WRITE_ONCE(ahv_config.counters, c->counters);
	if (c->what & AHV_SET_SAMPLE)
		WRITE_ONCE(ahv_config.sample, c->sample);
	if (c->what & AHV_SET_EXIT_EVENTS)
		WRITE_ONCE(ahv_config.exit_events, c->exit_events);
	ahv_vms_apply_config();
	ahv_file_settings_change(c);
	ahv_s2_config_apply(c);
	return 0;
}

/**
 * ahv_config_change() - change what is named, or nothing
 * @c: what, and to what
 * @why: where to put the reason of a refusal
 *
 * Return: 0 or a negative errno.
 */
int ahv_config_change(const struct ahv_config_change *c, const char **why)
{
	struct ahv_detect_ref *ref = NULL;
	int err;

	mutex_lock(&change_mutex);
	err = check_ring_bytes(c, why) ?: check_watermark(c, why) ?:
	      check_deadline(c, why) ?: check_exit_events(c, why) ?:
	      check_sample(c, why) ?: ahv_file_settings_check(c, why) ?:
	      ahv_s2_config_prepare(c, why) ?: make_detect(c, &ref, why);
	if (!err)
		err = c->vm ? change_vm(c, ref, why) : change_all(c, ref, why);
	if (!err)
		ahv_sources_config_changed();
	mutex_unlock(&change_mutex);
	return err;
}

/**
 * ahv_config_change_vm() - change what is named of one VM, or nothing
 * @c: what, and to what; gets the kernel's text if that is to be sealed
 * @why: where to put the reason of a refusal
 *
 * Return: 0 or a negative errno.
 */
int ahv_config_change_vm(struct ahv_vm_change *c, const char **why)
{
	int err = c->what & AHV_VM_SEAL_TEXT ? ahv_s2_find_text(c, why) : 0;

	if (err)
		return err;
	mutex_lock(&change_mutex);
	err = ahv_s2_vm_change(c, why);
	mutex_unlock(&change_mutex);
	return err;
}

/**
 * ahv_config_reapply() - let the sources look at the configuration again
 *
 * For a change that nobody configured. Process context.
 */
void ahv_config_reapply(void)
{
	mutex_lock(&change_mutex);
	ahv_sources_config_changed();
	mutex_unlock(&change_mutex);
}
