// SPDX-License-Identifier: GPL-2.0-only
/* Other names for the file, and what becomes of it when names change. */
#include <linux/fs.h>
#include <sys/syscall.h>

#include "bypass.h"

static int plain(struct env *e)
{
	return open_and_read(e->file);
}

static int symlink_file(struct env *e)
{
	if (symlink(e->file, in(e, "link")))
		return -errno;
	return open_and_read(in(e, "link"));
}

static int symlink_chain(struct env *e)
{
	if (symlink(e->file, in(e, "one")) || symlink("one", in(e, "two")) ||
	    symlink(in(e, "two"), in(e, "three")))
		return -errno;
	return open_and_read(in(e, "three"));
}

static int symlink_directory(struct env *e)
{
	if (symlink(e->dir, in(e, "link")))
		return -errno;
	return open_and_read(in(e, "link/secret"));
}

static int hardlink_later(struct env *e)
{
	if (link(e->file, in(e, "alias")))
		return -errno;
	return open_and_read(in(e, "alias"));
}

static int make_alias(struct env *e)
{
	return result(link(e->file, in(e, "alias")));
}

static int open_alias(struct env *e)
{
	return open_and_read(in(e, "alias"));
}

static int rename_away(struct env *e)
{
	if (rename(e->file, in(e, "moved")))
		return -errno;
	return open_and_read(in(e, "moved"));
}

/* Away, and once more: the mark must go along. */
static int rename_twice(struct env *e)
{
	if (rename(e->file, in(e, "moved")) || rename(in(e, "moved"), in(e, "again")))
		return -errno;
	return open_and_read(in(e, "again"));
}

static int rename_in_dir(struct env *e)
{
	if (rename(e->file, in(e, "d/other")))
		return -errno;
	return open_and_read(in(e, "d/other"));
}

static int rename_ancestor(struct env *e)
{
	if (rename(e->dir, in(e, "elsewhere")))
		return -errno;
	return open_and_read(in(e, "elsewhere/secret"));
}

/* The name is where the directory is, wherever that went. */
static int recreate_after_ancestor(struct env *e)
{
	int err;

	if (rename(e->dir, in(e, "elsewhere")) || unlink(in(e, "elsewhere/secret")))
		return -errno;
	err = write_file(in(e, "elsewhere/secret"), SECRET);
	return err ?: open_and_read(in(e, "elsewhere/secret"));
}

static int make_other(struct env *e)
{
	return write_file(in(e, "other"), SECRET);
}

static int exchange(struct env *e)
{
	return result(syscall(SYS_renameat2, AT_FDCWD, e->file, AT_FDCWD, in(e, "other"),
			      RENAME_EXCHANGE));
}

static int exchange_away(struct env *e)
{
	return exchange(e) ?: open_and_read(in(e, "other"));
}

static int exchange_into(struct env *e)
{
	return exchange(e) ?: open_and_read(e->file);
}

static int atomic_replace(struct env *e)
{
	if (rename(in(e, "other"), e->file))
		return -errno;
	return open_and_read(e->file);
}

/* The new file keeps the rule when it leaves the name again. */
static int through_the_name(struct env *e)
{
	if (rename(in(e, "other"), e->file) || rename(e->file, in(e, "free")))
		return -errno;
	return open_and_read(in(e, "free"));
}

static int link_into_name(struct env *e)
{
	if (unlink(e->file) || link(in(e, "other"), e->file))
		return -errno;
	return open_and_read(in(e, "other"));
}

static int recreate(struct env *e)
{
	int err;

	if (unlink(e->file))
		return -errno;
	err = write_file(e->file, SECRET);
	return err ?: open_and_read(e->file);
}

/* An innocent file that took the number of one that was denied and deleted. */
static int inode_reused(struct env *e)
{
	struct stat old, new;
	int i, err;

	if (stat(e->file, &old) || unlink(e->file))
		return -errno;
	for (i = 0; i < 64; i++) {
		char name[24];

		sprintf(name, "d/new%d", i);
		err = write_file(in(e, name), SECRET);
		if (err || stat(in(e, name), &new))
			return err ?: -errno;
		if (new.st_ino == old.st_ino)
			return open_and_read(in(e, name));
	}
	return skip("this file system did not use the inode number again");
}

