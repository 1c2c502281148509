/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules into the kernel in one transaction; whoever is refused says so and ends. */
#ifndef TXN_H
#define TXN_H

#include "nlc.h"

struct txn {
	struct nlc nlc;		/* connected by txn_begin(), the caller closes it */
	uint32_t id;
	uint32_t rules;		/* in force, once committed */
	uint64_t bytes;		/* of the kernel's memory, likewise */
	bool protect;		/* of rules yet to be added */
	struct nl_msg *msg;	/* rules not sent yet */
};

void txn_begin(struct txn *t, bool reset);
struct nlattr *txn_rule(struct txn *t, uint32_t kind);
void txn_add_path(struct txn *t, uint32_t kind, const char *path);
void txn_send(struct txn *t);
void txn_commit(struct txn *t);

__attribute__((noreturn)) void txn_die(const char *what, const char *why);

#endif
