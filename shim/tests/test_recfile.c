// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Recordings: written, read back, damaged in every place.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "recfile.h"
#include "tap.h"

#define HEAD	sizeof(struct recfile_head)
#define CLOCK	sizeof(struct aegishv_rec_clock)

static char path[64];
static char err[RECFILE_ERR_LEN];

static int setup(void **state)
{
	snprintf(path, sizeof(path), "/tmp/aegishv-rec-XXXXXX");
	close(mkstemp(path));
	return 0;
}

static int teardown(void **state)
{
	unlink(path);
	return 0;
}

static struct aegishv_rec_entry entry(uint16_t cpu, uint64_t seq)
{
	return (struct aegishv_rec_entry){
		.h = { .type = AEGISHV_REC_ENTRY, .len = sizeof(struct aegishv_rec_entry),
		       .cpu = cpu, .seq = seq, .time_ns = seq * 10, .vm = 1 },
		.rip = 0x1000 + seq,
	};
}

static void record(unsigned int n)
{
	struct recfile *r = recfile_create(path, AEGISHV_ISA_SVM, true, err);
	unsigned int i;

	assert_non_null(r);
	for (i = 0; i < n; i++) {
		struct aegishv_rec_entry rec = entry(0, i);

		assert_int_equal(recfile_write(r, &rec.h), 0);
	}
	assert_int_equal(recfile_close(r), 0);
}

static char *load(size_t *len)
{
	struct stat st;
	char *buf;
	int fd = open(path, O_RDONLY);

	assert_int_equal(fstat(fd, &st), 0);
	buf = malloc(st.st_size + 1);
	*len = st.st_size;
	assert_int_equal(read(fd, buf, st.st_size), st.st_size);
	close(fd);
	return buf;
}

/* Read bytes in pieces; the reader's state is left for the caller to look at. */
static int read_back(struct recread *r, const char *buf, size_t len, size_t piece)
{
	static char window[1 << 17] __attribute__((aligned(8)));
	size_t used = 0, at = 0, n;
	long done;

	while (at < len) {
		n = len - at < piece ? len - at : piece;
		assert_true(used + n <= sizeof(window));
		memcpy(window + used, buf + at, n);
		used += n;
		at += n;
		done = recread_feed(r, window, used);
		if (done < 0)
			return done;
		assert_int_equal(done % 8, 0);
		memmove(window, window + done, used - done);
		used -= done;
	}
	return recread_end(r, used);
}

static void there_and_back(void **state)
{
	size_t len, piece;
	char *buf;

	record(1000);
	buf = load(&len);
	assert_int_equal(len, HEAD + CLOCK + 1000 * sizeof(struct aegishv_rec_entry));
	for (piece = 8; piece < 4096; piece = piece * 3 + 1) {
		struct tap *tap = tap_new();
		struct recread *r = recread_new(tap->p, "test");

		assert_int_equal(read_back(r, buf, len, piece), 0);
		assert_int_equal(recread_stats(r)->records, 1001);
		assert_int_equal(recread_stats(r)->unreadable, 0);
		assert_int_equal(recread_head(r)->isa, AEGISHV_ISA_SVM);
		assert_int_equal(recread_head(r)->page_bytes, sysconf(_SC_PAGESIZE));
		assert_int_equal(tap->rec[0].h.type, AEGISHV_REC_CLOCK);
		assert_int_equal(tap->rec[1000].entry.rip, 0x1000 + 999);
		assert_int_equal(tap->metrics.seq_holes, 0);
		recread_free(r);
		tap_free(tap);
	}
	free(buf);
}

static void existing_file(void **state)
{
	assert_null(recfile_create(path, 0, false, err));
	assert_non_null(strstr(err, "exists"));
	assert_null(recfile_create("/no/such/directory/x", 0, false, err));
	assert_non_null(strstr(err, "/no/such/directory/x"));
}

