// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing a recording. A full disk costs records, counted and told in the
 * file; what is in the file stays a row of whole records. See recfile.h.
 */
#include "recfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "rec.h"

#define BUFFER		(256U << 10)
#define CPUS_MAX	65536
#define NS_PER_S	1000000000ULL

/* Records of a CPU that are not in the file yet and will not be. */
struct hole {
	uint64_t seq;
	uint64_t count;
	uint64_t time_ns;
	uint64_t total[AEGISHV_NR_CLASSES];
};

struct recfile {
	int fd;
	bool stdio;
	uint64_t bytes;
	uint64_t dropped;
	uint32_t holes;
	size_t sent;
	size_t used;
	char buf[BUFFER] __attribute__((aligned(8)));
	struct hole hole[CPUS_MAX];
};

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void put(struct recfile *r, const void *data, size_t len)
{
	memcpy(r->buf + r->used, data, len);
	r->used += len;
}

static void put_head(struct recfile *r, uint32_t isa)
{
	struct recfile_head h = {
		.version = RECFILE_VERSION,
		.endian = RECFILE_ENDIAN,
		.len = sizeof(h),
		.events_version = AEGISHV_EVENTS_VERSION,
		.isa = isa,
		.page_bytes = sysconf(_SC_PAGESIZE),
		.real_ns = clock_ns(CLOCK_REALTIME),
		.mono_ns = clock_ns(CLOCK_MONOTONIC),
	};
	struct utsname u;

	memcpy(h.magic, RECFILE_MAGIC, RECFILE_MAGIC_LEN);
	if (!uname(&u))
		snprintf(h.release, sizeof(h.release), "%s", u.release);
	put(r, &h, sizeof(h));
}

static int open_file(const char *path, bool replace, char *err)
{
	int fd;

	if (!strcmp(path, "-")) {
		if (!isatty(STDOUT_FILENO))
			return STDOUT_FILENO;
		snprintf(err, RECFILE_ERR_LEN,
			 "a recording is not text: give a file, or send standard output to one");
		return -1;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), 0600);
	if (fd < 0 && errno == EEXIST)
		snprintf(err, RECFILE_ERR_LEN,
			 "%s exists: give another name, or allow it to be replaced", path);
	else if (fd < 0)
		snprintf(err, RECFILE_ERR_LEN, "cannot create %s: %s", path, strerror(errno));
	return fd;
}

struct recfile *recfile_create(const char *path, uint32_t isa, bool replace, char *err)
{
	struct recfile *r = calloc(1, sizeof(*r));

	if (!r) {
		snprintf(err, RECFILE_ERR_LEN, "not enough memory to record");
		return NULL;
	}
	r->fd = open_file(path, replace, err);
	if (r->fd < 0) {
		free(r);
		return NULL;
	}
	r->stdio = r->fd == STDOUT_FILENO;
	put_head(r, isa);
	recfile_clock(r);
	return r;
}

int recfile_flush(struct recfile *r)
{
	ssize_t n;

	while (r->sent < r->used) {
		n = write(r->fd, r->buf + r->sent, r->used - r->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r->sent += n;
		r->bytes += n;
	}
	r->sent = 0;
	r->used = 0;
	return 0;
}

/* The buffer starts at a record at all times: it is emptied as a whole. */
static bool room(struct recfile *r, size_t len, int *ret)
{
	if (BUFFER - r->used < len)
		*ret = recfile_flush(r);
	return BUFFER - r->used >= len;
}

static void drop(struct recfile *r, const struct aegishv_hdr *rec)
{
	struct hole *h = &r->hole[rec->cpu];
	uint64_t n = 1;

	/* Userspace's own records have no number that would be missing. */
	if (rec_is_note(rec->type))
		return;
	if (rec->type == AEGISHV_REC_LOST)
		n = ((const struct aegishv_rec_lost *)rec)->count;
	else
		r->dropped++;
	if (!h->count) {
		h->seq = rec->seq;
		r->holes++;
	}
	h->count += n;
	h->time_ns = rec->time_ns;
}

static void put_hole(struct recfile *r, uint16_t cpu)
{
	struct hole *h = &r->hole[cpu];
	struct aegishv_rec_lost lost = {
		.h = { .type = AEGISHV_REC_LOST, .len = sizeof(lost), .cpu = cpu,
		       .class_ = AEGISHV_CLASS_ALERT, .seq = h->seq, .time_ns = h->time_ns,
		       .vcpu = AEGISHV_VCPU_NONE },
		.count = h->count,
	};

	memcpy(lost.total, h->total, sizeof(lost.total));
	put(r, &lost, sizeof(lost));
	h->count = 0;
	r->holes--;
}

int recfile_write(struct recfile *r, const struct aegishv_hdr *rec)
{
	struct hole *h = &r->hole[rec->cpu];
	int ret = 0;

	if (rec->type == AEGISHV_REC_LOST)
		memcpy(h->total, ((const struct aegishv_rec_lost *)rec)->total,
		       sizeof(h->total));
	if (!room(r, rec->len + sizeof(struct aegishv_rec_lost), &ret)) {
		drop(r, rec);
		return ret;
	}
	if (h->count && rec->type != AEGISHV_REC_CLOCK)
		put_hole(r, rec->cpu);
	put(r, rec, rec->len);
	return ret;
}

int recfile_clock(struct recfile *r)
{
	const struct aegishv_rec_clock rec = {
		.h = { .type = AEGISHV_REC_CLOCK, .len = sizeof(rec),
		       .time_ns = clock_ns(CLOCK_MONOTONIC), .vcpu = AEGISHV_VCPU_NONE },
		.real_ns = clock_ns(CLOCK_REALTIME),
	};

	return recfile_write(r, &rec.h);
}

static int put_holes(struct recfile *r)
{
	uint32_t cpu;
	int ret = 0;

	for (cpu = 0; r->holes && cpu < CPUS_MAX; cpu++) {
		if (!r->hole[cpu].count)
			continue;
		if (!room(r, sizeof(struct aegishv_rec_lost), &ret))
			return ret;
		put_hole(r, cpu);
	}
	return 0;
}

/* What was written of the last record is taken back, where that can be done. */
static void cut(struct recfile *r)
{
	uint64_t start = r->bytes - r->sent;
	size_t at = start ? 0 : sizeof(struct recfile_head);
	size_t next = at;

	while (next <= r->sent) {
		at = next;
		if (at == r->used)
			break;
		next += ((const struct aegishv_hdr *)(r->buf + at))->len;
	}
	if (at > r->sent)
		at = 0;
	if (!r->stdio && at < r->sent && !ftruncate(r->fd, start + at))
		r->bytes = start + at;
}

int recfile_close(struct recfile *r)
{
	int ret, err;

	if (!r)
		return 0;
	ret = put_holes(r);
	err = recfile_flush(r);
	if (err)
		cut(r);
	if (!ret)
		ret = err;
	if (!r->stdio) {
		if (fsync(r->fd) && errno != EINVAL && errno != EROFS && !ret)
			ret = -errno;
		if (close(r->fd) && !ret)
			ret = -errno;
	}
	free(r);
	return ret;
}

uint64_t recfile_dropped(const struct recfile *r)
{
	return r->dropped;
}

uint64_t recfile_bytes(const struct recfile *r)
{
	return r->bytes;
}
