// SPDX-License-Identifier: GPL-2.0-only
/*
 * One operation on files by one system call each; prints "ok" or the name of the
 * errno, and fails unless it is "ok":
 *   ahvfile open|write|exec|truncate|unlink|chmod|setxattr|rmxattr FILE
 *   ahvfile rename|link OLD NEW
 *   ahvfile load SECONDS FILE...	opens them in turn until then; prints
 *					"opened N denied N other N"
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static int close_or_errno(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int do_exec(const char *path)
{
	char *const argv[] = { (char *)path, NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(path, argv);
		_exit(errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int one(const char *op, const char *path, const char *to)
{
	if (!strcmp(op, "open"))
		return close_or_errno(open(path, O_RDONLY));
	if (!strcmp(op, "write"))
		return close_or_errno(open(path, O_WRONLY));
	if (!strcmp(op, "exec"))
		return do_exec(path);
	if (!strcmp(op, "truncate"))
		return truncate(path, 0) ? errno : 0;
	if (!strcmp(op, "unlink"))
		return unlink(path) ? errno : 0;
	if (!strcmp(op, "chmod"))
		return chmod(path, 0700) ? errno : 0;
	if (!strcmp(op, "setxattr"))
		return setxattr(path, "trusted.ahv", "x", 1, 0) ? errno : 0;
	if (!strcmp(op, "rmxattr"))
		return removexattr(path, "trusted.ahv") ? errno : 0;
	if (!strcmp(op, "rename") && to)
		return rename(path, to) ? errno : 0;
	if (!strcmp(op, "link") && to)
		return link(path, to) ? errno : 0;
	fprintf(stderr, "ahvfile: %s: no such operation, or too few files\n", op);
	exit(2);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define AWAKE_MS	10

static int load(int seconds, int n, char **paths)
{
	unsigned long opened = 0, denied = 0, other = 0;
	long now = now_ms(), end = now + seconds * 1000L, slept = now;

	for (unsigned long i = 0; now < end; i++, now = now_ms()) {
		/* Unloading waits, once a hook, until each task has slept. */
		if (now - slept >= AWAKE_MS) {
			usleep(100);
			slept = now_ms();
		}
		switch (one("open", paths[i % n], NULL)) {
		case 0:
			opened++;
			break;
		case EPERM:
			denied++;
			break;
		default:
			other++;
		}
	}
	printf("opened %lu denied %lu other %lu\n", opened, denied, other);
	return 0;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 3) {
		fprintf(stderr, "usage: ahvfile OPERATION FILE [NEW] | ahvfile load SECONDS FILE...\n");
		return 2;
	}
	if (!strcmp(argv[1], "load") && argc > 3)
		return load(atoi(argv[2]), argc - 3, argv + 3);
	err = one(argv[1], argv[2], argv[3]);
	puts(err ? strerrorname_np(err) : "ok");
	return err != 0;
}
