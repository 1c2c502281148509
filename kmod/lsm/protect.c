// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the name of a denied file. Rules with `protect` refuse to take
 * it away or to change its attributes. All other rules follow: the inode that
 * loses or gets a denied name, or leaves a denied directory, stays denied by a
 * mark, which is set before the change (file.c says why).
 *
 * Context of a check. The kernel holds the locks of the directories, so names do
 * not change meanwhile.
 */
#include <linux/kprobes.h>
#include "event.h"
#include "judge.h"

/* A change under way that cannot be followed is refused, unless nothing is. */
static int cannot_follow(void)
{
	ahv_event_policy(AEGISHV_POLICY_FULL, true);
	return ahv_file_mode(NULL) == AEGISHV_FILE_MODE_ENFORCE ? -EPERM : 0;
}

/**
 * ahv_follow() - deny an inode from now on, wherever it goes
 * @p: the rule set
 * @inode: the inode
 * @kind: AHV_KEY_INODE, or AHV_KEY_DIR for all below it
 * @m: the rule it comes from
 *
 * Return: 0, or -EPERM when there is no room to remember it.
 */
int ahv_follow(const struct ahv_policy_head *p, const struct inode *inode,
	       enum ahv_key_kind kind, const struct ahv_match *m)
{
	struct ahv_match have;
	struct ahv_fid fid;

	if ((kind == AHV_KEY_INODE ? ahv_judge_inode(p, inode, &have) :
				     ahv_judge_dir(p, inode, &have)) && have.id == m->id)
		return 0;
	ahv_fid_of(&fid, inode);
	return ahv_policy_mark(&fid, kind, m) ? cannot_follow() : 0;
}

static bool may_concern(const struct ahv_policy_head *p, const struct dentry *dentry)
{
	const struct inode *inode = d_inode_rcu(dentry);

	return (p->name_devs | p->dir_devs) & ahv_dev_bit(dentry->d_sb->s_dev) ||
	       (inode && ahv_suspect(p, inode, dentry));
}

/* The answer of a rule with protect, where one concerns the file. */
static int protect(const struct ahv_policy_head *p, const struct dentry *dentry, u8 op)
{
	const struct inode *inode = d_backing_inode((struct dentry *)dentry);
	struct ahv_denial d = {
		.policy = p,
		.inode = inode,
		.dentry = dentry,
		.op = op,
	};

	if (!inode || !ahv_judge(p, inode, dentry, &d.m) ||
	    !(d.m.flags & AEGISHV_RULE_FLAG_PROTECT))
		return 0;
	return ahv_respond(&d);
}

static int follow_if_named(const struct ahv_policy_head *p, const struct inode *inode,
			   const struct dentry *name)
{
	struct ahv_match m;

	return ahv_judge_name(p, name, &m) ? ahv_follow(p, inode, AHV_KEY_INODE, &m) : 0;
}

/* The inode of @from is about to have the name @to, and may lose its own. */
static int follow_name(const struct ahv_policy_head *p, const struct dentry *from,
		       const struct dentry *to)
{
	const struct inode *inode = d_backing_inode((struct dentry *)from);
	enum ahv_key_kind kind = S_ISDIR(inode->i_mode) ? AHV_KEY_DIR : AHV_KEY_INODE;
	struct ahv_match m, there;
	int err;

	err = follow_if_named(p, inode, from) ?: follow_if_named(p, inode, to);
	if (err)
		return err;
	if (!ahv_judge_above(p, from, &m) || ahv_judge_above(p, to->d_parent, &there))
		return 0;
	return ahv_follow(p, inode, kind, &m);
}

/* Should the name stay after all, then its marks stay too, but for a full table. */
static void may_end(const struct ahv_policy_head *p, const struct dentry *dentry)
{
	const struct inode *inode = d_backing_inode((struct dentry *)dentry);
	struct ahv_fid fid;

	if (!inode || S_ISDIR(inode->i_mode) || inode->i_nlink > 1)
		return;
	ahv_fid_of(&fid, inode);
	if (ahv_filter_has(&p->filter, ahv_key_hash(fid.dev, fid.ino, AHV_KEY_INODE)))
		ahv_policy_mark_ends(&fid);
}

static int rename(const struct ahv_policy_head *p, const struct dentry *from,
		  const struct dentry *to, bool exchange)
{
	int err;

	err = protect(p, from, AEGISHV_OP_RENAME);
	if (!err && d_really_is_positive(to))
		err = protect(p, to, AEGISHV_OP_RENAME);
	if (!err && !exchange)
		may_end(p, to);
	if (!err)
		err = follow_name(p, from, to);
	if (!err && exchange)
		err = follow_name(p, to, from);
	return err;
}

static int link(const struct ahv_policy_head *p, const struct dentry *from,
		const struct dentry *to)
{
	return protect(p, from, AEGISHV_OP_LINK) ?: follow_name(p, from, to);
}

AHV_LSM_CHECK(ahv_check_inode_rename)
{
	const struct dentry *from = (const struct dentry *)a1;
	const struct dentry *to = (const struct dentry *)a3;
	const struct ahv_policy_head *p;
	int ret = 0;

	rcu_read_lock();
	p = rcu_dereference(ahv_policy);
	if (may_concern(p, from) || may_concern(p, to))
		ret = rename(p, from, to, a4 & RENAME_EXCHANGE);
	rcu_read_unlock();
	return ret;
}
NOKPROBE_SYMBOL(ahv_check_inode_rename);

AHV_LSM_CHECK(ahv_check_inode_link)
{
	const struct dentry *from = (const struct dentry *)a0;
	const struct dentry *to = (const struct dentry *)a2;
	const struct ahv_policy_head *p;
	int ret = 0;

	rcu_read_lock();
	p = rcu_dereference(ahv_policy);
	if (may_concern(p, from) || may_concern(p, to))
		ret = link(p, from, to);
	rcu_read_unlock();
	return ret;
}
NOKPROBE_SYMBOL(ahv_check_inode_link);

static int check_protected(const struct dentry *dentry, u8 op)
{
	const struct ahv_policy_head *p;
	int ret = 0;

	rcu_read_lock();
	p = rcu_dereference(ahv_policy);
	if (may_concern(p, dentry))
		ret = protect(p, dentry, op);
	if (!ret && op == AEGISHV_OP_UNLINK)
		may_end(p, dentry);
	rcu_read_unlock();
	return ret;
}

AHV_LSM_CHECK(ahv_check_inode_unlink)
{
	return check_protected((const struct dentry *)a1, AEGISHV_OP_UNLINK);
}
NOKPROBE_SYMBOL(ahv_check_inode_unlink);

AHV_LSM_CHECK(ahv_check_inode_setattr)
{
	return check_protected((const struct dentry *)a1, AEGISHV_OP_SETATTR);
}
NOKPROBE_SYMBOL(ahv_check_inode_setattr);

AHV_LSM_CHECK(ahv_check_inode_xattr)
{
	return check_protected((const struct dentry *)a1, AEGISHV_OP_SETXATTR);
}
NOKPROBE_SYMBOL(ahv_check_inode_xattr);