/* Whatever length it is cut to, all whole records are read and the rest is told. */
static void cut_anywhere(void **state)
{
	size_t len, cut;
	char *buf;

	record(3);
	buf = load(&len);
	for (cut = 0; cut < len; cut++) {
		struct tap *tap = tap_new();
		struct recread *r = recread_new(tap->p, "test");
		int ret = read_back(r, buf, cut, 64);

		if (cut < HEAD) {
			assert_int_equal(ret, -EBADMSG);
			assert_non_null(strstr(recread_error(r), "inside its header"));
		} else {
			size_t body = cut - HEAD, whole = body < CLOCK ? 0 : 1 + (body - CLOCK) / 48;
			size_t rest = body < CLOCK ? body : (body - CLOCK) % 48;

			assert_int_equal(ret, 0);
			assert_int_equal(recread_stats(r)->records, whole);
			assert_int_equal(recread_stats(r)->truncated, rest);
			assert_int_equal(recread_stats(r)->unreadable, rest != 0);
		}
		recread_free(r);
		tap_free(tap);
	}
	free(buf);
}

struct damage {
	size_t at;
	const char *bytes;
	size_t len;
	int ret;
	const char *error;
};

static void damaged(void **state)
{
	static const struct damage all[] = {
		{ 0, "x", 1, -EPROTO, "no recording" },
		{ offsetof(struct recfile_head, version), "\2", 1, -EPROTO, "another version" },
		{ offsetof(struct recfile_head, endian), "\1\2\3\4", 4, -EPROTO, "other byte order" },
		{ offsetof(struct recfile_head, endian), "\0", 1, -EPROTO, "damaged" },
		{ offsetof(struct recfile_head, len), "\x81", 1, -EPROTO, "cannot be that long" },
		{ offsetof(struct recfile_head, len), "\x10", 1, -EPROTO, "cannot be that long" },
		{ offsetof(struct recfile_head, events_version), "\7", 1, -EPROTO, "another version" },
		{ HEAD + CLOCK + 2, "\0\0", 2, -EBADMSG, "byte 168: the file is damaged" },
		{ HEAD + CLOCK + 2, "\x31\0", 2, -EBADMSG, "byte 168: the file is damaged" },
		{ HEAD + CLOCK, RECFILE_MAGIC, 8, -EBADMSG, "a second recording" },
	};
	size_t i, len;
	char *buf;

	record(3);
	buf = load(&len);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct damage *d = &all[i];
		struct tap *tap = tap_new();
		struct recread *r = recread_new(tap->p, "test");
		char was[8];

		memcpy(was, buf + d->at, d->len);
		memcpy(buf + d->at, d->bytes, d->len);
		assert_int_equal(read_back(r, buf, len, len), d->ret);
		if (!strstr(recread_error(r), d->error))
			fail_msg("%s: not in: %s", d->error, recread_error(r));
		memcpy(buf + d->at, was, d->len);
		recread_free(r);
		tap_free(tap);
	}
	free(buf);
}

/* A record that makes no sense is told and stepped over. */
static void odd_records(void **state)
{
	struct aegishv_rec_lost lost = {
		.h = { .type = AEGISHV_REC_LOST, .len = sizeof(lost), .seq = ~0ULL },
	};
	struct aegishv_rec_entry rec = entry(0, 0);
	struct tap *tap = tap_new();
	struct recread *r = recread_new(tap->p, "test");
	struct recfile *w = recfile_create(path, 0, true, err);
	size_t len;
	char *buf;

	recfile_write(w, &lost.h);
	lost.count = 5;
	recfile_write(w, &lost.h);
	rec.h.class_ = 2;
	recfile_write(w, &rec.h);
	rec.h.class_ = 0;
	rec.h.type = AEGISHV_REC_EXIT;
	recfile_write(w, &rec.h);
	rec.h.type = 0;
	recfile_write(w, &rec.h);
	rec.h.type = 999;
	recfile_write(w, &rec.h);
	rec.h.type = AEGISHV_REC_ENTRY;
	recfile_write(w, &rec.h);
	assert_int_equal(recfile_close(w), 0);
	buf = load(&len);
	assert_int_equal(read_back(r, buf, len, len), 0);
	assert_int_equal(recread_stats(r)->unreadable, 5);
	assert_int_equal(tap->metrics.unreadable, 5);
	assert_int_equal(recread_stats(r)->records, 3);
	assert_int_equal(tap->metrics.records[0], 1);
	assert_int_equal(tap_count(tap, AEGISHV_REC_ENTRY), 1);
	recread_free(r);
	tap_free(tap);
	free(buf);
}

