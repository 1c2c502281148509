// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules and their keys in flat arrays, as a transaction stages them. A message
 * is undone as a whole: what it appended is cut off, flags that it changed are
 * set back. Chains enter at the front and cut from the front, so that the last
 * rule is always the first of its chains.
 *
 * Process context; a set belongs to its transaction.
 */
#include <linux/jhash.h>
#include <linux/string.h>
#include "policy_int.h"

static u64 spread(u32 hash)
{
	return hash * 0x9e3779b97f4a7c15ULL;
}

notrace u64 ahv_key_set_hash(enum ahv_key_set which, const struct ahv_fid *fid)
{
	return which == AHV_KEYS_DIR ? ahv_key_hash(fid->dev, fid->ino, AHV_KEY_DIR) :
				       ahv_key_hash(fid->dev, fid->ino, AHV_KEY_INODE);
}

/* Without @name for a directory that folds names. */
notrace u64 ahv_name_hash(const struct ahv_fid *dir, const char *name, u32 len)
{
	u64 hash = ahv_key_hash(dir->dev, dir->ino, AHV_KEY_PARENT);

	return name ? spread(jhash(name, len, hash >> 32)) : hash;
}

u64 ahv_rule_name_hash(const struct ahv_rule_name *n)
{
	return spread(n->text_len ? jhash(n->text, n->text_len, n->kind) :
		      jhash_3words(n->fid.dev, n->fid.ino, n->fid.ino >> 32, n->kind));
}

void ahv_rule_name_of(struct ahv_rule_name *n, const struct ahv_set *s,
		      const struct ahv_rule *r)
{
	*n = (struct ahv_rule_name){
		.kind = r->kind,
		.flags = r->flags,
		.text = ahv_text(s, r->text),
		.text_len = r->text_len,
		.fid = r->fid,
	};
}

static bool has_name(const struct ahv_set *s, const struct ahv_rule *r,
		     const struct ahv_rule_name *n)
{
	if (r->kind != n->kind || r->text_len != n->text_len ||
	    memcmp(ahv_text(s, r->text), n->text, n->text_len))
		return false;
	return n->any_fid || (r->fid.ino == n->fid.ino && r->fid.dev == n->fid.dev &&
			      (n->any_gen || r->fid.gen == n->fid.gen));
}

/* The next rule behind @after (NULL: the first) of that name, dead ones included. */
struct ahv_rule *ahv_set_find(const struct ahv_set *s, const struct ahv_rule_name *n,
			      const struct ahv_rule *after)
{
	struct ahv_rule *r;
	u32 at;

	if (!s->by_name.heads)
		return NULL;
	at = after ? after->next_name :
		     *ahv_index_head(&s->by_name, ahv_rule_name_hash(n));
	for (; at; at = r->next_name) {
		r = &ahv_rules(s)[at - 1];
		if (has_name(s, r, n))
			return r;
	}
	return NULL;
}

/* The rule in force with that number, or staged and not dead. */
notrace struct ahv_rule *ahv_set_by_id(const struct ahv_set *s, u32 id)
{
	struct ahv_rule *r;
	u32 at;

	if (!s->by_id.heads || !id)
		return NULL;
	for (at = *ahv_index_head(&s->by_id, ahv_id_hash(id)); at; at = r->next_id) {
		r = &ahv_rules(s)[at - 1];
		if (r->id == id && !(r->flags & AHV_RULE_DEAD))
			return r;
	}
	return NULL;
}

static void link_rule(struct ahv_set *s, struct ahv_rule *r)
{
	u32 number = r - ahv_rules(s) + 1;
	struct ahv_rule_name n;
	u32 *head;

	ahv_rule_name_of(&n, s, r);
	head = ahv_index_head(&s->by_name, ahv_rule_name_hash(&n));
	r->next_name = *head;
	*head = number;
	if (!r->id)
		return;
	head = ahv_index_head(&s->by_id, ahv_id_hash(r->id));
	r->next_id = *head;
	*head = number;
}

/* Chains anew; the chains are empty. */
void ahv_set_link(struct ahv_set *s)
{
	u32 i;

	for (i = 0; i < s->rules.n; i++)
		link_rule(s, &ahv_rules(s)[i]);
}

