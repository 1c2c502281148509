// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mode in force: what was configured, until the deadman or a storm of
 * denials puts audit in its place. That is never silent: the ring, the kernel's
 * log, health and the info that netlink gives all say so, until somebody sets
 * the mode again.
 *
 * ahv_file_mode(), ahv_mode_revert() and ahv_mode_count_denial(): any context but
 * NMI. The rest: process context. `lock` guards in_force and reverted, and
 * storm.lock the storm's counts; both for writing.
 */
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include "config.h"
#include "lsm.h"

/* Looked at this often at least; far below what a timer can wait. */
#define DEADMAN_POLL_NS	(3600ULL * NSEC_PER_SEC)

static DEFINE_RAW_SPINLOCK(lock);
static u32 in_force = AEGISHV_FILE_MODE_AUDIT;
static const char *reverted;

u32 ahv_file_mode(const char **why)
{
	if (why)
		*why = READ_ONCE(reverted);
	return READ_ONCE(in_force);
}

/* Sources let go of what only enforce needs; whoever listens is told. */
static void announce(struct work_struct *work)
{
	const char *why = READ_ONCE(reverted);

	if (!why)
		return;
	pr_warn("enforce is off, back to audit: %s\n", why);
	ahv_config_reapply();
	ahv_netlink_health_ntf();
}

static DECLARE_WORK(announce_work, announce);

/**
 * ahv_mode_revert() - from enforce back to audit, loudly
 * @event: %AEGISHV_POLICY_STORM or %AEGISHV_POLICY_EXPIRED
 * @why: for a person, a constant string
 */
void ahv_mode_revert(u32 event, const char *why)
{
	unsigned long flags;
	bool was;

	raw_spin_lock_irqsave(&lock, flags);
	was = in_force == AEGISHV_FILE_MODE_ENFORCE;
	if (was) {
		WRITE_ONCE(reverted, why);
		WRITE_ONCE(in_force, AEGISHV_FILE_MODE_AUDIT);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	if (!was)
		return;
	ahv_event_policy(event, false);
	schedule_work(&announce_work);
}

/* ---- deadman: enforce lasts for as long as somebody refreshes it ---- */

static u64 deadman_due_ns;	/* 0 for never */

static void look_at_deadman(struct work_struct *work);
static DECLARE_DELAYED_WORK(deadman_work, look_at_deadman);

static void wait_for_deadman(u64 ns)
{
	mod_delayed_work(system_percpu_wq, &deadman_work,
			 nsecs_to_jiffies64(min_t(u64, ns, DEADMAN_POLL_NS)) + 1);
}

static void look_at_deadman(struct work_struct *work)
{
	u64 due = READ_ONCE(deadman_due_ns), now = ktime_get_ns();

	if (!due)
		return;
	if (now < due)
		wait_for_deadman(due - now);
	else
		ahv_mode_revert(AEGISHV_POLICY_EXPIRED, "deadman-s passed without a refresh");
}

/**
 * ahv_mode_deadman_restart() - begin to wait anew, or stop waiting
 *
 * After a refresh, or a change of the mode or of deadman-s.
 */
void ahv_mode_deadman_restart(void)
{
	u64 ns = READ_ONCE(ahv_config.deadman_s) * (u64)NSEC_PER_SEC;

	if (!ns || ahv_file_mode(NULL) != AEGISHV_FILE_MODE_ENFORCE) {
		WRITE_ONCE(deadman_due_ns, 0);
		cancel_delayed_work(&deadman_work);
		return;
	}
	WRITE_ONCE(deadman_due_ns, ktime_get_ns() + ns);
	wait_for_deadman(ns);
}

/* ---- storm: denials of the last storm-window-s, in parts of the window ---- */

#define PARTS 8

static struct {
	raw_spinlock_t lock;
	u64 part;		/* number of the newest part */
	u32 denials[PARTS];	/* in each of the last ones */
	u32 sum;
} storm = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(storm.lock),
};

/* Forget parts that the window has left behind. With storm.lock. */
static void advance_to(u64 part)
{
	if (part - storm.part >= PARTS) {
		memset(storm.denials, 0, sizeof(storm.denials));
		storm.sum = 0;
		storm.part = part;
	}
	while (storm.part != part) {
		u32 *oldest = &storm.denials[++storm.part % PARTS];

		storm.sum -= *oldest;
		*oldest = 0;
	}
}

/**
 * ahv_mode_count_denial() - something was denied
 */
void ahv_mode_count_denial(void)
{
	u32 limit = READ_ONCE(ahv_config.storm_denials);
	u64 part_ns = READ_ONCE(ahv_config.storm_window_s) * (u64)NSEC_PER_SEC / PARTS;
	unsigned long flags;
	bool is_storm;

	if (likely(!limit))
		return;
	raw_spin_lock_irqsave(&storm.lock, flags);
	advance_to(max(storm.part, div64_u64(ktime_get_mono_fast_ns(), part_ns)));
	storm.denials[storm.part % PARTS]++;
	is_storm = ++storm.sum >= limit;
	raw_spin_unlock_irqrestore(&storm.lock, flags);
	if (is_storm)
		ahv_mode_revert(AEGISHV_POLICY_STORM,
				"storm-denials were reached within storm-window-s");
}

/**
 * ahv_mode_storm_restart() - forget the denials so far
 *
 * After a change of the mode or of what a storm is.
 */
void ahv_mode_storm_restart(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&storm.lock, flags);
	storm.part = 0;
	storm.sum = 0;
	memset(storm.denials, 0, sizeof(storm.denials));
	raw_spin_unlock_irqrestore(&storm.lock, flags);
}

/**
 * ahv_mode_set() - the mode was configured
 * @mode: enum aegishv_file_mode
 *
 * Under the configuration's mutex.
 */
void ahv_mode_set(u32 mode)
{
	unsigned long flags;
	bool changed;

	ahv_mode_storm_restart();
	raw_spin_lock_irqsave(&lock, flags);
	changed = in_force != mode || reverted;
	WRITE_ONCE(reverted, NULL);
	WRITE_ONCE(in_force, mode);
	raw_spin_unlock_irqrestore(&lock, flags);
	ahv_mode_deadman_restart();
	if (!changed)
		return;
	ahv_event_policy(AEGISHV_POLICY_MODE, true);
	ahv_netlink_health_ntf();
}

/**
 * ahv_mode_stop() - nothing of this file runs any more
 *
 * After the last check, and without a lock that a source's config_changed()
 * takes.
 */
void ahv_mode_stop(void)
{
	WRITE_ONCE(deadman_due_ns, 0);
	cancel_delayed_work_sync(&deadman_work);
	cancel_work_sync(&announce_work);
}
