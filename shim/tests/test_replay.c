// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole files through replay_file(): the samples with their known contents,
 * what is no trace, pipes, and what memory it takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "replay.h"
#include "tap.h"
#include "vmtab.h"

static struct replay_result result;

static int replay(struct tap *tap, const char *path)
{
	const struct replay_opts opts = { .quiet = true, .result = &result };

	memset(&result, 0, sizeof(result));
	return replay_file(path, tap->p, &opts);
}

static int replay_bytes(const char *data, size_t len)
{
	struct tap *tap = tap_new();
	const char *path = tap_file(data, len);
	int ret = replay(tap, path);

	unlink(path);
	tap_free(tap);
	return ret;
}

struct sample {
	const char *name;
	unsigned int isa;
	size_t exits, faults, entries, uexits, vms;
	uint64_t read, write, exec;
};

static void samples(void **state)
{
	static const struct sample all[] = {
		{ "kvm_exit_sample", AEGISHV_ISA_SVM, 37, 9, 37, 28, 2, 0, 6, 3 },
		{ "svm_6.1", AEGISHV_ISA_SVM, 37, 7, 37, 21, 3, 0, 4, 3 },
		{ "svm_6.12", AEGISHV_ISA_SVM, 36, 7, 36, 21, 3, 0, 4, 3 },
		{ "svm_6.1_exits_only", AEGISHV_ISA_SVM, 35, 7, 0, 0, 3, 0, 4, 3 },
		{ "svm_6.12_latency", AEGISHV_ISA_SVM, 9, 6, 9, 8, 1, 0, 5, 1 },
		{ "svm_6.1_lost", AEGISHV_ISA_SVM, 47, 0, 47, 47, 1, 0, 0, 0 },
		{ "svm_6.1_trace-cmd", AEGISHV_ISA_SVM, 11, 7, 11, 3, 1, 0, 6, 1 },
		{ "svm_6.12_trace-cmd", AEGISHV_ISA_SVM, 11, 7, 11, 3, 1, 0, 6, 1 },
		{ "svm_5.10_constructed", AEGISHV_ISA_SVM, 9, 3, 9, 1, 2, 0, 2, 1 },
		{ "vmx_5.10_constructed", AEGISHV_ISA_VMX, 11, 3, 11, 1, 2, 1, 1, 1 },
		{ "vmx_6.1_constructed", AEGISHV_ISA_VMX, 11, 3, 11, 1, 2, 1, 1, 1 },
		{ "arm64_6.1_constructed", AEGISHV_ISA_ARM64, 8, 4, 8, 1, 1, 1, 1, 2 },
	};
	char name[128];
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct sample *s = &all[i];
		struct tap *tap = tap_new();

		snprintf(name, sizeof(name), "examples/traces/%s.log", s->name);
		assert_int_equal(replay(tap, tap_repo(name)), 0);
		if (tap_count(tap, AEGISHV_REC_EXIT) != s->exits)
			fail_msg("%s: %zu exits", name, tap_count(tap, AEGISHV_REC_EXIT));
		assert_int_equal(tap_count(tap, AEGISHV_REC_FAULT), s->faults);
		assert_int_equal(tap_count(tap, AEGISHV_REC_ENTRY), s->entries);
		assert_int_equal(tap_count(tap, AEGISHV_REC_UEXIT), s->uexits);
		assert_int_equal(tap_nth(tap, AEGISHV_REC_EXIT, 0)->h.isa, s->isa);
		assert_int_equal(tap->metrics.faults[0], s->read);
		assert_int_equal(tap->metrics.faults[1], s->write);
		assert_int_equal(tap->metrics.faults[2], s->exec);
		assert_int_equal(vmtab_alive(tap->metrics.vms), s->vms);
		assert_int_equal(result.trace.unreadable, 0);
		assert_int_equal(tap->metrics.seq_holes, 0);
		tap_free(tap);
	}
}

/* What one kind of trace tells, the other tells too, but for the time. */
static void exits_only_tell_the_same(void **state)
{
	struct tap *full = tap_new(), *exits = tap_new();
	size_t i;

	assert_int_equal(replay(full, tap_repo("examples/traces/svm_6.1.log")), 0);
	assert_int_equal(replay(exits, tap_repo("examples/traces/svm_6.1_exits_only.log")), 0);
	assert_int_equal(result.trace.faults_inferred, 7);
	for (i = 0; i < 7; i++) {
		const struct aegishv_rec_fault *a = &tap_nth(full, AEGISHV_REC_FAULT, i)->fault;
		const struct aegishv_rec_fault *b = &tap_nth(exits, AEGISHV_REC_FAULT, i)->fault;

		assert_int_equal(a->gpa, b->gpa);
		assert_int_equal(a->rip, b->rip);
		assert_int_equal(a->code, b->code);
		assert_int_equal(a->access, b->access);
		assert_int_equal(a->flags, b->flags);
		assert_int_equal(a->h.vcpu, b->h.vcpu);
		assert_int_equal(a->h.vm, b->h.vm);
	}
	tap_free(full);
	tap_free(exits);
}

