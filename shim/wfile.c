// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files are replaced by rename(2), so that a reader sees the old one or the new
 * one, and so does whoever comes after a power cut. No state.
 */
#include "wfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "args.h"
#include "cmd.h"
#include "log.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
	return 0;
}

int wfile_stage(struct wfile *w, const char *path, const char *text, size_t len)
{
	int fd, err;

	if ((size_t)snprintf(w->path, sizeof(w->path), "%s", path) >= sizeof(w->path))
		return -ENAMETOOLONG;
	snprintf(w->tmp, sizeof(w->tmp), "%s.XXXXXX", path);
	fd = mkostemp(w->tmp, O_CLOEXEC);
	if (fd < 0) {
		err = -errno;
		w->tmp[0] = '\0';
		return err;
	}
	err = write_all(fd, text, len);
	if (!err && fchmod(fd, w->mode))
		err = -errno;
	if (!err && fsync(fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (err)
		wfile_abort(w);
	return err;
}

int wfile_publish(struct wfile *w)
{
	int err = rename(w->tmp, w->path) ? -errno : 0;

	if (err)
		wfile_abort(w);
	w->tmp[0] = '\0';
	return err;
}

void wfile_abort(struct wfile *w)
{
	if (w->tmp[0])
		unlink(w->tmp);
	w->tmp[0] = '\0';
}

int wfile_sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

int wfile_replace(const char *path, const char *text, size_t len)
{
	struct wfile w = { .mode = 0644 };
	int err;

	if (!path || !strcmp(path, "-")) {
		fwrite(text, 1, len, stdout);
		return cmd_finish();
	}
	err = wfile_stage(&w, path, text, len);
	if (!err)
		err = wfile_publish(&w);
	if (!err)
		return EXIT_OK;
	log_error("%s: %s", path, strerror(-err));
	return EXIT_FAIL;
}

static int read_stream(FILE *f, size_t max, size_t *len, char **text)
{
	size_t size = 65536, n;
	char *more;

	do {
		if (*len + 1 >= size || !*text) {
			size *= 2;
			more = realloc(*text, size);
			if (!more)
				return -ENOMEM;
			*text = more;
		}
		n = fread(*text + *len, 1, size - *len - 1, f);
		*len += n;
		if (*len > max)
			return -EFBIG;
	} while (n);
	(*text)[*len] = '\0';
	return ferror(f) ? -EIO : 0;
}

int wfile_read(const char *path, size_t max, size_t *len, char **text)
{
	bool in = !strcmp(path, "-");
	FILE *f = in ? stdin : fopen(path, "re");
	int err;

	*len = 0;
	*text = NULL;
	if (!f)
		return -errno;
	errno = 0;
	err = read_stream(f, max, len, text);
	if (err == -EIO && errno)
		err = -errno;
	if (!in)
		fclose(f);
	if (err) {
		free(*text);
		*text = NULL;
	}
	return err;
}
