// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rule set in force: look-ups, and the swap.
 *
 * Look-ups: any context but NMI, in an RCU read section or with preemption off;
 * lock-free, O(1). The swap: process context; policy_mutex serializes it, and
 * who holds it sees one policy. A swap waits for the look-ups that use the old
 * one; then the counts of its rules are final and go over to the new one.
 */
#include <linux/cgroup.h>
#include <linux/mutex.h>
#include "policy_int.h"

static DEFINE_MUTEX(policy_mutex);
static u32 next_id = 1;

static notrace const struct ahv_policy *policy_of(const struct ahv_policy_head *head)
{
	return container_of(head, const struct ahv_policy, head);
}

static notrace void fill_match(struct ahv_match *m, const struct ahv_policy *p, u32 rule)
{
	struct ahv_rule *r = &ahv_rules(&p->set)[rule];

	m->id = r->id;
	m->kind = r->kind;
	m->flags = r->flags;
	m->marked = false;
	m->hits = &r->hits;
}

static notrace bool any_generation(const struct ahv_policy *p, u32 rule)
{
	return ahv_rules(&p->set)[rule].flags & AEGISHV_RULE_FLAG_ANY_GENERATION;
}

static notrace bool find_key(const struct ahv_policy *p, enum ahv_key_set which,
			     const struct ahv_fid *fid, struct ahv_match *m)
{
	const struct ahv_key *keys = p->set.keys[which].data, *k;
	u32 at;

	if (!keys)
		return false;
	at = *ahv_index_head(&p->keys[which], ahv_key_set_hash(which, fid));
	for (; at; at = k->next) {
		k = &keys[at - 1];
		if (k->fid.ino != fid->ino || k->fid.dev != fid->dev)
			continue;
		if (k->fid.gen == fid->gen || any_generation(p, k->rule)) {
			fill_match(m, p, k->rule);
			return true;
		}
	}
	return false;
}

static notrace bool is_canary(const struct ahv_policy *p, const struct ahv_fid *file,
			      struct ahv_match *m)
{
	/* Pairs with ahv_marks_canary(). */
	if (!smp_load_acquire(&p->has_canary) || p->canary.ino != file->ino ||
	    p->canary.dev != file->dev || p->canary.gen != file->gen)
		return false;
	*m = (struct ahv_match){ .kind = AEGISHV_RULE_KIND_DENY_INODE };
	return true;
}

/**
 * ahv_policy_inode() - whether an inode is denied
 * @head: the rule set
 * @file: the inode
 * @m: where to put the rule
 */
notrace bool ahv_policy_inode(const struct ahv_policy_head *head, const struct ahv_fid *file,
			      struct ahv_match *m)
{
	const struct ahv_policy *p = policy_of(head);

	return find_key(p, AHV_KEYS_INODE, file, m) || is_canary(p, file, m) ||
	       ahv_marks_find(p, file, AHV_KEY_INODE, m);
}

/**
 * ahv_policy_dir() - whether a directory is denied with all below it
 * @head: the rule set
 * @dir: the directory
 * @m: where to put the rule
 */
notrace bool ahv_policy_dir(const struct ahv_policy_head *head, const struct ahv_fid *dir,
			    struct ahv_match *m)
{
	const struct ahv_policy *p = policy_of(head);

	return find_key(p, AHV_KEYS_DIR, dir, m) || ahv_marks_find(p, dir, AHV_KEY_DIR, m);
}

/* A name below @parent, as the file system compares them. */
static notrace bool folds_to(const struct dentry *parent, const char *text, u32 len,
			     const struct qstr *name)
{
	/* d_compare() asks a child for its directory and its file system. */
	struct dentry child = {
		.d_parent = (struct dentry *)parent,
		.d_sb = parent->d_sb,
		.d_op = parent->d_op,
		.d_flags = parent->d_flags,
	};

	return !parent->d_op->d_compare(&child, len, text, name);
}

static notrace bool name_is(const struct ahv_policy *p, const struct ahv_name *n,
			    const struct dentry *parent, const struct qstr *name)
{
	const char *text = ahv_text(&p->set, n->text);

	if (n->len == name->len && !memcmp(text, name->name, n->len))
		return true;
	return n->fold && parent->d_flags & DCACHE_OP_COMPARE &&
	       folds_to(parent, text, n->len, name);
}

/**
 * ahv_policy_name() - whether a name in a directory is denied
 * @head: the rule set
 * @parent: the directory's dentry
 * @dir: the directory
 * @name: the name, which does not change meanwhile
 * @m: where to put the rule
 */
notrace bool ahv_policy_name(const struct ahv_policy_head *head, const struct dentry *parent,
			     const struct ahv_fid *dir, const struct qstr *name,
			     struct ahv_match *m)
{
	bool fold = parent->d_flags & DCACHE_OP_COMPARE;
	const struct ahv_policy *p = policy_of(head);
	const struct ahv_name *names = p->set.names.data, *n;
	u32 at;

