// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dump of more VMs than fit into one message: complete, in order of their
 * numbers, each once; also while VMs die between its parts.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "life.h"
#include "nltest.h"

#define KILL_EVERY	3
#define SMALL_PART	8192	/* so that most VMs are not yet in a part when some die */

static int make_swarm(struct life *l, int n)
{
	struct rlimit r = { 65536, 65536 };
	int made = 0;

	setrlimit(RLIMIT_NOFILE, &r);
	while (made < n && !life_make(&l[made], 1))
		made++;
	return made;
}

static void end_swarm(struct life *l, int n)
{
	for (int i = 0; i < n; i++)
		if (l[i].nr_vcpus)
			life_end(&l[i]);
}

static bool ascending(const struct nlc_vm *vms, int n)
{
	for (int i = 1; i < n; i++)
		if (vms[i].id <= vms[i - 1].id) {
			note("%u comes after %u", vms[i].id, vms[i - 1].id);
			return false;
		}
	return true;
}

static int mine(const struct nlc_vm *vms, int n)
{
	int count = 0;

	for (int i = 0; i < n; i++)
		count += vms[i].tgid == (uint32_t)getpid() && vms[i].vcpus == 1 && !vms[i].found;
	return count;
}

struct shrinking {
	struct life *lives;
	struct nlc_vm *vms;
	int n, max;
	int to_kill;		/* lives above it are still to be thinned out */
};

/* After the first part of the dump, every third VM dies. */
static void kill_some(struct nlattr *first, int len, void *arg)
{
	struct shrinking *s = arg;

	if (s->n < s->max)
		nlc_read_vm(first, len, &s->vms[s->n]);
	s->n++;
	for (; s->to_kill >= 0; s->to_kill--)
		if (s->to_kill % KILL_EVERY == 0)
			life_end(&s->lives[s->to_kill]);
}

static bool has(const struct nlc_vm *vms, int n, uint32_t id)
{
	for (int i = 0; i < n; i++)
		if (vms[i].id == id)
			return true;
	return false;
}

/* @all: the dump when nothing changed, its VMs in order of the lives. */
static void while_they_die(struct nlc *c, struct life *lives, const struct nlc_vm *all, int n)
{
	struct shrinking s = { .lives = lives, .max = 2 * n, .to_kill = n - 1 };
	struct nlc_answer a = { .on_msg = kill_some, .arg = &s };
	int missing = 0;

	s.vms = calloc(s.max, sizeof(*s.vms));
	nlc_reconnect(c);
	c->recv_bytes = SMALL_PART;
	nlc_ask(c, nlc_new(c, AEGISHV_CMD_VM_GET, NLM_F_DUMP, NULL), &a);
	c->recv_bytes = 0;
	is(a.err, 0, "a dump while every third VM dies");
	ok(s.n < n && ascending(s.vms, s.n), "... is in order, none twice (%d, fewer than before)", s.n);
	for (int i = 0; i < n; i++)
		if (i % KILL_EVERY && !has(s.vms, s.n, all[i].id))
			missing++;
	is(missing, 0, "... and has every VM that outlived it");
	free(s.vms);
}

void test_dump(struct nlc *c, int n)
{
	struct life *lives = calloc(n, sizeof(*lives));
	struct nlc_vm *vms = calloc(2 * n, sizeof(*vms));
	struct nlc_info before, info;
	int got;

	if (life_open_kvm())
		return;
	nlc_get_info(c, &before);
	if (!is(make_swarm(lives, n), n, "that many VMs"))
		return;
	nlc_get_info(c, &info);
	is(info.vms - before.vms, n, "info counts them");
	ok(info.memory > before.memory, "info tells their memory (%llu bytes each)",
	   (unsigned long long)(info.memory - before.memory) / n);
	got = nlc_dump_vms(c, vms, 2 * n);
	is(got, info.vms, "the dump has as many");
	if (got >= n && got <= 2 * n) {
		ok(ascending(vms, got), "... in order, none twice");
		is(mine(vms, got), n, "... with their VMM, vCPUs and origin");
		while_they_die(c, lives, vms + before.vms, n);
	}
	end_swarm(lives, n);
	nlc_get_info(c, &info);
	is(info.vms, before.vms, "after their end there are as many as before");
	is(info.memory, before.memory, "... and as much memory");
	free(lives);
	free(vms);
}
