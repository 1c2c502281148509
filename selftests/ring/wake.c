// SPDX-License-Identifier: GPL-2.0-only
/*
 * When poll() returns: at once for an alert, at the watermark, at the deadline;
 * and not for each record. Events come from aegishv-vmm, settings from ahvctl.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dev.h"
#include "ring.h"
#include "stream.h"
#include "tap.h"

static struct dev dev;
static struct stream streams[DEV_MAX_CPUS];

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static bool set(const char *what)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ahvctl set %s", what);
	return !system(cmd);
}

static void drain(void)
{
	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		if (dev.ring[c].cons)
			stream_read(&streams[c], UINT64_MAX);
}

static uint64_t unread(void)
{
	uint64_t n = 0;

	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		if (dev.ring[c].cons)
			n += dev_head(&dev.ring[c]) - streams[c].tail;
	return n;
}

/* poll() with a limit far above any deadline; the time it took, or -1. */
static int64_t wait_ms(int limit_ms)
{
	struct pollfd p = { .fd = dev.fd, .events = POLLIN };
	uint64_t start = now_ms();

	if (poll(&p, 1, limit_ms) != 1)
		return -1;
	return now_ms() - start;
}

/* Until nothing is due and no deadline runs. */
static void settle(void)
{
	do
		drain();
	while (wait_ms(50) >= 0);
}

static pid_t vmm(const char *args)
{
	char cmd[128];
	pid_t pid = fork();

	if (!pid) {
		snprintf(cmd, sizeof(cmd), "exec aegishv-vmm %s >/dev/null", args);
		execl("/bin/sh", "sh", "-c", cmd, NULL);
		_exit(127);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* The deadline is far away: only the alert of a VM's birth can wake. */
static void check_alert(void)
{
	int64_t t;
	pid_t pid;

	set("exit-events=off deadline-us=10000000 watermark-bytes=262144");
	settle();
	pid = vmm("idle");
	t = wait_ms(60000);
	tap(t >= 0 && t < 9000, "an alert wakes before the deadline of 10 s (%lld ms)",
	    (long long)t);
	tap(unread() > 0, "and there is something to read");
	end(pid);
	settle();
}

static void check_watermark(void)
{
	int64_t t;
	pid_t pid;

	set("exit-events=all deadline-us=10000000 watermark-bytes=131072");
	settle();
	pid = vmm("load");
	while (wait_ms(60000) >= 0 && unread() < 4096)
		drain();	/* birth and vCPU are alerts */
	drain();
	t = wait_ms(60000);
	tap(t >= 0 && unread() >= 131072, "telemetry wakes at the watermark (%llu bytes unread)",
	    (unsigned long long)unread());
	end(pid);
	settle();
}

static uint64_t seen(void)
{
	uint64_t n = 0;

	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		n += streams[c].records;
	return n;
}

/* Few records, far below the watermark, and no alert after the first ones. */
static void check_deadline(void)
{
	uint64_t before;
	int woken = 0;
	pid_t pid;

	set("exit-events=all deadline-us=200000 watermark-bytes=262144");
	settle();
	before = seen();
	pid = vmm("cpuid --count 200 --hold");
	while (seen() < before + 200 && wait_ms(60000) >= 0) {
		woken++;
		drain();
	}
	tap(seen() >= before + 200, "the deadline wakes for records below the watermark");
	tap(woken < 50, "and not for each record (%d times)", woken);
	end(pid);
	settle();
}

/* What an earlier consumer left is due at once. */
static void check_leftover(void)
{
	pid_t pid;

	dev_close(&dev);
	pid = vmm("cpuid --count 20");
	waitpid(pid, NULL, 0);
	if (!tap(!dev_open(&dev), "the device opens again"))
		return;
	tap(wait_ms(60000) >= 0, "records that waited for a consumer wake it");
	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		if (dev.ring[c].cons)
			stream_init(&streams[c], &dev.ring[c], c);
	settle();
}

int test_wake(void)
{
	uint64_t bad = 0;
	int err = dev_open(&dev);

	if (!tap(!err, "the device opens"))
		return tap_done();
	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		if (dev.ring[c].cons)
			stream_init(&streams[c], &dev.ring[c], c);
	settle();
	tap(wait_ms(300) < 0, "nothing wakes an idle consumer");
	check_alert();
	check_watermark();
	check_deadline();
	check_leftover();
	for (unsigned int c = 0; c < dev.nr_cpus; c++)
		bad += streams[c].bad;
	tap(!bad, "every record was as it must be");
	dev_close(&dev);
	return tap_done();
}
