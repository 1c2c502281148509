// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a rule was met: whom it does not concern, whether it is
 * denied or only told, and what is counted.
 *
 * Context of a check: interrupts may be off, an RCU read section is open.
 * Nothing here takes a lock that every denial shares, or memory.
 */
#include <linux/percpu.h>
#include "respond.h"

static DEFINE_PER_CPU(struct ahv_respond_stats, counts);

static int let_pass(const struct ahv_denial *d)
{
	this_cpu_inc(counts.audits);
	ahv_report(d, AEGISHV_ACTION_AUDIT, 0);
	return 0;
}

static int deny(const struct ahv_denial *d)
{
	u8 flags = 0, action = ahv_offender_action(&flags);

	this_cpu_inc(counts.blocks);
	ahv_tally_count(cgroup_id(task_dfl_cgroup(current)), d->inode->i_sb->s_dev,
			d->inode->i_ino);
	ahv_report(d, action, flags);
	if (ahv_offender_signal(action))
		this_cpu_inc(counts.signals);
	ahv_mode_count_denial();
	return -EPERM;
}

/**
 * ahv_respond() - answer a match
 * @d: what was attempted, and the rule it met
 *
 * Return: what the check is to return: 0 to let it pass, or -EPERM.
 */
int ahv_respond(const struct ahv_denial *d)
{
	if (unlikely(ahv_match_is_canary(&d->m)))
		return -EPERM;
	if (ahv_policy_exempt(d->policy)) {
		this_cpu_inc(counts.exempt);
		return 0;
	}
	if (d->m.hits)
		atomic64_inc(d->m.hits);
	return ahv_file_mode(NULL) == AEGISHV_FILE_MODE_ENFORCE ? deny(d) : let_pass(d);
}

/**
 * ahv_respond_stats() - sums since load
 * @s: where to put them
 */
void ahv_respond_stats(struct ahv_respond_stats *s)
{
	unsigned int cpu;

	*s = (struct ahv_respond_stats){};
	for_each_possible_cpu(cpu) {
		const struct ahv_respond_stats *c = per_cpu_ptr(&counts, cpu);

		s->blocks += READ_ONCE(c->blocks);
		s->audits += READ_ONCE(c->audits);
		s->exempt += READ_ONCE(c->exempt);
		s->signals += READ_ONCE(c->signals);
	}
}

int ahv_respond_start(void)
{
	return ahv_report_start();
}

void ahv_respond_stop(void)
{
	ahv_mode_stop();
	ahv_report_stop();
}
