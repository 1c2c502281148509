// SPDX-License-Identifier: GPL-2.0-only
/*
 * Inodes that were followed: one that had a denied name, or was below a denied
 * directory, stays denied wherever it goes, by the rule it comes from. Marks
 * outlive the swap of a policy as long as the new one has the rule.
 *
 * Look-ups are lock-free. marks_lock guards the table, the filters of policies
 * that look-ups may use, and which these are: the one in force, and during the
 * grace period of a swap the former one (retiring). So whoever uses either of
 * them finds a mark that was entered before he reads the place it is for.
 *
 * A mark whose inode lost its last name is of no use for long, but the inode may
 * be open yet. Such marks are the first to go when the table is full.
 *
 * Marking: any context but NMI and hard interrupts. The rest: process context,
 * with the policy locked (policy.c).
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "policy_int.h"

#define TABLE_BITS	13

struct mark {
	struct hlist_node node;
	struct list_head all;
	struct list_head ending;	/* its inode lost its last name */
	struct ahv_fid fid;
	u32 rule;
	u32 kind;
	struct rcu_head rcu;
};

struct ahv_policy_head __rcu *ahv_policy;
u32 ahv_marks_max = 65536;

static DEFINE_RAW_SPINLOCK(marks_lock);
static struct hlist_head table[1U << TABLE_BITS];
static LIST_HEAD(all_marks);	/* the newest first */
static LIST_HEAD(ending_marks);	/* the oldest first */
static u32 count;
static struct ahv_policy *retiring;

u32 ahv_marks_count(void)
{
	return READ_ONCE(count);
}

static u64 hash_of(const struct ahv_fid *fid, u32 kind)
{
	return kind == AHV_KEY_DIR ? ahv_key_hash(fid->dev, fid->ino, AHV_KEY_DIR) :
				     ahv_key_hash(fid->dev, fid->ino, AHV_KEY_INODE);
}

static struct hlist_head *bucket_of(const struct ahv_fid *fid, u32 kind)
{
	return &table[hash_of(fid, kind) >> (64 - TABLE_BITS)];
}

static bool is_of(const struct mark *m, const struct ahv_fid *fid, u32 kind)
{
	return m->fid.ino == fid->ino && m->fid.dev == fid->dev &&
	       m->fid.gen == fid->gen && m->kind == kind;
}

static void fill_match(struct ahv_match *m, struct ahv_rule *r)
{
	m->id = r->id;
	m->kind = r->kind;
	m->flags = r->flags;
	m->marked = true;
	m->hits = &r->hits;
}

/* Whether an inode was followed by a rule that @p has. In an RCU read section. */
notrace bool ahv_marks_find(const struct ahv_policy *p, const struct ahv_fid *fid,
			    enum ahv_key_kind kind, struct ahv_match *m)
{
	struct ahv_rule *r;
	struct mark *k;

	hlist_for_each_entry_rcu(k, bucket_of(fid, kind), node, rcu_read_lock_any_held()) {
		if (!is_of(k, fid, kind))
			continue;
		r = ahv_set_by_id(&p->set, k->rule);
		if (r) {
			fill_match(m, r);
			return true;
		}
	}
	return false;
}

static void enter(struct ahv_policy *p, const struct mark *m)
{
	if (!p || !ahv_set_by_id(&p->set, m->rule))
		return;
	if (m->kind == AHV_KEY_DIR)
		WRITE_ONCE(p->head.dir_devs, p->head.dir_devs | ahv_dev_bit(m->fid.dev));
	ahv_filter_enter(&p->head, hash_of(&m->fid, m->kind));
}

static struct mark *find_same(const struct mark *new)
{
	struct mark *k;

	hlist_for_each_entry(k, bucket_of(&new->fid, new->kind), node)
		if (is_of(k, &new->fid, new->kind) && k->rule == new->rule)
			return k;
	return NULL;
}

/* Look-ups may see it until a grace period has passed. With marks_lock. */
static void unlink_mark(struct mark *m)
{
	hlist_del_init_rcu(&m->node);
	list_del_rcu(&m->all);
	list_del_init(&m->ending);
	WRITE_ONCE(count, count - 1);
}

