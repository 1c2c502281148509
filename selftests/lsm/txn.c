// SPDX-License-Identifier: GPL-2.0-only
/* Rules into the kernel in one transaction. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "txn.h"

#define MSG_BYTES	(48 << 10)

void txn_die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
	exit(1);
}

static void note(struct nlattr *first, int len, void *arg)
{
	struct txn *t = arg;
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, first, len, rem) {
		if (nla_type(a) == AEGISHV_A_POLICY_TXN)
			t->id = nlc_u32(a);
		if (nla_type(a) == AEGISHV_A_POLICY_RULES)
			t->rules = nlc_u32(a);
		if (nla_type(a) == AEGISHV_A_POLICY_BYTES)
			t->bytes = nlc_u64(a);
	}
}

static void ask(struct txn *t, struct nl_msg *msg, const char *what)
{
	struct nlc_answer a = { .on_msg = note, .arg = t };

	nlc_ask(&t->nlc, msg, &a);
	if (a.err)
		txn_die(what, a.text[0] ? a.text : strerror(-a.err));
}

void txn_begin(struct txn *t, bool reset)
{
	struct nlc_attr attrs[] = { { reset ? AEGISHV_A_POLICY_RESET : 0, 0, 0 }, { 0 } };

	if (nlc_connect(&t->nlc))
		txn_die("no netlink family", "load aegishv.ko first");
	ask(t, nlc_new(&t->nlc, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK, attrs), "begin");
}

void txn_send(struct txn *t)
{
	if (t->msg)
		ask(t, t->msg, "add");
	t->msg = NULL;
}

struct nlattr *txn_rule(struct txn *t, uint32_t kind)
{
	struct nlc_attr attrs[] = { { AEGISHV_A_POLICY_TXN, 4, t->id }, { 0 } };
	struct nlattr *nest;

	if (t->msg && nlmsg_hdr(t->msg)->nlmsg_len > MSG_BYTES)
		txn_send(t);
	if (!t->msg)
		t->msg = nlc_new(&t->nlc, AEGISHV_CMD_POLICY_ADD, NLM_F_ACK, attrs);
	nest = nla_nest_start(t->msg, AEGISHV_A_POLICY_RULE);
	if (!nest || nla_put_u32(t->msg, AEGISHV_A_RULE_KIND, kind) ||
	    nla_put_u32(t->msg, AEGISHV_A_RULE_FLAGS, t->protect * AEGISHV_RULE_FLAG_PROTECT))
		txn_die("rule", "the message is full");
	return nest;
}

void txn_add_path(struct txn *t, uint32_t kind, const char *path)
{
	struct nlattr *nest = txn_rule(t, kind);

	if (nla_put(t->msg, AEGISHV_A_RULE_PATH, strlen(path), path))
		txn_die(path, "the message is full");
	nla_nest_end(t->msg, nest);
}

void txn_commit(struct txn *t)
{
	struct nlc_attr attrs[] = { { AEGISHV_A_POLICY_TXN, 4, t->id }, { 0 } };

	txn_send(t);
	ask(t, nlc_new(&t->nlc, AEGISHV_CMD_POLICY_COMMIT, NLM_F_ACK, attrs), "commit");
}
