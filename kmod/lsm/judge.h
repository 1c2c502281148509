/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the checks: which rule concerns a file. In an RCU read section, in
 * the context of a check.
 */
#ifndef AHV_JUDGE_H
#define AHV_JUDGE_H

#include "lsm.h"

bool ahv_judge(const struct ahv_policy_head *p, const struct inode *inode,
	       const struct dentry *dentry, struct ahv_match *m);
bool ahv_judge_name(const struct ahv_policy_head *p, const struct dentry *dentry,
		    struct ahv_match *m);
bool ahv_judge_above(const struct ahv_policy_head *p, const struct dentry *dentry,
		     struct ahv_match *m);
bool ahv_judge_dir(const struct ahv_policy_head *p, const struct inode *dir,
		   struct ahv_match *m);
bool ahv_judge_inode(const struct ahv_policy_head *p, const struct inode *inode,
		     struct ahv_match *m);

int ahv_check_closer(const struct ahv_policy_head *p, const struct path *path,
		     const struct inode *inode, u8 op);

/* protect.c */
int ahv_follow(const struct ahv_policy_head *p, const struct inode *inode,
	       enum ahv_key_kind kind, const struct ahv_match *m);

/*
 * Whether it is worth looking closer. Almost always not, and this is all that
 * an open pays then.
 */
static __always_inline bool ahv_suspect(const struct ahv_policy_head *p,
				    const struct inode *inode, const struct dentry *dentry)
{
	const struct dentry *parent = READ_ONCE(dentry->d_parent);
	const struct inode *dir = d_inode_rcu(parent);
	u32 dev = inode->i_sb->s_dev;

	if (unlikely(parent == dentry))
		return true;
	if (likely(dir) && unlikely(ahv_filter_has(&p->filter,
			ahv_key_hash(dir->i_sb->s_dev, dir->i_ino, AHV_KEY_PARENT))))
		return true;
	if (unlikely(p->dir_devs))
		return true;
	smp_rmb();	/* (A) */
	return ahv_filter_has(&p->filter, ahv_key_hash(dev, inode->i_ino, AHV_KEY_INODE));
}

/**
 * ahv_check_path() - answer for an operation on a file whose path is known
 * @path: its path
 * @inode: the file, which under overlayfs need not be the path's own
 * @op: enum aegishv_op
 *
 * Return: 0, or what the caller is to get.
 */
static __always_inline int ahv_check_path(const struct path *path,
					  const struct inode *inode, u8 op)
{
	const struct ahv_policy_head *p;
	int ret = 0;

	/* Holds off RCU's grace periods as well, at two instructions. */
	preempt_disable_notrace();
	p = rcu_dereference_sched(ahv_policy);
	if (unlikely(ahv_suspect(p, inode, path->dentry)))
		ret = ahv_check_closer(p, path, inode, op);
	preempt_enable_notrace();
	return ret;
}

#endif
