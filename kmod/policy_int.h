/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the parts of the rule set:
 *
 *	policy_txn.c      transactions: who stages what
 *	policy_resolve.c  a rule as a person writes it -> keys
 *	policy_set.c      rules and keys as they are staged
 *	policy_build.c    a staged set -> what look-ups use
 *	policy.c          the set in force: look-ups, swap
 *	policy_marks.c    inodes that were followed
 *	policy_mem.c      memory, counted and bounded
 *
 * All but look-ups and marks: process context, may sleep.
 */
#ifndef AHV_POLICY_INT_H
#define AHV_POLICY_INT_H

#include <linux/atomic.h>
#include <linux/err.h>
#include "policy.h"

/* ---- policy_mem.c ---- */

extern unsigned long ahv_policy_max_bytes;

/* An array that grows. Elements are @size bytes in all calls for one array. */
struct ahv_vec {
	void *data;
	u32 n;
	u32 cap;
};

void *ahv_pmem_alloc(size_t bytes);	/* zeroed, or ERR_PTR(-ENOMEM or -EDQUOT) */
void ahv_pmem_free(void *mem, size_t bytes);
int ahv_vec_reserve(struct ahv_vec *v, u32 more, size_t size);
int ahv_vec_copy(struct ahv_vec *to, const struct ahv_vec *from, size_t size);
void ahv_vec_trim(struct ahv_vec *v, size_t size);
void ahv_vec_free(struct ahv_vec *v, size_t size);

/* Heads of chains. What it holds is the number of an element plus 1; 0 for none. */
struct ahv_index {
	u32 *heads;
	u32 shift;	/* of a hash, the upper 64 - shift bits are the place */
};

int ahv_index_alloc(struct ahv_index *x, u32 n);
int ahv_index_copy(struct ahv_index *to, const struct ahv_index *from);
void ahv_index_free(struct ahv_index *x);

static inline u32 *ahv_index_head(const struct ahv_index *x, u64 hash)
{
	return &x->heads[hash >> x->shift];
}

static inline u32 ahv_index_slots(const struct ahv_index *x)
{
	return x->heads ? 1U << (64 - x->shift) : 0;
}

const char *ahv_policy_why_mem(int err);

/* ---- policy_set.c ---- */

#define AHV_MAX_RULES	(1U << 20)
/* Beside enum aegishv_rule_flag: the rule was taken away in this transaction. */
#define AHV_RULE_DEAD	0x80
#define AHV_RULE_FLAGS	0x7f

/**
 * struct ahv_rule - one rule
 * @id: its number; 0 until a commit gives one
 * @text: where in the text its path begins
 * @text_len: length of that, 0 when it was given without
 * @kind: enum aegishv_rule_kind
 * @flags: enum aegishv_rule_flag
 * @next_name: chain of &ahv_set.by_name
 * @next_id: chain of &ahv_set.by_id; while a set is built, where it moves to
 * @fid: deny-path: the directory; allow-cgroup: @fid.ino is the id; else the file
 * @hits: how often it was met
 */
struct ahv_rule {
	u32 id;
	u32 text;
	u16 text_len;
	u8 kind;
	u8 flags;
	u32 next_name;
	u32 next_id;
	struct ahv_fid fid;
	atomic64_t hits;
};

/* An inode, directory or cgroup that a rule is about. */
struct ahv_key {
	struct ahv_fid fid;
	u32 rule;
	u32 next;
};

/* A name in a directory that a rule is about. */
struct ahv_name {
	struct ahv_fid dir;
	u32 rule;
	u32 next;
	u32 text;
	u8 len;
	bool fold;	/* the directory decides which names are equal */
	u16 rsvd;
};

enum ahv_key_set {
	AHV_KEYS_INODE,
	AHV_KEYS_DIR,
	AHV_KEYS_CGROUP,
	AHV_NR_KEY_SETS,
};

/**
 * struct ahv_set - rules as they are staged, and in force
 * @rules: struct ahv_rule
 * @keys: struct ahv_key, by enum ahv_key_set
 * @names: struct ahv_name
 * @text: paths and names
 * @by_name: rules by kind and path, or kind and key for those without path
 * @by_id: rules by number
 * @dead: rules that were taken away and still have their place
 */
struct ahv_set {
	struct ahv_vec rules;
	struct ahv_vec keys[AHV_NR_KEY_SETS];
	struct ahv_vec names;
	struct ahv_vec text;
	struct ahv_index by_name;
	struct ahv_index by_id;
	u32 dead;
};

