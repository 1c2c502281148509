// SPDX-License-Identifier: GPL-2.0-only
/*
 * A staged set becomes one that look-ups use: what was taken away goes, keys
 * are chained by their hash, new rules get numbers, the compact table is filled.
 * The arrays that were staged are the ones in force; nothing is copied but what
 * moves up.
 *
 * Process context, may sleep; takes a while for a million rules.
 */
#include <linux/sched.h>
#include <linux/string.h>
#include "policy_int.h"

#define GONE	U32_MAX
#define EVERY	8192	/* elements between two offers of the CPU */

static void breathe(u32 i)
{
	if (i % EVERY == 0)
		cond_resched();
}

/* Where each rule will be, in its next_id. Returns how many stay. */
static u32 plan_rules(struct ahv_set *s)
{
	struct ahv_rule *r = ahv_rules(s);
	u32 i, n = 0;

	for (i = 0; i < s->rules.n; i++, breathe(i))
		r[i].next_id = r[i].flags & AHV_RULE_DEAD ? GONE : n++;
	return n;
}

static void move_keys(struct ahv_set *s, struct ahv_vec *v)
{
	struct ahv_key *k = v->data;
	u32 i, n = 0;

	for (i = 0; i < v->n; i++, breathe(i)) {
		u32 rule = ahv_rules(s)[k[i].rule].next_id;

		if (rule == GONE)
			continue;
		k[n] = k[i];
		k[n++].rule = rule;
	}
	v->n = n;
}

static void move_names(struct ahv_set *s)
{
	struct ahv_name *name = s->names.data;
	u32 i, n = 0;

	for (i = 0; i < s->names.n; i++, breathe(i)) {
		u32 rule = ahv_rules(s)[name[i].rule].next_id;

		if (rule == GONE)
			continue;
		name[n] = name[i];
		name[n++].rule = rule;
	}
	s->names.n = n;
}

/* Rules that were taken away go, with their keys. */
static void bury(struct ahv_set *s)
{
	struct ahv_rule *r = ahv_rules(s);
	u32 i, n;

	if (!s->dead)
		return;
	n = plan_rules(s);
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		move_keys(s, &s->keys[i]);
	move_names(s);
	for (i = 0; i < s->rules.n; i++, breathe(i))
		if (r[i].next_id != GONE)
			r[r[i].next_id] = r[i];
	s->rules.n = n;
	s->dead = 0;
}

static bool same_key(const struct ahv_key *a, const struct ahv_key *b)
{
	return a->rule == b->rule && a->fid.ino == b->fid.ino &&
	       a->fid.dev == b->fid.dev && a->fid.gen == b->fid.gen;
}

static bool has_key(const struct ahv_key *k, u32 at, const struct ahv_key *key)
{
	for (; at; at = k[at - 1].next)
		if (same_key(&k[at - 1], key))
			return true;
	return false;
}

/* Chains them, each once. */
static int index_keys(struct ahv_policy *p, enum ahv_key_set which)
{
	struct ahv_vec *v = &p->set.keys[which];
	struct ahv_key *k = v->data, key;
	u32 *head, i, n = 0;
	int err;

	if (!v->n)
		return 0;
	err = ahv_index_alloc(&p->keys[which], v->n);
	if (err)
		return err;
	for (i = 0; i < v->n; i++, breathe(i)) {
		key = k[i];
		head = ahv_index_head(&p->keys[which], ahv_key_set_hash(which, &key.fid));
		if (has_key(k, *head, &key))
			continue;
		key.next = *head;
		k[n] = key;
		*head = ++n;
	}
	v->n = n;
	return 0;
}

static bool same_name(const struct ahv_set *s, const struct ahv_name *a,
		      const struct ahv_name *b)
{
	return a->rule == b->rule && a->len == b->len && a->fold == b->fold &&
	       a->dir.ino == b->dir.ino && a->dir.dev == b->dir.dev &&
	       a->dir.gen == b->dir.gen &&
	       !memcmp(ahv_text(s, a->text), ahv_text(s, b->text), a->len);
}

static bool has_name(const struct ahv_set *s, u32 at, const struct ahv_name *name)
{
	const struct ahv_name *n = s->names.data;

	for (; at; at = n[at - 1].next)
		if (same_name(s, &n[at - 1], name))
			return true;
	return false;
}