/* 1 when the mark is in the table now; @gone is what had to make room. */
static int insert(struct mark *new, struct ahv_policy *p, struct mark **gone)
{
	struct mark *same = find_same(new);

	if (same)
		list_del_init(&same->ending);
	if (same || !ahv_set_by_id(&p->set, new->rule))
		return 0;
	if (count >= ahv_marks_max) {
		*gone = list_first_entry_or_null(&ending_marks, struct mark, ending);
		if (!*gone)
			return -ENOSPC;
		unlink_mark(*gone);
	}
	WRITE_ONCE(count, count + 1);
	hlist_add_head_rcu(&new->node, bucket_of(&new->fid, new->kind));
	list_add_rcu(&new->all, &all_marks);
	/* Pairs with the load of the filter: who sees its bit sees the mark. */
	smp_wmb();
	enter(p, new);
	enter(retiring, new);
	return 1;
}

static struct ahv_policy *in_force(void)
{
	return container_of(rcu_dereference_protected(ahv_policy, lockdep_is_held(&marks_lock)),
			    struct ahv_policy, head);
}

int ahv_policy_mark(const struct ahv_fid *file, enum ahv_key_kind kind,
		    const struct ahv_match *m)
{
	struct mark *new = kmalloc(sizeof(*new), GFP_ATOMIC | __GFP_NOWARN), *gone = NULL;
	unsigned long flags;
	int ret;

	if (!new)
		return -ENOMEM;
	INIT_LIST_HEAD(&new->ending);
	new->fid = *file;
	new->rule = m->id;
	new->kind = kind;
	raw_spin_lock_irqsave(&marks_lock, flags);
	ret = insert(new, in_force(), &gone);
	raw_spin_unlock_irqrestore(&marks_lock, flags);
	if (gone)
		kfree_rcu(gone, rcu);
	if (ret == 1)
		return 0;
	kfree(new);
	return ret;
}

void ahv_policy_mark_ends(const struct ahv_fid *file)
{
	unsigned long flags;
	struct mark *m;

	raw_spin_lock_irqsave(&marks_lock, flags);
	hlist_for_each_entry(m, bucket_of(file, AHV_KEY_INODE), node)
		if (is_of(m, file, AHV_KEY_INODE))
			list_move_tail(&m->ending, &ending_marks);
	raw_spin_unlock_irqrestore(&marks_lock, flags);
}

/*
 * Most marks are entered before the lock is taken, so that nothing waits for
 * more than those that came meanwhile.
 */
struct ahv_policy *ahv_marks_swap(struct ahv_policy *p)
{
	struct ahv_policy *old = NULL;
	struct mark *first, *m;
	unsigned long flags;

	/* A mark that makes room for another stays readable. */
	rcu_read_lock();
	first = list_first_or_null_rcu(&all_marks, struct mark, all);
	list_for_each_entry_rcu(m, &all_marks, all)
		enter(p, m);
	raw_spin_lock_irqsave(&marks_lock, flags);
	list_for_each_entry(m, &all_marks, all) {
		if (m == first)
			break;
		enter(p, m);
	}
	if (rcu_access_pointer(ahv_policy))
		old = in_force();
	rcu_assign_pointer(ahv_policy, &p->head);
	retiring = old;
	raw_spin_unlock_irqrestore(&marks_lock, flags);
	rcu_read_unlock();
	return old;
}

static void drop(struct mark *m)
{
	unsigned long flags;
	bool there;

	raw_spin_lock_irqsave(&marks_lock, flags);
	there = !hlist_unhashed(&m->node);
	if (there)
		unlink_mark(m);
	raw_spin_unlock_irqrestore(&marks_lock, flags);
	if (there)
		kfree_rcu(m, rcu);
}

void ahv_marks_settle(struct ahv_policy *p)
{
	unsigned long flags;
	struct mark *m;

	raw_spin_lock_irqsave(&marks_lock, flags);
	retiring = NULL;
	raw_spin_unlock_irqrestore(&marks_lock, flags);
	rcu_read_lock();
	list_for_each_entry_rcu(m, &all_marks, all)
		if (!ahv_set_by_id(&p->set, m->rule))
			drop(m);
	rcu_read_unlock();
}

void ahv_marks_canary(struct ahv_policy *p, const struct ahv_fid *fid)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&marks_lock, flags);
	WRITE_ONCE(p->has_canary, false);
	if (fid) {
		p->canary = *fid;
		/* Pairs with the acquire of ahv_policy_inode(). */
		smp_store_release(&p->has_canary, true);
		ahv_filter_enter(&p->head, ahv_key_hash(fid->dev, fid->ino, AHV_KEY_INODE));
	}
	raw_spin_unlock_irqrestore(&marks_lock, flags);
}

/* Nobody looks anything up any more. */
void ahv_marks_exit(void)
{
	struct mark *m, *next;

	list_for_each_entry_safe(m, next, &all_marks, all)
		drop(m);
}
