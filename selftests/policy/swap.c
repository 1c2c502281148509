// SPDX-License-Identifier: GPL-2.0-only
/*
 * polswap SWAPS OPENS [frozen]: two policies take turns while processes open
 * files that both deny, each by another kind of rule, and one replaces such a
 * file over and over. No open may succeed, and each denial is an event or is
 * counted as lost; with "frozen" nobody reads events until all is over. TAP.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drain.h"
#include "pol.h"
#include "tap.h"

#define OPENERS		2
#define REPLACES	2000
#define DIR_PATH	"/tmp/p/swap"

static const char *const files[] = {
	DIR_PATH "/f", DIR_PATH "/g", DIR_PATH "/d/h", DIR_PATH "/d/i", DIR_PATH "/r",
};

#define NR_FILES	5
#define FREE		DIR_PATH "/free"

static const struct pol_rule one[] = {
	BY_PATH(PATH, DIR_PATH "/f"), BY_PATH(PATH, DIR_PATH "/g"), BY_PATH(DIR_, DIR_PATH "/d"),
	BY_PATH(PATH, DIR_PATH "/r"), BY_PATH(PATH, DIR_PATH "/one"),
};

static const struct pol_rule other[] = {
	BY_PATH(PATH, DIR_PATH "/f"), BY_PATH(INODE, DIR_PATH "/g"), BY_PATH(PATH, DIR_PATH "/d/h"),
	BY_PATH(INODE, DIR_PATH "/d/i"), BY_PATH(PATH, DIR_PATH "/r"), BY_PATH(PATH, DIR_PATH "/two"),
};

static struct shared {
	volatile bool stop;
	volatile uint64_t opens[OPENERS], denied[OPENERS], opened[OPENERS], strange[OPENERS];
	volatile uint64_t replaced;
} *shared;

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static _Noreturn void open_on(int who, uint64_t opens)
{
	on_cpu(who);
	for (uint64_t i = 0; i < opens || !shared->stop; i++) {
		int fd = open(files[i % NR_FILES], i & 8 ? O_RDONLY : O_RDWR);

		if (fd >= 0) {
			shared->opened[who]++;
			close(fd);
		} else if (errno == EPERM) {
			shared->denied[who]++;
		} else {
			shared->strange[who]++;
		}
		shared->opens[who] = i + 1;
	}
	_exit(0);
}

static _Noreturn void replace(void)
{
	while (!shared->stop && shared->replaced < REPLACES) {
		int fd = open(DIR_PATH "/new", O_CREAT | O_WRONLY, 0644);

		if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) ||
		    rename(DIR_PATH "/new", DIR_PATH "/r"))
			_exit(1);
		shared->replaced++;
		usleep(1000);
	}
	_exit(0);
}

static void make_files(void)
{
	mkdir("/tmp/p", 0755);
	mkdir(DIR_PATH, 0755);
	mkdir(DIR_PATH "/d", 0755);
	for (int i = 0; i < NR_FILES; i++)
		close(open(files[i], O_CREAT | O_WRONLY, 0644));
	close(open(FREE, O_CREAT | O_WRONLY, 0644));
}

static int enforce(struct nlc *c)
{
	const struct nlc_attr attrs[] = {
		U32(CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE),
		U32(CONFIG_SIGNAL, AEGISHV_SIGNAL_NONE), U32(CONFIG_STORM_DENIALS, 0), { 0 }
	};
	struct nlc_answer a = { 0 };

	nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, attrs), &a);
	if (a.err)
		note("%s", a.text);
	return a.err;
}

static bool openable(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Each file can be opened without rules, and none of the first ones with them. */
static void controls(struct nlc *c)
{
	int can = 0, cannot = 0;

	pol_replace(c, NULL, 0);
	for (int i = 0; i < NR_FILES; i++)
		can += openable(files[i]);
	is(can, NR_FILES, "without rules every file opens");
	pol_replace(c, one, sizeof(one) / sizeof(*one));
	for (int i = 0; i < NR_FILES; i++)
		cannot += !openable(files[i]);
	is(cannot, NR_FILES, "by the first policy none does");
	pol_replace(c, other, sizeof(other) / sizeof(*other));
	for (int i = 0; i < NR_FILES; i++)
		cannot += !openable(files[i]);
	is(cannot, 2 * NR_FILES, "by the second none does either");
	ok(openable(FREE), "a file beside them opens");
}

