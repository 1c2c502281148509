// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a rule concerns a file: by its name, by a directory above it, by its
 * inode. The check of open and truncate.
 *
 * Lock-free, but for a walk up the tree that renames disturb twice. Context of
 * a check: see lsm.h.
 *
 * The order is what makes renames safe. protect.c marks an inode before the
 * file loses or gets a denied name, or leaves a denied directory; so whoever
 * looks at the place first and at the inode second either finds the file still
 * in its place, or finds the mark:
 *
 *	rename                               open
 *	---------------------------          ---------------------------
 *	enter the mark                       read parent and name
 *	barriers of d_move()           (A)   smp_rmb()               (A)
 *	change parent and name               look the inode up
 */
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/seqlock.h>
#include "judge.h"

/* d_seq makes parent, name and length belong together; the name is freed by RCU. */
static bool match_name(const struct ahv_policy_head *p, const struct dentry *dentry,
		       struct ahv_match *m)
{
	const struct dentry *parent;
	const struct inode *dir;
	struct ahv_fid fid;
	struct qstr name;
	unsigned int seq;
	bool found;

	do {
		do {
			seq = read_seqcount_begin(&dentry->d_seq);
			parent = READ_ONCE(dentry->d_parent);
			name.len = READ_ONCE(dentry->d_name.len);
			name.name = READ_ONCE(dentry->d_name.name);
		} while (read_seqcount_retry(&dentry->d_seq, seq));
		dir = d_inode_rcu(parent);
		found = false;
		if (dir && parent != dentry) {
			ahv_fid_of(&fid, dir);
			found = ahv_policy_name(p, parent, &fid, &name, m);
		}
	} while (read_seqcount_retry(&dentry->d_seq, seq));
	return found;
}

/**
 * ahv_judge_name() - whether a name in a directory is denied
 * @p: the rule set
 * @dentry: the name, positive or negative; it may be renamed meanwhile
 * @m: where to put the rule
 */
bool ahv_judge_name(const struct ahv_policy_head *p, const struct dentry *dentry,
		    struct ahv_match *m)
{
	const struct inode *dir = d_inode_rcu(READ_ONCE(dentry->d_parent));

	return dir && p->name_devs & ahv_dev_bit(dir->i_sb->s_dev) &&
	       match_name(p, dentry, m);
}

/**
 * ahv_judge_dir() - whether an inode is a directory denied with all below it
 * @p: the rule set
 * @dir: the inode, or NULL
 * @m: where to put the rule
 */
bool ahv_judge_dir(const struct ahv_policy_head *p, const struct inode *dir,
		   struct ahv_match *m)
{
	struct ahv_fid fid;

	if (!dir || !S_ISDIR(dir->i_mode))
		return false;
	ahv_fid_of(&fid, dir);
	return ahv_filter_has(&p->filter, ahv_key_hash(fid.dev, fid.ino, AHV_KEY_DIR)) &&
	       ahv_policy_dir(p, &fid, m);
}

static bool walk_up(const struct ahv_policy_head *p, const struct dentry *dentry,
		    struct ahv_match *m)
{
	const struct dentry *parent;

	while (!ahv_judge_dir(p, d_inode_rcu(dentry), m)) {
		parent = READ_ONCE(dentry->d_parent);
		if (parent == dentry)
			return false;
		dentry = parent;
	}
	return true;
}

/**
 * ahv_judge_above() - whether a directory above is denied with all below it
 * @p: the rule set
 * @dentry: where to start, itself included
 * @m: where to put the rule
 *
 * When a rename came between, it is done again with renames held off.
 */
bool ahv_judge_above(const struct ahv_policy_head *p, const struct dentry *dentry,
		     struct ahv_match *m)
{
	unsigned int seq;
	bool found;

	if (!(p->dir_devs & ahv_dev_bit(dentry->d_sb->s_dev)))
		return false;
	seq = read_seqbegin(&rename_lock);
	found = walk_up(p, dentry, m);
	if (found || !read_seqretry(&rename_lock, seq))
		return found;
	read_seqlock_excl(&rename_lock);
	found = walk_up(p, dentry, m);
	read_sequnlock_excl(&rename_lock);
	return found;
}

