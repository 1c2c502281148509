// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals to who met a rule: who is never signalled, and when SIGTERM becomes
 * SIGKILL. The denial itself does not depend on any of it.
 *
 * Context of a check. Each set of the table has a lock of its own, held for a
 * few loads. A process that a fuller set pushed out starts to count anew.
 */
#include <linux/cgroup.h>
#include <linux/hash.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include "respond.h"

#define SET_BITS	7
#define WAYS		8

/**
 * struct offender - a process that was denied something
 * @start: when it was made; with @tgid, which process
 * @since_ns: when its window began; 0 for a free entry
 * @tgid: its number
 * @count: denials in the window
 */
struct offender {
	u64 start;
	u64 since_ns;
	u32 tgid;
	u32 count;
};

struct set {
	raw_spinlock_t lock;	/* guards way[] */
	struct offender way[WAYS];
};

static struct set sets[1 << SET_BITS] = {
	[0 ... (1 << SET_BITS) - 1] = { .lock = __RAW_SPIN_LOCK_UNLOCKED(sets.lock) },
};

static struct offender *find(struct set *s, u32 tgid, u64 start)
{
	struct offender *o, *oldest = &s->way[0];

	for (o = s->way; o < s->way + WAYS; o++) {
		if (o->tgid == tgid && o->start == start)
			return o;
		if (o->since_ns < oldest->since_ns)
			oldest = o;
	}
	*oldest = (struct offender){ .tgid = tgid, .start = start };
	return oldest;
}

/* Denials of current's process in its window, this one included. */
static u32 count_denial(void)
{
	u64 window_ns = READ_ONCE(ahv_config.kill_window_s) * (u64)NSEC_PER_SEC;
	struct set *s = &sets[hash_32(current->tgid, SET_BITS)];
	u64 now = ktime_get_mono_fast_ns();
	struct offender *o;
	unsigned long flags;
	u32 count;

	raw_spin_lock_irqsave(&s->lock, flags);
	o = find(s, current->tgid, current->group_leader->start_boottime);
	if (!o->since_ns || now - o->since_ns > window_ns) {
		o->since_ns = now;
		o->count = 0;
	}
	count = ++o->count;
	raw_spin_unlock_irqrestore(&s->lock, flags);
	return count;
}

static bool in_break_glass(void)
{
	u64 id = READ_ONCE(ahv_config.break_glass);
	struct cgroup *c;

	if (!id)
		return false;
	for (c = task_dfl_cgroup(current); c; c = cgroup_parent(c))
		if (cgroup_id(c) == id)
			return true;
	return false;
}

static bool survives(void)
{
	return is_global_init(current) || current->flags & PF_KTHREAD ||
	       ahv_consumer_is(current) || in_break_glass();
}

/**
 * ahv_offender_action() - how current's process is answered in enforce mode
 * @flags: gets AEGISHV_BLOCK_SURVIVOR when it is spared a signal
 *
 * Return: enum aegishv_action.
 */
u8 ahv_offender_action(u8 *flags)
{
	u32 signal = READ_ONCE(ahv_config.signal);

	if (signal == AEGISHV_SIGNAL_NONE)
		return AEGISHV_ACTION_BLOCK;
	if (survives()) {
		*flags |= AEGISHV_BLOCK_SURVIVOR;
		return AEGISHV_ACTION_BLOCK;
	}
	if (signal == AEGISHV_SIGNAL_INT)
		return AEGISHV_ACTION_INT;
	if (signal == AEGISHV_SIGNAL_KILL && READ_ONCE(ahv_config.allow_sigkill) &&
	    count_denial() >= READ_ONCE(ahv_config.kill_threshold))
		return AEGISHV_ACTION_KILL;
	return AEGISHV_ACTION_TERM;
}

/**
 * ahv_offender_signal() - signal current's process
 * @action: enum aegishv_action
 *
 * Return: whether it was sent one.
 */
bool ahv_offender_signal(u8 action)
{
	int sig;

	switch (action) {
	case AEGISHV_ACTION_TERM:
		sig = SIGTERM;
		break;
	case AEGISHV_ACTION_INT:
		sig = SIGINT;
		break;
	case AEGISHV_ACTION_KILL:
		sig = SIGKILL;
		break;
	default:
		return false;
	}
	return !kill_pid(task_tgid(current), sig, 1);
}
