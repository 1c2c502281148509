/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of poltest. */
#ifndef POLTEST_H
#define POLTEST_H

#include "pol.h"
#include "tap.h"

void test_txn(struct nlc *c);
void test_rules(struct nlc *c);
void test_refuse(struct nlc *c);
void test_dump(struct nlc *c);
void test_race(struct nlc *c);
void test_limits(struct nlc *c);
void test_bulk(struct nlc *c);

/* Makes a file, or a directory when the path ends in a slash, and its parents. */
void make(const char *path);
/* An answer with that errno and those words. */
bool refused(const struct nlc_answer *a, int err, const char *text, const char *what);
uint64_t memory(struct nlc *c);

#endif
