// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading trace_pipe of an instance. The kernel prints thread numbers; the
 * process is looked up in /proc once for each thread. See tracefs.h.
 */
#include "tracefs_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "pipeline.h"
#include "trace.h"

#define CHUNK		(256U << 10)
#define NS_PER_S	1000000000ULL
#define CHECK_NS	NS_PER_S
#define SWEEP_NS	(5 * NS_PER_S)

struct tracefs {
	struct tracefs_set set;
	struct pipeline *p;
	struct trace_parser *trace;
	bool guest;
	char name[PATH_MAX + 16];
	int fd;
	uint64_t check_ns;
	uint64_t sweep_ns;
	size_t used;
	char buf[CHUNK];
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static uint32_t proc_tgid(void *arg, uint32_t tid)
{
	char path[32], status[1024];
	const char *tgid;
	ssize_t n;
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, status, sizeof(status) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	status[n] = 0;
	tgid = strstr(status, "\nTgid:");
	return tgid ? strtoul(tgid + 6, NULL, 10) : 0;
}

static bool proc_comm(void *arg, uint32_t id, char *comm)
{
	char path[32];
	ssize_t n;
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%u/comm", id);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	memset(comm, 0, AEGISHV_COMM_LEN);
	n = read(fd, comm, AEGISHV_COMM_LEN);
	close(fd);
	if (n <= 0)
		return false;
	comm[n - 1] = 0;
	return comm[0];
}

static bool proc_alive(void *arg, uint32_t id)
{
	char path[32];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%u", id);
	return !access(path, F_OK);
}

/* The trace clock is CLOCK_MONOTONIC: tell how it becomes wall-clock time. */
static void tell_clock(struct tracefs *t)
{
	const struct aegishv_rec_clock rec = {
		.h = { .type = AEGISHV_REC_CLOCK, .len = sizeof(rec),
		       .time_ns = clock_ns(CLOCK_MONOTONIC), .vcpu = AEGISHV_VCPU_NONE },
		.real_ns = clock_ns(CLOCK_REALTIME),
	};

	pipeline_record(t->p, &rec.h);
}

static int open_pipe(struct tracefs *t, char *err)
{
	struct trace_opts opts = {
		.out = t->p, .name = t->name, .tgid = proc_tgid, .comm = proc_comm,
		.page_faults = true, .vm_events = true, .guest_events = t->guest,
	};

	snprintf(t->name, sizeof(t->name), "%s/trace_pipe", t->set.path);
	t->fd = open(t->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0) {
		snprintf(err, TRACEFS_ERR_LEN, "cannot open %.400s: %s%s", t->name, strerror(errno),
			 errno == EBUSY ? ": somebody else reads it" : "");
		return -1;
	}
	t->trace = trace_new(&opts);
	if (!t->trace)
		snprintf(err, TRACEFS_ERR_LEN, "not enough memory to read the trace");
	return t->trace ? 0 : -1;
}

struct tracefs *tracefs_open(const struct tracefs_opts *opts, struct pipeline *p, char *err)
{
	struct tracefs *t = calloc(1, sizeof(*t));

	if (!t) {
		snprintf(err, TRACEFS_ERR_LEN, "not enough memory to read the trace");
		return NULL;
	}
	t->p = p;
	t->guest = opts->guest;
	t->fd = -1;
	if (tracefs_set_up(&t->set, opts, err)) {
		free(t);
		return NULL;
	}
	if (open_pipe(t, err)) {
		if (t->fd >= 0)
			close(t->fd);
		tracefs_set_undo(&t->set);
		free(t);
		return NULL;
	}
	tell_clock(t);
	return t;
}

/* Return: bytes read, 0 when there is nothing now, -errno. */
static ssize_t read_some(struct tracefs *t)
{
	ssize_t n = read(t->fd, t->buf + t->used, CHUNK - t->used);
	size_t done;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	t->used += n;
	done = trace_feed(t->trace, t->buf, t->used);
	memmove(t->buf, t->buf + done, t->used - done);
	t->used -= done;
	return n;
}

static void look_after(struct tracefs *t)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now >= t->check_ns) {
		tracefs_check(t);
		t->check_ns = now + CHECK_NS;
	}
	if (now >= t->sweep_ns) {
		trace_sweep(t->trace, proc_alive, NULL);
		tell_clock(t);
		t->sweep_ns = now + SWEEP_NS;
	}
}

int tracefs_poll(struct tracefs *t, int timeout_ms)
{
	struct pollfd pfd = { .fd = t->fd, .events = POLLIN };
	unsigned int rounds;
	ssize_t n = 1;

	/*
	 * The kernel wakes a reader when half of the buffer is full: the
	 * timeout is what makes events come in time, so read after it too.
	 */
	if (poll(&pfd, 1, timeout_ms) < 0 && errno != EINTR)
		return -errno;
	for (rounds = 0; n > 0 && rounds < 256; rounds++)
		n = read_some(t);
	look_after(t);
	return n < 0 ? n : 0;
}

void tracefs_check(struct tracefs *t)
{
	tracefs_set_check(&t->set);
}

bool tracefs_ready(const struct tracefs *t)
{
	return tracefs_set_ready(&t->set);
}

const struct tracefs_event *tracefs_events(const struct tracefs *t, size_t *nr)
{
	*nr = TRACEFS_EVENTS;
	return t->set.events;
}

const char *tracefs_path(const struct tracefs *t)
{
	return t->name;
}

const struct trace_stats *tracefs_stats(const struct tracefs *t)
{
	return trace_stats(t->trace);
}

static void drain(struct tracefs *t)
{
	unsigned int rounds;

	for (rounds = 0; rounds < 65536; rounds++)
		if (read_some(t) <= 0)
			break;
	trace_end(t->trace, t->buf, t->used);
}

void tracefs_close(struct tracefs *t)
{
	if (!t)
		return;
	tracefs_set_off(&t->set);
	drain(t);
	close(t->fd);
	tracefs_set_undo(&t->set);
	trace_free(t->trace);
	free(t);
}
