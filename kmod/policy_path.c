// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a path leads to: the name in its directory, the symbolic links behind
 * it, each with the name it has, and the inode at the end. Looked up with the
 * caller's root, namespace and rights; a file system may let us wait.
 *
 * Process context; nothing is locked but the caller's own transaction.
 */
#include <linux/dcache.h>
#include <linux/delayed_call.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include "policy_int.h"

static const char *why_no_dir(int err)
{
	switch (err) {
	case -ENOENT:
		return "path: no such directory: the directory must be there, the file need not";
	case -ENOTDIR:
		return "path: what should be a directory is none";
	case -ELOOP:
		return "path: too many symbolic links";
	case -ENAMETOOLONG:
		return "path: a part of it is longer than the file system allows";
	case -EACCES:
	case -EPERM:
		return "path: access to the directory is denied";
	default:
		return "path: the directory cannot be looked up";
	}
}

static const char *why_no_file(int err)
{
	switch (err) {
	case -ENOENT:
		return "path: no such file or directory";
	case -ENOTDIR:
		return "path: what should be a directory is none";
	case -ELOOP:
		return "path: too many symbolic links";
	case -ENAMETOOLONG:
		return "path: a part of it is longer than the file system allows";
	case -EACCES:
	case -EPERM:
		return "path: access to the file is denied";
	default:
		return "path: the file cannot be looked up";
	}
}

