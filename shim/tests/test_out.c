// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output that takes everything, nothing, or a part: no torn line, no wait, and
 * every line that is missing is counted and told.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cm.h"
#include "jsonl.h"
#include "log.h"
#include "out.h"

static char dir[64], path[96];

static int setup(void **state)
{
	log_set_level("error");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/aegishv-out-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/events.jsonl", dir);
	return 0;
}

static int teardown(void **state)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -r '%s'", dir);
	return system(cmd);
}

/* Lines are numbered, so that a missing or torn one shows. */
static void put_lines(struct out *o, unsigned int from, unsigned int n)
{
	unsigned int i;

	for (i = from; i < from + n; i++) {
		char *p = out_reserve(o, JSONL_LINE_MAX);

		if (p)
			out_commit(o, sprintf(p, "{\"n\":%u,\"pad\":\"%0100u\"}\n", i, i));
	}
}

struct found {
	unsigned int lines;
	unsigned long long lost;
	unsigned int torn;
};

static struct found check(const char *file)
{
	struct found f = { 0 };
	FILE *in = fopen(file, "r");
	char *line = NULL;
	size_t size = 0;
	unsigned long long n;
	unsigned int i, j;

	assert_non_null(in);
	while (getline(&line, &size, in) > 0) {
		if (sscanf(line, "{\"n\":%u,\"pad\":\"%u\"}", &i, &j) == 2 && i == j &&
		    strchr(line, '\n'))
			f.lines++;
		else if (sscanf(line, "{\"type\":\"lost\",\"source\":\"output\",\"count\":%llu}", &n) == 1)
			f.lost += n;
		else
			f.torn++;
	}
	free(line);
	fclose(in);
	return f;
}

static void appends(void **state)
{
	struct out *o = out_open(path, OUT_LIVE);

	put_lines(o, 0, 5000);
	assert_int_equal(out_close(o), 0);
	o = out_open(path, OUT_LIVE);
	put_lines(o, 5000, 10);
	assert_int_equal(out_close(o), 0);
	assert_int_equal(check(path).lines, 5010);
	assert_int_equal(check(path).torn, 0);
}

static void ends_a_torn_line_of_a_predecessor(void **state)
{
	FILE *f = fopen(path, "w");
	struct out *o;

	fputs("{\"n\":1,\"pa", f);
	fclose(f);
	o = out_open(path, OUT_LIVE);
	put_lines(o, 0, 3);
	out_close(o);
	assert_int_equal(check(path).lines, 3);
	assert_int_equal(check(path).torn, 1);
}

static void full_device(void **state)
{
	struct out *o = out_open("/dev/full", OUT_LIVE);
	struct out_stats st;

	if (!o)
		skip();
	put_lines(o, 0, 20000);
	out_stats(o, &st);
	assert_true(st.errors > 0);
	assert_true(st.dropped > 0);
	assert_int_equal(st.lines + st.dropped, 20000);
	assert_int_equal(out_error(o), -ENOSPC);
	assert_int_equal(out_close(o), -ENOSPC);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit rl;

	getrlimit(RLIMIT_FSIZE, &rl);
	rl.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &rl), 0);
}

/* A limit in the middle of a line, as a disk that is full there. */
static void resumes_after_full_disk(void **state)
{
	struct out *o = out_open(path, OUT_LIVE);
	struct out_stats st;
	struct found f;

	set_file_limit(100 * 1000 + 17);
	put_lines(o, 0, 20000);
	out_flush(o);
	assert_int_equal(out_error(o), -EFBIG);
	set_file_limit(RLIM_INFINITY);
	while (out_flush(o))
		usleep(1000);
	put_lines(o, 20000, 100);
	out_stats(o, &st);
	assert_int_equal(out_close(o), -EIO);	/* lines are missing, and it says so */
	f = check(path);
	assert_int_equal(f.torn, 0);
	assert_int_equal(f.lines, st.lines);
	assert_int_equal(f.lost, st.dropped);
	assert_int_equal(f.lines + f.lost, 20100);
}

/* The old file keeps no half line, and the new one starts with the whole one. */
static void rotates_in_the_middle_of_a_line(void **state)
{
	struct out *o = out_open(path, OUT_LIVE);
	char old[128];
	struct found a, b;

	set_file_limit(50 * 1000 + 17);
	put_lines(o, 0, 1000);
	out_flush(o);
	set_file_limit(RLIM_INFINITY);
	snprintf(old, sizeof(old), "%s.1", path);
	/* Still too recent an error to try again: the rest is in the buffer. */
	assert_int_equal(rename(path, old), 0);
	set_file_limit(50 * 1000 + 17);
	assert_int_equal(out_reopen(o), 0);
	set_file_limit(RLIM_INFINITY);
	while (out_flush(o))
		usleep(1000);
	assert_int_equal(out_close(o), 0);
	a = check(old);
	b = check(path);
	assert_int_equal(a.torn + b.torn, 0);
	assert_int_equal(a.lines + b.lines, 1000);
}

static void reopen_that_fails_keeps_the_file(void **state)
{
	struct out *o = out_open(path, OUT_LIVE);
	char moved[128];

	put_lines(o, 0, 10);
	snprintf(moved, sizeof(moved), "%s-moved", dir);
	assert_int_equal(rename(dir, moved), 0);
	assert_int_equal(out_reopen(o), -ENOENT);
	put_lines(o, 10, 10);
	assert_int_equal(rename(moved, dir), 0);
	assert_int_equal(out_close(o), 0);
	assert_int_equal(check(path).lines, 20);
}

static void copy_fd(int from, const char *to)
{
	char buf[65536];
	int fd = open(to, O_WRONLY | O_CREAT | O_APPEND, 0600);
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		assert_int_equal(write(fd, buf, n), n);
	close(fd);
}

/* A reader that does not read: no wait, and after it reads on, no torn line. */
static void stuck_pipe(void **state)
{
	char fifo[128];
	struct out_stats st;
	struct out *o;
	struct found f;
	int rd, i;

	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_null(out_open(fifo, OUT_LIVE));
	assert_int_equal(errno, ENXIO);
	rd = open(fifo, O_RDONLY | O_NONBLOCK);
	o = out_open(fifo, OUT_LIVE);
	assert_non_null(o);
	put_lines(o, 0, 20000);
	out_stats(o, &st);
	assert_true(st.dropped > 0);
	assert_int_equal(st.errors, 0);
	for (i = 0; i < 2000 && (out_flush(o) || i < 10); i++) {
		copy_fd(rd, path);
		usleep(1000);
	}
	put_lines(o, 20000, 10);
	while (out_flush(o)) {
		copy_fd(rd, path);
		usleep(1000);
	}
	copy_fd(rd, path);
	out_stats(o, &st);
	out_close(o);
	f = check(path);
	assert_int_equal(f.torn, 0);
	assert_int_equal(f.lines + f.lost, 20010);
	assert_int_equal(f.lost, st.dropped);
	close(rd);
}

static void reader_gone(void **state)
{
	char fifo[128];
	struct out *o;
	int rd;

	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	rd = open(fifo, O_RDONLY | O_NONBLOCK);
	o = out_open(fifo, OUT_WAIT);
	close(rd);
	put_lines(o, 0, 1000);
	assert_int_equal(out_error(o), -EPIPE);
	assert_int_not_equal(out_close(o), 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(appends), T(ends_a_torn_line_of_a_predecessor), T(full_device),
		T(resumes_after_full_disk), T(rotates_in_the_middle_of_a_line),
		T(reopen_that_fails_keeps_the_file), T(stuck_pipe), T(reader_gone),
	};

	return RUN(tests);
}
