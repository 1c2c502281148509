// SPDX-License-Identifier: GPL-2.0-only
/* Notifications: a VM's birth and death, a hook that changes its state. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "life.h"
#include "nltest.h"

struct heard {
	unsigned int births, deaths, health;
	struct nlc_vm born, dead;
	bool order;		/* each death came after its birth */
};

static void hear(int cmd, struct nlattr *first, int len, void *arg)
{
	struct heard *h = arg;
	struct nlc_vm vm;

	if (cmd == AEGISHV_CMD_HEALTH_NTF) {
		h->health++;
		return;
	}
	nlc_read_vm(first, len, &vm);
	if (cmd == AEGISHV_CMD_VM_BIRTH_NTF) {
		h->births++;
		h->born = vm;
	} else if (cmd == AEGISHV_CMD_VM_DEATH_NTF) {
		h->deaths++;
		h->dead = vm;
		h->order &= h->births >= h->deaths;
	}
}

static void one_vm(struct nlc *listener)
{
	struct heard h = { .order = true };
	struct life l;

	if (!ok(!life_make(&l, 2), "a VM with two vCPUs"))
		return;
	while (!h.births && nlc_next_event(listener, 0, hear, &h) >= 0)
		;
	is(h.births, 1, "its birth is told");
	is(h.born.tgid, getpid(), "... with the VMM's process");
	ok(!strcmp(h.born.comm, "nltest"), "... and its name");
	is(h.born.found, 0, "... as one that was seen from its beginning");
	life_run(&l, 0, 100);
	life_end(&l);
	while (!h.deaths && nlc_next_event(listener, 0, hear, &h) >= 0)
		;
	is(h.deaths, 1, "its death is told");
	is(h.dead.id, h.born.id, "... under the same number");
	ok(h.dead.exits >= 101, "... with its exits (%llu, at least 101)",
	   (unsigned long long)h.dead.exits);
}

static void many_vms(struct nlc *listener, struct nlc *c)
{
	struct heard h = { .order = true };
	struct nlc_info a, b;
	struct life l;
	int n = 0;

	nlc_get_info(c, &a);
	for (int i = 0; i < 40; i++)
		if (!life_make(&l, 1)) {
			life_end(&l);
			n++;
		}
	while (h.deaths < (unsigned int)n && nlc_next_event(listener, 0, hear, &h) >= 0)
		;
	nlc_get_info(c, &b);
	is(h.births, n, "a birth for each of 40 VMs");
	is(h.deaths, n, "a death for each of them");
	ok(h.order, "no death before its birth");
	is(b.vms_total - a.vms_total, n, "vms-total grew by as many");
}

static void health(struct nlc *listener, struct nlc *c)
{
	const struct nlc_attr all[] = { U32(CONFIG_COUNTERS, AEGISHV_COUNTERS_ALL), { 0 } };
	const struct nlc_attr exits[] = { U32(CONFIG_COUNTERS, AEGISHV_COUNTERS_EXITS), { 0 } };
	struct heard h = { 0 };

	is(nlc_set(c, all), 0, "counters=all");
	while (h.health < 2 && nlc_next_event(listener, 0, hear, &h) >= 0)
		;
	is(h.health, 2, "two hooks are attached for it, each is told");
	is(nlc_set(c, all), 0, "the same again");
	is(nlc_next_event(listener, MSG_DONTWAIT, hear, &h), -EAGAIN, "... is no news");
	is(nlc_set(c, exits), 0, "counters=exits");
	while (h.health < 4 && nlc_next_event(listener, 0, hear, &h) >= 0)
		;
	is(h.health, 4, "... and told when they are let go");
}

void test_notify(struct nlc *c)
{
	struct nlc listener;

	if (!ok(!nlc_connect(&listener) && !nlc_join(&listener), "root may listen") ||
	    !ok(!life_open_kvm(), "/dev/kvm"))
		return;
	one_vm(&listener);
	many_vms(&listener, c);
	health(&listener, c);
	nlc_close(&listener);
}
