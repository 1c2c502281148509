// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of names against opens: one process changes 200 times, another opens
 * without pause. One success is one too many.
 */
#include <linux/fs.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bypass.h"

#define CHANGES 200

static int replace_once(struct env *e, int i)
{
	int err = write_file(in(e, "new"), SECRET);

	(void)i;
	return err ?: result(rename(in(e, "new"), e->file));
}

static int rename_once(struct env *e, int i)
{
	return result(i % 2 ? rename(in(e, "away"), e->file) : rename(e->file, in(e, "away")));
}

static int recreate_once(struct env *e, int i)
{
	(void)i;
	if (unlink(e->file) && errno != ENOENT)
		return -errno;
	/* not by open(2): that would be refused */
	return result(link(in(e, "spare"), e->file));
}

static int exchange_once(struct env *e, int i)
{
	(void)i;
	return result(syscall(SYS_renameat2, AT_FDCWD, e->file, AT_FDCWD, in(e, "away"),
			      RENAME_EXCHANGE));
}

static pid_t start_changes(struct env *e, int (*change)(struct env *, int))
{
	pid_t pid = fork();
	int i, err = 0;

	if (pid)
		return pid;
	for (i = 0; i < CHANGES && !err; i++)
		err = change(e, i);
	_exit(-err);
}

/*
 * Opens both names until the changes are over, and once after that, when they are
 * as they shall be: 0 when one open succeeded.
 */
static int race(struct env *e, int (*change)(struct env *, int))
{
	bool opened = false, refused = false;
	pid_t pid = start_changes(e, change);
	int status, err;
	bool over;

	do {
		over = waitpid(pid, &status, WNOHANG);
		err = open_and_read(e->file);
		opened |= !err || err == -ENODATA;
		refused |= err == -EPERM;
		err = open_and_read(in(e, "away"));
		opened |= !err || err == -ENODATA;
		refused |= err == -EPERM;
	} while (!over);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return -(WIFEXITED(status) ? WEXITSTATUS(status) : ECHILD);
	return opened ? 0 : refused ? -EPERM : -ENOENT;
}

static int race_replace(struct env *e)
{
	return race(e, replace_once);
}

static int race_rename(struct env *e)
{
	return race(e, rename_once);
}

static int race_recreate(struct env *e)
{
	return race(e, recreate_once);
}

static int race_exchange(struct env *e)
{
	return race(e, exchange_once);
}

static int make_away(struct env *e)
{
	return write_file(in(e, "away"), SECRET);
}

static int make_spare(struct env *e)
{
	return write_file(in(e, "spare"), SECRET);
}

/* The file at "away" is innocent until it has had the name once. */
static int exchange_first(struct env *e)
{
	return exchange_once(e, 0) ?: race_exchange(e);
}

const struct way race_ways[] = {
	{ .name = "race-replace", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .attempt = race_replace },
	{ .name = "race-rename", .kinds = ALL, .blocked = ALL, .attempt = race_rename },
	{ .name = "race-recreate", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .prepare = make_spare, .attempt = race_recreate },
	{ .name = "race-exchange", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .prepare = make_away, .attempt = exchange_first },
	{ }
};
