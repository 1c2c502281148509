// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting up an instance of the kernel's tracing, and undoing it. An instance
 * has buffers and switches of its own, so nobody else's tracing is disturbed.
 */
#include "tracefs_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INSTANCE	"instances/aegishv"
#define BUFFER_KB	"4096"

enum { EV_EXIT, EV_FAULT_X86, EV_FAULT_ARM64, EV_ENTRY, EV_UEXIT, EV_HYPERCALL, EV_CR, EV_MSR };

static const struct tracefs_event all_events[TRACEFS_EVENTS] = {
	[EV_EXIT] = { .name = "kvm_exit", .wanted = true, .required = true },
	[EV_FAULT_X86] = { .name = "kvm_page_fault", .wanted = true },
	[EV_FAULT_ARM64] = { .name = "kvm_guest_fault", .wanted = true },
	[EV_ENTRY] = { .name = "kvm_entry" },
	[EV_UEXIT] = { .name = "kvm_userspace_exit" },
	[EV_HYPERCALL] = { .name = "kvm_hypercall", .guest = true },
	[EV_CR] = { .name = "kvm_cr", .guest = true },
	[EV_MSR] = { .name = "kvm_msr", .guest = true },
};

static int fail(char *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, TRACEFS_ERR_LEN, fmt, ap);
	va_end(ap);
	return -1;
}

