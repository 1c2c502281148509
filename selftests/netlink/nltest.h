/* SPDX-License-Identifier: GPL-2.0-only */
/* The areas of nltest. */
#ifndef NLTEST_H
#define NLTEST_H

#include "nlc.h"
#include "tap.h"

void test_refuse(struct nlc *c);
void test_perm(struct nlc *c);
void test_notify(struct nlc *c);
void test_dump(struct nlc *c, int vms);
void test_settings(struct nlc *c);
void test_resize(struct nlc *c);

/* Whether the configuration is as it was; says in what it is not. */
bool same_config(struct nlc *c, const struct nlc_config *before);

#endif