/* What it takes to undo the changes of one message. */
struct ahv_savepoint {
	u32 rules;
	u32 keys[AHV_NR_KEY_SETS];
	u32 names;
	u32 text;
	struct ahv_vec undo;	/* struct ahv_undo */
};

struct ahv_undo {
	u32 rule;
	u32 flags;
};

/* A rule that is asked for, resolved as far as it tells rules apart. */
struct ahv_rule_name {
	u8 kind;
	u8 flags;
	u16 text_len;
	const char *text;
	struct ahv_fid fid;
	bool any_fid;		/* to find: whatever it leads to */
	bool any_gen;		/* to find: any generation */
};

static inline struct ahv_rule *ahv_rules(const struct ahv_set *s)
{
	return s->rules.data;
}

static inline const char *ahv_text(const struct ahv_set *s, u32 at)
{
	return (const char *)s->text.data + at;
}

static inline u64 ahv_id_hash(u32 id)
{
	return id * 0x9e3779b97f4a7c15ULL;
}

u64 ahv_key_set_hash(enum ahv_key_set which, const struct ahv_fid *fid);
u64 ahv_name_hash(const struct ahv_fid *dir, const char *name, u32 len);
u64 ahv_rule_name_hash(const struct ahv_rule_name *n);
void ahv_rule_name_of(struct ahv_rule_name *n, const struct ahv_set *s,
		      const struct ahv_rule *r);
struct ahv_rule *ahv_set_find(const struct ahv_set *s, const struct ahv_rule_name *n,
			      const struct ahv_rule *after);
struct ahv_rule *ahv_set_by_id(const struct ahv_set *s, u32 id);

void ahv_set_link(struct ahv_set *s);
int ahv_set_copy(struct ahv_set *to, const struct ahv_set *from);
void ahv_set_free(struct ahv_set *s);
u64 ahv_set_bytes(const struct ahv_set *s);

void ahv_set_save(const struct ahv_set *s, struct ahv_savepoint *save);
void ahv_set_undo(struct ahv_set *s, struct ahv_savepoint *save);
void ahv_set_keep(struct ahv_savepoint *save);

/* The number of the rule, or a negative errno. */
int ahv_set_add(struct ahv_set *s, struct ahv_savepoint *save,
		const struct ahv_rule_name *n);
int ahv_set_add_key(struct ahv_set *s, enum ahv_key_set which, u32 rule,
		    const struct ahv_fid *fid);
int ahv_set_add_name(struct ahv_set *s, u32 rule, const struct ahv_name *name,
		     const char *text);
int ahv_set_flags(struct ahv_set *s, struct ahv_savepoint *save, u32 rule, u8 flags);
int ahv_set_del(struct ahv_set *s, struct ahv_savepoint *save, struct ahv_rule *r);

/* ---- policy_build.c ---- */

/**
 * struct ahv_policy - a rule set in force
 * @head: what checks look at; first
 * @set: the rules and keys, none dead
 * @keys: by enum ahv_key_set: keys by ahv_key_set_hash()
 * @names: names by ahv_name_hash()
 * @devs: u32, file systems with deny-path or deny-dir rules
 * @by_kind: how many rules there are of each kind
 * @canary: the file that only the canary opens
 * @has_canary: there is one
 * @filter_bytes: of @head.filter
 * @bytes: memory of all of it
 */
struct ahv_policy {
	struct ahv_policy_head head;
	struct ahv_set set;
	struct ahv_index keys[AHV_NR_KEY_SETS];
	struct ahv_index names;
	struct ahv_vec devs;
	u32 by_kind[AEGISHV_RULE_KIND_ALLOW_CGROUP + 1];
	struct ahv_fid canary;
	bool has_canary;
	u64 filter_bytes;
	u64 bytes;
};

struct ahv_policy *ahv_policy_build(struct ahv_set *set, const struct ahv_policy *old,
				    u32 *next_id, u32 marks);
void ahv_policy_free(struct ahv_policy *p);
void ahv_filter_enter(struct ahv_policy_head *head, u64 hash);

/* ---- policy.c ---- */

struct ahv_commit {
	u64 base;		/* the generation that must be in force */
	u64 generation;		/* what came of it, as the rest */
	u64 bytes;
	u32 rules;
};

