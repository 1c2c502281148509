// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process as records describe it: in the numbers of the initial namespaces.
 * Any context, in an RCU read section.
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "respond.h"

/**
 * ahv_proc_fill() - describe a process
 * @p: where
 * @t: one of its threads
 *
 * The credentials are the thread's own: what it acts under may be another's
 * for the moment, as overlayfs does.
 */
void ahv_proc_fill(struct aegishv_proc *p, struct task_struct *t)
{
	const struct task_struct *parent = rcu_dereference(t->real_parent);
	const struct cred *cred = __task_cred(t);

	p->start_ns = t->group_leader->start_boottime;
	p->parent_start_ns = parent->group_leader->start_boottime;
	p->cgid = cgroup_id(task_dfl_cgroup(t));
	p->pid = t->tgid;
	p->tid = t->pid;
	p->ppid = parent->tgid;
	/* the initial user namespace maps each to itself */
	p->uid = __kuid_val(cred->euid);
	p->gid = __kgid_val(cred->egid);
	p->rsvd = 0;
	memcpy(p->comm, t->comm, sizeof(p->comm));
}
