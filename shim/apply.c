// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel changes everything or nothing; the state files follow: the new
 * policy is on the disk before the kernel is asked to commit, and takes the old
 * one's place after. Rules go by their numbers, so that they can be removed
 * when their files are long gone. Main thread.
 */
#include "apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "args.h"
#include "log.h"
#include "state.h"
#include "vmapply.h"

/* What a change works with, while it runs. */
struct work {
	struct genl *g;
	struct apply *a;
	struct state state;
	struct policy now;	/* in force */
	struct policy stored;	/* applied before the module was loaded again */
	struct policy gone;	/* ids to be removed */
	struct policy next;	/* in force after it */
	struct genl_txn txn;
};

static int no_memory(void)
{
	log_error("%s; nothing was changed", strerror(ENOMEM));
	return EXIT_FAIL;
}

static int failed(struct work *w, const char *doing)
{
	log_error("%s: %s: %s; nothing was changed", w->a->what, doing, genl_why(w->g));
	return EXIT_FAIL;
}

/* A rule that the kernel refused, by its place in the file where it has one. */
static int refused(struct work *w, const struct policy *p)
{
	const struct policy_rule *r;
	char text[4 * POLICY_PATH_MAX + 1] = "";

	if (w->txn.bad < 0 || (size_t)w->txn.bad >= p->nr)
		return failed(w, "the kernel refuses the rules");
	r = &p->rules[w->txn.bad];
	if (r->path)
		policy_escape(text, r->path, r->path_len);
	else if (r->kind)
		snprintf(text, sizeof(text), "%u:%llu", r->dev, (unsigned long long)r->ino);
	if (r->line)
		log_error("%s:%u:%u: %s: %s; nothing was changed", w->a->what, r->line, r->column,
			  text, genl_why(w->g));
	else
		log_error("%s: %s: %s; nothing was changed", w->a->what, text, genl_why(w->g));
	return EXIT_FAIL;
}

/* The module was loaded anew and nobody restored: what was applied is meant, too. */
static int load_stored(struct work *w)
{
	int err;

	if (w->a->reset || w->a->restore || w->a->before.generation ||
	    !state_has_rules(&w->state))
		return 0;
	err = state_load(&w->state, w->state.applied, &w->stored);
	if (err) {
		log_error("%s: the policy that was applied before cannot be read, and would be lost; 'aegishv policy apply FILE --reset' starts anew",
			  w->a->what);
		return EXIT_FAIL;
	}
	policy_normalise(&w->stored);
	log_info("the module was loaded anew: %zu rules of %s are put in force with this",
		 w->stored.nr, w->state.applied);
	return 0;
}

static int load_now(struct work *w)
{
	if (genl_policy_get(w->g, &w->a->before))
		return failed(w, "the policy in force cannot be read");
	if (!w->a->reset && genl_rules(w->g, &w->now))
		return failed(w, "the rules in force cannot be read");
	policy_normalise(&w->now);
	return load_stored(w);
}

/* The inode is denied already, and the kernel found out its generation. */
static bool same_inode(const struct policy *now, const struct policy_rule *r)
{
	size_t i, low = 0, high = now->nr;

	if (r->kind != AEGISHV_RULE_KIND_DENY_INODE || r->has_gen)
		return false;
	while (low < high) {
		i = (low + high) / 2;
		if (policy_cmp(&now->rules[i], r) < 0)
			low = i + 1;
		else
			high = i;
	}
	return low < now->nr && now->rules[low].kind == r->kind && now->rules[low].dev == r->dev &&
	       now->rules[low].ino == r->ino;
}

static bool keep_or_drop(struct work *w, const struct policy *from)
{
	struct apply *a = w->a;
	size_t i;

	for (i = 0; i < from->nr; i++) {
		const struct policy_rule *r = &from->rules[i];
		struct policy_rule id = { .id = r->id };

		if (!a->drop || !a->drop(a->drop_arg, r)) {
			if (!policy_add(&w->next, r))
				return false;
			continue;
		}
		a->dropped++;
		if (id.id && !policy_add(&w->gone, &id))
			return false;
	}
	return true;
}

