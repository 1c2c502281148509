// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rule sets: what look-ups find, what a commit keeps, what a refusal leaves
 * alone, and every failure of memory on the way. Process context.
 */
#include "policy_fixture.h"
#include "suites.h"

#define MANY	5000

static void the_empty_policy_denies_nothing(struct kunit *test)
{
	struct ahv_policy_head *p = pf_in_force();
	struct ahv_match m;

	KUNIT_EXPECT_FALSE(test, pf_denies(1, &m));
	KUNIT_EXPECT_EQ(test, p->rules, 0U);
	KUNIT_EXPECT_EQ(test, p->dir_devs | p->name_devs, 0ULL);
	KUNIT_EXPECT_FALSE(test, ahv_policy_names_on(p, PF_DEV));
}

static void inodes_are_found(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_match m;
	u64 ino;

	for (ino = 1; ino <= MANY; ino++)
		KUNIT_ASSERT_GE(test, pf_inode(f, ino, 0), 0);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	for (ino = 1; ino <= MANY; ino++) {
		KUNIT_ASSERT_TRUE(test, pf_denies_fast(ino, &m));
		KUNIT_EXPECT_EQ(test, m.kind, (u8)AEGISHV_RULE_KIND_DENY_INODE);
		KUNIT_EXPECT_NOT_NULL(test, m.hits);
		KUNIT_EXPECT_FALSE(test, m.marked);
	}
	for (; ino <= 2 * MANY; ino++)
		KUNIT_ASSERT_FALSE(test, pf_denies(ino, &m));
}

static void the_generation_counts(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_fid a = pf_fid(10), b = pf_fid(20), c = pf_fid(10);
	struct ahv_match m;

	pf_inode(f, 10, 0);
	pf_inode(f, 20, AEGISHV_RULE_FLAG_ANY_GENERATION);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	a.gen++;
	b.gen++;
	c.dev++;
	KUNIT_EXPECT_FALSE(test, ahv_policy_inode(pf_in_force(), &a, &m));
	KUNIT_EXPECT_TRUE(test, ahv_policy_inode(pf_in_force(), &b, &m));
	KUNIT_EXPECT_FALSE(test, ahv_policy_inode(pf_in_force(), &c, &m));
}

static bool name_denied(struct dentry *parent, u64 dir, const char *name)
{
	struct qstr q = QSTR_INIT(name, strlen(name));
	struct ahv_fid fid = pf_fid(dir);
	struct ahv_match m;

	return ahv_policy_name(pf_in_force(), parent, &fid, &q, &m);
}

static int compare_any_case(const struct dentry *dentry, unsigned int len, const char *str,
			    const struct qstr *name)
{
	return len != name->len || strncasecmp(str, name->name, len);
}

static const struct dentry_operations any_case = { .d_compare = compare_any_case };

static void names_are_found(struct kunit *test)
{
	struct dentry plain = {}, folding = { .d_flags = DCACHE_OP_COMPARE, .d_op = &any_case };
	struct pf *f = test->priv;
	char name[16];
	int i;

	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "file%d", i);
		KUNIT_ASSERT_GE(test, pf_name(f, 5, name, false), 0);
	}
	pf_name(f, 6, "ReadMe", true);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_TRUE(test, name_denied(&plain, 5, "file0"));
	KUNIT_EXPECT_TRUE(test, name_denied(&plain, 5, "file999"));
	KUNIT_EXPECT_FALSE(test, name_denied(&plain, 5, "file1000"));
	KUNIT_EXPECT_FALSE(test, name_denied(&plain, 5, "file"));
	KUNIT_EXPECT_FALSE(test, name_denied(&plain, 7, "file0"));
	KUNIT_EXPECT_TRUE(test, name_denied(&folding, 6, "ReadMe"));
	KUNIT_EXPECT_TRUE(test, name_denied(&folding, 6, "README"));
	KUNIT_EXPECT_FALSE(test, name_denied(&folding, 6, "README2"));
	KUNIT_EXPECT_TRUE(test, ahv_policy_names_on(pf_in_force(), PF_DEV));
	KUNIT_EXPECT_FALSE(test, ahv_policy_names_on(pf_in_force(), PF_DEV + 64));
	KUNIT_EXPECT_EQ(test, pf_in_force()->name_devs, ahv_dev_bit(PF_DEV));
}

