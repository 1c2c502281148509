// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signal handlers: set a flag, make an eventfd readable. Nothing else happens
 * in signal context but the exit on a second SIGTERM or SIGINT.
 */
#include "sig.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static volatile sig_atomic_t stop_flag;
static volatile sig_atomic_t reopen_flag;
static int event_fd = -1;

static void on_signal(int nr)
{
	int saved = errno;
	uint64_t one = 1;

	if (nr == SIGHUP) {
		reopen_flag = 1;
	} else {
		if (stop_flag)
			_exit(128 + nr);
		stop_flag = 1;
	}
	if (write(event_fd, &one, sizeof(one)) < 0)
		errno = saved;
	errno = saved;
}

int sig_init(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return -errno;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGTERM, &sa, NULL) || sigaction(SIGINT, &sa, NULL) ||
	    sigaction(SIGHUP, &sa, NULL) || sigaction(SIGPIPE, &ignore, NULL))
		return -errno;
	return 0;
}

int sig_fd(void)
{
	return event_fd;
}

void sig_clear(void)
{
	uint64_t n;

	while (read(event_fd, &n, sizeof(n)) > 0)
		;
}

bool sig_stop(void)
{
	return stop_flag;
}

const volatile sig_atomic_t *sig_stop_flag(void)
{
	return &stop_flag;
}

bool sig_reopen(void)
{
	if (!reopen_flag)
		return false;
	reopen_flag = 0;
	return true;
}
