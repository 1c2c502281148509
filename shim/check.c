// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be wrong with a host, asked one by one. Main thread.
 */
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "genl_policy.h"
#include "guard.h"
#include "version.h"
#include "words.h"

#define KMSG_ADVICE "'dmesg | grep aegishv' tells more"

static struct check *add(struct checks *c, const char *name, enum check_result result)
{
	static struct check overflow;
	struct check *k = c->nr < CHECKS_MAX ? &c->list[c->nr++] : &overflow;

	memset(k, 0, sizeof(*k));
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->result = result;
	return k;
}

#define TEXT(k, ...) snprintf((k)->text, sizeof((k)->text), __VA_ARGS__)
#define ADVICE(k, ...) snprintf((k)->advice, sizeof((k)->advice), __VA_ARGS__)

static void hook_advice(struct check *k, const struct genl_hook *h)
{
	if (!strncmp(h->name, "kvm", 3) && h->state == AEGISHV_HOOK_STATE_ABSENT)
		ADVICE(k, "load KVM: 'modprobe kvm-intel' or 'modprobe kvm-amd'; the hook attaches by itself then");
	else if (h->state == AEGISHV_HOOK_STATE_FAILED)
		ADVICE(k, "%s; if another tracer holds it, stop that one and load the module again",
		       KMSG_ADVICE);
}

static void check_hooks(struct checks *c)
{
	uint32_t i;

	for (i = 0; i < c->info.nr_hooks; i++) {
		const struct genl_hook *h = &c->info.hooks[i];
		bool up = h->state == AEGISHV_HOOK_STATE_ATTACHED;
		char name[64];
		struct check *k;

		snprintf(name, sizeof(name), "hook:%s", h->name);
		k = add(c, name, up ? CHECK_OK : h->required ? CHECK_FAIL : CHECK_NOTE);
		if (h->state == AEGISHV_HOOK_STATE_IDLE)
			k->result = CHECK_OK;
		TEXT(k, "%s%s%s%s%s", genl_state_name(h->state), h->backend[0] ? " by " : "",
		     h->backend, h->reason[0] ? ": " : "", h->reason);
		if (!up)
			hook_advice(k, h);
	}
}

static void check_versions(struct checks *c)
{
	bool same = c->info.events_version == AEGISHV_EVENTS_VERSION;
	struct check *k = add(c, "versions", same ? CHECK_OK : CHECK_FAIL);

	TEXT(k, "program %s, module %s; events of version %u, program reads %u", SHIM_VERSION,
	     c->info.module_version, c->info.events_version, AEGISHV_EVENTS_VERSION);
	if (!same)
		ADVICE(k, "install program and module of one release, then load the module again");
}

static void check_policy(struct checks *c, struct genl *g)
{
	struct genl_policy p;
	struct check *k;

	if (genl_policy_get(g, &p))
		return;
	k = add(c, "file:policy", CHECK_OK);
	TEXT(k, "generation %llu, %u rules; %llu denied, %llu only told, %llu allowed by cgroup",
	     (unsigned long long)p.generation, p.rules, (unsigned long long)p.blocks,
	     (unsigned long long)p.audits, (unsigned long long)p.exempt);
}

/* Denying files: the mode, how, and whether that is what was asked for. */
static void check_files(struct checks *c, struct genl *g)
{
	char lacks[GUARD_TEXT];
	struct check *k = add(c, "file:mode", CHECK_OK);

	TEXT(k, "%s, hooks by %s", words_name(words_file_mode, c->info.file_mode),
	     c->info.file_backend[0] ? c->info.file_backend : "off");
	if (guard_lacks(g, &c->info, false, lacks)) {
		k->result = CHECK_FAIL;
		TEXT(k, "%.250s", lacks);
		if (c->info.file_reverted[0])
			ADVICE(k, "find out why, then: 'aegishv config set file_mode=enforce'");
		else
			ADVICE(k, "%s", KMSG_ADVICE);
	}
	check_policy(c, g);
}

static void check_consumer(struct checks *c)
{
	struct check *k = add(c, "consumer", c->info.consumer_pid ? CHECK_OK : CHECK_NOTE);

	if (c->info.consumer_pid) {
		TEXT(k, "events are read by process %u (%s)", c->info.consumer_pid,
		     c->info.consumer_comm);
		return;
	}
	TEXT(k, "nobody reads events; counters are kept all the same");
	ADVICE(k, "'systemctl start aegishv', or 'aegishv run'");
}