static void directories_are_found(struct kunit *test)
{
	struct ahv_fid a = pf_fid(10), b = pf_fid(11);
	struct pf *f = test->priv;
	struct ahv_match m;

	pf_dir(f, 10);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_TRUE(test, ahv_policy_dir(pf_in_force(), &a, &m));
	KUNIT_EXPECT_FALSE(test, ahv_policy_dir(pf_in_force(), &b, &m));
	KUNIT_EXPECT_FALSE(test, ahv_policy_inode(pf_in_force(), &a, &m));
	KUNIT_EXPECT_EQ(test, pf_in_force()->dir_devs, ahv_dev_bit(PF_DEV));
}

static u32 id_of(u64 ino)
{
	struct ahv_match m;

	return pf_denies(ino, &m) ? m.id : 0;
}

static void numbers_and_hits_stay(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_match m;
	u32 first, second;

	pf_inode(f, 1, 0);
	pf_inode(f, 2, 0);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	first = id_of(1);
	second = id_of(2);
	KUNIT_EXPECT_EQ(test, second, first + 1);
	pf_denies(2, &m);
	atomic64_add(7, m.hits);
	pf_inode(f, 3, 0);
	pf_inode(f, 2, 0);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_EQ(test, id_of(2), second);
	KUNIT_EXPECT_EQ(test, id_of(3), second + 1);
	KUNIT_EXPECT_EQ(test, id_of(1), 0U);
	KUNIT_EXPECT_TRUE(test, pf_denies(2, &m));
	KUNIT_EXPECT_EQ(test, atomic64_read(m.hits), 7LL);
	pf_inode(f, 1, 0);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_EQ(test, id_of(1), second + 2);
}

static void what_is_there_is_not_added_again(struct kunit *test)
{
	struct pf *f = test->priv;
	u64 bytes = 0;
	int i;

	for (i = 0; i < 5; i++) {
		KUNIT_ASSERT_EQ(test, pf_copy(f), 0);
		pf_inode(f, 1, 0);
		pf_name(f, 1, "name", false);
		pf_inode(f, 1, 0);
		KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
		KUNIT_EXPECT_EQ(test, pf_in_force()->rules, 2U);
		if (i == 1)	/* chains are counted before what is double goes */
			bytes = ahv_policy_memory();
		if (i > 1)
			KUNIT_EXPECT_EQ(test, ahv_policy_memory(), bytes);
	}
}

static void stage_some(struct pf *f, u64 from, u64 to)
{
	char name[16];

	for (; from < to; from++) {
		snprintf(name, sizeof(name), "n%llu", from);
		pf_inode(f, from, 0);
		pf_name(f, from, name, false);
		pf_dir(f, from);
	}
}

/* A message that adds, takes away, and changes is as if it never was. */
static void a_message_is_undone(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_match m;
	u64 ino;

	stage_some(f, 1, 101);
	ahv_set_save(&f->set, &f->save);
	stage_some(f, 50, 1000);
	for (ino = 0; ino < 300; ino += 3)
		KUNIT_EXPECT_EQ(test, ahv_set_del(&f->set, &f->save, &ahv_rules(&f->set)[ino]), 0);
	stage_some(f, 20, 60);
	KUNIT_EXPECT_EQ(test, f->set.dead, 100U);
	ahv_set_undo(&f->set, &f->save);
	KUNIT_EXPECT_EQ(test, f->set.dead, 0U);
	KUNIT_EXPECT_EQ(test, f->set.rules.n, 300U);
	memset(&f->save, 0, sizeof(f->save));
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_EQ(test, pf_in_force()->rules, 300U);
	for (ino = 1; ino <= 100; ino++)
		KUNIT_EXPECT_TRUE(test, pf_denies_fast(ino, &m));
	KUNIT_EXPECT_FALSE(test, pf_denies(101, &m));
}

static void what_is_taken_away_is_gone(struct kunit *test)
{
	struct pf *f = test->priv;
	struct ahv_match m;
	u32 i;

	stage_some(f, 1, 1001);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_ASSERT_EQ(test, pf_copy(f), 0);
	for (i = 0; i < f->set.rules.n; i++)
		if (i % 6 < 3)	/* all three rules of the odd ones */
			ahv_set_del(&f->set, &f->save, &ahv_rules(&f->set)[i]);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	KUNIT_EXPECT_EQ(test, pf_in_force()->rules, 1500U);
	for (i = 1; i <= 1000; i++) {
		struct ahv_fid fid = pf_fid(i);
		struct dentry plain = {};
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		KUNIT_EXPECT_EQ(test, pf_denies(i, &m), i % 2 == 0);
		KUNIT_EXPECT_EQ(test, ahv_policy_dir(pf_in_force(), &fid, &m), i % 2 == 0);
		KUNIT_EXPECT_EQ(test, name_denied(&plain, i, name), i % 2 == 0);
	}
}

