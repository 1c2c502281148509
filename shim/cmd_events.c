// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * events: the module's rare control events over netlink: VMs that come and go,
 * hooks and policies that change. Does not take the device, so it works beside run.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include "ask.h"
#include "cmd.h"
#include "rules_view.h"
#include "sig.h"
#include "text.h"
#include "vmid.h"

enum { OPT_FOLLOW };

const struct cmd_opt events_opts[] = {
	[OPT_FOLLOW] = { "follow", 'f', NULL, "after what is there now, go on as it happens" },
	{ 0 },
};

struct watch {
	bool json;
	bool failed;
};

static void line(struct watch *w, cJSON *o)
{
	char *text = cJSON_PrintUnformatted(o);

	if (text)
		puts(text);
	cJSON_free(text);
	cJSON_Delete(o);
	w->failed |= fflush(stdout) != 0;
}

static void show_vm(struct watch *w, const char *event, const struct genl_vm *vm)
{
	char name[VM_NAME_MAX];
	struct vmid id;
	cJSON *o;

	vmid_lookup(&id, "/proc", vm->tgid, vm->comm);
	utf8_clean(name, sizeof(name), id.name, strlen(id.name));
	if (!w->json) {
		printf("vm %s: %u %s, process %u, %u vCPUs, %llu exits, %llu faults\n", event,
		       vm->id, name, vm->tgid, vm->vcpus, (unsigned long long)vm->exits,
		       (unsigned long long)vm->faults);
		w->failed |= fflush(stdout) != 0;
		return;
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "event", event);
	cJSON_AddStringToObject(o, "vm", name);
	cJSON_AddNumberToObject(o, "vm_id", vm->id);
	cJSON_AddNumberToObject(o, "vmm_pid", vm->tgid);
	cJSON_AddNumberToObject(o, "vcpus", vm->vcpus);
	json_u64(o, "exits", vm->exits);
	json_u64(o, "faults", vm->faults);
	line(w, o);
}

static void on_vm(void *arg, bool birth, const struct genl_vm *vm)
{
	show_vm(arg, birth ? "birth" : "death", vm);
}

static void on_known(void *arg, const struct genl_vm *vm)
{
	show_vm(arg, "present", vm);
}

static void show_hook(struct watch *w, const struct genl_hook *h)
{
	cJSON *o;

	if (!w->json) {
		printf("hook %s: %s%s%s\n", h->name, genl_state_name(h->state),
		       h->reason[0] ? ": " : "", h->reason);
		w->failed |= fflush(stdout) != 0;
		return;
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "event", "health");
	cJSON_AddStringToObject(o, "hook", h->name);
	cJSON_AddStringToObject(o, "state", genl_state_name(h->state));
	cJSON_AddBoolToObject(o, "required", h->required);
	cJSON_AddNumberToObject(o, "errno", h->err);
	cJSON_AddStringToObject(o, "reason", h->reason);
	line(w, o);
}

static void on_health(void *arg, const struct genl_info *info)
{
	uint32_t i;

	for (i = 0; i < info->nr_hooks; i++)
		show_hook(arg, &info->hooks[i]);
}

static void on_policy(void *arg, const struct genl_policy *p)
{
	struct watch *w = arg;
	cJSON *o;

	if (!w->json) {
		printf("policy: ");
		rules_print_summary(p);
		w->failed |= fflush(stdout) != 0;
		return;
	}
	o = cJSON_CreateObject();
	cJSON_AddStringToObject(o, "event", "policy");
	rules_json_summary(o, p);
	json_u64(o, "blocks", p->blocks);
	json_u64(o, "audits", p->audits);
	line(w, o);
}

static void on_overrun(void *arg)
{
	(void)arg;
	log_warn("events: the kernel dropped notifications, they came faster than they were printed; 'aegishv vm list' has the present state");
}

static int follow(struct watch *w, struct genl *g)
{
	const struct genl_events ev = { on_vm, on_health, on_policy, on_overrun, w };
	struct pollfd fds[] = {
		{ .fd = genl_fd(g), .events = POLLIN },
		{ .fd = sig_fd(), .events = POLLIN },
	};

	while (!sig_stop() && !w->failed) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		sig_clear();
		if (genl_events(g, &ev)) {
			log_error("events: the netlink socket failed");
			return EXIT_FAIL;
		}
	}
	return w->failed ? EXIT_FAIL : EXIT_OK;
}

static int events(struct watch *w, bool go_on)
{
	struct genl *now = ask_open();
	struct genl *later = now && go_on ? ask_open() : NULL;
	struct genl_policy policy;
	struct genl_info info;
	int status = EXIT_FAIL;

	/* Joined before the present state is read: nothing falls in between. */
	if (!now || (go_on && !later))
		goto out;
	if (later && genl_subscribe(later)) {
		log_error("events: %s", genl_why(later));
		goto out;
	}
	if (genl_info(now, &info) || genl_vms(now, on_known, w) || genl_policy_get(now, &policy)) {
		log_error("events: %s", genl_why(now));
		goto out;
	}
	on_health(w, &info);
	on_policy(w, &policy);
	status = later ? follow(w, later) : cmd_finish();
out:
	genl_close(later);
	genl_close(now);
	return status;
}

int cmd_events(struct cmd_ctx *c)
{
	struct watch w = { 0 };
	bool go_on = false;
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0)
		go_on = true;
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 0, 0);
	if (status >= 0)
		return status;
	w.json = c->json;
	if (sig_init()) {
		log_error("signals cannot be handled");
		return EXIT_FAIL;
	}
	return events(&w, go_on);
}
