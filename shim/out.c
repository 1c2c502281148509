// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output of lines. The buffer starts with the line that is being written:
 * bytes before @partial of it are in the file already, and stay here until the
 * whole line is, so that it can be written anew elsewhere. Stats are written by
 * one thread and read by any.
 */
#include "out.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "jsonl.h"
#include "log.h"
#include "metrics.h"

#define RETRY_NS	100000000ULL

struct out {
	char *path;
	enum out_mode mode;
	int fd;
	bool may_block;		/* write() could wait: small pieces after poll() */
	bool regular;
	char *buf;
	size_t len;		/* bytes in buf */
	size_t partial;		/* of them, bytes of the first line already written */
	uint64_t retry_ns;	/* no write before, after an error */
	uint64_t pending_loss;	/* dropped lines that no line in buf tells */
	int err;
	struct out_stats stats;
	struct log_limit said;
	struct log_limit said_drop;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static bool is_stdout(const struct out *o)
{
	return !strcmp(o->path, "-");
}

/*
 * Standard output is shared with whoever started us, so O_NONBLOCK on it would
 * change their file too: open it anew where it can be (pipes, terminals).
 */
static int open_stdout(bool nonblock)
{
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY;
	struct stat st;
	int fd = -1;

	if (fstat(STDOUT_FILENO, &st))
		return -1;
	if (nonblock && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)))
		fd = open("/proc/self/fd/1", flags | O_NONBLOCK);
	return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int open_fd(const char *path, enum out_mode mode)
{
	int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY;

	if (!strcmp(path, "-"))
		return open_stdout(mode == OUT_LIVE);
	return open(path, flags | (mode == OUT_LIVE ? O_NONBLOCK : 0), 0640);
}

/* A writer that died in the middle of a line left one without its end. */
static void end_last_line(struct out *o, off_t size)
{
	char path[PATH_MAX];
	char last;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", o->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (pread(fd, &last, 1, size - 1) == 1 && last != '\n' && o->len < OUT_BUFFER) {
		memmove(o->buf + 1, o->buf, o->len++);
		o->buf[0] = '\n';
	}
	close(fd);
}

static void inspect(struct out *o)
{
	struct stat st;

	o->regular = false;
	o->may_block = !(fcntl(o->fd, F_GETFL) & O_NONBLOCK);
	if (fstat(o->fd, &st))
		return;
	o->regular = S_ISREG(st.st_mode);
	if (o->regular) {
		o->may_block = false;
		if (st.st_size)
			end_last_line(o, st.st_size);
	}
}

static struct out *make(const char *path, enum out_mode mode, int fd)
{
	struct out *o = calloc(1, sizeof(*o));
	int err = ENOMEM;

	if (!o)
		return NULL;
	o->mode = mode;
	o->path = strdup(path);
	o->buf = malloc(OUT_BUFFER + JSONL_LINE_MAX);
	o->fd = -1;
	if (o->path && o->buf) {
		o->fd = fd >= 0 ? fd : open_fd(path, mode);
		err = errno;
	}
	if (o->fd < 0) {
		free(o->path);
		free(o->buf);
		free(o);
		errno = err;
		return NULL;
	}
	inspect(o);
	return o;
}

struct out *out_open(const char *path, enum out_mode mode)
{
	return make(path, mode, -1);
}

struct out *out_take(int fd, const char *name)
{
	struct out *o = make(name, OUT_LIVE, fd);

	if (!o)
		close(fd);
	return o;
}

static void failed(struct out *o, int err)
{
	unsigned long long unsaid;

	o->err = -err;
	if (err == EAGAIN && o->mode == OUT_LIVE) {
		o->retry_ns = now_ns() + RETRY_NS / 10;
		return;
	}
	count_add(&o->stats.errors, 1);
	o->retry_ns = now_ns() + RETRY_NS;
	if (o->mode == OUT_WAIT || !log_allowed(&o->said, &unsaid))
		return;
	log_warn("%s: %s; events wait here (%u KiB at most), then they are dropped and counted; trying again%s",
		 is_stdout(o) ? "standard output" : o->path, strerror(err), OUT_BUFFER >> 10,
		 unsaid ? " (said once in a minute)" : "");
}

/* Wait until the file takes something: 1 it does, 0 not now. */
static int ready(struct out *o)
{
	struct pollfd pfd = { .fd = o->fd, .events = POLLOUT };
	int n = poll(&pfd, 1, o->mode == OUT_WAIT ? 1000 : 0);

	return n > 0 || (n < 0 && errno != EINTR);
}

static ssize_t write_some(struct out *o, const char *p, size_t n)
{
	if (o->may_block && o->mode == OUT_LIVE) {
		if (!ready(o)) {
			errno = EAGAIN;
			return -1;
		}
		if (n > PIPE_BUF)
			n = PIPE_BUF;
	}
	return write(o->fd, p, n);
}