static void a_stale_commit_changes_nothing(struct kunit *test)
{
	struct ahv_commit c = { .base = pf_in_force()->generation + 1 };
	struct ahv_policy_head *before = pf_in_force();
	u64 bytes = ahv_policy_memory();
	struct pf *f = test->priv;
	const char *why = NULL;

	stage_some(f, 1, 10);
	KUNIT_EXPECT_EQ(test, ahv_policy_commit(&f->set, &c, &why), -ESTALE);
	KUNIT_EXPECT_NOT_NULL(test, why);
	KUNIT_EXPECT_PTR_EQ(test, pf_in_force(), before);
	KUNIT_EXPECT_EQ(test, ahv_policy_memory(), bytes);
}

static int stage_until_full(struct pf *f)
{
	u64 ino = 100;
	int err = 0;

	while (err >= 0 && ino < 200)
		err = pf_inode(f, ino++, 0);
	return err < 0 ? err : 0;
}

/* Each allocation fails once: with a little more memory, it is the next one. */
static void every_failure_of_memory(struct kunit *test)
{
	unsigned long max = ahv_policy_max_bytes;
	struct pf *f = test->priv;
	u64 bytes, more;
	struct ahv_match m;
	int err = -EDQUOT;

	stage_some(f, 1, 100);
	KUNIT_ASSERT_EQ(test, pf_commit(f), 0);
	bytes = ahv_policy_memory();
	for (more = 0; err && more < 1 << 20; more += 389) {
		ahv_policy_max_bytes = bytes + more;
		err = pf_copy(f) ?: stage_until_full(f) ?: pf_commit(f);
		if (!err)
			break;
		KUNIT_EXPECT_EQ(test, err, -EDQUOT);
		ahv_set_keep(&f->save);
		ahv_set_free(&f->set);
		KUNIT_EXPECT_EQ(test, ahv_policy_memory(), bytes);
		KUNIT_EXPECT_EQ(test, pf_in_force()->rules, 297U);
		KUNIT_EXPECT_TRUE(test, pf_denies_fast(99, &m));
		KUNIT_EXPECT_FALSE(test, pf_denies(150, &m));
	}
	ahv_policy_max_bytes = max;
	KUNIT_EXPECT_GT(test, more, 10000ULL);
	KUNIT_EXPECT_EQ(test, pf_in_force()->rules, 397U);
}

static void too_many_rules(struct kunit *test)
{
	struct pf *f = test->priv;

	KUNIT_ASSERT_EQ(test, pf_inode(f, 1, 0), 0);
	/* What counts are the rules that are not dead: as if all others were there. */
	f->set.dead = f->set.rules.n - (AHV_MAX_RULES - 1);
	KUNIT_EXPECT_EQ(test, pf_inode(f, 2, 0), 1);
	KUNIT_EXPECT_EQ(test, pf_inode(f, 3, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, pf_inode(f, 2, 0), 1);
	KUNIT_EXPECT_NOT_NULL(test, strstr(ahv_policy_why_mem(-E2BIG), "1048576"));
	ahv_set_free(&f->set);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(the_empty_policy_denies_nothing),
	KUNIT_CASE(inodes_are_found),
	KUNIT_CASE(the_generation_counts),
	KUNIT_CASE(names_are_found),
	KUNIT_CASE(directories_are_found),
	KUNIT_CASE(numbers_and_hits_stay),
	KUNIT_CASE(what_is_there_is_not_added_again),
	KUNIT_CASE(a_message_is_undone),
	KUNIT_CASE(what_is_taken_away_is_gone),
	KUNIT_CASE(a_stale_commit_changes_nothing),
	KUNIT_CASE(every_failure_of_memory),
	KUNIT_CASE(too_many_rules),
	{}
};

struct kunit_suite ahv_policy_suite = {
	.name = "aegishv_policy",
	.init = pf_init,
	.exit = pf_exit,
	.test_cases = cases,
};