int ahv_policy_commit(struct ahv_set *set, struct ahv_commit *c, const char **why);
/* The policy in force, which stays it until unlock. */
struct ahv_policy *ahv_policy_lock(void);
void ahv_policy_unlock(void);

/* ---- policy_marks.c: the first four with the policy locked ---- */

extern u32 ahv_marks_max;	/* only tests change it */
u32 ahv_marks_count(void);
/* Enters the marks into @p's filter, publishes it, returns what was in force. */
struct ahv_policy *ahv_marks_swap(struct ahv_policy *p);
/* No look-up uses the former policy any more; forget marks of rules that are gone. */
void ahv_marks_settle(struct ahv_policy *p);
void ahv_marks_canary(struct ahv_policy *p, const struct ahv_fid *fid);
void ahv_marks_exit(void);
bool ahv_marks_find(const struct ahv_policy *p, const struct ahv_fid *fid,
		    enum ahv_key_kind kind, struct ahv_match *m);

/* ---- policy_resolve.c ---- */

/**
 * struct ahv_ask - a rule as it was asked for
 * @have: bit (1 << AEGISHV_A_RULE_x) of each attribute that was given
 * @kind: enum aegishv_rule_kind
 * @flags: enum aegishv_rule_flag
 * @id: number, to find one
 * @path: not ended by NUL
 * @path_len: its length
 * @fd: a descriptor of the caller
 * @dev: as stat(2) encodes it
 * @ino: inode number
 * @gen: its generation
 * @cgroup: cgroup v2 id
 */
struct ahv_ask {
	u32 have;
	u32 kind;
	u32 flags;
	u32 id;
	const char *path;
	u32 path_len;
	s32 fd;
	u32 dev;
	u64 ino;
	u32 gen;
	u64 cgroup;
};

static inline bool ahv_asked(const struct ahv_ask *ask, int attr)
{
	return ask->have & (1U << attr);
}

/**
 * struct ahv_resolver - for the rules of one message
 * @set: where they go
 * @save: to undo them
 * @why: the reason of a refusal
 * @dir: the directory looked up last
 * @dir_len: length of its path
 * @dir_text: its path
 * @text: the path that is being followed
 * @buf: for paths that the kernel tells
 */
struct ahv_resolver {
	struct ahv_set *set;
	struct ahv_savepoint *save;
	const char *why;
	struct path dir;
	u32 dir_len;
	char dir_text[PATH_MAX];
	char text[PATH_MAX];
	char buf[PATH_MAX];
};

struct ahv_resolver *ahv_resolver_new(struct ahv_set *set, struct ahv_savepoint *save);
void ahv_resolver_free(struct ahv_resolver *r);
/* 0, or a negative errno and r->why. */
int ahv_resolve_add(struct ahv_resolver *r, const struct ahv_ask *ask);
/* -ENOENT only when there is no such rule. */
int ahv_resolve_del(struct ahv_resolver *r, const struct ahv_ask *ask);

static inline int ahv_refuse(struct ahv_resolver *r, int err, const char *why)
{
	r->why = why;
	return err;
}

/* ---- policy_path.c ---- */

/* A deny-path rule; @n has all but the directory. */
int ahv_resolve_name(struct ahv_resolver *r, struct ahv_rule_name *n);
/* @n's path, looked up, links followed. */
int ahv_resolve_path(struct ahv_resolver *r, const struct ahv_rule_name *n,
		     struct path *path);
/* Keys for an inode and what stands behind it on a stacked file system. */
int ahv_resolve_inode(struct ahv_resolver *r, u32 rule, const struct dentry *dentry);

/* ---- policy_txn.c ---- */

#define AHV_MAX_TXNS	8

struct ahv_txn_rules {
	u32 txn;
	u32 owner;
	bool del;
	bool skip_missing;
	/* The next rule of the message: 1, 0 for no more, or a negative errno. */
	int (*next)(struct ahv_txn_rules *t, struct ahv_ask *ask);
	const char *why;
};

int ahv_txn_begin(u32 owner, bool reset, const u64 *base, u64 *generation,
		  const char **why);
int ahv_txn_rules(struct ahv_txn_rules *t);
int ahv_txn_commit(u32 txn, u32 owner, struct ahv_commit *c, const char **why);
int ahv_txn_abort(u32 txn, u32 owner, const char **why);
void ahv_txn_owner_gone(u32 owner);
void ahv_txns_exit(void);

#endif
