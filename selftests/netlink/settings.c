// SPDX-License-Identifier: GPL-2.0-only
/*
 * exit-events, as default and per VM, seen in settings and in what reaches the
 * rings; and the size of the rings. Nothing reads the rings here: records stay.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "life.h"
#include "nltest.h"

#define OFF	AEGISHV_EXIT_EVENTS_OFF
#define ALL	AEGISHV_EXIT_EVENTS_ALL
#define SAMPLE	AEGISHV_EXIT_EVENTS_SAMPLE
#define FULL	AEGISHV_EXIT_EVENTS_FULL

static int set_all(struct nlc *c, uint32_t mode, uint32_t n)
{
	const struct nlc_attr a[] = { U32(CONFIG_EXIT_EVENTS, mode), U32(CONFIG_SAMPLE, n), { 0 } };
	const struct nlc_attr plain[] = { U32(CONFIG_EXIT_EVENTS, mode), { 0 } };

	return nlc_set(c, mode == SAMPLE ? a : plain);
}

static int set_vm(struct nlc *c, uint32_t vm, uint32_t mode, uint32_t n)
{
	const struct nlc_attr a[] = { U32(CONFIG_VM, vm), U32(CONFIG_EXIT_EVENTS, mode),
				      U32(CONFIG_SAMPLE, n), { 0 } };
	const struct nlc_attr plain[] = { U32(CONFIG_VM, vm), U32(CONFIG_EXIT_EVENTS, mode), { 0 } };

	return nlc_set(c, mode == SAMPLE ? a : plain);
}

static int inherit(struct nlc *c, uint32_t vm)
{
	const struct nlc_attr a[] = { U32(CONFIG_VM, vm), FLAG(CONFIG_INHERIT), { 0 } };

	return nlc_set(c, a);
}

/* The VM made last. */
static struct nlc_vm newest(struct nlc *c)
{
	static struct nlc_vm vms[64];
	struct nlc_vm none = { 0 };
	int n = nlc_dump_vms(c, vms, 64);

	return n > 0 && n <= 64 ? vms[n - 1] : none;
}

static bool in_force(struct nlc *c, uint32_t id, uint32_t mode, uint32_t own)
{
	struct nlc_vm vm;

	if (!nlc_get_vm(c, id, &vm) && vm.exit_events == mode && vm.own == own)
		return true;
	note("VM %u: exit-events %u own %u", id, vm.exit_events, vm.own);
	return false;
}

/* Records that a run of 100 port writes leaves, and the VM's exits and faults meanwhile. */
struct cost {
	uint64_t records, exits, faults;
};

static struct cost run_100(struct nlc *c, struct life *l, uint32_t id)
{
	struct nlc_rings a, b;
	struct nlc_vm va, vb;

	nlc_get_vm(c, id, &va);
	nlc_get_rings(c, &a);
	life_run(l, 0, 100);
	nlc_get_rings(c, &b);
	nlc_get_vm(c, id, &vb);
	return (struct cost) { b.records - a.records, vb.exits - va.exits, vb.faults - va.faults };
}

static void recorded(struct nlc *c, struct life *l, uint32_t id)
{
	struct cost k;

	set_all(c, OFF, 0);
	k = run_100(c, l, id);
	is(k.records, k.faults, "off: faults alone are recorded");
	ok(k.exits >= 101, "... and exits counted (%llu, at least 101)", (unsigned long long)k.exits);
	set_vm(c, id, ALL, 0);
	k = run_100(c, l, id);
	is(k.records, k.exits + k.faults, "all for this VM: each exit is recorded");
	set_vm(c, id, SAMPLE, 10);
	k = run_100(c, l, id);
	is(k.records - k.faults, (k.exits + 9) / 10, "sample of 10: the first and each tenth after it");
	inherit(c, id);
	k = run_100(c, l, id);
	is(k.records, k.faults, "inherit: none again");
	set_all(c, ALL, 0);
	k = run_100(c, l, id);
	is(k.records, k.exits + k.faults, "all for everybody: this VM too");
	set_vm(c, id, OFF, 0);
	k = run_100(c, l, id);
	is(k.records, k.faults, "off for this VM wins over all for everybody");
	set_vm(c, id, FULL, 0);
	k = run_100(c, l, id);
	ok(k.records > 2 * k.exits, "full for this VM: entries and returns too (%llu records of %llu exits)",
	   (unsigned long long)k.records, (unsigned long long)k.exits);
	inherit(c, id);
	set_all(c, OFF, 0);
}

