// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transactions: each belongs to a netlink socket and goes with it, stages its
 * rules apart from all others, and ends with its commit, whatever comes of that.
 *
 * Process context. txns_lock guards the list; each transaction has a lock of its
 * own, since looking paths up may take as long as a file system likes.
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include "policy_int.h"

struct txn {
	struct list_head node;
	refcount_t refs;
	u32 id;
	u32 owner;
	u64 base;
	struct mutex lock;	/* guards what follows */
	bool ended;
	struct ahv_set set;
};

static DEFINE_MUTEX(txns_lock);
static LIST_HEAD(txns);
static u32 nr_txns;
static u32 last_id;

static void put(struct txn *t)
{
	if (!refcount_dec_and_test(&t->refs))
		return;
	ahv_set_free(&t->set);
	kfree(t);
}

static void take_off(struct txn *t)
{
	list_del_init(&t->node);
	nr_txns--;
}

/* Takes it off the list when it @ends. */
static struct txn *get(u32 id, u32 owner, bool ends)
{
	struct txn *t, *found = NULL;

	mutex_lock(&txns_lock);
	list_for_each_entry(t, &txns, node)
		if (t->id == id && t->owner == owner)
			found = t;
	if (found && ends)
		take_off(found);	/* and the list's reference is ours */
	else if (found)
		refcount_inc(&found->refs);
	mutex_unlock(&txns_lock);
	if (found)
		mutex_lock(&found->lock);
	return found;
}

static int none(const char **why)
{
	*why = "txn: this socket has no such transaction";
	return -ENOENT;
}

static int list_it(struct txn *t, const char **why)
{
	int err = 0;

	mutex_lock(&txns_lock);
	if (nr_txns >= AHV_MAX_TXNS) {
		*why = "8 transactions are open already: try again when one has ended";
		err = -EBUSY;
	} else {
		last_id = last_id % INT_MAX + 1;
		t->id = last_id;
		list_add_tail(&t->node, &txns);
		nr_txns++;
	}
	mutex_unlock(&txns_lock);
	return err;
}

/* What is in force, or nothing, as the set to start from. */
static int start_set(struct txn *t, bool reset, const u64 *base, const char **why)
{
	struct ahv_policy *p = ahv_policy_lock();
	int err = 0;

	t->base = p->head.generation;
	if (base && *base != t->base) {
		*why = "base-generation: another policy is in force";
		err = -ESTALE;
	} else if (!reset) {
		err = ahv_set_copy(&t->set, &p->set);
		if (err)
			*why = ahv_policy_why_mem(err);
	}
	ahv_policy_unlock();
	return err;
}

/**
 * ahv_txn_begin() - begin a transaction
 * @owner: the client's netlink port
 * @reset: start from no rules
 * @base: the generation the client builds on, or NULL
 * @generation: where to put the one in force
 * @why: where to put the reason of a refusal
 *
 * Return: its number, or a negative errno.
 */
int ahv_txn_begin(u32 owner, bool reset, const u64 *base, u64 *generation,
		  const char **why)
{
	struct txn *t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	int err;

	if (!t)
		return -ENOMEM;
	refcount_set(&t->refs, 2);
	mutex_init(&t->lock);
	t->owner = owner;
	mutex_lock(&t->lock);
	err = list_it(t, why);
	if (err) {
		mutex_unlock(&t->lock);
		kfree(t);
		return err;
	}
	err = start_set(t, reset, base, why);
	*generation = t->base;
	mutex_unlock(&t->lock);
	if (err)
		ahv_txn_abort(t->id, owner, why);
	else
		err = t->id;
	put(t);
	return err;
}

static int one_rule(struct ahv_txn_rules *t, struct ahv_resolver *r,
		    const struct ahv_ask *ask)
{
	int err = t->del ? ahv_resolve_del(r, ask) : ahv_resolve_add(r, ask);

	if (err == -ENOENT && t->del && t->skip_missing)
		return 0;
	if (err)
		t->why = r->why;
	return err;
}

static int all_rules(struct ahv_txn_rules *t, struct ahv_resolver *r)
{
	struct ahv_ask ask;
	int ret;

	while ((ret = t->next(t, &ask)) > 0) {
		ret = one_rule(t, r, &ask);
		if (ret)
			return ret;
		cond_resched();
	}
	return ret;
}

/**
 * ahv_txn_rules() - stage the rules of a message: all of them or none
 * @t: which, whose, and how to get at them; on a refusal, where it stopped
 *
 * Return: 0 or a negative errno.
 */
int ahv_txn_rules(struct ahv_txn_rules *t)
{
	struct txn *txn = get(t->txn, t->owner, false);
	struct ahv_savepoint save;
	struct ahv_resolver *r;
	int err = -ENOMEM;

	if (!txn)
		return none(&t->why);
	ahv_set_save(&txn->set, &save);
	r = ahv_resolver_new(&txn->set, &save);
	if (r) {
		err = txn->ended ? none(&t->why) : all_rules(t, r);
		if (err)
			ahv_set_undo(&txn->set, &save);
		ahv_set_keep(&save);
		ahv_resolver_free(r);
	}
	mutex_unlock(&txn->lock);
	put(txn);
	return err;
}

/**
 * ahv_txn_commit() - put what was staged in force
 * @txn: its number
 * @owner: whose it is
 * @c: where to put what came of it
 * @why: where to put the reason of a refusal
 *
 * The transaction is over in any case.
 */
int ahv_txn_commit(u32 txn, u32 owner, struct ahv_commit *c, const char **why)
{
	struct txn *t = get(txn, owner, true);
	int err;

	if (!t)
		return none(why);
	c->base = t->base;
	t->ended = true;
	err = ahv_policy_commit(&t->set, c, why);
	mutex_unlock(&t->lock);
	put(t);
	return err;
}

int ahv_txn_abort(u32 txn, u32 owner, const char **why)
{
	struct txn *t = get(txn, owner, true);

	if (!t)
		return none(why);
	t->ended = true;
	mutex_unlock(&t->lock);
	put(t);
	return 0;
}

/* A socket was closed: nobody else can have got at its transactions. */
void ahv_txn_owner_gone(u32 owner)
{
	struct txn *t, *next;
	LIST_HEAD(gone);

	mutex_lock(&txns_lock);
	list_for_each_entry_safe(t, next, &txns, node)
		if (t->owner == owner) {
			take_off(t);
			list_add(&t->node, &gone);
		}
	mutex_unlock(&txns_lock);
	list_for_each_entry_safe(t, next, &gone, node)
		put(t);
}

void ahv_txns_exit(void)
{
	struct txn *t, *next;

	list_for_each_entry_safe(t, next, &txns, node) {
		take_off(t);
		put(t);
	}
}