static void set_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Write more than fits, then let it fit again or not. */
static void fill(struct recfile *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct aegishv_rec_entry rec = entry(i % 2, i / 2);

		recfile_write(w, &rec.h);
	}
}

static void full_disk(void **state)
{
	struct tap *tap = tap_new();
	struct recread *r = recread_new(tap->p, "test");
	struct aegishv_rec_lost lost = {
		.h = { .type = AEGISHV_REC_LOST, .len = sizeof(lost), .cpu = 1 },
		.count = 7, .total = { 7 },
	};
	struct recfile *w;
	uint64_t dropped;
	size_t len;
	char *buf;

	signal(SIGXFSZ, SIG_IGN);
	w = recfile_create(path, 0, true, err);
	set_limit(300001);
	fill(w, 20000);
	dropped = recfile_dropped(w);
	assert_true(dropped > 1000);
	assert_int_equal(recfile_bytes(w), 300001);
	assert_int_equal(recfile_flush(w), -EFBIG);
	lost.h.seq = 20000 / 2;
	assert_int_equal(recfile_write(w, &lost.h), -EFBIG);
	set_limit(RLIM_INFINITY);
	assert_int_equal(recfile_write(w, &(struct aegishv_rec_entry){
		.h = { .type = AEGISHV_REC_ENTRY, .len = 48, .cpu = 1,
		       .seq = lost.h.seq + lost.count } }.h), 0);
	assert_int_equal(recfile_close(w), 0);
	buf = load(&len);
	assert_int_equal(read_back(r, buf, len, 4096), 0);
	assert_int_equal(recread_stats(r)->unreadable, 0);
	assert_int_equal(tap->metrics.seq_holes, 0);
	assert_int_equal(tap->metrics.records[AEGISHV_REC_LOST], 2);
	assert_int_equal(tap->metrics.lost[AEGISHV_CLASS_TELEMETRY], dropped + 7);
	assert_int_equal(tap->metrics.records[AEGISHV_REC_ENTRY] + dropped, 20001);
	recread_free(r);
	tap_free(tap);
	free(buf);
}

/* What cannot be written in the end is taken back to a whole record. */
static void full_disk_at_the_end(void **state)
{
	struct tap *tap = tap_new();
	struct recread *r = recread_new(tap->p, "test");
	struct recfile *w = recfile_create(path, 0, true, err);
	size_t len;
	char *buf;

	set_limit(300001);
	fill(w, 7000);
	assert_int_equal(recfile_close(w), -EFBIG);
	set_limit(RLIM_INFINITY);
	buf = load(&len);
	assert_true(len <= 300001 && len > 300001 - 48);
	assert_int_equal(read_back(r, buf, len, 4096), 0);
	assert_int_equal(recread_stats(r)->truncated, 0);
	assert_int_equal(tap->metrics.seq_holes, 0);
	recread_free(r);
	tap_free(tap);
	free(buf);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(there_and_back), T(existing_file), T(cut_anywhere), T(damaged), T(odd_records),
		T(full_disk), T(full_disk_at_the_end),
	};

	return cmocka_run_group_tests_name("recfile", tests, NULL, NULL);
}
