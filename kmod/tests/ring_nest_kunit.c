// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writers that interrupt writers: task < softirq < hard irq < NMI, in every
 * chain of these, between reserve and commit; and, by single-stepping a write,
 * between any two of its instructions, where an NMI could come.
 */
#include <linux/kdebug.h>
#include <linux/module.h>
#ifdef CONFIG_X86
#include <asm/debugreg.h>
#endif
#include "ring_fixture.h"
#include "suites.h"

#define TELEMETRY	AEGISHV_CLASS_TELEMETRY
#define ALERT		AEGISHV_CLASS_ALERT
#define MAX_DEPTH	4

/* Contexts from the outside in, and what came of writing in them. */
struct chain {
	struct ahv_ring *r;
	enum fx_context contexts[MAX_DEPTH];
	int depth;
	int level;
	u64 id;
	u64 refused;
	bool ran;
	bool early;
};

static const struct {
	int depth;
	enum fx_context contexts[MAX_DEPTH];
} chains[] = {
	{ 2, { FX_TASK, FX_SOFTIRQ } },
	{ 2, { FX_TASK, FX_IRQ } },
	{ 2, { FX_TASK, FX_NMI } },
	{ 3, { FX_TASK, FX_SOFTIRQ, FX_IRQ } },
	{ 3, { FX_TASK, FX_SOFTIRQ, FX_NMI } },
	{ 3, { FX_TASK, FX_IRQ, FX_NMI } },
	{ 4, { FX_TASK, FX_SOFTIRQ, FX_IRQ, FX_NMI } },
};

static bool chain_possible(int i)
{
	int k;

	for (k = 0; k < chains[i].depth; k++)
		if (!fx_has_context(chains[i].contexts[k]))
			return false;
	return true;
}

/* One level: reserve, let the next level interrupt, commit; and one more. */
static void write_level(void *arg)
{
	struct chain *c = arg;
	u64 head = c->r->prod->head;
	struct fx_rec *rec = fx_reserve(c->r, 48, c->level & 1, c->id);

	if (rec)
		c->id++;
	else
		c->refused++;
	if (++c->level < c->depth)
		c->ran &= fx_run_in(c->contexts[c->level], write_level, c);
	c->level--;
	if (rec && READ_ONCE(c->r->prod->head) != head)
		c->early = true;
	if (rec)
		ahv_ring_commit(c->r, &rec->h, c->level & 1);
	if (fx_write(c->r, 40, TELEMETRY, c->id))
		c->id++;
	else
		c->refused++;
	if (c->level && READ_ONCE(c->r->prod->head) != head)
		c->early = true;
}

static struct chain run_chain(struct ahv_ring *r, int i)
{
	struct chain c = { .r = r, .depth = chains[i].depth, .ran = true };

	memcpy(c.contexts, chains[i].contexts, sizeof(c.contexts));
	preempt_disable();
	fx_run_in(FX_TASK, write_level, &c);
	preempt_enable();
	return c;
}

static void order_is_that_of_the_reservations(struct kunit *test)
{
	struct fx *f = test->priv;
	int i, round;

	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		for (round = 0; chain_possible(i) && round < 50; round++) {
			struct chain c = run_chain(f->r, i);

			if (c.depth > 1 && !c.ran)
				continue;	/* ksoftirqd had the softirqs */
			KUNIT_EXPECT_FALSE_MSG(test, c.early, "chain %d", i);
			KUNIT_EXPECT_EQ(test, c.refused, 0ULL);
			KUNIT_EXPECT_EQ(test, c.id, 2ULL * c.depth);
			fx_expect_ids(test, f, 0, c.id);
			KUNIT_EXPECT_TRUE(test, !fx_next(test, f));
			KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
		}
	}
}

static void softirqs_did_run(struct kunit *test)
{
	struct fx *f = test->priv;
	int i, round;

	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		bool ran = !chain_possible(i);

		for (round = 0; !ran && round < 100; round++) {
			ran = run_chain(f->r, i).ran;
			fx_drain(test, f);
		}
		KUNIT_EXPECT_TRUE_MSG(test, ran, "chain %d", i);
	}
}

/* Leaves less room than `spare`; how many writes that took, refused ones too. */
static u64 fill(struct ahv_ring *r, u32 class_, u64 spare)
{
	static const u32 lens[] = { 2048, 256, 40 };
	u64 tail = r->cons->tail, n = 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++)
		while (r->limit[class_] - (r->prod->head - tail) >= lens[i] + spare) {
			n++;
			if (!fx_write(r, lens[i], class_, 0))
				break;
		}
	return n;
}

/* The outer record takes the last room; what interrupts it is lost, exactly. */
static void nested_losses_are_exact(struct kunit *test)
{
	struct fx *f = test->priv;
	u64 tried = 0, room;
	int i, k;

	for (i = 0; i < ARRAY_SIZE(chains); i++) {
		for (room = 0; chain_possible(i) && room < 12; room++) {
			struct chain c;

			tried += fill(f->r, room & 1, 24 * room);
			for (k = 0; k < 3; k++) {
				c = run_chain(f->r, i);
				tried += c.id + c.refused;
			}
			fx_drain(test, f);
		}
	}
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 48, TELEMETRY, 0));
	fx_drain(test, f);
	KUNIT_EXPECT_GT(test, f->lost, 0ULL);
	KUNIT_EXPECT_EQ(test, f->seq, tried + 1);
	KUNIT_EXPECT_EQ(test, f->lost + f->records, tried + 1);
	KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
}

