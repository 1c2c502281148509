// SPDX-License-Identifier: GPL-2.0-only
/* Policy operations over netlink. */
#include "pol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES	(64 << 10)

struct nl_msg *pol_message(struct nlc *c, int cmd, uint32_t txn)
{
	const struct nlc_attr attrs[] = { U32(POLICY_TXN, txn), { 0 } };

	return nlc_new(c, cmd, NLM_F_ACK, attrs);
}

/* False when the message has no room for it. */
bool pol_put(struct nl_msg *msg, const struct pol_rule *r)
{
	struct nlattr *nest = nla_nest_start(msg, AEGISHV_A_POLICY_RULE);

	if (!nest)
		return false;
	if ((r->have & HAS(ID) && nla_put_u32(msg, AEGISHV_A_RULE_ID, r->id)) ||
	    (r->have & HAS(KIND) && nla_put_u32(msg, AEGISHV_A_RULE_KIND, r->kind)) ||
	    (r->have & HAS(PATH) && nla_put(msg, AEGISHV_A_RULE_PATH, r->path_len, r->path)) ||
	    (r->have & HAS(FD) && nla_put_s32(msg, AEGISHV_A_RULE_FD, r->fd)) ||
	    (r->have & HAS(DEV) && nla_put_u32(msg, AEGISHV_A_RULE_DEV, r->dev)) ||
	    (r->have & HAS(INO) && nla_put_u64(msg, AEGISHV_A_RULE_INO, r->ino)) ||
	    (r->have & HAS(GEN) && nla_put_u32(msg, AEGISHV_A_RULE_GEN, r->gen)) ||
	    (r->have & HAS(CGROUP) && nla_put_u64(msg, AEGISHV_A_RULE_CGROUP, r->cgroup)) ||
	    (r->have & HAS(FLAGS) && nla_put_u32(msg, AEGISHV_A_RULE_FLAGS, r->flags)) ||
	    (r->have & HAS(HITS) && nla_put_u64(msg, AEGISHV_A_RULE_HITS, r->hits))) {
		nla_nest_cancel(msg, nest);
		return false;
	}
	nla_nest_end(msg, nest);
	return true;
}

static int ask(struct nlc *c, struct nl_msg *msg, struct nlc_answer *a)
{
	struct nlc_answer own = { 0 };

	return nlc_ask(c, msg, a ?: &own);
}

static void read_txn(struct nlattr *first, int len, void *arg)
{
	*(uint32_t *)arg = nlc_u32(nla_find(first, len, AEGISHV_A_POLICY_TXN));
}

int pol_begin(struct nlc *c, bool reset, uint32_t *txn)
{
	const struct nlc_attr attrs[] = { FLAG(POLICY_RESET), { 0 } };
	struct nlc_answer a = { .on_msg = read_txn, .arg = txn };

	return ask(c, nlc_new(c, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK, reset ? attrs : NULL), &a);
}

int pol_begin_on(struct nlc *c, bool reset, uint64_t base, uint32_t *txn, struct nlc_answer *a)
{
	const struct nlc_attr attrs[] = { FLAG(POLICY_RESET), { 0 } };
	struct nl_msg *msg = nlc_new(c, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK,
				     reset ? attrs : NULL);

	nla_put_u64(msg, AEGISHV_A_POLICY_BASE_GENERATION, base);
	a->on_msg = read_txn;
	a->arg = txn;
	return ask(c, msg, a);
}

int pol_stage(struct nlc *c, int cmd, uint32_t txn, const struct pol_rule *rules,
	      unsigned int n, struct nlc_answer *a)
{
	struct nl_msg *msg = pol_message(c, cmd, txn);

	for (unsigned int i = 0; i < n; i++)
		if (!pol_put(msg, &rules[i]))
			abort();
	return ask(c, msg, a);
}

int pol_add(struct nlc *c, uint32_t txn, const struct pol_rule *rule)
{
	return pol_stage(c, AEGISHV_CMD_POLICY_ADD, txn, rule, 1, NULL);
}

int pol_del(struct nlc *c, uint32_t txn, const struct pol_rule *rule)
{
	return pol_stage(c, AEGISHV_CMD_POLICY_DEL, txn, rule, 1, NULL);
}

static void read_state(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_POLICY_MAX + 1];
	struct pol_state *s = arg;

	if (nla_parse(t, AEGISHV_A_POLICY_MAX, first, len, NULL))
		return;
	memset(s, 0, sizeof(*s));
	s->generation = nlc_u64(t[AEGISHV_A_POLICY_GENERATION]);
	s->rules = nlc_u32(t[AEGISHV_A_POLICY_RULES]);
	s->by_kind[PATH] = nlc_u32(t[AEGISHV_A_POLICY_DENY_PATH]);
	s->by_kind[INODE] = nlc_u32(t[AEGISHV_A_POLICY_DENY_INODE]);
	s->by_kind[DIR_] = nlc_u32(t[AEGISHV_A_POLICY_DENY_DIR]);
	s->by_kind[CGROUP] = nlc_u32(t[AEGISHV_A_POLICY_ALLOW_CGROUP]);
	s->bytes = nlc_u64(t[AEGISHV_A_POLICY_BYTES]);
	s->max_bytes = nlc_u64(t[AEGISHV_A_POLICY_MAX_BYTES]);
	s->marks = nlc_u32(t[AEGISHV_A_POLICY_MARKS]);
	s->blocks = nlc_u64(t[AEGISHV_A_POLICY_BLOCKS]);
	s->audits = nlc_u64(t[AEGISHV_A_POLICY_AUDITS]);
	s->exempt = nlc_u64(t[AEGISHV_A_POLICY_EXEMPT]);
	s->signals = nlc_u64(t[AEGISHV_A_POLICY_SIGNALS]);
}

