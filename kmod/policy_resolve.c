// SPDX-License-Identifier: GPL-2.0-only
/*
 * A rule as it was asked for becomes one in a set, with the keys that it is
 * looked up by: devices and inodes as the kernel numbers them, in the caller's
 * root and mount namespace. Every refusal has its words.
 *
 * Process context, current is the client; nothing is locked but his transaction.
 */
#include <linux/cgroup.h>
#include <linux/dcache.h>
#include <linux/exportfs.h>
#include <linux/file.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/magic.h>
#include <linux/namei.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include "policy_int.h"

#define HAS(attr)	(1U << AEGISHV_A_RULE_##attr)

struct ahv_resolver *ahv_resolver_new(struct ahv_set *set, struct ahv_savepoint *save)
{
	struct ahv_resolver *r = kvzalloc(sizeof(*r), GFP_KERNEL);

	if (r) {
		r->set = set;
		r->save = save;
	}
	return r;
}

void ahv_resolver_free(struct ahv_resolver *r)
{
	if (r->dir.dentry)
		path_put(&r->dir);
	kvfree(r);
}

/* Which attributes a kind of rule may have, and exactly one of which it must. */
static const struct {
	u32 may;
	u32 one;
	const char *none;
} wanted[] = {
	[AEGISHV_RULE_KIND_DENY_PATH] = {
		.one = HAS(PATH) | HAS(FD),
		.none = "a deny-path rule needs either path or fd",
	},
	[AEGISHV_RULE_KIND_DENY_INODE] = {
		.may = HAS(INO) | HAS(GEN),
		.one = HAS(PATH) | HAS(FD) | HAS(DEV),
		.none = "a deny-inode rule needs one of path, fd, fd and ino, dev and ino",
	},
	[AEGISHV_RULE_KIND_DENY_DIR] = {
		.one = HAS(PATH) | HAS(FD),
		.none = "a deny-dir rule needs either path or fd",
	},
	[AEGISHV_RULE_KIND_ALLOW_CGROUP] = {
		.one = HAS(PATH) | HAS(FD) | HAS(CGROUP),
		.none = "an allow-cgroup rule needs one of path, fd, cgroup",
	},
};

static int check_inode_ask(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	if (ahv_asked(ask, AEGISHV_A_RULE_DEV) && !ahv_asked(ask, AEGISHV_A_RULE_INO))
		return ahv_refuse(r, -EINVAL, "dev: it needs ino");
	if (ahv_asked(ask, AEGISHV_A_RULE_INO) && ahv_asked(ask, AEGISHV_A_RULE_PATH))
		return ahv_refuse(r, -EINVAL, "ino: give it with fd or dev, not with path");
	if (ahv_asked(ask, AEGISHV_A_RULE_GEN) && !ahv_asked(ask, AEGISHV_A_RULE_INO))
		return ahv_refuse(r, -EINVAL, "gen: it needs ino");
	if (ahv_asked(ask, AEGISHV_A_RULE_INO) && !ask->ino)
		return ahv_refuse(r, -EINVAL, "ino: no file has the number 0");
	return 0;
}

static int check_path(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	const char *problem;

	if (!ahv_asked(ask, AEGISHV_A_RULE_PATH))
		return 0;
	problem = ahv_path_problem(ask->path, ask->path_len);
	return problem ? ahv_refuse(r, -EINVAL, problem) : 0;
}

static int check_ask(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	const u32 always = HAS(KIND) | HAS(FLAGS);
	u32 one;

	if (!ahv_asked(ask, AEGISHV_A_RULE_KIND))
		return ahv_refuse(r, -EINVAL, "kind: it is missing");
	one = ask->have & wanted[ask->kind].one;
	if (!one || one & (one - 1))
		return ahv_refuse(r, -EINVAL, wanted[ask->kind].none);
	if (ask->have & ~(always | wanted[ask->kind].one | wanted[ask->kind].may))
		return ahv_refuse(r, -EINVAL, "the rule has an attribute that its kind cannot have");
	if (ask->kind == AEGISHV_RULE_KIND_DENY_INODE && check_inode_ask(r, ask))
		return -EINVAL;
	return check_path(r, ask);
}

