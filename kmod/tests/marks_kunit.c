// SPDX-License-Identifier: GPL-2.0-only
/*
 * Marks: an inode that was followed is found by the rule it comes from as long
 * as a policy has that rule, across swaps, and in a policy that is on its way
 * out; and the canary, which no commit takes away. Process context.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include "policy_fixture.h"
#include "suites.h"

#define MAX_MARKS	2000

static void mark(struct kunit *test, u64 ino, const struct ahv_match *m, int want)
{
	struct ahv_fid fid = pf_fid(ino);

	KUNIT_EXPECT_EQ(test, ahv_policy_mark(&fid, AHV_KEY_INODE, m), want);
}

static void in_force(struct kunit *test, u64 ino, struct ahv_match *m)
{
	struct pf *f = test->priv;

	KUNIT_ASSERT_GE(test, pf_inode(f, ino, 0), 0);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_ASSERT_TRUE(test, pf_denies(ino, m));
}

static void a_mark_is_found(struct kunit *test)
{
	struct ahv_match m, found;

	in_force(test, 1, &m);
	KUNIT_EXPECT_FALSE(test, pf_denies(77, &found));
	mark(test, 77, &m, 0);
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(77, &found));
	KUNIT_EXPECT_TRUE(test, found.marked);
	KUNIT_EXPECT_EQ(test, found.id, m.id);
	KUNIT_EXPECT_PTR_EQ(test, found.hits, m.hits);
	mark(test, 77, &m, 0);
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 1U);
}

static void a_directory_is_marked(struct kunit *test)
{
	struct ahv_fid fid = pf_fid(77);
	struct ahv_match m, found;

	in_force(test, 1, &m);
	KUNIT_EXPECT_EQ(test, pf_in_force()->dir_devs, 0ULL);
	KUNIT_EXPECT_EQ(test, ahv_policy_mark(&fid, AHV_KEY_DIR, &m), 0);
	KUNIT_EXPECT_EQ(test, pf_in_force()->dir_devs, ahv_dev_bit(PF_DEV));
	KUNIT_EXPECT_TRUE(test, ahv_policy_dir(pf_in_force(), &fid, &found));
	KUNIT_EXPECT_FALSE(test, pf_denies(77, &found));
}

static void marks_go_with_their_rule(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_match m, found;

	in_force(test, 1, &m);
	mark(test, 77, &m, 0);
	in_force(test, 1, &found);
	KUNIT_EXPECT_EQ(test, found.id, m.id);
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(77, &found));
	KUNIT_EXPECT_EQ(test, pf_inode(f, 2, 0), 0);
	KUNIT_EXPECT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_FALSE(test, pf_denies(77, &found));
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 0U);
	mark(test, 77, &m, 0);	/* by a check that began before the swap */
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 0U);
}

static void the_table_is_bounded(struct kunit *test)
{
	const u32 max = ahv_marks_max;
	struct ahv_match m, found;
	u64 ino;

	KUNIT_EXPECT_EQ(test, max, 65536U);
	ahv_marks_max = MAX_MARKS;
	in_force(test, 1, &m);
	for (ino = 1000; ino < 1000 + MAX_MARKS; ino++)
		mark(test, ino, &m, 0);
	mark(test, ino, &m, -ENOSPC);
	mark(test, 1000, &m, 0);
	ahv_marks_max = max;
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), (u32)MAX_MARKS);
	in_force(test, 1, &found);
	for (ino = 1000; ino < 1000 + MAX_MARKS; ino += 7)
		KUNIT_EXPECT_TRUE(test, pf_denies_fast(ino, &found));
}