/* @upto bytes of buf are in the file: forget whole lines, remember a part. */
static void wrote(struct out *o, size_t upto)
{
	char *nl = upto ? memrchr(o->buf, '\n', upto) : NULL;
	size_t whole = nl ? (size_t)(nl - o->buf) + 1 : 0;

	o->partial = upto - whole;
	o->len -= whole;
	memmove(o->buf, o->buf + whole, o->len);
}

static void note_recovery(struct out *o)
{
	if (o->err && o->err != -EAGAIN && o->mode == OUT_LIVE)
		log_info("%s: writing again", is_stdout(o) ? "standard output" : o->path);
	o->err = 0;
	o->retry_ns = 0;
}

/* The buffer has room again: tell how many lines did not fit. */
static void tell_loss(struct out *o)
{
	if (!o->pending_loss || o->len > OUT_BUFFER / 2)
		return;
	o->len += jsonl_loss(o->buf + o->len, JSONL_LOSS_OUTPUT, -1, o->pending_loss);
	o->pending_loss = 0;
}

static int write_all(struct out *o)
{
	size_t done = o->partial;
	int err = 0;

	while (done < o->len) {
		ssize_t n = write_some(o, o->buf + done, o->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN && o->mode == OUT_WAIT) {
			ready(o);
			continue;
		}
		if (n < 0) {
			err = errno;
			break;
		}
		done += n;
		count_add(&o->stats.bytes, n);
	}
	wrote(o, done);
	if (err)
		failed(o, err);
	else
		note_recovery(o);
	return -err;
}

int out_flush(struct out *o)
{
	int err;

	if (o->retry_ns && now_ns() < o->retry_ns)
		return -EAGAIN;
	tell_loss(o);
	if (o->len == o->partial)
		return 0;
	err = write_all(o);
	if (!err && o->pending_loss) {
		tell_loss(o);
		err = write_all(o);
	}
	return err;
}

static void drop_line(struct out *o)
{
	unsigned long long unsaid;

	count_add(&o->stats.dropped, 1);
	o->pending_loss++;
	if (log_allowed(&o->said_drop, &unsaid))
		log_warn("%s: takes no more lines (%s); dropping and counting them",
			 is_stdout(o) ? "standard output" : o->path,
			 o->err == -EAGAIN ? "its reader does not read" : strerror(-o->err));
}

char *out_reserve(struct out *o, size_t max)
{
	if (o->len + max > OUT_WRITE)
		out_flush(o);
	if (o->len + max > OUT_BUFFER || o->pending_loss) {
		drop_line(o);
		return NULL;
	}
	return o->buf + o->len;
}

void out_commit(struct out *o, size_t len)
{
	o->len += len;
	if (len)
		count_add(&o->stats.lines, 1);
}

/* The old file must not end in the middle of a line that starts the new one. */
static void take_back_partial(struct out *o)
{
	struct stat st;

	if (o->partial && o->regular && !fstat(o->fd, &st) &&
	    (uint64_t)st.st_size >= o->partial &&
	    !ftruncate(o->fd, st.st_size - o->partial))
		o->partial = 0;
}

int out_reopen(struct out *o)
{
	int fd;

	if (is_stdout(o))
		return 0;
	o->retry_ns = 0;
	out_flush(o);
	fd = open_fd(o->path, o->mode);
	if (fd < 0)
		return -errno;
	take_back_partial(o);
	close(o->fd);
	o->fd = fd;
	o->partial = 0;
	o->err = 0;
	o->retry_ns = 0;
	inspect(o);
	out_flush(o);
	return 0;
}

int out_error(const struct out *o)
{
	return o->err;
}

void out_stats(const struct out *o, struct out_stats *stats)
{
	stats->lines = count_read(&o->stats.lines);
	stats->dropped = count_read(&o->stats.dropped);
	stats->errors = count_read(&o->stats.errors);
	stats->bytes = count_read(&o->stats.bytes);
}

static uint64_t count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', end - p))) {
		lines++;
		p++;
	}
	return lines;
}

int out_close(struct out *o)
{
	uint64_t left;
	int err = 0;

	if (!o)
		return 0;
	o->retry_ns = 0;
	out_flush(o);
	left = count_lines(o->buf, o->len);
	take_back_partial(o);
	if (left || o->stats.dropped)
		err = o->err ? o->err : -EIO;
	if (left)
		log_error("%s: %llu lines could not be written at the end: %s",
			  is_stdout(o) ? "standard output" : o->path,
			  (unsigned long long)left, strerror(-err));
	if (o->stats.dropped)
		log_error("%s: %llu lines were dropped while nothing could be written",
			  is_stdout(o) ? "standard output" : o->path,
			  (unsigned long long)o->stats.dropped);
	if (close(o->fd) && !err)
		err = -errno;
	free(o->path);
	free(o->buf);
	free(o);
	return err;
}
