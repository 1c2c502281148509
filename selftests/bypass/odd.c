// SPDX-License-Identifier: GPL-2.0-only
/* Names that are hard to write down, and paths that are hard to name. */
#include "bypass.h"

#define LONG_NAME "0123456789012345678901234567890123456789012345678901234567890123" \
		  "0123456789012345678901234567890123456789012345678901234567890123" \
		  "0123456789012345678901234567890123456789012345678901234567890123" \
		  "012345678901234567890123456789012345678901234567890123456789012"

static int by_name(struct env *e)
{
	return open_and_read(e->file);
}

/* Directories until the path has PATH_MAX bytes with its NUL. */
static int make_longest(struct env *e)
{
	size_t len = strlen(e->dir), left;

	while ((left = PATH_MAX - 1 - len) > 1) {
		/* neither 0 nor 1 byte may be left over */
		size_t n = left - 1 > 250 ? (left - 252 < 2 ? 200 : 250) : left - 1;

		snprintf(e->file, sizeof(e->file), "%s/%.*s", e->dir, (int)n, LONG_NAME);
		if (n == left - 1)
			return write_file(e->file, SECRET);
		if (mkdir(e->file, 0755) && errno != EEXIST)
			return -errno;
		memcpy(e->dir, e->file, len + n + 2);
		len += n + 1;
	}
	return -ENAMETOOLONG;
}

/* Below a directory with such a path, only relative paths lead on. */
static int beyond_longest(struct env *e)
{
	int fd = open(e->dir, O_PATH | O_DIRECTORY), sub;

	if (fd < 0 || mkdirat(fd, LONG_NAME, 0755))
		return -errno;
	sub = openat(fd, LONG_NAME, O_PATH | O_DIRECTORY);
	if (sub < 0 || renameat(AT_FDCWD, e->file, sub, LONG_NAME))
		return -errno;
	return open_at_and_read(sub, LONG_NAME);
}

/* The file is not where the rule can be written down at all. */
static int recreate_beyond(struct env *e)
{
	int fd = open(e->dir, O_PATH | O_DIRECTORY), file, err;

	if (fd < 0 || unlinkat(fd, strrchr(e->file, '/') + 1, 0))
		return -errno;
	file = openat(fd, strrchr(e->file, '/') + 1, O_RDWR | O_CREAT, 0644);
	if (file < 0)
		return -errno;
	err = result(write(file, SECRET, sizeof(SECRET) - 1));
	return err ?: read_secret(file);
}

const struct way odd_ways[] = {
	{ .name = "name-255-bytes", .kinds = ALL, .blocked = ALL,
	  .leaf = LONG_NAME, .attempt = by_name },
	{ .name = "name-newline", .kinds = ALL, .blocked = ALL,
	  .leaf = "two\nlines", .attempt = by_name },
	{ .name = "name-not-utf8", .kinds = ALL, .blocked = ALL,
	  .leaf = "\xff\xfe\x80\xc0", .attempt = by_name },
	{ .name = "name-quotes", .kinds = ALL, .blocked = ALL,
	  .leaf = "\"\\ \t\x01'$(x)*?[", .attempt = by_name },
	{ .name = "path-max", .kinds = ALL, .blocked = ALL,
	  .make = make_longest, .attempt = by_name },
	{ .name = "path-max-moved-beyond", .kinds = ALL, .blocked = ALL,
	  .make = make_longest, .attempt = beyond_longest },
	{ .name = "path-max-recreated", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .make = make_longest, .attempt = recreate_beyond },
	{ }
};
