// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running something in softirq, hard irq or NMI context on this CPU, at a place
 * of the caller's choice: by a tasklet that local_bh_enable() runs, an irq_work
 * that the caller spins for, and `int $2`, which enters the NMI handlers as the
 * CPU would. The caller has preemption off and is in a lesser context.
 */
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#ifdef CONFIG_X86
#include <asm/nmi.h>
#endif
#include "ring_fixture.h"

struct job {
	void (*fn)(void *arg);
	void *arg;
	bool done;
};

static DEFINE_PER_CPU(struct job, jobs[FX_NR_CONTEXTS]);
static DEFINE_PER_CPU(struct irq_work, works);
static DEFINE_PER_CPU(struct tasklet_struct, tasklets);

static void run_job(enum fx_context c)
{
	struct job *j = this_cpu_ptr(&jobs[c]);

	if (!j->fn)
		return;
	j->fn(j->arg);
	j->fn = NULL;
	barrier();	/* against the one that spins, on this CPU */
	WRITE_ONCE(j->done, true);
}

static void in_irq_work(struct irq_work *work)
{
	run_job(FX_IRQ);
}

static void in_tasklet(struct tasklet_struct *t)
{
	run_job(FX_SOFTIRQ);
}

#ifdef CONFIG_X86
static int in_nmi_handler(unsigned int type, struct pt_regs *regs)
{
	if (!this_cpu_ptr(&jobs[FX_NMI])->fn)
		return NMI_DONE;
	run_job(FX_NMI);
	return NMI_HANDLED;
}

static int nmi_register(void)
{
	return register_nmi_handler(NMI_LOCAL, in_nmi_handler, 0, "aegishv_kunit");
}

static void nmi_unregister(void)
{
	unregister_nmi_handler(NMI_LOCAL, "aegishv_kunit");
}

static void raise_nmi(void)
{
	asm volatile("int $2" ::: "memory");
}
#else
static int nmi_register(void) { return 0; }
static void nmi_unregister(void) { }
static void raise_nmi(void) { }
#endif

int fx_contexts_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		init_irq_work(per_cpu_ptr(&works, cpu), in_irq_work);
		tasklet_setup(per_cpu_ptr(&tasklets, cpu), in_tasklet);
	}
	return nmi_register();
}

void fx_contexts_exit(void)
{
	unsigned int cpu;

	nmi_unregister();
	for_each_possible_cpu(cpu) {
		irq_work_sync(per_cpu_ptr(&works, cpu));
		tasklet_kill(per_cpu_ptr(&tasklets, cpu));
	}
}

bool fx_has_context(enum fx_context c)
{
	return c != FX_NMI || IS_ENABLED(CONFIG_X86);
}

/* False when it could not be run: softirqs are ksoftirqd's at the moment. */
bool fx_run_in(enum fx_context c, void (*fn)(void *arg), void *arg)
{
	struct job *j = this_cpu_ptr(&jobs[c]);

	*j = (struct job){ .fn = fn, .arg = arg };
	switch (c) {
	case FX_TASK:
		run_job(c);
		break;
	case FX_SOFTIRQ:
		local_bh_disable();
		tasklet_schedule(this_cpu_ptr(&tasklets));
		local_bh_enable();
		break;
	case FX_IRQ:
		irq_work_queue(this_cpu_ptr(&works));
		while (!READ_ONCE(j->done))
			cpu_relax();
		break;
	case FX_NMI:
		raise_nmi();
		break;
	default:
		break;
	}
	if (!READ_ONCE(j->done))
		j->fn = NULL;
	return j->done;
}