/* ---- at every instruction ---- */

#ifdef CONFIG_X86

/*
 * Where in a single-stepped write to write another: in the debug exception.
 * Under KASAN most instructions are its own checks, which leave the ring as it
 * was: there only those of this module, the ring among them, are counted.
 */
static struct {
	struct ahv_ring *r;
	bool on;
	u32 steps;
	u32 at;
	u64 tried;
} step;

static bool counts(unsigned long ip)
{
	return !IS_ENABLED(CONFIG_KASAN) || within_module(ip, THIS_MODULE);
}

static int on_step(struct notifier_block *nb, unsigned long what, void *data)
{
	struct die_args *args = data;

	if (what != DIE_DEBUG || !step.on || raw_smp_processor_id() != 0)
		return NOTIFY_DONE;
	*(unsigned long *)ERR_PTR(args->err) &= ~DR_STEP;
	if (counts(instruction_pointer(args->regs)) && step.steps++ == step.at) {
		step.tried += 2;
		fx_write(step.r, 40, TELEMETRY, 1000);
		fx_write(step.r, 40, ALERT, 1001);
	}
	return NOTIFY_STOP;
}

static struct notifier_block step_nb = { .notifier_call = on_step, .priority = INT_MAX };

/* What is interrupted: the inline paths are in here. */
static noinline void interrupted_write(struct ahv_ring *r, u32 class_)
{
	struct fx_rec *rec = (void *)ahv_ring_reserve(r, FX_MIN_LEN, class_);

	if (!rec)
		return;
	rec->h.type = AEGISHV_REC_ENTRY;
	rec->id = 1;
	ahv_ring_commit(r, &rec->h, class_);
}

/* How many instructions that took. */
static u32 write_stepping(struct ahv_ring *r, u32 class_, u32 at)
{
	unsigned long flags;

	local_irq_save(flags);
	step.r = r;
	step.at = at;
	step.steps = 0;
	step.on = true;
	asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
	interrupted_write(r, class_);
	asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
	step.on = false;
	local_irq_restore(flags);
	step.tried++;
	return step.steps;
}

/* With room; with room for neither; with a loss to report. */
static u32 interrupt_at(struct kunit *test, struct fx *f, u32 at)
{
	u32 n;

	n = write_stepping(f->r, TELEMETRY, at);
	fx_drain(test, f);
	step.tried += fill(f->r, TELEMETRY, 0);
	n = max(n, write_stepping(f->r, TELEMETRY, at));
	step.tried += fill(f->r, ALERT, 0);
	n = max(n, write_stepping(f->r, ALERT, at));
	fx_drain(test, f);
	n = max(n, write_stepping(f->r, TELEMETRY, at));
	fx_drain(test, f);
	/* For the next time: nothing left to report. */
	step.tried += 1;
	KUNIT_EXPECT_TRUE(test, fx_write(f->r, 40, TELEMETRY, 0));
	fx_drain(test, f);
	KUNIT_EXPECT_EQ_MSG(test, f->seq, step.tried, "interrupted at instruction %u", at);
	KUNIT_EXPECT_EQ(test, f->lost + f->records, step.tried);
	KUNIT_EXPECT_EQ(test, local_read(&f->r->nest), 0L);
	return n;
}

static void a_write_between_any_two_instructions(struct kunit *test)
{
	struct fx *f = test->priv;
	u32 at, n = 1;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	KUNIT_ASSERT_EQ(test, register_die_notifier(&step_nb), 0);
	step.tried = 0;
	for (at = 0; at < n && at < 20000; at++)
		n = interrupt_at(test, f, at);
	unregister_die_notifier(&step_nb);
	kunit_info(test, "interrupted after each of up to %u instructions\n", at);
	KUNIT_EXPECT_GT(test, at, 50U);
}

#else

static void a_write_between_any_two_instructions(struct kunit *test)
{
	kunit_skip(test, "single-stepping the kernel is written for x86 only");
}

#endif

static int suite_init(struct kunit_suite *suite)
{
	return fx_contexts_init();
}

static void suite_exit(struct kunit_suite *suite)
{
	fx_contexts_exit();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(order_is_that_of_the_reservations),
	KUNIT_CASE(softirqs_did_run),
	KUNIT_CASE(nested_losses_are_exact),
	KUNIT_CASE(a_write_between_any_two_instructions),
	{}
};

struct kunit_suite ahv_ring_nest_suite = {
	.name = "aegishv_ring_nest",
	.suite_init = suite_init,
	.suite_exit = suite_exit,
	.init = fx_init,
	.exit = fx_exit,
	.test_cases = cases,
};