static int index_names(struct ahv_policy *p)
{
	struct ahv_name *names = p->set.names.data, name;
	struct ahv_set *s = &p->set;
	u32 *head, i, n = 0;
	int err;

	if (!s->names.n)
		return 0;
	err = ahv_index_alloc(&p->names, s->names.n);
	if (err)
		return err;
	for (i = 0; i < s->names.n; i++, breathe(i)) {
		name = names[i];
		head = ahv_index_head(&p->names, ahv_name_hash(&name.dir,
				      name.fold ? NULL : ahv_text(s, name.text), name.len));
		if (has_name(s, *head, &name))
			continue;
		name.next = *head;
		names[n] = name;
		*head = ++n;
	}
	s->names.n = n;
	return 0;
}

static u32 put_text(struct ahv_vec *to, const struct ahv_set *s, u32 at, u32 len)
{
	u32 where = to->n;

	memcpy(to->data + where, ahv_text(s, at), len);
	to->n += len;
	return where;
}

/* Only the text that is still referred to. */
static int squeeze_text(struct ahv_set *s)
{
	struct ahv_name *name = s->names.data;
	struct ahv_rule *r = ahv_rules(s);
	struct ahv_vec text = {};
	u32 i, len = 0;
	int err;

	for (i = 0; i < s->rules.n; i++, breathe(i))
		len += r[i].text_len;
	for (i = 0; i < s->names.n; i++, breathe(i))
		len += name[i].len;
	if (len == s->text.n)
		return 0;
	err = ahv_vec_reserve(&text, len, 1);
	if (err)
		return err;
	for (i = 0; i < s->rules.n; i++, breathe(i))
		r[i].text = put_text(&text, s, r[i].text, r[i].text_len);
	for (i = 0; i < s->names.n; i++, breathe(i))
		name[i].text = put_text(&text, s, name[i].text, name[i].len);
	ahv_vec_free(&s->text, 1);
	s->text = text;
	return 0;
}

static void trim(struct ahv_set *s)
{
	int i;

	ahv_vec_trim(&s->rules, sizeof(struct ahv_rule));
	ahv_vec_trim(&s->names, sizeof(struct ahv_name));
	ahv_vec_trim(&s->text, 1);
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		ahv_vec_trim(&s->keys[i], sizeof(struct ahv_key));
}

static int new_indexes(struct ahv_set *s)
{
	ahv_index_free(&s->by_name);
	ahv_index_free(&s->by_id);
	return ahv_index_alloc(&s->by_name, s->rules.n + 1) ?:
	       ahv_index_alloc(&s->by_id, s->rules.n + 1);
}

static int add_dev(struct ahv_policy *p, u64 *bits, u32 dev)
{
	u64 bit = ahv_dev_bit(dev);
	u32 *devs, i;
	int err;

	if ((p->head.name_devs | p->head.dir_devs) & bit)
		for (devs = p->devs.data, i = p->devs.n; i--;)
			if (devs[i] == dev) {
				*bits |= bit;
				return 0;
			}
	*bits |= bit;
	err = ahv_vec_reserve(&p->devs, 1, sizeof(u32));
	if (!err)
		((u32 *)p->devs.data)[p->devs.n++] = dev;
	return err;
}

/* Enters a key; not atomic: one writer at a time, any number of look-ups. */
void ahv_filter_enter(struct ahv_policy_head *head, u64 hash)
{
	u64 bit, *word = ahv_filter_bit(&head->filter, hash, &bit);

	/* Pairs with nothing here: see the order of marks in policy_marks.c. */
	WRITE_ONCE(*word, *word | bit);
}

static int enter_all(struct ahv_policy *p)
{
	const struct ahv_key *inode = p->set.keys[AHV_KEYS_INODE].data;
	const struct ahv_key *dir = p->set.keys[AHV_KEYS_DIR].data;
	const struct ahv_name *name = p->set.names.data;
	int err = 0;
	u32 i;

	for (i = 0; i < p->set.keys[AHV_KEYS_INODE].n; i++, breathe(i))
		ahv_filter_enter(&p->head, ahv_key_hash(inode[i].fid.dev, inode[i].fid.ino,
							AHV_KEY_INODE));
	for (i = 0; i < p->set.names.n && !err; i++, breathe(i)) {
		ahv_filter_enter(&p->head, ahv_key_hash(name[i].dir.dev, name[i].dir.ino,
							AHV_KEY_PARENT));
		err = add_dev(p, &p->head.name_devs, name[i].dir.dev);
	}
	for (i = 0; i < p->set.keys[AHV_KEYS_DIR].n && !err; i++, breathe(i)) {
		ahv_filter_enter(&p->head, ahv_key_hash(dir[i].fid.dev, dir[i].fid.ino,
							AHV_KEY_DIR));
		err = add_dev(p, &p->head.dir_devs, dir[i].fid.dev);
	}
	if (p->has_canary)
		ahv_filter_enter(&p->head, ahv_key_hash(p->canary.dev, p->canary.ino,
							AHV_KEY_INODE));
	return err;
}