static void unlink_rule(struct ahv_set *s, struct ahv_rule *r)
{
	struct ahv_rule_name n;

	s->dead -= !!(r->flags & AHV_RULE_DEAD);
	ahv_rule_name_of(&n, s, r);
	*ahv_index_head(&s->by_name, ahv_rule_name_hash(&n)) = r->next_name;
	if (r->id)
		*ahv_index_head(&s->by_id, ahv_id_hash(r->id)) = r->next_id;
}

/* Twice the chains when there are more rules than chains. */
static int grow_index(struct ahv_set *s)
{
	struct ahv_index by_name = {}, by_id = {};
	int err;

	if (s->rules.n < ahv_index_slots(&s->by_name))
		return 0;
	err = ahv_index_alloc(&by_name, max(2 * s->rules.n, 64U));
	if (err)
		return err;
	err = ahv_index_alloc(&by_id, max(2 * s->rules.n, 64U));
	if (err) {
		ahv_index_free(&by_name);
		return err;
	}
	ahv_index_free(&s->by_name);
	ahv_index_free(&s->by_id);
	s->by_name = by_name;
	s->by_id = by_id;
	ahv_set_link(s);
	return 0;
}

int ahv_set_copy(struct ahv_set *to, const struct ahv_set *from)
{
	int i, err;

	err = ahv_vec_copy(&to->rules, &from->rules, sizeof(struct ahv_rule)) ?:
	      ahv_vec_copy(&to->names, &from->names, sizeof(struct ahv_name)) ?:
	      ahv_vec_copy(&to->text, &from->text, 1) ?:
	      ahv_index_copy(&to->by_name, &from->by_name) ?:
	      ahv_index_copy(&to->by_id, &from->by_id);
	for (i = 0; i < AHV_NR_KEY_SETS && !err; i++)
		err = ahv_vec_copy(&to->keys[i], &from->keys[i], sizeof(struct ahv_key));
	if (err)
		ahv_set_free(to);
	return err;
}

void ahv_set_free(struct ahv_set *s)
{
	int i;

	ahv_vec_free(&s->rules, sizeof(struct ahv_rule));
	ahv_vec_free(&s->names, sizeof(struct ahv_name));
	ahv_vec_free(&s->text, 1);
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		ahv_vec_free(&s->keys[i], sizeof(struct ahv_key));
	ahv_index_free(&s->by_name);
	ahv_index_free(&s->by_id);
	s->dead = 0;
}

u64 ahv_set_bytes(const struct ahv_set *s)
{
	u64 bytes = (u64)s->rules.cap * sizeof(struct ahv_rule) + s->text.cap +
		    (u64)s->names.cap * sizeof(struct ahv_name);
	int i;

	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		bytes += (u64)s->keys[i].cap * sizeof(struct ahv_key);
	return bytes + ((u64)ahv_index_slots(&s->by_name) +
			ahv_index_slots(&s->by_id)) * sizeof(u32);
}

void ahv_set_save(const struct ahv_set *s, struct ahv_savepoint *save)
{
	int i;

	memset(save, 0, sizeof(*save));
	save->rules = s->rules.n;
	save->names = s->names.n;
	save->text = s->text.n;
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		save->keys[i] = s->keys[i].n;
}

static void put_flags(struct ahv_set *s, struct ahv_rule *r, u8 flags)
{
	s->dead -= !!(r->flags & AHV_RULE_DEAD);
	s->dead += !!(flags & AHV_RULE_DEAD);
	r->flags = flags;
}

void ahv_set_undo(struct ahv_set *s, struct ahv_savepoint *save)
{
	struct ahv_undo *undo = save->undo.data;
	u32 i;

	for (i = save->undo.n; i--;)
		put_flags(s, &ahv_rules(s)[undo[i].rule], undo[i].flags);
	while (s->rules.n > save->rules)
		unlink_rule(s, &ahv_rules(s)[--s->rules.n]);
	s->names.n = save->names;
	s->text.n = save->text;
	for (i = 0; i < AHV_NR_KEY_SETS; i++)
		s->keys[i].n = save->keys[i];
	ahv_set_keep(save);
}