int pol_commit(struct nlc *c, uint32_t txn, struct pol_state *s)
{
	struct pol_state none;
	struct nlc_answer a = { .on_msg = read_state, .arg = s ?: &none };

	return ask(c, pol_message(c, AEGISHV_CMD_POLICY_COMMIT, txn), &a);
}

int pol_commit_ask(struct nlc *c, uint32_t txn, struct nlc_answer *a)
{
	return ask(c, pol_message(c, AEGISHV_CMD_POLICY_COMMIT, txn), a);
}

int pol_abort(struct nlc *c, uint32_t txn)
{
	return ask(c, pol_message(c, AEGISHV_CMD_POLICY_ABORT, txn), NULL);
}

int pol_replace(struct nlc *c, const struct pol_rule *rules, unsigned int n)
{
	uint32_t txn = 0;
	int err = pol_begin(c, true, &txn);

	if (!err && n)
		err = pol_stage(c, AEGISHV_CMD_POLICY_ADD, txn, rules, n, NULL);
	if (!err)
		return pol_commit(c, txn, NULL);
	pol_abort(c, txn);
	return err;
}

int pol_state(struct nlc *c, struct pol_state *s)
{
	struct nlc_answer a = { .on_msg = read_state, .arg = s };

	return ask(c, nlc_new(c, AEGISHV_CMD_POLICY_GET, NLM_F_ACK, NULL), &a);
}

static void read_rule(struct nlattr *nest, struct pol_rule *r)
{
	struct nlattr *t[AEGISHV_A_RULE_MAX + 1];

	memset(r, 0, sizeof(*r));
	if (nla_parse_nested(t, AEGISHV_A_RULE_MAX, nest, NULL))
		return;
	for (int i = 1; i <= AEGISHV_A_RULE_MAX; i++)
		if (t[i])
			r->have |= 1U << i;
	r->id = nlc_u32(t[AEGISHV_A_RULE_ID]);
	r->kind = nlc_u32(t[AEGISHV_A_RULE_KIND]);
	r->flags = nlc_u32(t[AEGISHV_A_RULE_FLAGS]);
	r->dev = nlc_u32(t[AEGISHV_A_RULE_DEV]);
	r->ino = nlc_u64(t[AEGISHV_A_RULE_INO]);
	r->gen = nlc_u32(t[AEGISHV_A_RULE_GEN]);
	r->cgroup = nlc_u64(t[AEGISHV_A_RULE_CGROUP]);
	r->hits = nlc_u64(t[AEGISHV_A_RULE_HITS]);
	if (t[AEGISHV_A_RULE_PATH]) {
		r->path = nla_data(t[AEGISHV_A_RULE_PATH]);
		r->path_len = nla_len(t[AEGISHV_A_RULE_PATH]);
	}
}

struct walk {
	void (*fn)(const struct pol_rule *r, void *arg);
	void *arg;
	int n;
};

static void read_rules(struct nlattr *first, int len, void *arg)
{
	struct walk *w = arg;
	struct pol_rule r;
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, first, len, rem) {
		if (nla_type(a) != AEGISHV_A_POLICY_RULE)
			continue;
		read_rule(a, &r);
		w->n++;
		if (w->fn)
			w->fn(&r, w->arg);
	}
}

int pol_dump(struct nlc *c, void (*fn)(const struct pol_rule *r, void *arg), void *arg,
	     struct nlc_answer *a)
{
	struct walk w = { .fn = fn, .arg = arg };
	struct nlc_answer own = { 0 };
	int err;

	a = a ?: &own;
	a->on_msg = read_rules;
	a->arg = &w;
	err = ask(c, nlc_new(c, AEGISHV_CMD_RULE_GET, NLM_F_DUMP, NULL), a);
	return err ?: w.n;
}

static void keep(const struct pol_rule *r, void *arg)
{
	*(struct pol_rule *)arg = *r;
}

/* Its path is valid until the next answer comes. */
int pol_get(struct nlc *c, uint32_t id, struct pol_rule *r)
{
	const struct nlc_attr attrs[] = { U32(POLICY_RULE_ID, id), { 0 } };
	struct walk w = { .fn = keep, .arg = r };
	struct nlc_answer a = { .on_msg = read_rules, .arg = &w };

	return ask(c, nlc_new(c, AEGISHV_CMD_RULE_GET, NLM_F_ACK, attrs), &a);
}

int pol_last(struct nlc *c, struct pol_rule *r)
{
	int n = pol_dump(c, keep, r, NULL);

	return n > 0 ? 0 : n ?: -ENOENT;
}

struct sought {
	const char *path;
	struct pol_rule *r;
	bool found;
};

static void compare(const struct pol_rule *r, void *arg)
{
	struct sought *s = arg;

	if (r->path_len != strlen(s->path) || memcmp(r->path, s->path, r->path_len))
		return;
	*s->r = *r;
	s->found = true;
}

int pol_find(struct nlc *c, const char *path, struct pol_rule *r)
{
	struct sought s = { .path = path, .r = r };
	int n = pol_dump(c, compare, &s, NULL);

	if (n < 0)
		return n;
	return s.found ? 0 : -ENOENT;
}