/* Return: 0 or an errno. */
static int write_file(const struct tracefs_set *s, const char *file, const char *text)
{
	char path[PATH_MAX + 64];
	int fd, err = 0;

	snprintf(path, sizeof(path), "%s/%s", s->path, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void event_file(char *file, size_t size, const struct tracefs_event *e)
{
	snprintf(file, size, "events/kvm/%s/enable", e->name);
}

/* Return: '0', '1', or 0 with errno set. */
static char event_state(const struct tracefs_set *s, const struct tracefs_event *e)
{
	char file[64], path[PATH_MAX + 128], state = 0;
	ssize_t n;
	int fd;

	event_file(file, sizeof(file), e);
	snprintf(path, sizeof(path), "%s/%s", s->path, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, &state, 1);
	if (n == 0)
		errno = EIO;
	close(fd);
	return n == 1 ? state : 0;
}

static void event_on(struct tracefs_set *s, struct tracefs_event *e)
{
	char file[64];

	event_file(file, sizeof(file), e);
	e->err = write_file(s, file, "1");
	e->on = !e->err;
}

/* The file lists the clocks there are, the one in use in brackets. */
static void remember_clock(struct tracefs_set *s)
{
	char path[PATH_MAX + 16], text[256];
	char *from, *to;
	FILE *f;

	snprintf(path, sizeof(path), "%s/trace_clock", s->path);
	f = fopen(path, "re");
	if (!f)
		return;
	from = fgets(text, sizeof(text), f) ? strchr(text, '[') : NULL;
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(s->clock, sizeof(s->clock), "%.*s", (int)(to - from - 1), from + 1);
	fclose(f);
}

static bool exists(const char *dir, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
}

static int no_tracefs(const char *dir, char *err)
{
	if (access(dir, F_OK))
		return fail(err, "%s: %s: mount -t tracefs tracefs /sys/kernel/tracing, then --tracefs /sys/kernel/tracing",
			    dir, strerror(errno));
	if (access(dir, R_OK | X_OK))
		return fail(err, "%s: %s: only root may trace", dir, strerror(errno));
	return fail(err, "%s has no trace_pipe: it is not tracefs; mount -t tracefs tracefs /sys/kernel/tracing, then --tracefs /sys/kernel/tracing",
		    dir);
}

/* A live owner has trace_pipe open, so that rmdir() is refused. */
static int make_instance(struct tracefs_set *s, char *err)
{
	if (!mkdir(s->path, 0750)) {
		s->made = true;
		return 0;
	}
	if (errno == EEXIST) {
		if (rmdir(s->path) && errno == EBUSY)
			return fail(err, "%s is in use: is another aegishv tailing?", s->path);
		if (!mkdir(s->path, 0750)) {
			s->made = true;
			return 0;
		}
	}
	return fail(err, "cannot make %s: %s%s", s->path, strerror(errno),
		    errno == EACCES || errno == EPERM ? ": only root may trace" : "");
}

static int choose_instance(struct tracefs_set *s, const char *dir, char *err)
{
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len + sizeof(INSTANCE) + 1 > sizeof(s->path))
		return fail(err, "--tracefs: the name is too long");
	snprintf(s->path, sizeof(s->path), "%.*s", (int)len, dir);
	if (!exists(s->path, "trace_pipe"))
		return no_tracefs(s->path, err);
	if (!exists(s->path, "instances"))
		return 0;
	snprintf(s->path + len, sizeof(s->path) - len, "/%s", INSTANCE);
	return make_instance(s, err);
}

static int events_on(struct tracefs_set *s, const struct tracefs_opts *o, char *err)
{
	struct tracefs_event *e;

	memcpy(s->events, all_events, sizeof(s->events));
	for (e = s->events; e < s->events + TRACEFS_EVENTS; e++) {
		e->wanted |= e->guest ? o->guest : o->all;
		e->was = event_state(s, e) == '1';
		if (e->wanted)
			event_on(s, e);
	}
	e = &s->events[EV_EXIT];
	if (e->err == ENOENT)
		return fail(err, "%s/events/kvm/kvm_exit is not there: load KVM first (modprobe kvm_intel or kvm_amd)",
			    s->path);
	if (e->err)
		return fail(err, "cannot enable %s/events/kvm/kvm_exit: %s%s", s->path,
			    strerror(e->err), e->err == EACCES || e->err == EPERM ?
			    ": only root may trace, and not while the kernel is locked down" : "");
	if (!tracefs_set_ready(s))
		return fail(err, "cannot enable %s/events/kvm/kvm_page_fault or kvm_guest_fault: %s",
			    s->path, strerror(s->events[EV_FAULT_X86].err));
	return 0;
}

int tracefs_set_up(struct tracefs_set *s, const struct tracefs_opts *opts, char *err)
{
	memset(s, 0, sizeof(*s));
	if (choose_instance(s, opts->dir, err))
		return -1;
	if (s->made) {
		write_file(s, "buffer_size_kb", BUFFER_KB);
		write_file(s, "options/record-tgid", "1");
	} else {
		remember_clock(s);
	}
	if (write_file(s, "trace_clock", "mono")) {
		fail(err, "cannot set %s/trace_clock to mono", s->path);
		tracefs_set_undo(s);
		return -1;
	}
	if (events_on(s, opts, err)) {
		tracefs_set_undo(s);
		return -1;
	}
	return 0;
}

void tracefs_set_off(struct tracefs_set *s)
{
	struct tracefs_event *e;
	char file[64];

	for (e = s->events; e < s->events + TRACEFS_EVENTS; e++) {
		if (!e->on || e->was)
			continue;
		event_file(file, sizeof(file), e);
		write_file(s, file, "0");
		e->on = false;
	}
}

void tracefs_set_undo(struct tracefs_set *s)
{
	tracefs_set_off(s);
	if (s->made)
		rmdir(s->path);
	else if (s->clock[0])
		write_file(s, "trace_clock", s->clock);
	s->made = false;
}

void tracefs_set_check(struct tracefs_set *s)
{
	struct tracefs_event *e;

	for (e = s->events; e < s->events + TRACEFS_EVENTS; e++) {
		if (!e->wanted)
			continue;
		errno = 0;
		if (event_state(s, e) == '1') {
			e->on = true;
			e->err = 0;
		} else {
			event_on(s, e);
		}
	}
}

bool tracefs_set_ready(const struct tracefs_set *s)
{
	return s->events[EV_EXIT].on &&
	       (s->events[EV_FAULT_X86].on || s->events[EV_FAULT_ARM64].on);
}
