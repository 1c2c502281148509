// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's own tracepoints showed: the proof that aegishv-vmm tells
 * the truth. AMD only, since the access of a fault is read from an NPF error
 * code.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "seen.h"

#define TRACING		"/sys/kernel/tracing/"
#define ERR_PRESENT	(1ULL << 0)
#define ERR_WRITE	(1ULL << 1)
#define ERR_FETCH	(1ULL << 4)
#define ERR_WALK	(1ULL << 33)	/* AMD APM volume 2, section 15.25.6 */

static const char *const events[] = {
	"kvm_exit", "kvm_entry", "kvm_page_fault", "kvm_userspace_exit"
};

#define NR_EVENTS (sizeof(events) / sizeof(events[0]))

static int put(const char *file, const char *text)
{
	char path[128];
	int fd, ret = 0;

	snprintf(path, sizeof(path), TRACING "%s", file);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		ret = -errno;
		fprintf(stderr, "# %s: %s\n", path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

static int switch_events(const char *on)
{
	char file[64];
	int ret = 0;

	for (unsigned int i = 0; i < NR_EVENTS && !ret; i++) {
		snprintf(file, sizeof(file), "events/kvm/%s/enable", events[i]);
		ret = put(file, on);
	}
	return ret;
}

static int open_trace(void)
{
	int ret = put("buffer_size_kb", "65536");

	return ret ? ret : switch_events("1");
}

static void close_trace(void)
{
	switch_events("0");
	put("trace", "");
	put("buffer_size_kb", "1408");
}

static int begin(void)
{
	return put("trace", "");
}

static const char *after(const char *line, const char *key)
{
	const char *p = strstr(line, key);

	return p ? p + strlen(key) : NULL;
}

/* "reason npf rip 0x..." */
static void add_exit(struct tally *t, const char *line)
{
	const char *p = after(line, " reason "), *end = p ? strstr(p, " rip ") : NULL;
	char name[32];

	if (!end)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(end - p), p);
	counts_add(&t->exits, name, 1);
}

static void add_fault(struct tally *t, const char *line)
{
	const char *p = after(line, " error_code ");
	uint64_t code = p ? strtoull(p, NULL, 0) : 0;

	counts_add(&t->faults, code & ERR_FETCH ? "exec" : code & ERR_WRITE ? "write" : "read", 1);
	if (code & ERR_PRESENT)
		counts_add(&t->flags, "present", 1);
	if (code & ERR_WALK)
		counts_add(&t->flags, "walk", 1);
}

/* "reason KVM_EXIT_IO (2)" */
static void add_uexit(struct tally *t, const char *line)
{
	const char *p = after(line, "reason ");
	char name[32];

	if (!p)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, " \n"), p);
	counts_add(&t->uexits, name, 1);
}

static void add_line(struct tally *t, const char *line)
{
	if (strstr(line, ": kvm_exit: "))
		add_exit(t, line);
	else if (strstr(line, ": kvm_entry: "))
		t->entries++;
	else if (strstr(line, ": kvm_page_fault: "))
		add_fault(t, line);
	else if (strstr(line, ": kvm_userspace_exit: "))
		add_uexit(t, line);
}

/* "     CPU 0/KVM-113     [000] d..1.  2.34: kvm_exit: ..." */
static pid_t tid_of(const char *line)
{
	const char *p = strstr(line, " [");

	if (!p)
		return 0;
	while (p > line && p[-1] == ' ')
		p--;
	while (p > line && p[-1] != '-')
		p--;
	return atoi(p);
}

static int read_trace(const struct truth *t, struct truth *seen)
{
	FILE *f = fopen(TRACING "trace", "r");
	char line[512];

	if (!f)
		return -errno;
	memset(seen, 0, sizeof(*seen));
	seen->vcpus = t->vcpus;
	for (unsigned int i = 0; i < t->vcpus; i++) {
		seen->vcpu[i].id = t->vcpu[i].id;
		seen->vcpu[i].tid = t->vcpu[i].tid;
		seen->vcpu[i].has_flags = true;
	}
	seen->vm.has_flags = true;
	while (fgets(line, sizeof(line), f)) {
		pid_t tid = tid_of(line);

		for (unsigned int i = 0; i < t->vcpus; i++) {
			if (t->vcpu[i].tid != tid)
				continue;
			add_line(&seen->vcpu[i], line);
			add_line(&seen->vm, line);
		}
	}
	fclose(f);
	return 0;
}

static bool gone(pid_t pid)
{
	(void)pid;
	return true;
}

const struct watcher seen_trace = {
	.name = "the kernel's tracepoints", .open = open_trace, .begin = begin,
	.read = read_trace, .gone = gone, .close = close_trace,
};