static void settings(struct nlc *c, uint32_t one, uint32_t two)
{
	is(set_all(c, SAMPLE, 7), 0, "sample of 7 as default");
	ok(in_force(c, one, SAMPLE, 0) && in_force(c, two, SAMPLE, 0), "both VMs follow it");
	is(set_vm(c, one, ALL, 0), 0, "all for one VM");
	ok(in_force(c, one, ALL, 1) && in_force(c, two, SAMPLE, 0), "it alone has it");
	is(set_all(c, OFF, 0), 0, "off as default");
	ok(in_force(c, one, ALL, 1) && in_force(c, two, OFF, 0), "the one with its own keeps it");
	is(inherit(c, one), 0, "inherit for it");
	ok(in_force(c, one, OFF, 0), "it follows the default again");
	is(inherit(c, one), 0, "inherit for a VM without its own changes nothing");
	ok(in_force(c, one, OFF, 0), "... indeed");
}

void test_settings(struct nlc *c)
{
	struct nlc_vm one, two;
	struct life a, b;

	if (!ok(!life_open_kvm() && !life_make(&a, 1), "a VM"))
		return;
	one = newest(c);
	if (!ok(!life_make(&b, 1), "another"))
		return;
	two = newest(c);
	settings(c, one.id, two.id);
	recorded(c, &b, two.id);
	life_end(&a);
	life_end(&b);
	is(set_vm(c, two.id, ALL, 0), -ENOENT, "a VM that is gone has no settings");
}

/* ---- size of the rings ---- */

static int set_ring(struct nlc *c, uint32_t bytes, uint32_t watermark)
{
	const struct nlc_attr a[] = { U32(CONFIG_RING_BYTES, bytes),
				      U32(CONFIG_WATERMARK_BYTES, watermark), { 0 } };

	return nlc_set(c, a);
}

static void sized(struct nlc *c, uint32_t bytes)
{
	struct nlc_rings a, b;
	struct nlc_config cfg;

	nlc_get_rings(c, &a);
	is(set_ring(c, bytes, 32768), 0, "another size");
	nlc_get_rings(c, &b);
	nlc_get_config(c, &cfg);
	ok(cfg.ring_bytes == bytes && b.bytes == (uint64_t)bytes * b.n,
	   "rings of %u bytes, on each of %u CPUs", bytes, b.n);
	ok(a.records == b.records && a.used == b.used && a.lost == b.lost,
	   "... with what was in them (%llu bytes)", (unsigned long long)b.used);
}

static void while_open(struct nlc *c)
{
	const struct nlc_attr both[] = { U32(CONFIG_RING_BYTES, 262144), U32(CONFIG_DEADLINE_US, 4321), { 0 } };
	struct nlc_answer a = { 0 };
	struct nlc_config before;
	struct nlc_info info;
	int fd = open("/dev/aegishv", O_RDONLY | O_CLOEXEC);

	nlc_get_config(c, &before);
	nlc_get_info(c, &info);
	ok(fd >= 0 && info.consumer == (uint32_t)getpid(), "the device is open, info says by whom");
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, both), &a);
	is(a.err, -EBUSY, "no other size while it is open");
	ok(strstr(a.text, "/dev/aegishv") != NULL, "... and why: %s", a.text);
	ok(same_config(c, &before), "... and nothing else of the request happened");
	close(fd);
}

static void too_small(struct nlc *c)
{
	const struct nlc_attr small[] = { U32(CONFIG_RING_BYTES, 65536),
					  U32(CONFIG_WATERMARK_BYTES, 32768), { 0 } };
	struct nlc_answer a = { 0 };
	struct nlc_config before;
	cpu_set_t cpu0;
	struct life l;

	CPU_ZERO(&cpu0);
	CPU_SET(0, &cpu0);
	sched_setaffinity(0, sizeof(cpu0), &cpu0);
	set_all(c, ALL, 0);
	if (!life_make(&l, 1)) {
		life_run(&l, 0, 1500);
		life_end(&l);
	}
	set_all(c, OFF, 0);
	nlc_get_config(c, &before);
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, small), &a);
	is(a.err, -ENOSPC, "no size that what waits in the rings does not fit into");
	ok(strstr(a.text, "fit") != NULL, "... and why: %s", a.text);
	ok(same_config(c, &before), "... and the watermark of that request is not set");
}

void test_resize(struct nlc *c)
{
	struct nlc_info before, after;
	struct nlc_config cfg;

	if (!ok(!life_open_kvm(), "/dev/kvm"))
		return;
	nlc_get_config(c, &cfg);
	nlc_get_info(c, &before);
	sized(c, 1 << 20);
	sized(c, 131072);
	sized(c, 65536);
	nlc_get_info(c, &after);
	ok(after.memory < before.memory, "smaller rings, less memory");
	sized(c, 16 << 20);
	is(set_ring(c, cfg.ring_bytes, cfg.watermark), 0, "the first size again");
	nlc_get_info(c, &after);
	is(after.memory, before.memory, "... is as much memory as at first");
	while_open(c);
	too_small(c);
}
