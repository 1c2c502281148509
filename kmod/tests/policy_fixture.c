// SPDX-License-Identifier: GPL-2.0-only
/*
 * See policy_fixture.h. The policy under test is this module's own; no hook
 * looks at it.
 */
#include "policy_fixture.h"

int pf_init(struct kunit *test)
{
	struct pf *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int err;

	if (!f)
		return -ENOMEM;
	err = ahv_policy_init();
	if (err)
		return err;
	test->priv = f;
	return 0;
}

void pf_exit(struct kunit *test)
{
	struct pf *f = test->priv;

	if (!f)
		return;
	ahv_set_keep(&f->save);
	ahv_set_free(&f->set);
	ahv_policy_exit();
	KUNIT_EXPECT_EQ(test, ahv_policy_memory(), 0ULL);
	KUNIT_EXPECT_EQ(test, ahv_marks_count(), 0U);
}

struct ahv_fid pf_fid(u64 ino)
{
	return (struct ahv_fid){ .ino = ino, .dev = PF_DEV, .gen = ino % 7 };
}

static int with_key(struct pf *f, int rule, enum ahv_key_set which, const struct ahv_fid *fid)
{
	int err = rule < 0 ? rule : ahv_set_add_key(&f->set, which, rule, fid);

	return err ?: rule;
}

int pf_inode(struct pf *f, u64 ino, u8 flags)
{
	struct ahv_rule_name n = {
		.kind = AEGISHV_RULE_KIND_DENY_INODE, .flags = flags, .fid = pf_fid(ino),
	};

	return with_key(f, ahv_set_add(&f->set, &f->save, &n), AHV_KEYS_INODE, &n.fid);
}

int pf_dir(struct pf *f, u64 ino)
{
	struct ahv_rule_name n = { .kind = AEGISHV_RULE_KIND_DENY_DIR, .fid = pf_fid(ino) };

	return with_key(f, ahv_set_add(&f->set, &f->save, &n), AHV_KEYS_DIR, &n.fid);
}

int pf_name(struct pf *f, u64 dir, const char *name, bool fold)
{
	struct ahv_rule_name n = {
		.kind = AEGISHV_RULE_KIND_DENY_PATH, .fid = pf_fid(dir),
		.text = name, .text_len = strlen(name),
	};
	struct ahv_name key = { .dir = n.fid, .len = strlen(name), .fold = fold };
	int rule = ahv_set_add(&f->set, &f->save, &n), err;

	err = rule < 0 ? rule : ahv_set_add_name(&f->set, rule, &key, name);
	return err ?: rule;
}

int pf_commit(struct pf *f)
{
	struct ahv_commit c = { .base = pf_in_force()->generation };
	const char *why;

	ahv_set_keep(&f->save);
	memset(&f->save, 0, sizeof(f->save));
	return ahv_policy_commit(&f->set, &c, &why);
}

int pf_copy(struct pf *f)
{
	struct ahv_policy *p = ahv_policy_lock();
	int err = ahv_set_copy(&f->set, &p->set);

	ahv_policy_unlock();
	ahv_set_save(&f->set, &f->save);
	return err;
}

struct ahv_policy_head *pf_in_force(void)
{
	return rcu_dereference_protected(ahv_policy, true);
}

bool pf_denies(u64 ino, struct ahv_match *m)
{
	struct ahv_fid fid = pf_fid(ino);
	bool denied;

	rcu_read_lock();
	denied = ahv_policy_inode(rcu_dereference(ahv_policy), &fid, m);
	rcu_read_unlock();
	return denied;
}

bool pf_denies_fast(u64 ino, struct ahv_match *m)
{
	struct ahv_fid fid = pf_fid(ino);
	struct ahv_policy_head *p;
	bool denied;

	rcu_read_lock();
	p = rcu_dereference(ahv_policy);
	denied = ahv_filter_has(&p->filter, ahv_key_hash(fid.dev, fid.ino, AHV_KEY_INODE)) &&
		 ahv_policy_inode(p, &fid, m);
	rcu_read_unlock();
	return denied;
}
