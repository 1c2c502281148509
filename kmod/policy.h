/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rule set in force. It is published by RCU and never changes, but for the
 * counts of its rules and the marks on inodes that were followed; a transaction
 * builds the next one and swaps.
 *
 * Look-ups: any context but NMI, in an RCU read section, lock-free. Marks: any
 * context but NMI and hard interrupts. The rest: process context, may sleep.
 */
#ifndef AHV_POLICY_H
#define AHV_POLICY_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include "aegishv.h"
#include "match.h"

/**
 * struct ahv_policy_head - what the check of each open looks at
 * @filter: the compact table of all keys
 * @dir_devs: bit (s_dev hashed to 0..63) of each file system with a deny-dir
 *	rule or mark; 0 when no file needs its ancestors looked at
 * @name_devs: likewise, of each with a deny-path rule
 * @generation: grows by one with each commit
 * @rules: how many it has
 *
 * The first member of struct ahv_policy, which only policy*.c know.
 */
struct ahv_policy_head {
	struct ahv_filter filter;
	u64 dir_devs;
	u64 name_devs;
	u64 generation;
	u32 rules;
};

struct ahv_policy;
/* Never NULL between ahv_policy_init() and ahv_policy_exit(). */
extern struct ahv_policy_head __rcu *ahv_policy;

/**
 * struct ahv_match - the rule that was met
 * @id: its number; 0 for the canary
 * @kind: enum aegishv_rule_kind
 * @flags: enum aegishv_rule_flag
 * @marked: by a mark
 * @hits: where to count it, NULL when the rule has gone
 */
struct ahv_match {
	u32 id;
	u8 kind;
	u8 flags;
	bool marked;
	atomic64_t *hits;
};

static __always_inline u64 ahv_dev_bit(u32 dev)
{
	return 1ULL << ((dev * 0x9e3779b1U) >> 26);
}

static inline void ahv_fid_of(struct ahv_fid *fid, const struct inode *inode)
{
	fid->ino = inode->i_ino;
	fid->dev = inode->i_sb->s_dev;
	fid->gen = inode->i_generation;
}

bool ahv_policy_inode(const struct ahv_policy_head *p, const struct ahv_fid *file,
		      struct ahv_match *m);
bool ahv_policy_dir(const struct ahv_policy_head *p, const struct ahv_fid *dir,
		    struct ahv_match *m);
/* @parent: the dentry of @dir, whose d_compare decides where names fold case. */
bool ahv_policy_name(const struct ahv_policy_head *p, const struct dentry *parent,
		     const struct ahv_fid *dir, const struct qstr *name,
		     struct ahv_match *m);
/* Whether a file system has deny-path or deny-dir rules: what the head's bits hint at, exactly. */
bool ahv_policy_names_on(const struct ahv_policy_head *p, u32 dev);
/* Whether current is in an exempt cgroup or below one. */
bool ahv_policy_exempt(const struct ahv_policy_head *p);

/*
 * Follow an inode: from now on @file is denied (AHV_KEY_INODE) or all below it
 * is (AHV_KEY_DIR) by the rule of @m, for as long as a policy has that rule.
 * Returns 0, also when it is marked already, or -ENOSPC or -ENOMEM.
 */
int ahv_policy_mark(const struct ahv_fid *file, enum ahv_key_kind kind,
		    const struct ahv_match *m);
/* The last name of an inode is about to go: its marks may make room for others. */
void ahv_policy_mark_ends(const struct ahv_fid *file);

/* The file that only the canary opens; NULL takes it away. */
int ahv_policy_set_canary(const struct inode *inode);

struct ahv_policy_stats {
	u64 generation;
	u32 rules;
	u32 by_kind[AEGISHV_RULE_KIND_ALLOW_CGROUP + 1];
	u32 marks;
	u64 bytes;
	u64 max_bytes;
};

/* Any context but NMI, lock-free. */
void ahv_policy_stats(struct ahv_policy_stats *s);
u64 ahv_policy_memory(void);

int ahv_policy_init(void);
void ahv_policy_exit(void);

#endif