void ahv_set_keep(struct ahv_savepoint *save)
{
	ahv_vec_free(&save->undo, sizeof(struct ahv_undo));
}

/* Appends @len bytes; where they begin, or a negative errno. */
static s64 add_text(struct ahv_set *s, const char *text, u32 len)
{
	u32 at = s->text.n;
	int err = ahv_vec_reserve(&s->text, len, 1);

	if (err)
		return err;
	memcpy(s->text.data + at, text, len);
	s->text.n += len;
	return at;
}

static int append_rule(struct ahv_set *s, const struct ahv_rule_name *n, u32 id)
{
	struct ahv_rule *r;
	s64 text;
	int err;

	if (s->rules.n - s->dead >= AHV_MAX_RULES)
		return -E2BIG;
	err = grow_index(s) ?: ahv_vec_reserve(&s->rules, 1, sizeof(*r));
	if (err)
		return err;
	text = add_text(s, n->text, n->text_len);
	if (text < 0)
		return text;
	r = &ahv_rules(s)[s->rules.n];
	*r = (struct ahv_rule){
		.id = id,
		.text = text,
		.text_len = n->text_len,
		.kind = n->kind,
		.flags = n->flags,
		.fid = n->fid,
	};
	link_rule(s, r);
	return s->rules.n++;
}

/*
 * One that is there already stays, and gets what the new one asks for. One that
 * was taken away in the same transaction gives its number to the new one.
 */
int ahv_set_add(struct ahv_set *s, struct ahv_savepoint *save,
		const struct ahv_rule_name *n)
{
	struct ahv_rule *r = NULL;
	u32 id = 0, number;
	u8 flags;
	int err;

	while ((r = ahv_set_find(s, n, r))) {
		if (!(r->flags & AHV_RULE_DEAD))
			break;
		id = id ?: r->id;
	}
	if (!r)
		return append_rule(s, n, id);
	number = r - ahv_rules(s);
	flags = (r->flags & AEGISHV_RULE_FLAG_PROTECT) | n->flags;
	err = ahv_set_flags(s, save, number, flags);
	return err ?: number;
}

int ahv_set_add_key(struct ahv_set *s, enum ahv_key_set which, u32 rule,
		    const struct ahv_fid *fid)
{
	struct ahv_vec *v = &s->keys[which];
	int err = ahv_vec_reserve(v, 1, sizeof(struct ahv_key));

	if (!err)
		((struct ahv_key *)v->data)[v->n++] = (struct ahv_key){
			.fid = *fid, .rule = rule,
		};
	return err;
}

/* @name has all but rule, text and len; @text is in the rule's path or a new one. */
int ahv_set_add_name(struct ahv_set *s, u32 rule, const struct ahv_name *name,
		     const char *text)
{
	struct ahv_vec *v = &s->names;
	struct ahv_name *n;
	s64 at;
	int err;

	err = ahv_vec_reserve(v, 1, sizeof(*n));
	if (err)
		return err;
	at = add_text(s, text, name->len);
	if (at < 0)
		return at;
	n = &((struct ahv_name *)v->data)[v->n++];
	*n = *name;
	n->rule = rule;
	n->text = at;
	return 0;
}

int ahv_set_flags(struct ahv_set *s, struct ahv_savepoint *save, u32 rule, u8 flags)
{
	struct ahv_rule *r = &ahv_rules(s)[rule];
	int err;

	if (r->flags == flags)
		return 0;
	if (rule >= save->rules) {	/* undone with the rule */
		put_flags(s, r, flags);
		return 0;
	}
	err = ahv_vec_reserve(&save->undo, 1, sizeof(struct ahv_undo));
	if (err)
		return err;
	((struct ahv_undo *)save->undo.data)[save->undo.n++] = (struct ahv_undo){
		.rule = rule, .flags = r->flags,
	};
	put_flags(s, r, flags);
	return 0;
}

int ahv_set_del(struct ahv_set *s, struct ahv_savepoint *save, struct ahv_rule *r)
{
	return ahv_set_flags(s, save, r - ahv_rules(s), r->flags | AHV_RULE_DEAD);
}
