// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lineage of processes: who executed what, who made whom, who ended. Probes on
 * the scheduler's tracepoints, only those that proc-events asks for.
 *
 * Probes: task context, preemption off. Attaching: process context, under
 * `mutex`, which guards `probes`.
 */
#include <linux/binfmts.h>
#include <linux/hash.h>
#include <linux/kdev_t.h>
#include <linux/sched/signal.h>
#include <linux/tracepoint.h>
#include "event.h"
#include "respond.h"

/* Telemetry with a process in it and, for EXEC, a path. */
static void tell(u32 type, struct task_struct *t, u32 status, const char *path)
{
	u32 len = path ? strnlen(path, PATH_MAX - 1) : 0;
	struct aegishv_rec_proc *rec;

	ahv_probe_enter();
	rec = ahv_event_begin(type, sizeof(*rec) + ALIGN(len, 8), AEGISHV_CLASS_TELEMETRY, NULL);
	if (rec) {
		rcu_read_lock();
		ahv_proc_fill(&rec->proc, t);
		rcu_read_unlock();
		rec->status = status;
		rec->path_len = len;
		rec->rsvd = 0;
		memcpy(rec->text, path, len);
		memset(rec->text + len, 0, ALIGN(len, 8) - len);
		ahv_event_end_lazy(&rec->h);
	}
	ahv_probe_exit();
}

static void on_exec(void *unused, struct task_struct *t, pid_t old_pid, struct linux_binprm *bprm)
{
	tell(AEGISHV_REC_EXEC, t, 0, bprm->filename);
}

static void on_fork(void *unused, struct task_struct *parent, struct task_struct *child)
{
	if (thread_group_leader(child))
		tell(AEGISHV_REC_FORK, child, 0, NULL);
}

/*
 * The last thread of a process tells of its end. Two that end at once may both
 * find that no other lives: the second finds the first one's mark.
 */
#define ENDED_BITS 10
static atomic64_t ended[1 << ENDED_BITS];

static bool first_to_end(const struct task_struct *t)
{
	s64 which = (s64)t->tgid << 32 | (u32)t->group_leader->start_boottime;

	return atomic64_xchg(&ended[hash_32(t->tgid, ENDED_BITS)], which) != which;
}

static u32 status_of(const struct task_struct *t)
{
	const struct signal_struct *s = t->signal;

	return READ_ONCE(s->flags) & SIGNAL_GROUP_EXIT ? READ_ONCE(s->group_exit_code) :
							 READ_ONCE(t->group_leader->exit_code);
}

static void on_exit(AHV_PROC_EXIT_ARGS)
{
	if (!atomic_read(&t->signal->live) && first_to_end(t))
		tell(AEGISHV_REC_PEXIT, t, status_of(t), NULL);
}

/**
 * struct probe - one tracepoint
 * @name: its name
 * @id: whose health it is
 * @wanted_from: enum aegishv_proc_events that asks for it
 * @fn: what is called
 * @tp: the tracepoint, NULL where the kernel has none
 * @on: it is registered
 */
struct probe {
	const char *name;
	enum ahv_hook_id id;
	u32 wanted_from;
	void *fn;
	struct tracepoint *tp;
	bool on;
};

static DEFINE_MUTEX(mutex);
static struct probe probes[] = {
	{ "sched_process_exec", AHV_HOOK_PROC_EXEC, AEGISHV_PROC_EVENTS_EXEC, on_exec },
	{ "sched_process_fork", AHV_HOOK_PROC_FORK, AEGISHV_PROC_EVENTS_ALL, on_fork },
	{ "sched_process_exit", AHV_HOOK_PROC_EXIT, AEGISHV_PROC_EVENTS_ALL, on_exit },
};

static void note(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(tp->name, probes[i].name))
			probes[i].tp = tp;
}

static void attach(struct probe *p)
{
	int err = p->tp ? tracepoint_probe_register(p->tp, p->fn, NULL) : -ENOENT;

	p->on = !err;
	if (p->on)
		ahv_health_set(p->id, AEGISHV_HOOK_STATE_ATTACHED, 0, NULL);
	else
		ahv_health_set(p->id, AEGISHV_HOOK_STATE_FAILED, err,
			       p->tp ? "the tracepoint refused the probe" :
				       "this kernel has no such tracepoint");
}

static void detach(struct probe *p)
{
	if (p->on)
		tracepoint_probe_unregister(p->tp, p->fn, NULL);
	p->on = false;
	ahv_health_set(p->id, AEGISHV_HOOK_STATE_IDLE, 0, "proc-events does not ask for it");
}

static void update(u32 proc_events)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		bool want = proc_events >= probes[i].wanted_from;

		ahv_health_require(probes[i].id, want);
		if (want && !probes[i].on)
			attach(&probes[i]);
		else if (!want)
			detach(&probes[i]);
	}
}

void ahv_task_config_changed(void)
{
	mutex_lock(&mutex);
	update(READ_ONCE(ahv_config.proc_events));
	mutex_unlock(&mutex);
}

int ahv_task_start(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		ahv_health_backend(probes[i].id, "tracepoint");
	for_each_kernel_tracepoint(note, NULL);
	ahv_task_config_changed();
	return 0;
}

void ahv_task_stop(void)
{
	mutex_lock(&mutex);
	update(AEGISHV_PROC_EVENTS_OFF);
	mutex_unlock(&mutex);
	tracepoint_synchronize_unregister();
}