static void add_lost(void *arg, const struct genl_ring *r)
{
	uint64_t *lost = arg;

	lost[0] += r->lost[0];
	lost[1] += r->lost[1];
}

static void check_losses(struct checks *c, struct genl *g)
{
	uint64_t lost[2] = { 0 };
	struct check *k;

	if (genl_rings(g, add_lost, lost))
		return;
	k = add(c, "losses", lost[0] || lost[1] ? CHECK_NOTE : CHECK_OK);
	TEXT(k, "%llu telemetry events and %llu alerts lost since the module was loaded",
	     (unsigned long long)lost[0], (unsigned long long)lost[1]);
	if (k->result)
		ADVICE(k, "larger rings ('aegishv config set ring_bytes=4M', with no reader), or fewer events (exit_events=sample:N)");
}

void check_module(struct checks *c)
{
	char why[256];
	struct genl *g = genl_open(why);
	struct check *k;

	if (!g) {
		k = add(c, "module", CHECK_FAIL);
		TEXT(k, "%s", why);
		ADVICE(k, "if modprobe says 'Key was rejected', the module has to be signed for this host (MOK); if it says 'not found', build it with DKMS or 'make install'");
		return;
	}
	if (genl_info(g, &c->info)) {
		k = add(c, "module", CHECK_FAIL);
		TEXT(k, "loaded, and does not answer: %s", genl_why(g));
		genl_close(g);
		return;
	}
	c->have_info = true;
	k = add(c, "module", c->info.healthy ? CHECK_OK : CHECK_FAIL);
	TEXT(k, "%s", c->info.healthy ? "loaded" : "loaded; it says that it is not healthy");
	check_versions(c);
	check_hooks(c);
	check_files(c, g);
	check_consumer(c);
	check_losses(c, g);
	genl_close(g);
}

static void check_root(struct checks *c)
{
	struct check *k = add(c, "rights", geteuid() ? CHECK_NOTE : CHECK_OK);

	TEXT(k, geteuid() ? "not root: replay works, nothing live does" : "root");
	if (geteuid())
		ADVICE(k, "run it as root (CAP_SYS_ADMIN and CAP_NET_ADMIN in the initial user namespace)");
}

static void check_kvm(struct checks *c)
{
	bool kvm = !access("/sys/module/kvm", F_OK) || !access("/dev/kvm", F_OK);
	struct check *k = add(c, "kvm", kvm ? CHECK_OK : CHECK_NOTE);
	struct utsname u;

	uname(&u);
	TEXT(k, "%s on Linux %s, %s", kvm ? "there" : "not loaded", u.release, u.machine);
	if (!kvm)
		ADVICE(k, "'modprobe kvm-intel' or 'modprobe kvm-amd'; virtualization may be off in the firmware");
}

static void check_device(struct checks *c)
{
	bool there = !access(AEGISHV_DEVICE, F_OK);
	struct check *k = add(c, "device", there || !c->have_info ? CHECK_OK : CHECK_FAIL);

	TEXT(k, "%s %s", AEGISHV_DEVICE, there ? "is there" : "is not there");
	if (k->result)
		ADVICE(k, "udev has not made it: is devtmpfs mounted on /dev?");
	else if (!there)
		k->result = CHECK_NOTE;
}

static void check_tracefs(struct checks *c)
{
	const char *dir = "/sys/kernel/tracing";
	bool there = !access("/sys/kernel/tracing/events/kvm/kvm_exit/enable", R_OK);
	struct check *k = add(c, "tracefs", there ? CHECK_OK : CHECK_NOTE);

	TEXT(k, there ? "%s has KVM's events: 'run --tracefs' would work" :
	     "%s has no KVM events that can be read: no way to run without the module", dir);
	if (!there)
		ADVICE(k, "as root: 'mount -t tracefs tracefs %s', with kvm loaded", dir);
}

void check_host(struct checks *c)
{
	check_root(c);
	check_kvm(c);
	check_device(c);
	check_tracefs(c);
}

int check_failures(const struct checks *c)
{
	int i, n = 0;

	for (i = 0; i < c->nr; i++)
		n += c->list[i].result == CHECK_FAIL;
	return n;
}