/**
 * ahv_judge_inode() - whether an inode is denied, by a rule or by a mark
 * @p: the rule set
 * @inode: the inode
 * @m: where to put the rule
 */
bool ahv_judge_inode(const struct ahv_policy_head *p, const struct inode *inode,
		     struct ahv_match *m)
{
	struct ahv_fid fid;

	ahv_fid_of(&fid, inode);
	return ahv_filter_has(&p->filter, ahv_key_hash(fid.dev, fid.ino, AHV_KEY_INODE)) &&
	       ahv_policy_inode(p, &fid, m);
}

static bool nameless(const struct dentry *dentry)
{
	return IS_ROOT(dentry) && dentry->d_flags & DCACHE_DISCONNECTED;
}

/*
 * A file that was opened by its handle has no name when nobody looked it up
 * before. Where names have rules it might be any of those, so it is denied; the
 * kernel's own threads (nfsd) open most of their files like this and pass.
 */
static bool match_nameless(const struct ahv_policy_head *p, const struct dentry *dentry,
			   struct ahv_match *m)
{
	if (!nameless(dentry) || current->flags & PF_KTHREAD ||
	    !ahv_policy_names_on(p, dentry->d_sb->s_dev))
		return false;
	*m = (struct ahv_match){
		.id = AEGISHV_RULE_NAMELESS,
		.kind = AEGISHV_RULE_KIND_DENY_PATH,
	};
	return true;
}

/* Whatever opened a file by its denied name makes the inode known. */
static bool match_and_mark(const struct ahv_policy_head *p, const struct inode *inode,
			   const struct dentry *dentry, struct ahv_match *m)
{
	if (!ahv_judge_name(p, dentry, m))
		return false;
	ahv_follow(p, inode, AHV_KEY_INODE, m);
	return true;
}

/**
 * ahv_judge() - the rule that concerns a file, if there is one
 * @p: the rule set
 * @inode: the file
 * @dentry: as what it is used
 * @m: where to put the rule
 */
bool ahv_judge(const struct ahv_policy_head *p, const struct inode *inode,
	       const struct dentry *dentry, struct ahv_match *m)
{
	if (match_and_mark(p, inode, dentry, m) || ahv_judge_above(p, dentry, m))
		return true;
	smp_rmb();	/* (A) */
	return ahv_judge_inode(p, inode, m) || match_nameless(p, dentry, m);
}

static bool for_exec(const struct path *path)
{
	return container_of(path, struct file, f_path)->f_flags & __FMODE_EXEC;
}

/**
 * ahv_check_closer() - what ahv_check_path() does when a file is suspect
 * @p: the rule set
 * @path: the file's path; of a struct file when @op is AEGISHV_OP_OPEN
 * @inode: the file
 * @op: enum aegishv_op
 */
int ahv_check_closer(const struct ahv_policy_head *p, const struct path *path,
		     const struct inode *inode, u8 op)
{
	struct ahv_denial d = {
		.policy = p,
		.inode = inode,
		.path = path,
		.dentry = path->dentry,
		.op = op,
	};
	int ret = 0;

	rcu_read_lock();
	if (ahv_judge(p, inode, path->dentry, &d.m)) {
		if (op == AEGISHV_OP_OPEN && for_exec(path))
			d.op = AEGISHV_OP_EXEC;
		d.nameless = IS_ROOT(path->dentry) && path->dentry != path->dentry->d_sb->s_root;
		ret = ahv_respond(&d);
	}
	rcu_read_unlock();
	return ret;
}

AHV_LSM_CHECK(ahv_check_file_open)
{
	const struct file *file = (const struct file *)a0;

	return ahv_check_path(&file->f_path, file_inode(file), AEGISHV_OP_OPEN);
}
NOKPROBE_SYMBOL(ahv_check_file_open);

AHV_LSM_CHECK(ahv_check_path_truncate)
{
	const struct path *path = (const struct path *)a0;

	return ahv_check_path(path, d_backing_inode(path->dentry), AEGISHV_OP_TRUNCATE);
}
NOKPROBE_SYMBOL(ahv_check_path_truncate);