struct reader {
	struct drain d;
	volatile bool stop;
};

static void *read_events(void *arg)
{
	struct reader *r = arg;

	drain_run(&r->d, &r->stop);
	return NULL;
}

static int swap_over_and_over(struct nlc *c, unsigned int swaps)
{
	int err = 0;

	for (unsigned int i = 0; i < swaps && !err; i++)
		err = i & 1 ? pol_replace(c, other, sizeof(other) / sizeof(*other)) :
			      pol_replace(c, one, sizeof(one) / sizeof(*one));
	return err;
}

static int run(struct nlc *c, unsigned int swaps, uint64_t opens)
{
	int bad = 0, status, err;
	pid_t pid[OPENERS + 1];

	for (int i = 0; i <= OPENERS; i++) {
		pid[i] = fork();
		if (!pid[i] && i < OPENERS)
			open_on(i, opens / OPENERS);
		if (!pid[i])
			replace();
	}
	err = swap_over_and_over(c, swaps);
	is(err, 0, "the swaps");
	shared->stop = true;
	for (int i = 0; i <= OPENERS; i++)
		bad += waitpid(pid[i], &status, 0) != pid[i] || status;
	return bad;
}

static void judge(const struct drain *d, uint64_t blocks, unsigned int swaps, uint64_t opens)
{
	uint64_t did = 0, denied = 0, opened = 0, strange = 0;

	for (int i = 0; i < OPENERS; i++) {
		did += shared->opens[i];
		denied += shared->denied[i];
		opened += shared->opened[i];
		strange += shared->strange[i];
	}
	note("%llu opens, %llu denied; %llu replaced; events: %llu denials, %llu policies, %llu others, %llu lost (%llu reported)",
	     (unsigned long long)did, (unsigned long long)denied,
	     (unsigned long long)shared->replaced, (unsigned long long)d->blocks,
	     (unsigned long long)d->policies, (unsigned long long)d->others,
	     (unsigned long long)d->lost, (unsigned long long)d->reported);
	ok(did >= opens, "%llu opens, at least %llu", (unsigned long long)did,
	   (unsigned long long)opens);
	is(opened, 0, "no open of a file that both policies deny ever succeeded");
	is(strange, 0, "... or failed for another reason");
	is(blocks, denied, "the module counts as many denials");
	is(d->others, 0, "no events but denials and policies");
	is(d->gaps, 0, "no event is missing without a word");
	is(d->denied, d->blocks, "every event tells of a denial");
	is(d->blocks + d->policies + d->lost, denied + swaps,
	   "events and reported losses are as many as denials and swaps");
	ok(d->reported <= d->lost, "no more losses reported than there were");
}

static void test(struct nlc *c, unsigned int swaps, uint64_t opens, bool frozen)
{
	struct pol_state before, after;
	struct reader r = { .stop = frozen };
	pthread_t thread;

	make_files();
	is(enforce(c), 0, "enforce");
	controls(c);
	pol_state(c, &before);
	if (!ok(!drain_open(), "the device"))
		return;
	if (!frozen)
		pthread_create(&thread, NULL, read_events, &r);
	is(run(c, swaps, opens), 0, "openers and replacer end well");
	r.stop = true;
	if (frozen)
		read_events(&r);
	else
		pthread_join(thread, NULL);
	pol_state(c, &after);
	judge(&r.d, after.blocks - before.blocks, swaps, opens);
	ok(openable(FREE), "the file beside them opens");
	drain_close();
}

int main(int argc, char **argv)
{
	struct nlc c;

	if (argc < 3) {
		fprintf(stderr, "usage: polswap SWAPS OPENS [frozen]\n");
		return 2;
	}
	if (nlc_connect(&c)) {
		fprintf(stderr, "polswap: no netlink family: load aegishv.ko first\n");
		return 1;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	test(&c, atoi(argv[1]), strtoull(argv[2], NULL, 10), argc > 3);
	return tap_done();
}
