// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real VM exits into the rings of all CPUs while the consumer is fast, slow,
 * scribbling on its page, killed, stopped, and gone for rings of another size.
 * AHV_TORTURE_RECORDS says how many events that shall be in all.
 *
 * At the end, per CPU: the next sequence is the events written and the events
 * lost; and over all CPUs these are what KVM's own counters say happened.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"
#include "ring.h"
#include "stream.h"
#include "tap.h"

#define NR_LOADS	2
#define LOAD_VCPUS	2

static struct dev dev;
static struct stream streams[DEV_MAX_CPUS];
static pid_t loads[NR_LOADS];
static uint64_t vm_events;	/* alerts that our VMs' lives make */
static uint64_t wild = 88172645463325252ULL;
static uint64_t skipped;	/* consumers that could not go on where they were */

static uint64_t next_wild(void)
{
	wild ^= wild << 13;
	wild ^= wild >> 7;
	return wild ^= wild << 17;
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static pid_t spawn(const char *cmd)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/bin/sh", "sh", "-c", cmd, NULL);
		_exit(127);
	}
	return pid;
}

static bool sh(const char *cmd)
{
	int status;

	waitpid(spawn(cmd), &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Sum of a column of what ahvctl prints, over the lines that start so. */
static uint64_t sum_of(const char *cmd)
{
	unsigned long long n = 0;
	FILE *f = popen(cmd, "r");

	if (!f || fscanf(f, "%llu", &n) != 1)
		tap_note("%s: no number", cmd);
	if (f)
		pclose(f);
	return n;
}

static uint64_t counted(void)
{
	return sum_of("ahvctl counters | awk '{ n += $NF } END { printf \"%d\", n }'");
}

static uint64_t attempted(void)
{
	return sum_of("ahvctl rings | awk '{ n += $8 + $10 + $11 } END { printf \"%d\", n }'");
}

#define FOR_EACH_RING(c) \
	for (unsigned int c = 0; c < dev.nr_cpus; c++) \
		if (dev.ring[c].cons)

/* Streams go on where they were, or start anew. */
static bool open_streams(bool go_on)
{
	int err = dev_open(&dev);

	if (err) {
		tap_note("open: %s", strerror(-err));
		return false;
	}
	FOR_EACH_RING(c) {
		uint64_t tail = streams[c].tail;

		if (!go_on) {
			uint64_t bad = streams[c].bad;

			stream_init(&streams[c], &dev.ring[c], c);
			streams[c].bad = bad;
		} else if (dev.ring[c].cons->tail != tail) {
			tap_note("cpu %u: position %llu became %llu", c, (unsigned long long)tail,
				 (unsigned long long)dev.ring[c].cons->tail);
			streams[c].bad++;
		}
		streams[c].r = &dev.ring[c];
	}
	return true;
}

/* Without the device nothing that follows has a meaning. */
static void reopen(bool go_on)
{
	if (open_streams(go_on))
		return;
	tap(false, "the device opens again");
	exit(tap_done());
}

static uint64_t seen(void)
{
	uint64_t n = 0;

	FOR_EACH_RING(c)
		n += dev_records(&dev.ring[c]) + dev_lost(&dev.ring[c]);
	return n;
}

static void read_all(uint64_t max)
{
	FOR_EACH_RING(c)
		stream_read(&streams[c], max);
}

static void fast(uint64_t until)
{
	struct pollfd p = { .fd = dev.fd, .events = POLLIN };

	while (seen() < until) {
		poll(&p, 1, 1000);
		read_all(UINT64_MAX);
	}
}

static void slow(uint64_t until)
{
	while (seen() < until) {
		pause_ms(50);
		read_all(100);
	}
}

static void scribble(uint64_t until)
{
	while (seen() < until) {
		FOR_EACH_RING(c) {
			uint64_t x = next_wild(), head = dev_head(&dev.ring[c]);

			dev_set_tail(&dev.ring[c], x & 1 ? x :
				     head + (int64_t)(x >> 8) % (2 * dev.ring[c].size));
		}
		if (next_wild() % 64 == 0)
			pause_ms(1);
	}
	FOR_EACH_RING(c)
		stream_skip(&streams[c]);
	skipped++;
	read_all(UINT64_MAX);
}

static volatile sig_atomic_t child_ends;

static void on_term(int sig)
{
	(void)sig;
	child_ends = 1;
}

/* A consumer of its own process, until SIGTERM; or until it is killed. */
static pid_t child_consumer(void)
{
	uint64_t bad = 0;
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGTERM, on_term);
	if (!open_streams(false))
		_exit(2);
	while (!child_ends) {
		read_all(1000);
		pause_ms(1);
	}
	FOR_EACH_RING(c)
		bad += streams[c].bad;
	_exit(!!bad);
}

static void killed(uint64_t until)
{
	int rounds = 0;

	do {
		pid_t pid;

		dev_close(&dev);
		pid = child_consumer();
		pause_ms(100 + next_wild() % 200);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		rounds++;
		reopen(false);
		read_all(UINT64_MAX);
	} while (seen() < until);
	tap(rounds, "%d consumers killed and replaced", rounds);
}

static void stopped(uint64_t until)
{
	int status = 0, rounds = 0;
	bool good = true;

	do {
		pid_t pid;

		dev_close(&dev);
		pid = child_consumer();
		pause_ms(100);
		kill(pid, SIGSTOP);
		pause_ms(500);
		kill(pid, SIGCONT);
		pause_ms(100);
		kill(pid, SIGTERM);
		waitpid(pid, &status, 0);
		good &= WIFEXITED(status) && !WEXITSTATUS(status);
		rounds++;
		reopen(false);
	} while (seen() < until);
	tap(good, "%d consumers stopped and continued saw every loss reported", rounds);
}

/* Nothing is lost track of: the same streams go on. */
static void resized(uint64_t until)
{
	static const unsigned int sizes[] = { 1 << 20, 4 << 20, 1 << 18, 1 << 19, 1 << 17 };
	int done = 0, refused = 0, i = 0;
	char cmd[80];

	tap(!sh("ahvctl set ring-bytes=1048576 2>/dev/null"),
	    "another size is refused while the device is open");
	do {
		read_all(UINT64_MAX);
		dev_close(&dev);
		snprintf(cmd, sizeof(cmd), "ahvctl set ring-bytes=%u 2>/dev/null", sizes[i++ % 5]);
		if (sh(cmd))
			done++;
		else
			refused++;
		reopen(true);
		read_all(UINT64_MAX);
	} while (seen() < until || !done);
	tap(done > 0, "rings resized %d times under load (%d times what waited did not fit)",
	    done, refused);
}

static void short_lives(int n)
{
	char cmd[80];

	snprintf(cmd, sizeof(cmd), "aegishv-vmm cpuid --count 5 --repeat %d >/dev/null", n);
	sh(cmd);
	vm_events += 3ULL * n;
}

static void start_loads(void)
{
	for (int i = 0; i < NR_LOADS; i++)
		loads[i] = spawn("exec aegishv-vmm load --vcpus 2 >/dev/null");
	vm_events += NR_LOADS * (2 + LOAD_VCPUS);
}

static void end_loads(void)
{
	for (int i = 0; i < NR_LOADS; i++)
		kill(loads[i], SIGTERM);
	for (int i = 0; i < NR_LOADS; i++)
		waitpid(loads[i], NULL, 0);
}

/* A loss that is not in the stream yet is told before the next record. */
static void flush(void)
{
	char cmd[80];

	read_all(UINT64_MAX);
	FOR_EACH_RING(c) {
		snprintf(cmd, sizeof(cmd), "taskset %x aegishv-vmm cpuid --count 5 >/dev/null",
			 1U << c);
		sh(cmd);
		vm_events += 3;
	}
	pause_ms(500);	/* what RCU still has to end */
	read_all(UINT64_MAX);
}

static void check_end(uint64_t counted_before, uint64_t attempted_before)
{
	uint64_t tried = attempted() - attempted_before, truth;

	FOR_EACH_RING(c) {
		uint64_t sum = dev_records(&dev.ring[c]) + dev_lost(&dev.ring[c]);

		tap(streams[c].synced && streams[c].seq == sum,
		    "cpu %u: next sequence %llu is %llu written and %llu lost", c,
		    (unsigned long long)streams[c].seq,
		    (unsigned long long)dev_records(&dev.ring[c]),
		    (unsigned long long)dev_lost(&dev.ring[c]));
		tap(!streams[c].bad, "cpu %u: every record was as it must be", c);
	}
	truth = counted() - counted_before + vm_events;
	tap(tried == truth, "events in the rings, %llu, are those counted, %llu",
	    (unsigned long long)tried, (unsigned long long)truth);
}

static const struct phase {
	const char *name;
	void (*run)(uint64_t until);
} phases[] = {
	{ "fast consumer", fast },
	{ "slow consumer", slow },
	{ "resize", resized },
	{ "scribbling consumer", scribble },
	{ "killed consumers", killed },
	{ "stopped consumers", stopped },
	{ "fast again", fast },
};

#define NR_PHASES	(sizeof(phases) / sizeof(phases[0]))

static void run_phases(uint64_t records)
{
	struct timespec a, b;
	double s;

	for (unsigned int i = 0; i < NR_PHASES; i++) {
		uint64_t start = seen();

		clock_gettime(CLOCK_MONOTONIC, &a);
		phases[i].run(start + records / NR_PHASES);
		short_lives(3);
		clock_gettime(CLOCK_MONOTONIC, &b);
		s = b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9;
		tap_note("%s: %llu events in %.1f s, %.0f/s", phases[i].name,
			 (unsigned long long)(seen() - start), s, (seen() - start) / s);
	}
}

static uint64_t records_wanted(void)
{
	const char *text = getenv("AHV_TORTURE_RECORDS");

	return text && *text ? strtoull(text, NULL, 10) : 200000;
}

int test_torture(void)
{
	uint64_t counted_before, attempted_before;

	if (!tap(sh("ahvctl set exit-events=full"), "every exit, entry and return is recorded"))
		return tap_done();
	counted_before = counted();
	attempted_before = attempted();
	if (!tap(open_streams(false), "the device opens"))
		return tap_done();
	start_loads();
	run_phases(records_wanted());
	end_loads();
	flush();
	check_end(counted_before, attempted_before);
	dev_close(&dev);
	return tap_done();
}

/* All that waits, from the first event since the module was loaded. */
int test_drain(void)
{
	int err = dev_open(&dev);

	if (!tap(!err, "the device opens"))
		return tap_done();
	FOR_EACH_RING(c) {
		stream_init(&streams[c], &dev.ring[c], c);
		streams[c].synced = dev.ring[c].cons->tail == 0;
		stream_read(&streams[c], UINT64_MAX);
		tap(!streams[c].bad, "cpu %u: %llu records, all as they must be", c,
		    (unsigned long long)streams[c].records);
	}
	dev_close(&dev);
	return tap_done();
}
