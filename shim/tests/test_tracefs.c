// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tailing a directory that looks like tracefs: what is switched on, what is
 * undone, and what is said when something is missing. The real one is tailed
 * in the test machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "tap.h"
#include "trace.h"
#include "tracefs.h"

#define LINE	"            qemu-%d      [000] .....     1.000001: kvm_exit: vcpu 0 reason hlt rip 0x1000 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n"

static char dir[64];
static char err[TRACEFS_ERR_LEN];
static struct tap *tap;

static const char *file(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void put(const char *name, const char *text)
{
	int fd = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* The first byte, as an "enable" file has it. */
static char get(const char *name)
{
	char c = 0;
	int fd = open(file(name), O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, &c, 1), 1);
	close(fd);
	return c;
}

static void event(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "events/kvm/%s", name);
	assert_int_equal(mkdir(file(path), 0700), 0);
	snprintf(path, sizeof(path), "events/kvm/%s/enable", name);
	put(path, value);
}

static int setup(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/aegishv-tracefs-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(mkdir(file("events"), 0700), 0);
	assert_int_equal(mkdir(file("events/kvm"), 0700), 0);
	put("trace_clock", "[local] mono\n");
	put("trace_pipe", "");
	tap = tap_new();
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	tap_free(tap);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct tracefs *tail(bool all)
{
	const struct tracefs_opts opts = { .dir = dir, .all = all };

	return tracefs_open(&opts, tap->p, err);
}

static void reads_and_undoes(void **state)
{
	struct tracefs *t;
	char text[2048];

	event("kvm_exit", "0\n");
	event("kvm_page_fault", "1\n");
	event("kvm_entry", "0\n");
	snprintf(text, sizeof(text), LINE LINE, getpid(), getpid());
	put("trace_pipe", text);
	t = tail(false);
	assert_non_null(t);
	assert_int_equal(get("events/kvm/kvm_exit/enable"), '1');
	assert_int_equal(get("events/kvm/kvm_entry/enable"), '0');
	assert_int_equal(get("trace_clock"), 'm');
	assert_true(tracefs_ready(t));
	assert_int_equal(tracefs_poll(t, 0), 0);
	assert_int_equal(tap_count(tap, AEGISHV_REC_CLOCK), 2);
	assert_int_equal(tap_count(tap, AEGISHV_REC_EXIT), 2);
	assert_int_equal(tap_nth(tap, AEGISHV_REC_VM, 0)->vm.tgid, getpid());
	assert_string_equal(tap_nth(tap, AEGISHV_REC_VM, 0)->vm.comm, "test_tracefs");
	assert_int_equal(tracefs_stats(t)->lines, 2);
	tracefs_close(t);
	assert_int_equal(get("events/kvm/kvm_exit/enable"), '0');
	assert_int_equal(get("events/kvm/kvm_page_fault/enable"), '1');
	assert_int_equal(get("trace_clock"), 'l');
}

static void all_events(void **state)
{
	const struct tracefs_event *e;
	struct tracefs *t;
	size_t i, nr;

	event("kvm_exit", "0\n");
	event("kvm_guest_fault", "0\n");
	event("kvm_entry", "0\n");
	event("kvm_userspace_exit", "0\n");
	t = tail(true);
	assert_non_null(t);
	e = tracefs_events(t, &nr);
	for (i = 0; i < nr; i++) {
		bool absent = !strcmp(e[i].name, "kvm_page_fault");

		if (e[i].guest) {
			assert_false(e[i].wanted || e[i].on);
			continue;
		}
		assert_int_equal(e[i].on, !absent);
		assert_int_equal(e[i].err, absent ? ENOENT : 0);
	}
	tracefs_close(t);
	assert_int_equal(get("events/kvm/kvm_userspace_exit/enable"), '0');
}

static void refuses(const char *why)
{
	assert_null(tail(false));
	if (!strstr(err, why))
		fail_msg("%s: not in: %s", why, err);
}

static void without_kvm(void **state)
{
	refuses("load KVM first");
}

static void without_faults(void **state)
{
	event("kvm_exit", "0\n");
	refuses("kvm_page_fault");
	assert_int_equal(get("events/kvm/kvm_exit/enable"), '0');
}

static void no_tracefs(void **state)
{
	const struct tracefs_opts opts = { .dir = "/no/such/directory" };

	unlink(file("trace_pipe"));
	refuses("it is not tracefs");
	assert_null(tracefs_open(&opts, tap->p, err));
	assert_non_null(strstr(err, "mount -t tracefs"));
}

/* An instance that cannot hold events, as this is no tracefs: refused, removed. */
static void own_instance(void **state)
{
	assert_int_equal(mkdir(file("instances"), 0700), 0);
	refuses("trace_clock");
	assert_int_equal(access(file("instances/aegishv"), F_OK), -1);
	assert_int_equal(mkdir(file("instances/aegishv"), 0700), 0);
	put("instances/aegishv/busy", "x");
	refuses("instances/aegishv");
}

/* kvm is unloaded: not ready. It is back: enabled again. */
static void kvm_comes_and_goes(void **state)
{
	struct tracefs *t;
	char gone[128];

	event("kvm_exit", "0\n");
	event("kvm_page_fault", "0\n");
	t = tail(false);
	assert_non_null(t);
	snprintf(gone, sizeof(gone), "%s/gone", dir);
	assert_int_equal(rename(file("events/kvm"), gone), 0);
	tracefs_check(t);
	assert_false(tracefs_ready(t));
	assert_int_equal(rename(gone, file("events/kvm")), 0);
	put("events/kvm/kvm_exit/enable", "0\n");
	tracefs_check(t);
	assert_true(tracefs_ready(t));
	assert_int_equal(get("events/kvm/kvm_exit/enable"), '1');
	tracefs_close(t);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_and_undoes), T(all_events), T(without_kvm), T(without_faults),
		T(no_tracefs), T(own_instance), T(kvm_comes_and_goes),
	};

	return cmocka_run_group_tests_name("tracefs", tests, NULL, NULL);
}
