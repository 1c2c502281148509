/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of the netlink family aegishv to structures. Missing attributes
 * leave zeros; text that is too long is cut.
 */
#ifndef AHV_SHIM_GENL_PARSE_H
#define AHV_SHIM_GENL_PARSE_H

#include <netlink/attr.h>
#include "genl.h"

void genl_parse_info(struct nlattr *head, int len, struct genl_info *info);
void genl_parse_config(struct nlattr *head, int len, struct genl_config *config);
void genl_parse_ring(struct nlattr *head, int len, struct genl_ring *ring);
void genl_parse_counters(struct nlattr *head, int len,
			 void (*fn)(void *arg, const struct genl_counter *c), void *arg);

struct policy;
struct genl_policy;
struct genl_denial;

/* genl_parse_policy() leaves alone what is not there. */
void genl_parse_policy(struct nlattr *head, int len, struct genl_policy *p);
void genl_parse_rules(struct nlattr *head, int len, struct policy *p);
void genl_parse_denial(struct nlattr *head, int len, struct genl_denial *d);

/* False: memory is short. vm->vcpu is to be freed. */
bool genl_parse_vm(struct nlattr *head, int len, struct genl_vm *vm);

#endif