static int fill_filter(struct ahv_policy *p, u32 marks)
{
	u64 keys = (u64)p->set.keys[AHV_KEYS_INODE].n + p->set.keys[AHV_KEYS_DIR].n +
		   p->set.names.n + marks + 1;
	u64 *words;

	p->head.filter.shift = ahv_filter_shift(keys);
	p->filter_bytes = ahv_filter_bytes(p->head.filter.shift);
	words = ahv_pmem_alloc(p->filter_bytes);
	if (IS_ERR(words))
		return PTR_ERR(words);
	p->head.filter.words = words;
	return enter_all(p);
}

/* A rule that is in force already keeps its number. */
static u32 old_id(const struct ahv_policy *old, const struct ahv_set *s,
		  const struct ahv_rule *r)
{
	const struct ahv_rule *same;
	struct ahv_rule_name n;

	if (!old)
		return 0;
	ahv_rule_name_of(&n, s, r);
	same = ahv_set_find(&old->set, &n, NULL);
	return same ? same->id : 0;
}

static int number_rules(struct ahv_policy *p, const struct ahv_policy *old, u32 *next_id)
{
	struct ahv_rule *r = ahv_rules(&p->set);
	u32 i, next = *next_id;

	for (i = 0; i < p->set.rules.n; i++, breathe(i)) {
		atomic64_set(&r[i].hits, 0);
		p->by_kind[r[i].kind]++;
		if (!r[i].id)
			r[i].id = old_id(old, &p->set, &r[i]);
		if (r[i].id)
			continue;
		if (next == AEGISHV_RULE_NAMELESS)
			return -EOVERFLOW;
		r[i].id = next++;
	}
	*next_id = next;
	ahv_set_link(&p->set);
	return 0;
}

static void count_bytes(struct ahv_policy *p)
{
	int i;

	p->bytes = sizeof(*p) + ahv_set_bytes(&p->set) + p->filter_bytes +
		   p->devs.cap * sizeof(u32) + ahv_index_slots(&p->names) * sizeof(u32);
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		p->bytes += ahv_index_slots(&p->keys[i]) * sizeof(u32);
}

static int build(struct ahv_policy *p, const struct ahv_policy *old, u32 *next_id, u32 marks)
{
	int i, err = 0;

	bury(&p->set);
	for (i = 0; i < AHV_NR_KEY_SETS && !err; i++)
		err = index_keys(p, i);
	err = err ?: index_names(p) ?: squeeze_text(&p->set);
	if (err)
		return err;
	trim(&p->set);
	err = new_indexes(&p->set) ?: fill_filter(p, marks) ?: number_rules(p, old, next_id);
	p->head.rules = p->set.rules.n;
	count_bytes(p);
	return err;
}

/**
 * ahv_policy_build() - make a staged set ready to be put in force
 * @set: the rules; empty afterwards, also on failure
 * @old: the policy it will replace, or NULL
 * @next_id: number of the next new rule
 * @marks: how many marks it will hold beside its keys
 *
 * Return: the policy, or ERR_PTR().
 */
struct ahv_policy *ahv_policy_build(struct ahv_set *set, const struct ahv_policy *old,
				    u32 *next_id, u32 marks)
{
	struct ahv_policy *p = ahv_pmem_alloc(sizeof(*p));
	int err;

	if (IS_ERR(p)) {
		ahv_set_free(set);
		return p;
	}
	p->set = *set;
	memset(set, 0, sizeof(*set));
	if (old) {
		p->canary = old->canary;
		p->has_canary = old->has_canary;
	}
	err = build(p, old, next_id, marks);
	if (!err)
		return p;
	ahv_policy_free(p);
	return ERR_PTR(err);
}

void ahv_policy_free(struct ahv_policy *p)
{
	int i;

	ahv_set_free(&p->set);
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		ahv_index_free(&p->keys[i]);
	ahv_index_free(&p->names);
	ahv_vec_free(&p->devs, sizeof(u32));
	ahv_pmem_free(p->head.filter.words, p->filter_bytes);
	ahv_pmem_free(p, sizeof(*p));
}