static int make_next(struct work *w)
{
	size_t i, kept;

	if (!keep_or_drop(w, &w->now) || !keep_or_drop(w, &w->stored))
		return no_memory();
	policy_normalise(&w->next);
	kept = w->next.nr;
	for (i = 0; w->a->add && i < w->a->add->nr; i++) {
		struct policy sorted = w->next;

		sorted.nr = kept;
		if (!same_inode(&sorted, &w->a->add->rules[i]) &&
		    !policy_add(&w->next, &w->a->add->rules[i]))
			return no_memory();
	}
	policy_normalise(&w->next);
	return 0;
}

static int add(struct work *w, const struct policy *p)
{
	return genl_txn_add(w->g, &w->txn, p) ? refused(w, p) : 0;
}

/* Stored rules that are not to be dropped at once: what next has without a number. */
static int add_stored(struct work *w)
{
	struct policy left = { 0 };
	int status = 0;
	size_t i;

	for (i = 0; i < w->stored.nr; i++) {
		const struct policy_rule *r = &w->stored.rules[i];

		if (policy_find(&w->next, r) && !policy_add(&left, r))
			status = no_memory();
	}
	if (!status && left.nr)
		status = add(w, &left);
	policy_free(&left);
	return status;
}

static int stage(struct work *w)
{
	int status = 0;

	w->txn.base = w->a->before.generation;
	w->txn.reset = w->a->reset;
	if (genl_txn_begin(w->g, &w->txn))
		return failed(w, "no transaction");
	if (w->gone.nr && genl_txn_del(w->g, &w->txn, &w->gone))
		status = refused(w, &w->gone);
	if (!status)
		status = add_stored(w);
	if (!status && w->a->add)
		status = add(w, w->a->add);
	return status;
}

/* What holds for VMs: what was applied before with this on top, or this alone. */
static int vms_next(struct work *w)
{
	if (!w->a->reset && !w->a->restore && !w->stored.vms.nr && !vmapply_stored(&w->next.vms))
		return EXIT_FAIL;
	if (!vmrules_merge(&w->next.vms, &w->stored.vms) ||
	    (w->a->add && !vmrules_merge(&w->next.vms, &w->a->add->vms)))
		return no_memory();
	return 0;
}

/* Nothing is said of VMs by who adds a rule about a file. */
static int set_vms(struct work *w)
{
	bool reset = w->a->reset && !w->a->restore;

	if (!w->a->reset && !w->stored.vms.nr && !(w->a->add && w->a->add->vms.nr))
		return 0;
	return vmapply_all(w->g, &w->next.vms, reset ? VMAPPLY_RESET : VMAPPLY_KEEP);
}

/*
 * VMs first: where the kernel cannot do what is asked for them, the rules about
 * files and the stored policy stay, too. But these are restored in any case.
 */
static int commit(struct work *w)
{
	int status = w->a->restore ? 0 : set_vms(w);

	if (status) {
		log_error("%s: the rules about files were not changed, nor what 'aegishv restore' puts in force; settings of other VMs may have been",
			  w->a->what);
		return status;
	}
	w->a->after = w->a->before;
	if (genl_txn_commit(w->g, &w->txn, &w->a->after))
		return failed(w, "the kernel does not commit");
	genl_policy_get(w->g, &w->a->after);	/* how many of each kind */
	status = w->a->restore ? set_vms(w) : state_publish(&w->state);
	return status ? EXIT_FAIL : 0;
}

static int run(struct work *w)
{
	int status = load_now(w);

	if (!status)
		status = make_next(w);
	if (!status)
		status = vms_next(w);
	if (!status && !w->a->dry_run && !w->a->restore)
		status = state_stage(&w->state, &w->next);
	if (!status)
		status = stage(w);
	if (!status && !w->a->dry_run)
		status = commit(w);
	return status;
}

int apply_run(struct genl *g, struct apply *a)
{
	struct work *w = calloc(1, sizeof(*w));
	int status;

	if (!w)
		return no_memory();
	w->g = g;
	w->a = a;
	status = a->dry_run ? (state_paths(&w->state), 0) : state_lock(&w->state);
	if (!status)
		status = run(w);
	state_unlock(&w->state);
	policy_free(&w->now);
	policy_free(&w->stored);
	policy_free(&w->gone);
	policy_free(&w->next);
	free(w);
	return status;
}
