// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the main thread waits for while vCPUs run: the end of one of them, a
 * signal that stops us, something on stdin. Also how a thread is taken out of
 * KVM_RUN: a signal whose handler sets immediate_exit, so that none gets lost.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm.h"

static __thread struct kvm_run *kick_run;
static int signal_fd = -1;
static bool stdin_forgotten;

static void kick(int sig)
{
	(void)sig;
	if (kick_run)
		kick_run->immediate_exit = 1;
}

void run_set_kick(struct kvm_run *run)
{
	kick_run = run;
}

/* Signals that stop us are read from a descriptor, by the main thread alone. */
int wait_init(void)
{
	struct sigaction sa = { .sa_handler = kick };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigaction(RUN_KICK, &sa, NULL) || sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	return signal_fd < 0 ? -1 : 0;
}

void wait_wake(struct vm *vm)
{
	uint64_t one = 1;

	if (write(vm->wake, &one, sizeof(one)) < 0)
		vmm_error("eventfd: %s", strerror(errno));
}

void wait_forget_stdin(void)
{
	stdin_forgotten = true;
}

/*
 * A guest reads whatever stdin is. Where its end means stop, only what ends when
 * somebody wants it counts: not /dev/null, which shells give to what runs in the
 * background, nor a file.
 */
static bool stdin_tells(enum wait_stdin in)
{
	struct stat st;

	if (in == STDIN_IGNORE || stdin_forgotten)
		return false;
	if (in == STDIN_GUEST)
		return true;
	if (fstat(STDIN_FILENO, &st))
		return false;
	return S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(STDIN_FILENO);
}

/* One signal stops one wait: after an endless guest, --hold waits for a second. */
static enum wait_result take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(signal_fd, &info, sizeof(info)) < 0)
		vmm_error("signalfd: %s", strerror(errno));
	return WAIT_STOP;
}

/* The end of stdin means stop, for callers that do not read it themselves. */
static enum wait_result drain_stdin(void)
{
	char buf[256];

	return read(STDIN_FILENO, buf, sizeof(buf)) <= 0 ? WAIT_STOP : WAIT_STDIN;
}

/**
 * wait_event() - wait for the next thing to happen
 * @wake: eventfd, or -1
 * @in: what to do with stdin
 * @timeout_ms: -1 for none
 */
enum wait_result wait_event(int wake, enum wait_stdin in, int timeout_ms)
{
	struct pollfd p[3] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = wake, .events = POLLIN },
		{ .fd = stdin_tells(in) ? STDIN_FILENO : -1, .events = POLLIN },
	};
	uint64_t n;
	int ret;

	do {
		ret = poll(p, 3, timeout_ms);
	} while (ret < 0 && errno == EINTR);
	if (ret < 0)
		return WAIT_STOP;
	if (p[0].revents)
		return take_signal();
	if (p[1].revents)
		return read(wake, &n, sizeof(n)) < 0 ? WAIT_STOP : WAIT_WAKE;
	if (p[2].revents)
		return in == STDIN_GUEST ? WAIT_STDIN : drain_stdin();
	return WAIT_TIMEOUT;
}