static void an_ended_inode_makes_room(struct kunit *test)
{
	struct ahv_fid fid = pf_fid(1001);
	const u32 max = ahv_marks_max;
	struct ahv_match m, found;
	u64 ino;

	ahv_marks_max = 10;
	in_force(test, 1, &m);
	for (ino = 1000; ino < 1010; ino++)
		mark(test, ino, &m, 0);
	ahv_policy_mark_ends(&fid);
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(1001, &found));
	mark(test, 2000, &m, 0);
	KUNIT_EXPECT_FALSE(test, pf_denies_fast(1001, &found));
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(2000, &found));
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 10U);
	mark(test, 2001, &m, -ENOSPC);
	/* Who is marked anew has not ended. */
	fid = pf_fid(1002);
	ahv_policy_mark_ends(&fid);
	mark(test, 1002, &m, 0);
	mark(test, 2001, &m, -ENOSPC);
	ahv_marks_max = max;
}

static void the_canary_stays(struct kunit *test)
{
	struct super_block *sb = kunit_kzalloc(test, sizeof(*sb), GFP_KERNEL);
	struct inode *inode = kunit_kzalloc(test, sizeof(*inode), GFP_KERNEL);
	struct ahv_match m;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sb);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, inode);
	sb->s_dev = PF_DEV;
	inode->i_ino = 500;
	inode->i_sb = sb;
	inode->i_generation = pf_fid(500).gen;
	KUNIT_EXPECT_EQ(test, ahv_policy_set_canary(inode), 0);
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(500, &m));
	KUNIT_EXPECT_EQ(test, m.id, 0U);
	in_force(test, 1, &m);
	KUNIT_EXPECT_TRUE(test, pf_denies_fast(500, &m));
	KUNIT_EXPECT_EQ(test, m.id, 0U);
	KUNIT_EXPECT_EQ(test, ahv_policy_set_canary(NULL), 0);
	KUNIT_EXPECT_FALSE(test, pf_denies(500, &m));
}

/* What a check does, over and over: a file that both policies deny. */
struct looker {
	u64 looked;
	u64 missed;
	u64 ino;
	struct completion started;
};

static int look(void *arg)
{
	struct looker *l = arg;
	struct ahv_match m;

	complete(&l->started);
	while (!kthread_should_stop()) {
		l->missed += !pf_denies_fast(l->ino, &m);
		l->looked++;
		cond_resched();
	}
	return 0;
}

static struct task_struct *start(struct kunit *test, struct looker *l, u64 ino)
{
	struct task_struct *t;

	*l = (struct looker){ .ino = ino };
	init_completion(&l->started);
	t = kthread_run(look, l, "ahv-look");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t));
	wait_for_completion(&l->started);
	return t;
}

static void a_swap_is_never_seen(struct kunit *test)
{
	struct looker by_rule, by_mark;
	struct task_struct *t1, *t2;
	struct pf *f = test->priv;
	struct ahv_match m;
	u64 i;

	in_force(test, 1, &m);
	mark(test, 77, &m, 0);
	t1 = start(test, &by_rule, 1);
	t2 = start(test, &by_mark, 77);
	for (i = 0; i < 50; i++) {
		pf_inode(f, 100 + i, 0);
		pf_inode(f, 1, 0);
		KUNIT_EXPECT_EQ(test, pf_commit(f), 0);
		mark(test, 2000 + i, &m, 0);
	}
	kthread_stop(t1);
	kthread_stop(t2);
	KUNIT_EXPECT_EQ(test, by_rule.missed + by_mark.missed, 0ULL);
	KUNIT_EXPECT_GT(test, by_rule.looked, 0ULL);
	KUNIT_EXPECT_GT(test, by_mark.looked, 0ULL);
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 51U);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_mark_is_found),
	KUNIT_CASE(a_directory_is_marked),
	KUNIT_CASE(marks_go_with_their_rule),
	KUNIT_CASE(the_table_is_bounded),
	KUNIT_CASE(an_ended_inode_makes_room),
	KUNIT_CASE(the_canary_stays),
	KUNIT_CASE(a_swap_is_never_seen),
	{}
};

struct kunit_suite ahv_marks_suite = {
	.name = "aegishv_marks",
	.init = pf_init,
	.exit = pf_exit,
	.test_cases = cases,
};
