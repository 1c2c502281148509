/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules and policies for people and programs.
 */
#ifndef AHV_SHIM_RULES_VIEW_H
#define AHV_SHIM_RULES_VIEW_H

#include <cjson/cJSON.h>
#include "genl_policy.h"
#include "policy.h"

/* Rules as a table. */
void rules_print(const struct policy *p);

cJSON *rules_json_rule(const struct policy_rule *r);
cJSON *rules_json(const struct policy *p);

/* Generation, rules by kind, memory: as a line, as members of an object. */
void rules_print_summary(const struct genl_policy *p);
void rules_json_summary(cJSON *o, const struct genl_policy *p);

/* Bytes of any kind as a JSON string: what is not UTF-8 as in event lines. */
void rules_json_path(cJSON *o, const char *key, const char *path);

/* deny_path and so on. */
const char *rules_kind(unsigned int kind);

#endif
