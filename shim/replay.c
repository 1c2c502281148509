// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file through one of the two readers, in chunks that stay in the cache.
 * See replay.h.
 */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "log.h"
#include "pipeline.h"

#define CHUNK		(256U << 10)
#define SNIFF		8
#define NS_PER_S	1000000000ULL
#define PROGRESS_FIRST	NS_PER_S
#define PROGRESS_NEXT	(NS_PER_S / 5)

struct replay {
	const char *name;
	struct pipeline *p;
	const struct replay_opts *o;
	int fd;
	uint64_t size;
	uint64_t bytes;
	uint64_t start_ns;
	uint64_t next_ns;
	bool terminal;
	bool shown;
	struct trace_parser *trace;
	struct recread *rec;
	size_t used;
	char buf[CHUNK] __attribute__((aligned(8)));
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static uint64_t items(const struct replay *r)
{
	if (r->rec)
		return recread_stats(r->rec)->records;
	return r->trace ? trace_stats(r->trace)->lines : 0;
}

static void progress(struct replay *r)
{
	uint64_t now = r->terminal ? now_ns() : 0;
	uint64_t done = items(r);

	if (!r->terminal || now < r->next_ns)
		return;
	fprintf(stderr, "\r%s: ", r->name);
	if (r->size)
		fprintf(stderr, "%llu %%, ", (unsigned long long)(r->bytes * 100 / r->size));
	fprintf(stderr, "%llu %s, %.0f a second\033[K", (unsigned long long)done,
		r->rec ? "records" : "lines",
		done / ((double)(now - r->start_ns) / NS_PER_S));
	r->next_ns = now + PROGRESS_NEXT;
	r->shown = true;
}

static void progress_end(struct replay *r)
{
	if (r->shown)
		fprintf(stderr, "\r\033[K");
}

/* Files that are often given instead, and what to do with them. */
static const char *other_format(const char *buf, size_t len)
{
	if (len >= 2 && !memcmp(buf, "\x1f\x8b", 2))
		return "it is compressed by gzip: zcat FILE | aegishv run --replay -";
	if (len >= 6 && !memcmp(buf, "\xfd" "7zXZ\0", 6))
		return "it is compressed by xz: xzcat FILE | aegishv run --replay -";
	if (len >= 4 && !memcmp(buf, "\x28\xb5\x2f\xfd", 4))
		return "it is compressed by zstd: zstdcat FILE | aegishv run --replay -";
	if (len >= 8 && !memcmp(buf, "\x17\x08\x44tracin", 8))
		return "it is data of trace-cmd: trace-cmd report FILE | aegishv run --replay -";
	if (len >= 8 && !memcmp(buf, "PERFILE2", 8))
		return "it is data of perf, which aegishv does not read";
	return NULL;
}

static int choose_reader(struct replay *r)
{
	const struct trace_opts opts = {
		.out = r->p, .name = r->name, .guest_events = r->o->guest_events,
	};
	const char *why = other_format(r->buf, r->used);

	if (why) {
		log_error("cannot replay %s: %s", r->name, why);
		return -EPROTO;
	}
	if (recread_is(r->buf, r->used))
		r->rec = recread_new(r->p, r->name);
	else
		r->trace = trace_new(&opts);
	if (r->rec || r->trace)
		return 0;
	log_error("cannot replay %s: not enough memory", r->name);
	return -ENOMEM;
}

/* Give the reader what is there, keep what it leaves. */
static int consume(struct replay *r)
{
	long n;

	if (r->rec)
		n = recread_feed(r->rec, r->buf, r->used);
	else
		n = trace_feed(r->trace, r->buf, r->used);
	if (n < 0) {
		log_error("cannot replay %s", recread_error(r->rec));
		return n;
	}
	memmove(r->buf, r->buf + n, r->used - n);
	r->used -= n;
	return 0;
}

static bool stopped(const struct replay *r)
{
	return r->o->stop && *r->o->stop;
}

/* Return: bytes read, 0 at the end, -errno. */
static ssize_t fill(struct replay *r)
{
	ssize_t n;

	do {
		n = read(r->fd, r->buf + r->used, CHUNK - r->used);
	} while (n < 0 && errno == EINTR && !stopped(r));
	if (n < 0) {
		if (errno == EINTR)
			return 0;
		n = -errno;
		log_error("cannot read %s: %s", r->name, strerror(-n));
		return n;
	}
	r->used += n;
	r->bytes += n;
	return n;
}

static int finish(struct replay *r)
{
	size_t rest = stopped(r) ? 0 : r->used;
	int ret = 0;

	if (r->trace)
		trace_end(r->trace, r->buf, rest);
	else if (!stopped(r))
		ret = recread_end(r->rec, rest);
	if (ret)
		log_error("cannot replay %s", recread_error(r->rec));
	return ret;
}

static int run(struct replay *r)
{
	ssize_t n = 1;
	int ret;

	while (r->used < SNIFF && n > 0)
		n = fill(r);
	if (n < 0)
		return n;
	ret = choose_reader(r);
	while (!ret && n > 0 && !stopped(r)) {
		ret = consume(r);
		progress(r);
		if (!ret)
			n = fill(r);
	}
	if (!ret && n >= 0 && r->used)
		ret = consume(r);
	if (ret || n < 0)
		return ret ? ret : n;
	return finish(r);
}

static void say_trace(const struct replay *r, const struct trace_stats *s)
{
	log_info("%s: %llu lines: %llu records, %llu other events, %llu comments, %llu unreadable; "
		 "%llu events lost before, in %llu places", r->name,
		 (unsigned long long)s->lines, (unsigned long long)s->records,
		 (unsigned long long)s->other, (unsigned long long)s->comments,
		 (unsigned long long)s->unreadable, (unsigned long long)s->lost_events,
		 (unsigned long long)s->lost_reports);
	if (s->faults_blind && !s->faults_seen)
		log_warn("%s: %llu exits are memory aborts of which the trace does not tell more: record kvm:kvm_guest_fault too",
			 r->name, (unsigned long long)s->faults_blind);
	if (s->overflow_records)
		log_warn("%s: more than %d VMs: %llu records are in VM \"overflow\"", r->name,
			 TRACE_VMS_MAX, (unsigned long long)s->overflow_records);
	if (s->unreadable && !s->records)
		log_warn("%s: no event of KVM in it: is it trace text with kvm:kvm_exit?",
			 r->name);
}

static void say_rec(const struct replay *r, const struct recread_stats *s)
{
	log_info("%s: %llu records, %llu unreadable, %llu bytes", r->name,
		 (unsigned long long)s->records, (unsigned long long)s->unreadable,
		 (unsigned long long)s->bytes);
}

static void report(struct replay *r)
{
	struct replay_result result = { .recording = r->rec, .bytes = r->bytes };

	if (r->trace)
		result.trace = *trace_stats(r->trace);
	if (r->rec)
		result.rec = *recread_stats(r->rec);
	if (r->o->result)
		*r->o->result = result;
	if (r->o->quiet)
		return;
	if (r->trace)
		say_trace(r, &result.trace);
	if (r->rec)
		say_rec(r, &result.rec);
}

static int open_input(struct replay *r, const char *path)
{
	struct stat st;
	int err;

	r->name = path;
	r->fd = STDIN_FILENO;
	if (!strcmp(path, "-"))
		r->name = "standard input";
	else
		r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0 || fstat(r->fd, &st)) {
		err = errno;
		log_error("cannot read %s: %s", path, strerror(err));
		return -err;
	}
	if (S_ISREG(st.st_mode)) {
		r->size = st.st_size;
		posix_fadvise(r->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	}
	return 0;
}

int replay_file(const char *path, struct pipeline *p, const struct replay_opts *o)
{
	struct replay *r = calloc(1, sizeof(*r));
	int ret;

	if (!r) {
		log_error("cannot replay %s: not enough memory", path);
		return -ENOMEM;
	}
	r->p = p;
	r->o = o;
	r->terminal = !o->quiet && isatty(STDERR_FILENO);
	r->start_ns = now_ns();
	r->next_ns = r->start_ns + PROGRESS_FIRST;
	ret = open_input(r, path);
	if (!ret) {
		ret = run(r);
		pipeline_flush(p);
		progress_end(r);
		report(r);
	}
	trace_free(r->trace);
	recread_free(r->rec);
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	free(r);
	return ret;
}