/* r->dir from r->text; the same as before, most of the time. */
static int look_up_dir(struct ahv_resolver *r, u32 len)
{
	struct path path;
	int err;

	if (r->dir.dentry && r->dir_len == len && !memcmp(r->dir_text, r->text, len))
		return 0;
	if (r->dir.dentry)
		path_put(&r->dir);
	r->dir.dentry = NULL;
	memcpy(r->dir_text, r->text, len);
	r->dir_text[len] = 0;
	err = kern_path(r->dir_text, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (err)
		return ahv_refuse(r, err, why_no_dir(err));
	r->dir = path;
	r->dir_len = len;
	return 0;
}

/* The place of r->text: r->dir and a name in it, which r->text then ends with. */
static int find_place(struct ahv_resolver *r, struct ahv_name *name, const char **text)
{
	struct ahv_path_parts parts;
	int err;

	if (!ahv_path_split(r->text, strlen(r->text), &parts))
		return ahv_refuse(r, -EINVAL,
				  "path: it names no file: it ends in /, . or ..");
	if (parts.name_len > NAME_MAX)
		return ahv_refuse(r, -ENAMETOOLONG, why_no_dir(-ENAMETOOLONG));
	err = look_up_dir(r, parts.dir_len);
	if (err)
		return err;
	*name = (struct ahv_name){
		.len = parts.name_len,
		.fold = r->dir.dentry->d_flags & DCACHE_OP_COMPARE,
	};
	ahv_fid_of(&name->dir, d_backing_inode(r->dir.dentry));
	*text = r->text + parts.name;
	r->text[parts.name + parts.name_len] = 0;
	return 0;
}

/* A file that is mounted here has its name elsewhere. */
static int add_own_name(struct ahv_resolver *r, u32 rule, struct dentry *dentry)
{
	struct name_snapshot snap;
	struct ahv_name name = {};
	struct dentry *parent;
	int err = 0;

	parent = dget_parent(dentry);
	if (parent == dentry || parent == r->dir.dentry)
		goto out;
	take_dentry_name_snapshot(&snap, dentry);
	name.len = snap.name.len;
	name.fold = parent->d_flags & DCACHE_OP_COMPARE;
	ahv_fid_of(&name.dir, d_backing_inode(parent));
	err = ahv_set_add_name(r->set, rule, &name, snap.name.name);
	release_dentry_name_snapshot(&snap);
out:
	dput(parent);
	return err;
}

int ahv_resolve_inode(struct ahv_resolver *r, u32 rule, const struct dentry *dentry)
{
	const struct inode *inode = d_backing_inode(dentry), *real;
	struct ahv_fid fid;
	int err;

	ahv_fid_of(&fid, inode);
	err = ahv_set_add_key(r->set, AHV_KEYS_INODE, rule, &fid);
	real = d_real_inode(dentry);
	if (err || !real || real == inode)
		return err;
	ahv_fid_of(&fid, real);
	return ahv_set_add_key(r->set, AHV_KEYS_INODE, rule, &fid);
}

static int is_a_directory(struct ahv_resolver *r)
{
	return ahv_refuse(r, -EISDIR, "path: it is a directory: make it a deny-dir rule");
}

static int add_file(struct ahv_resolver *r, u32 rule, const struct path *path)
{
	if (d_is_dir(path->dentry))
		return is_a_directory(r);
	return ahv_resolve_inode(r, rule, path->dentry) ?:
	       add_own_name(r, rule, path->dentry);
}

/* r->text becomes the directory of the link and @link. */
static int put_relative(struct ahv_resolver *r, const char *link)
{
	const char *dir = d_path(&r->dir, r->buf, sizeof(r->buf));

	if (IS_ERR(dir))
		return ahv_refuse(r, PTR_ERR(dir), why_no_file(PTR_ERR(dir)));
	if (*dir != '/')
		return ahv_refuse(r, -ENOENT,
				  "path: a symbolic link leads from where the caller's root does not reach");
	if (snprintf(r->text, sizeof(r->text), "%s/%s", dir, link) >= sizeof(r->text))
		return ahv_refuse(r, -ENAMETOOLONG,
				  "path: a symbolic link leads to more than 4095 bytes");
	return 0;
}

/* r->text becomes where a symbolic link leads. */
static int follow_link(struct ahv_resolver *r, struct dentry *link)
{
	DEFINE_DELAYED_CALL(done);
	const char *to = vfs_get_link(link, &done);
	int err = 0;

	if (IS_ERR(to))
		return ahv_refuse(r, PTR_ERR(to), "path: a symbolic link cannot be read");
	if (*to != '/')
		err = put_relative(r, to);
	else if (strscpy(r->text, to, sizeof(r->text)) < 0)
		err = ahv_refuse(r, -ENAMETOOLONG,
				 "path: a symbolic link leads to more than 4095 bytes");
	do_delayed_call(&done);
	return err;
}

/* Links of procfs lead to a file, not to a path. */
static int add_magic(struct ahv_resolver *r, u32 rule)
{
	struct path path;
	int err = kern_path(r->text, LOOKUP_FOLLOW, &path);

	if (err)
		return ahv_refuse(r, err, why_no_file(err));
	err = add_file(r, rule, &path);
	path_put(&path);
	return err;
}

/* What has the name in r->dir: 1 when it was a link, and r->text is where that leads. */
static int add_target(struct ahv_resolver *r, u32 rule, const char *name, bool *bound)
{
	struct path path;
	int err = vfs_path_lookup(r->dir.dentry, r->dir.mnt, name, 0, &path);

	if (err == -ENOENT)
		return 0;
	if (err)
		return ahv_refuse(r, err, why_no_file(err));
	*bound = true;
	if (!d_is_symlink(path.dentry))
		err = add_file(r, rule, &path);
	else if (d_inode(path.dentry)->i_op->readlink)
		err = add_magic(r, rule);
	else
		err = follow_link(r, path.dentry) ?: 1;
	path_put(&path);
	return err;
}

static int follow(struct ahv_resolver *r, u32 rule, struct ahv_name *name, const char *text)
{
	bool bound = false;
	u8 flags;
	int i, err;

	for (i = 0; i < MAXSYMLINKS; i++) {
		err = ahv_set_add_name(r->set, rule, name, text);
		if (err)
			return err;
		bound = false;
		err = add_target(r, rule, text, &bound);
		if (err < 0)
			return err;
		if (!err)
			break;
		err = find_place(r, name, &text);
		if (err == -EINVAL)
			return is_a_directory(r);
		if (err)
			return err;
	}
	if (i == MAXSYMLINKS)
		return ahv_refuse(r, -ELOOP, why_no_file(-ELOOP));
	flags = ahv_rules(r->set)[rule].flags & ~AEGISHV_RULE_FLAG_UNBOUND;
	return ahv_set_flags(r->set, r->save, rule,
			     flags | (bound ? 0 : AEGISHV_RULE_FLAG_UNBOUND));
}

int ahv_resolve_name(struct ahv_resolver *r, struct ahv_rule_name *n)
{
	struct ahv_name name;
	const char *text;
	int rule, err;

	memcpy(r->text, n->text, n->text_len);
	r->text[n->text_len] = 0;
	err = find_place(r, &name, &text);
	if (err)
		return err;
	n->fid = name.dir;
	rule = ahv_set_add(r->set, r->save, n);
	return rule < 0 ? rule : follow(r, rule, &name, text);
}

int ahv_resolve_path(struct ahv_resolver *r, const struct ahv_rule_name *n,
		     struct path *path)
{
	int err;

	memcpy(r->text, n->text, n->text_len);
	r->text[n->text_len] = 0;
	err = kern_path(r->text, LOOKUP_FOLLOW, path);
	return err ? ahv_refuse(r, err, why_no_file(err)) : 0;
}