	if (!names)
		return false;
	at = *ahv_index_head(&p->names, ahv_name_hash(dir, fold ? NULL : name->name, name->len));
	for (; at; at = n->next) {
		n = &names[at - 1];
		if (n->dir.ino != dir->ino || n->dir.dev != dir->dev || n->dir.gen != dir->gen)
			continue;
		if (name_is(p, n, parent, name)) {
			fill_match(m, p, n->rule);
			return true;
		}
	}
	return false;
}

bool ahv_policy_names_on(const struct ahv_policy_head *head, u32 dev)
{
	const struct ahv_policy *p = policy_of(head);
	const u32 *devs = p->devs.data;
	u32 i;

	for (i = 0; i < p->devs.n; i++)
		if (devs[i] == dev)
			return true;
	return false;
}

/**
 * ahv_policy_exempt() - whether current is in an exempt cgroup or below one
 * @head: the rule set
 */
bool ahv_policy_exempt(const struct ahv_policy_head *head)
{
	const struct ahv_policy *p = policy_of(head);
	struct cgroup *cgrp;
	struct ahv_match m;

	if (!p->set.keys[AHV_KEYS_CGROUP].n)
		return false;
	for (cgrp = task_dfl_cgroup(current); cgrp; cgrp = cgroup_parent(cgrp)) {
		struct ahv_fid fid = { .ino = cgroup_id(cgrp) };

		if (find_key(p, AHV_KEYS_CGROUP, &fid, &m)) {
			atomic64_inc(m.hits);
			return true;
		}
	}
	return false;
}

struct ahv_policy *ahv_policy_lock(void)
{
	mutex_lock(&policy_mutex);
	return container_of(rcu_dereference_protected(ahv_policy,
						      lockdep_is_held(&policy_mutex)),
			    struct ahv_policy, head);
}

void ahv_policy_unlock(void)
{
	mutex_unlock(&policy_mutex);
}

int ahv_policy_set_canary(const struct inode *inode)
{
	struct ahv_policy *p = ahv_policy_lock();
	struct ahv_fid fid;

	if (inode)
		ahv_fid_of(&fid, inode);
	ahv_marks_canary(p, inode ? &fid : NULL);
	ahv_policy_unlock();
	return 0;
}

/* Nothing counts into @old any more. */
static void carry_hits(struct ahv_policy *p, const struct ahv_policy *old)
{
	struct ahv_rule *r = ahv_rules(&old->set), *same;
	u32 i;

	for (i = 0; i < old->set.rules.n; i++) {
		if (!atomic64_read(&r[i].hits))
			continue;
		same = ahv_set_by_id(&p->set, r[i].id);
		if (same)
			atomic64_add(atomic64_read(&r[i].hits), &same->hits);
	}
}

static void put_in_force(struct ahv_policy *p)
{
	struct ahv_policy *old = ahv_marks_swap(p);

	if (!old)
		return;
	synchronize_rcu();
	ahv_marks_settle(p);
	carry_hits(p, old);
	ahv_policy_free(old);
}

static const char *why_not(int err)
{
	if (err == -EOVERFLOW)
		return "the numbers of rules are used up: load the module anew";
	return ahv_policy_why_mem(err);
}

/**
 * ahv_policy_commit() - put a set of rules in force
 * @set: the rules; empty afterwards, also on failure
 * @c: which generation it builds on; where to put what came of it
 * @why: where to put the reason of a refusal
 *
 * Return: 0, or a negative errno and nothing has changed.
 */
int ahv_policy_commit(struct ahv_set *set, struct ahv_commit *c, const char **why)
{
	struct ahv_policy *old = ahv_policy_lock(), *p;
	int err = 0;

	if (c->base != old->head.generation) {
		*why = "the policy changed meanwhile: begin again";
		err = -ESTALE;
		ahv_set_free(set);
		goto out;
	}
	p = ahv_policy_build(set, old, &next_id, ahv_marks_count());
	if (IS_ERR(p)) {
		err = PTR_ERR(p);
		*why = why_not(err);
		goto out;
	}
	p->head.generation = old->head.generation + 1;
	put_in_force(p);
	c->generation = p->head.generation;
	c->rules = p->head.rules;
	c->bytes = p->bytes;
out:
	ahv_policy_unlock();
	return err;
}

void ahv_policy_stats(struct ahv_policy_stats *s)
{
	const struct ahv_policy *p;

	rcu_read_lock();
	p = policy_of(rcu_dereference(ahv_policy));
	s->generation = p->head.generation;
	s->rules = p->head.rules;
	memcpy(s->by_kind, p->by_kind, sizeof(s->by_kind));
	s->bytes = p->bytes;
	rcu_read_unlock();
	s->marks = ahv_marks_count();
	s->max_bytes = ahv_policy_max_bytes;
}

int ahv_policy_init(void)
{
	struct ahv_set none = {};
	struct ahv_policy *p = ahv_policy_build(&none, NULL, &next_id, 0);

	if (IS_ERR(p))
		return PTR_ERR(p);
	put_in_force(p);
	return 0;
}

/* Nothing looks anything up any more, and no client is there. */
void ahv_policy_exit(void)
{
	struct ahv_policy *p = ahv_policy_lock();

	ahv_txns_exit();
	ahv_marks_exit();
	RCU_INIT_POINTER(ahv_policy, NULL);
	ahv_policy_unlock();
	ahv_policy_free(p);
}
