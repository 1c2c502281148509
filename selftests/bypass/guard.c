// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changing what the rule is about: its name, its attributes. Only rules with
 * `protect` refuse that; the others follow the file, or keep to the name.
 */
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>

#include "bypass.h"

static int do_unlink(struct env *e)
{
	return result(unlink(e->file));
}

static int do_rename(struct env *e)
{
	return result(rename(e->file, in(e, "moved")));
}

static int do_rename_over(struct env *e)
{
	int err = write_file(in(e, "other"), "other");

	return err ?: result(rename(in(e, "other"), e->file));
}

static int do_exchange(struct env *e)
{
	int err = write_file(in(e, "other"), "other");

	return err ?: result(syscall(SYS_renameat2, AT_FDCWD, in(e, "other"), AT_FDCWD, e->file,
				     RENAME_EXCHANGE));
}

static int do_link(struct env *e)
{
	return result(link(e->file, in(e, "alias")));
}

static int do_chmod(struct env *e)
{
	return result(chmod(e->file, 0777));
}

static int do_chown(struct env *e)
{
	return result(chown(e->file, 1, 1));
}

static int do_utimes(struct env *e)
{
	return result(utimes(e->file, NULL));
}

static int do_setxattr(struct env *e)
{
	return result(setxattr(e->file, "security.test", "x", 1, 0));
}

static int give_xattr(struct env *e)
{
	return do_setxattr(e);
}

static int do_removexattr(struct env *e)
{
	return result(removexattr(e->file, "security.test"));
}

static int open_before(struct env *e)
{
	e->fd = open(e->file, O_RDWR);
	return result(e->fd);
}

static int do_fchmod(struct env *e)
{
	return result(fchmod(e->fd, 0777));
}

static int do_fsetxattr(struct env *e)
{
	return result(fsetxattr(e->fd, "security.test", "x", 1, 0));
}

/* Without protect all of these are allowed, and say nothing of the contents. */
#define GUARDED(name_, fn) \
	{ .name = name_, .kinds = PATH | GUARD, .blocked = GUARD, .attempt = fn }

const struct way guard_ways[] = {
	GUARDED("unlink", do_unlink),
	GUARDED("rename", do_rename),
	GUARDED("rename-over", do_rename_over),
	GUARDED("exchange", do_exchange),
	GUARDED("link", do_link),
	GUARDED("chmod", do_chmod),
	GUARDED("chown", do_chown),
	GUARDED("utimes", do_utimes),
	GUARDED("setxattr", do_setxattr),
	{ .name = "removexattr", .kinds = PATH | GUARD, .blocked = GUARD,
	  .prepare = give_xattr, .attempt = do_removexattr },
	{ .name = "fchmod", .kinds = PATH | GUARD, .blocked = GUARD,
	  .prepare = open_before, .attempt = do_fchmod },
	{ .name = "fsetxattr", .kinds = PATH | GUARD, .blocked = GUARD,
	  .prepare = open_before, .attempt = do_fsetxattr },
	{ }
};
