/* SPDX-License-Identifier: GPL-2.0-only */
/* Policy operations of the netlink family, for tests. */
#ifndef POL_H
#define POL_H

#include "nlc.h"

#define PATH	AEGISHV_RULE_KIND_DENY_PATH
#define INODE	AEGISHV_RULE_KIND_DENY_INODE
#define DIR_	AEGISHV_RULE_KIND_DENY_DIR
#define CGROUP	AEGISHV_RULE_KIND_ALLOW_CGROUP
#define PROTECT	AEGISHV_RULE_FLAG_PROTECT

/**
 * struct pol_rule - a rule, to send or as it came
 * @have: bit (1 << AEGISHV_A_RULE_x) of each attribute
 * @path_len: length of @path
 */
struct pol_rule {
	uint32_t have;
	uint32_t id, kind, flags, dev, gen;
	int fd;
	uint64_t ino, cgroup, hits;
	unsigned int path_len;
	const char *path;
};

#define HAS(a)		(1U << AEGISHV_A_RULE_##a)
#define BY_PATH(k, p)	{ .have = HAS(KIND) | HAS(PATH), .kind = k, .path = p, \
			  .path_len = __builtin_strlen(p) }
#define BY_NUMBER(d, i)	{ .have = HAS(KIND) | HAS(DEV) | HAS(INO), .kind = INODE, \
			  .dev = d, .ino = i }

struct pol_state {
	uint64_t generation, bytes, max_bytes, blocks, audits, exempt, signals;
	uint32_t rules, by_kind[5], marks;
};

/* All return 0 or a negative errno; @a, which may be NULL, gets the answer. */
int pol_begin(struct nlc *c, bool reset, uint32_t *txn);
int pol_begin_on(struct nlc *c, bool reset, uint64_t base, uint32_t *txn, struct nlc_answer *a);
int pol_stage(struct nlc *c, int cmd, uint32_t txn, const struct pol_rule *rules,
	      unsigned int n, struct nlc_answer *a);
int pol_add(struct nlc *c, uint32_t txn, const struct pol_rule *rule);
int pol_del(struct nlc *c, uint32_t txn, const struct pol_rule *rule);
int pol_commit(struct nlc *c, uint32_t txn, struct pol_state *s);
int pol_commit_ask(struct nlc *c, uint32_t txn, struct nlc_answer *a);
int pol_abort(struct nlc *c, uint32_t txn);
/* One transaction that replaces all rules by these. */
int pol_replace(struct nlc *c, const struct pol_rule *rules, unsigned int n);
int pol_state(struct nlc *c, struct pol_state *s);
/* Calls @fn for each rule in force; how many there were, or a negative errno. */
int pol_dump(struct nlc *c, void (*fn)(const struct pol_rule *r, void *arg), void *arg,
	     struct nlc_answer *a);
int pol_get(struct nlc *c, uint32_t id, struct pol_rule *r);
/* The rule in force with that path. */
int pol_find(struct nlc *c, const char *path, struct pol_rule *r);

/* The last one of a dump. */
int pol_last(struct nlc *c, struct pol_rule *r);

/* A message that is filled by hand. */
struct nl_msg *pol_message(struct nlc *c, int cmd, uint32_t txn);
bool pol_put(struct nl_msg *msg, const struct pol_rule *r);

#endif