static void lost_upstream(void **state)
{
	struct tap *tap = tap_new();

	assert_int_equal(replay(tap, tap_repo("examples/traces/svm_6.1_lost.log")), 0);
	assert_int_equal(tap->metrics.lost_trace, 1077);
	assert_int_equal(result.trace.lost_reports, 1);
	tap_free(tap);
}

static void not_replayable(void **state)
{
	struct tap *tap = tap_new();

	assert_int_equal(replay(tap, "/no/such/file"), -ENOENT);
	assert_int_equal(replay(tap, "/"), -EISDIR);
	assert_int_equal(replay_bytes("\x1f\x8b\x08\0\0\0\0\0\0", 9), -EPROTO);
	assert_int_equal(replay_bytes("\xfd" "7zXZ\0\0\0", 8), -EPROTO);
	assert_int_equal(replay_bytes("\x28\xb5\x2f\xfd....", 8), -EPROTO);
	assert_int_equal(replay_bytes("\x17\x08\x44tracing6", 11), -EPROTO);
	assert_int_equal(replay_bytes("PERFILE2....", 12), -EPROTO);
	assert_int_equal(replay_bytes("AEGISREC", 8), -EBADMSG);
	tap_free(tap);
}

static void small_files(void **state)
{
	assert_int_equal(replay_bytes("", 0), 0);
	assert_int_equal(result.trace.lines, 0);
	assert_int_equal(replay_bytes("\n", 1), 0);
	assert_int_equal(result.trace.comments, 1);
	assert_int_equal(replay_bytes("x", 1), 0);
	assert_int_equal(result.trace.unreadable, 1);
	assert_int_equal(replay_bytes("AEGISRE", 7), 0);
	assert_int_equal(result.trace.unreadable, 1);
}

static void recordings(void **state)
{
	struct tap *tap = tap_new();
	char err[RECFILE_ERR_LEN];
	struct aegishv_rec_exit rec = {
		.h = { .type = AEGISHV_REC_EXIT, .len = sizeof(rec), .isa = AEGISHV_ISA_VMX },
	};
	const char *path = tap_file("", 0);
	struct recfile *w = recfile_create(path, AEGISHV_ISA_VMX, true, err);

	for (; rec.h.seq < 50000; rec.h.seq++)
		assert_int_equal(recfile_write(w, &rec.h), 0);
	assert_int_equal(recfile_close(w), 0);
	assert_int_equal(replay(tap, path), 0);
	assert_true(result.recording);
	assert_int_equal(result.rec.records, 50001);
	assert_int_equal(result.rec.truncated, 0);
	assert_int_equal(result.bytes, 128 + 40 + 50000 * 72);
	assert_int_equal(tap->metrics.seq_holes, 0);
	assert_int_equal(truncate(path, 128 + 40 + 72 * 49999 + 8), 0);
	tap_free(tap);
	tap = tap_new();
	assert_int_equal(replay(tap, path), 0);
	assert_int_equal(result.rec.records, 50000);
	assert_int_equal(result.rec.truncated, 8);
	unlink(path);
	tap_free(tap);
}

#define LINES	300000

static void *write_fifo(void *arg)
{
	FILE *f = fopen(arg, "w");
	unsigned int i;

	for (i = 0; i < LINES; i++)
		fprintf(f, "            qemu-77      [000] .....     1.%06u: kvm_entry: vcpu 0, rip 0x%x\n",
			i, i);
	fclose(f);
	return NULL;
}

/* A stream without a size, longer than all buffers. */
static void through_a_pipe(void **state)
{
	char dir[] = "/tmp/aegishv-fifo-XXXXXX";
	char name[sizeof(dir) + 8];
	struct tap *tap = tap_new();
	pthread_t writer;

	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/fifo", dir);
	assert_int_equal(mkfifo(name, 0600), 0);
	pthread_create(&writer, NULL, write_fifo, name);
	assert_int_equal(replay(tap, name), 0);
	pthread_join(writer, NULL);
	unlink(name);
	rmdir(dir);
	assert_int_equal(tap->n, LINES);
	assert_int_equal(result.trace.lines, LINES);
	assert_int_equal(result.trace.unreadable, 0);
	assert_int_equal(tap->rec[TAP_MAX - 1].entry.rip, TAP_MAX - 1);
	tap_free(tap);
}

static void stops_when_told(void **state)
{
	const volatile sig_atomic_t stop = 1;
	const struct replay_opts opts = { .quiet = true, .stop = &stop, .result = &result };
	struct tap *tap = tap_new();

	assert_int_equal(replay_file(tap_repo("examples/traces/svm_6.1.log"), tap->p, &opts), 0);
	tap_free(tap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples), cmocka_unit_test(exits_only_tell_the_same),
		cmocka_unit_test(lost_upstream), cmocka_unit_test(not_replayable),
		cmocka_unit_test(small_files), cmocka_unit_test(recordings),
		cmocka_unit_test(through_a_pipe), cmocka_unit_test(stops_when_told),
	};

	return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