static int check_flags(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	if (ask->flags & ~AEGISHV_RULE_FLAG_PROTECT)
		return ahv_refuse(r, -EINVAL, "flags: only protect can be asked for");
	if (ask->flags && ask->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
		return ahv_refuse(r, -EINVAL, "flags: an allow-cgroup rule protects nothing");
	return 0;
}

/* ---- descriptors ---- */

static struct file *get_file_of(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	struct file *file = fget_raw(ask->fd);

	if (!file)
		ahv_refuse(r, -EBADF, "fd: the caller has no such descriptor");
	return file;
}

/* The path of a descriptor, as the caller would write it, in r->buf. */
static int path_of_file(struct ahv_resolver *r, struct file *file, struct ahv_rule_name *n)
{
	char *text;

	if (d_unlinked(file->f_path.dentry))
		return ahv_refuse(r, -ENOENT, "fd: the file has no name any more");
	text = d_path(&file->f_path, r->buf, sizeof(r->buf));
	if (IS_ERR(text))
		return ahv_refuse(r, PTR_ERR(text), "fd: its path is longer than 4095 bytes");
	if (*text != '/')
		return ahv_refuse(r, -ENOENT, "fd: the caller's root does not reach the file");
	n->text = text;
	n->text_len = strlen(text);
	return 0;
}

/* What the rule calls itself: a path, or nothing. */
static int text_of(struct ahv_resolver *r, const struct ahv_ask *ask,
		   struct ahv_rule_name *n)
{
	struct file *file;
	int err;

	if (ahv_asked(ask, AEGISHV_A_RULE_PATH)) {
		n->text = ask->path;
		n->text_len = ask->path_len;
		while (n->text_len > 1 && n->text[n->text_len - 1] == '/')
			n->text_len--;
		return 0;
	}
	if (!ahv_asked(ask, AEGISHV_A_RULE_FD) || ask->kind == AEGISHV_RULE_KIND_DENY_INODE)
		return 0;
	file = get_file_of(r, ask);
	if (!file)
		return -EBADF;
	err = path_of_file(r, file, n);
	fput(file);
	return err;
}

/* By path or descriptor; the caller puts it. */
static int get_path(struct ahv_resolver *r, const struct ahv_ask *ask,
		    const struct ahv_rule_name *n, struct path *path)
{
	struct file *file;

	if (ahv_asked(ask, AEGISHV_A_RULE_PATH))
		return ahv_resolve_path(r, n, path);
	file = get_file_of(r, ask);
	if (!file)
		return -EBADF;
	*path = file->f_path;
	path_get(path);
	fput(file);
	return 0;
}

/* ---- deny-inode ---- */

/* By number on a file system; false when that does not tell. */
static bool generation_of(const struct path *path, u64 ino, u32 *gen)
{
	struct fid fid = { .i32.ino = ino };
	struct dentry *dentry;
	struct inode *inode;
	bool found;

	inode = ilookup(path->dentry->d_sb, ino);
	if (inode) {
		*gen = inode->i_generation;
		iput(inode);
		return true;
	}
	if (ino > U32_MAX)
		return false;
	dentry = exportfs_decode_fh(path->mnt, &fid, 2, FILEID_INO32_GEN, NULL, NULL);
	if (IS_ERR_OR_NULL(dentry))
		return false;
	inode = d_inode(dentry);
	found = inode && inode->i_ino == ino;
	if (found)
		*gen = inode->i_generation;
	dput(dentry);
	return found;
}

static void fid_by_number(const struct ahv_ask *ask, const struct path *path,
			  struct ahv_rule_name *n)
{
	n->fid.ino = ask->ino;
	n->fid.dev = path ? path->dentry->d_sb->s_dev : new_decode_dev(ask->dev);
	n->fid.gen = ask->gen;
	if (ahv_asked(ask, AEGISHV_A_RULE_GEN) ||
	    (path && generation_of(path, ask->ino, &n->fid.gen)))
		return;
	n->flags |= AEGISHV_RULE_FLAG_ANY_GENERATION;
}

static int add_number(struct ahv_resolver *r, const struct ahv_rule_name *n)
{
	int rule = ahv_set_add(r->set, r->save, n);

	return rule < 0 ? rule : ahv_set_add_key(r->set, AHV_KEYS_INODE, rule, &n->fid);
}

static int add_inode(struct ahv_resolver *r, const struct ahv_ask *ask,
		     struct ahv_rule_name *n)
{
	struct path path;
	int rule, err;

	if (ahv_asked(ask, AEGISHV_A_RULE_DEV)) {
		fid_by_number(ask, NULL, n);
		return add_number(r, n);
	}
	err = get_path(r, ask, n, &path);
	if (err)
		return err;
	ahv_fid_of(&n->fid, d_backing_inode(path.dentry));
	if (ahv_asked(ask, AEGISHV_A_RULE_INO) && ask->ino != n->fid.ino) {
		fid_by_number(ask, &path, n);
		err = add_number(r, n);
	} else {
		if (ahv_asked(ask, AEGISHV_A_RULE_GEN))
			n->fid.gen = ask->gen;
		rule = ahv_set_add(r->set, r->save, n);
		err = rule < 0 ? rule : ahv_resolve_inode(r, rule, path.dentry);
	}
	path_put(&path);
	return err;
}

/* ---- deny-dir ---- */

static bool same_dir(const struct dentry *a, const struct path *b)
{
	return d_backing_inode(a) == d_backing_inode(b->dentry);
}

/* The caller's root, or the host's. */
static bool is_root(const struct dentry *dentry)
{
	struct task_struct *init = init_pid_ns.child_reaper;
	struct path root;
	bool same;

	get_fs_root(current->fs, &root);
	same = same_dir(dentry, &root);
	path_put(&root);
	task_lock(init);
	get_fs_root(init->fs, &root);
	task_unlock(init);
	same |= same_dir(dentry, &root);
	path_put(&root);
	return same;
}

static int add_dir(struct ahv_resolver *r, const struct ahv_ask *ask,
		   struct ahv_rule_name *n)
{
	struct path path;
	int rule, err;

	err = get_path(r, ask, n, &path);
	if (err)
		return err;
	if (!d_is_dir(path.dentry)) {
		err = ahv_refuse(r, -ENOTDIR, "it is no directory: make it a deny-path rule");
	} else if (is_root(path.dentry)) {
		err = ahv_refuse(r, -EPERM, "the root directory cannot be denied: nothing would run");
	} else {
		ahv_fid_of(&n->fid, d_backing_inode(path.dentry));
		rule = ahv_set_add(r->set, r->save, n);
		err = rule < 0 ? rule : ahv_set_add_key(r->set, AHV_KEYS_DIR, rule, &n->fid);
	}
	path_put(&path);
	return err;
}

/* ---- allow-cgroup ---- */

static int cgroup_by_path(struct ahv_resolver *r, const struct ahv_ask *ask,
			  struct ahv_rule_name *n)
{
	struct path path;
	int err = get_path(r, ask, n, &path);

	if (err)
		return err;
	if (path.dentry->d_sb->s_magic != CGROUP2_SUPER_MAGIC || !d_is_dir(path.dentry))
		err = ahv_refuse(r, -EINVAL, "it is no directory of cgroup v2");
	else	/* the number of the directory is the cgroup's id */
		n->fid.ino = d_backing_inode(path.dentry)->i_ino;
	path_put(&path);
	return err;
}

static int cgroup_by_id(struct ahv_resolver *r, u64 id)
{
	struct cgroup *cgrp = cgroup_get_from_id(id);

	if (IS_ERR(cgrp))
		return ahv_refuse(r, PTR_ERR(cgrp), "cgroup: there is no cgroup v2 with this id");
	cgroup_put(cgrp);
	return 0;
}

static int add_cgroup(struct ahv_resolver *r, const struct ahv_ask *ask,
		      struct ahv_rule_name *n)
{
	int rule, err;

	n->fid.ino = ask->cgroup;
	err = ahv_asked(ask, AEGISHV_A_RULE_CGROUP) ? cgroup_by_id(r, ask->cgroup) :
						      cgroup_by_path(r, ask, n);
	if (err)
		return err;
	if (n->fid.ino == cgroup_id(&cgrp_dfl_root.cgrp))
		return ahv_refuse(r, -EPERM,
				  "the root cgroup cannot be exempt: every process is below it");
	rule = ahv_set_add(r->set, r->save, n);
	return rule < 0 ? rule : ahv_set_add_key(r->set, AHV_KEYS_CGROUP, rule, &n->fid);
}

/* ---- all ---- */

static int add(struct ahv_resolver *r, const struct ahv_ask *ask, struct ahv_rule_name *n)
{
	switch (ask->kind) {
	case AEGISHV_RULE_KIND_DENY_PATH:
		return ahv_resolve_name(r, n);
	case AEGISHV_RULE_KIND_DENY_INODE:
		return add_inode(r, ask, n);
	case AEGISHV_RULE_KIND_DENY_DIR:
		return add_dir(r, ask, n);
	default:
		return add_cgroup(r, ask, n);
	}
}

int ahv_resolve_add(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	struct ahv_rule_name n = { .kind = ask->kind, .flags = ask->flags };
	int err;

	r->why = NULL;
	if (ahv_asked(ask, AEGISHV_A_RULE_ID) || ahv_asked(ask, AEGISHV_A_RULE_HITS))
		return ahv_refuse(r, -EINVAL, "id and hits are given by the kernel");
	err = check_ask(r, ask) ?: check_flags(r, ask) ?: text_of(r, ask, &n) ?:
	      add(r, ask, &n);
	if (err && !r->why)
		r->why = ahv_policy_why_mem(err);
	return err;
}

/* What tells the rule apart from others, as far as it was given. */
static int name_to_find(struct ahv_resolver *r, const struct ahv_ask *ask,
			struct ahv_rule_name *n)
{
	struct path path;
	int err = text_of(r, ask, n);

	if (err || n->text_len) {
		n->any_fid = true;
		return err;
	}
	n->fid.ino = ahv_asked(ask, AEGISHV_A_RULE_CGROUP) ? ask->cgroup : ask->ino;
	n->fid.dev = new_decode_dev(ask->dev);
	n->fid.gen = ask->gen;
	n->any_gen = !ahv_asked(ask, AEGISHV_A_RULE_GEN);
	if (!ahv_asked(ask, AEGISHV_A_RULE_FD))
		return 0;
	err = get_path(r, ask, n, &path);
	if (err)
		return err;
	n->fid.dev = path.dentry->d_sb->s_dev;
	if (!ahv_asked(ask, AEGISHV_A_RULE_INO)) {
		ahv_fid_of(&n->fid, d_backing_inode(path.dentry));
		n->any_gen = false;
	}
	path_put(&path);
	return 0;
}

static int del_by_id(struct ahv_resolver *r, u32 id)
{
	struct ahv_rule *rule = ahv_set_by_id(r->set, id);

	if (!rule)
		return ahv_refuse(r, -ENOENT, "there is no rule with this id");
	return ahv_set_del(r->set, r->save, rule);
}

static int del_by_name(struct ahv_resolver *r, const struct ahv_rule_name *n)
{
	struct ahv_rule *rule = NULL;
	bool found = false;
	int err;

	while ((rule = ahv_set_find(r->set, n, rule))) {
		if (rule->flags & AHV_RULE_DEAD)
			continue;
		err = ahv_set_del(r->set, r->save, rule);
		if (err)
			return err;
		found = true;
	}
	return found ? 0 : ahv_refuse(r, -ENOENT, "there is no such rule");
}

int ahv_resolve_del(struct ahv_resolver *r, const struct ahv_ask *ask)
{
	struct ahv_rule_name n = { .kind = ask->kind };
	int err;

	r->why = NULL;
	if (ahv_asked(ask, AEGISHV_A_RULE_ID))
		err = ask->have & ~(HAS(ID) | HAS(KIND)) ?
		      ahv_refuse(r, -EINVAL, "id: it names the rule, give nothing else") :
		      del_by_id(r, ask->id);
	else
		err = check_ask(r, ask) ?: name_to_find(r, ask, &n) ?: del_by_name(r, &n);
	if (err && !r->why)
		r->why = ahv_policy_why_mem(err);
	return err;
}
