/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rule sets made by hand for the suites of the policy. Process context.
 */
#ifndef AHV_TESTS_POLICY_FIXTURE_H
#define AHV_TESTS_POLICY_FIXTURE_H

#include <kunit/test.h>
#include "policy_int.h"

#define PF_DEV	0x800001

/**
 * struct pf - a set that is being staged
 * @set: the rules
 * @save: of the message that is being staged
 */
struct pf {
	struct ahv_set set;
	struct ahv_savepoint save;
};

/* Init and exit of a suite: test->priv is a struct pf, an empty policy in force. */
int pf_init(struct kunit *test);
void pf_exit(struct kunit *test);

struct ahv_fid pf_fid(u64 ino);
/* Each returns the rule's place, or a negative errno. */
int pf_inode(struct pf *f, u64 ino, u8 flags);
int pf_dir(struct pf *f, u64 ino);
int pf_name(struct pf *f, u64 dir, const char *name, bool fold);
int pf_commit(struct pf *f);
/* Starts from what is in force. */
int pf_copy(struct pf *f);
struct ahv_policy_head *pf_in_force(void);
bool pf_denies(u64 ino, struct ahv_match *m);
/* ... by way of the compact table. */
bool pf_denies_fast(u64 ino, struct ahv_match *m);

#endif