static int make_subdirectory(struct env *e)
{
	if (mkdir(in(e, "d/sub"), 0755))
		return -errno;
	return write_file(in(e, "d/sub/secret"), SECRET);
}

static int move_directory_out(struct env *e)
{
	if (rename(in(e, "d/sub"), in(e, "out")))
		return -errno;
	return open_and_read(in(e, "out/secret"));
}

static int create_in_moved_directory(struct env *e)
{
	int err;

	if (rename(in(e, "d/sub"), in(e, "out")))
		return -errno;
	err = write_file(in(e, "out/new"), SECRET);
	return err ?: open_and_read(in(e, "out/new"));
}

static int below_deny_dir(struct env *e)
{
	return open_and_read(in(e, "d/sub/secret"));
}

static int drop_caches(struct env *e)
{
	int err;

	sync();
	err = write_file("/proc/sys/vm/drop_caches", "3");
	return err ?: open_and_read(e->file);
}

const struct way name_ways[] = {
	{ .name = "plain", .kinds = ALL | GUARD | ACCESS, .blocked = ALL | GUARD | ACCESS, .attempt = plain },
	{ .name = "symlink", .kinds = ALL, .blocked = ALL, .attempt = symlink_file },
	{ .name = "symlink-chain", .kinds = ALL, .blocked = ALL, .attempt = symlink_chain },
	{ .name = "symlink-directory", .kinds = ALL, .blocked = ALL, .attempt = symlink_directory },
	{ .name = "hardlink-after", .kinds = ALL, .blocked = ALL, .attempt = hardlink_later },
	{ .name = "hardlink-before", .kinds = ALL, .blocked = FILES,
	  .prepare = make_alias, .attempt = open_alias },
	{ .name = "rename-away", .kinds = ALL, .blocked = ALL, .attempt = rename_away },
	{ .name = "rename-twice", .kinds = ALL, .blocked = ALL, .attempt = rename_twice },
	{ .name = "rename-within", .kinds = ALL, .blocked = ALL, .attempt = rename_in_dir },
	{ .name = "rename-ancestor", .kinds = ALL, .blocked = ALL, .attempt = rename_ancestor },
	{ .name = "recreate-below-renamed-ancestor", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .attempt = recreate_after_ancestor },
	{ .name = "exchange-away", .kinds = ALL, .blocked = ALL,
	  .prepare = make_other, .attempt = exchange_away },
	{ .name = "exchange-into", .kinds = ALL, .blocked = PATH | DIR_,
	  .prepare = make_other, .attempt = exchange_into },
	{ .name = "atomic-replace", .kinds = ALL, .blocked = PATH | DIR_,
	  .prepare = make_other, .attempt = atomic_replace },
	{ .name = "through-the-name", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .prepare = make_other, .attempt = through_the_name },
	{ .name = "link-into-the-name", .kinds = PATH, .blocked = PATH,
	  .prepare = make_other, .attempt = link_into_name },
	{ .name = "recreate", .kinds = ALL, .blocked = PATH | DIR_, .attempt = recreate },
	{ .name = "inode-number-reused", .kinds = INODE, .blocked = 0, .attempt = inode_reused },
	{ .name = "below-deny-dir", .kinds = DIR_, .blocked = DIR_,
	  .prepare = make_subdirectory, .attempt = below_deny_dir },
	{ .name = "move-directory-out", .kinds = DIR_, .blocked = DIR_,
	  .prepare = make_subdirectory, .attempt = move_directory_out },
	{ .name = "create-in-moved-directory", .kinds = DIR_, .blocked = DIR_,
	  .prepare = make_subdirectory, .attempt = create_in_moved_directory },
	{ .name = "drop-caches", .kinds = ALL, .blocked = ALL, .attempt = drop_caches },
	{ }
};
