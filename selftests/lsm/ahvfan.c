// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peer that asks userspace: permission events of fanotify for every open on
 * the file system of DIR, each answered with "allow".
 *   ahvfan DIR		says "attached"; until a signal
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

static int allow_all(int fd)
{
	char buffer[4096] __attribute__((aligned(8)));

	for (;;) {
		ssize_t n = read(fd, buffer, sizeof(buffer));
		struct fanotify_event_metadata *e = (void *)buffer;

		if (n < 0)
			return errno;
		for (; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n)) {
			struct fanotify_response r = { .fd = e->fd, .response = FAN_ALLOW };

			if (write(fd, &r, sizeof(r)) != sizeof(r))
				return errno;
			close(e->fd);
		}
	}
}

int main(int argc, char **argv)
{
	int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY | O_LARGEFILE);

	if (argc != 2) {
		fprintf(stderr, "usage: ahvfan DIR\n");
		return 2;
	}
	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM, AT_FDCWD,
				    argv[1])) {
		fprintf(stderr, "ahvfan: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	puts("attached");
	fflush(stdout);
	fprintf(stderr, "ahvfan: %s\n", strerror(allow_all(fd)));
	return 1;
}
