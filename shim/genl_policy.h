/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the netlink client that is about rules; see genl.h.
 */
#ifndef AHV_SHIM_GENL_POLICY_H
#define AHV_SHIM_GENL_POLICY_H

#include "genl.h"
#include "policy.h"

/**
 * struct genl_policy - the policy in force
 * @generation: grows by one with each commit, 0 since the module was loaded
 * @rules: how many
 * @by_kind: by enum aegishv_rule_kind
 * @bytes: memory it takes
 * @max_bytes: memory that policies may take
 * @marks: inodes followed
 * @blocks: operations denied since load
 * @audits: operations that audit mode let pass
 * @exempt: operations that allow_cgroup let pass
 * @signals: signals sent
 */
struct genl_policy {
	uint64_t generation;
	uint32_t rules;
	uint32_t by_kind[AEGISHV_RULE_KIND_ALLOW_CGROUP + 1];
	uint64_t bytes;
	uint64_t max_bytes;
	uint32_t marks;
	uint64_t blocks;
	uint64_t audits;
	uint64_t exempt;
	uint64_t signals;
};

/**
 * struct genl_denial - denials of a cgroup's processes, or of an inode
 * @cgroup: cgroup v2 id, 0 for an inode
 * @dev: its device
 * @ino: inode number, 0 for a cgroup
 * @count: how often
 * @other: the sum of those that found the table full
 * @is_inode: of inodes
 */
struct genl_denial {
	uint64_t cgroup;
	uint32_t dev;
	uint64_t ino;
	uint64_t count;
	bool other;
	bool is_inode;
};

int genl_policy_get(struct genl *g, struct genl_policy *p);

/* Rules in force are added to @p; not sorted. */
int genl_rules(struct genl *g, struct policy *p);
int genl_denials(struct genl *g, void (*fn)(void *arg, const struct genl_denial *d), void *arg);

/**
 * struct genl_txn - a transaction
 * @id: its number
 * @reset: to start from no rules
 * @base: the generation it is made for
 * @skip_missing: removing what is not there is no error
 * @bad: index of the rule that was refused, or -1
 */
struct genl_txn {
	uint32_t id;
	bool reset;
	uint64_t base;
	bool skip_missing;
	long bad;
};

/* Each returns 0 or a negative errno. A transaction ends with its connection. */
int genl_txn_begin(struct genl *g, struct genl_txn *t);
int genl_txn_add(struct genl *g, struct genl_txn *t, const struct policy *p);
/* Rules of kind 0 are named by their id alone. */
int genl_txn_del(struct genl *g, struct genl_txn *t, const struct policy *p);
int genl_txn_commit(struct genl *g, struct genl_txn *t, struct genl_policy *p);

#endif
