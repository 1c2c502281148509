// SPDX-License-Identifier: GPL-2.0-only
/*
 * A loop of one system call, and how many nanoseconds each took; on a machine
 * that counts instructions those are instructions.
 *   ahvopen open|denied|stat|getppid FILE COUNT
 * open opens and closes; denied expects EPERM each time. Prints "ns_per_unit N".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int do_open(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? errno : close(fd);
}

static int do_denied(const char *path)
{
	return open(path, O_RDONLY) < 0 && errno == EPERM ? 0 : EEXIST;
}

static int do_stat(const char *path)
{
	struct stat st;

	return stat(path, &st) ? errno : 0;
}

static int do_getppid(const char *path)
{
	(void)path;
	return syscall(SYS_getppid) < 0;
}

static const struct {
	const char *name;
	int (*fn)(const char *path);
} loops[] = {
	{ "open", do_open },
	{ "denied", do_denied },
	{ "stat", do_stat },
	{ "getppid", do_getppid },
};

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int run(int (*fn)(const char *path), const char *path, long count)
{
	long start = 0;

	/* The first part only warms up. */
	for (long i = -count / 8; i < count; i++) {
		int err;

		if (!i)
			start = now_ns();
		err = fn(path);
		if (err) {
			fprintf(stderr, "ahvopen: %s: %s\n", path,
				err == EEXIST ? "it was not denied" : strerror(err));
			return 1;
		}
	}
	printf("ns_per_unit %.1f\n", (double)(now_ns() - start) / count);
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 4 && i < sizeof(loops) / sizeof(loops[0]); i++)
		if (!strcmp(argv[1], loops[i].name))
			return run(loops[i].fn, argv[2], atol(argv[3]));
	fprintf(stderr, "usage: ahvopen open|denied|stat|getppid FILE COUNT\n");
	return 2;
}
