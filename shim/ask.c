// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Asking the module, for commands that answer once. Main thread.
 */
#include "ask.h"

#include <stdio.h>
#include <string.h>
#include "args.h"
#include "cmd.h"
#include "log.h"

struct genl *ask_open(void)
{
	char why[256];
	struct genl *g = genl_open(why);

	if (!g)
		log_error("%s", why);
	return g;
}

int ask_snap(struct genl *g, struct snap *snap)
{
	int err = snap_live(snap, g, NULL);

	if (err)
		log_error("%s", snap->why[0] ? snap->why : strerror(-err));
	return err ? EXIT_FAIL : 0;
}

int ask_details(struct genl *g, struct snap *snap)
{
	int err = snap_details(snap, g);

	if (err)
		log_error("%s", snap->why[0] ? snap->why : strerror(-err));
	return err ? EXIT_FAIL : 0;
}

const struct snap_vm *ask_vm(const struct snap *snap, const char *which)
{
	const struct snap_vm *found = NULL;
	uint64_t id;
	size_t i, n = 0;

	if (!args_u64(which, 1, UINT32_MAX, &id))
		id = 0;
	for (i = 0; i < snap->nr_vms; i++) {
		const struct snap_vm *vm = &snap->vms[i];

		if (id && vm->id == id)
			return vm;
		if (!strcmp(vm->who.name, which) ||
		    (vm->who.uuid[0] && !strcasecmp(vm->who.uuid, which))) {
			found = vm;
			n++;
		}
	}
	if (n == 1)
		return found;
	if (n)
		log_error("VM '%s': %zu VMs have this name; use the number that 'aegishv vm list' shows",
			  which, n);
	else
		log_error("VM '%s': there is none; see 'aegishv vm list'", which);
	return NULL;
}

const char *ask_exit_events(uint32_t mode, uint32_t sample, char *buf)
{
	static const char *const names[] = {
		[AEGISHV_EXIT_EVENTS_OFF] = "off",
		[AEGISHV_EXIT_EVENTS_ALL] = "all",
		[AEGISHV_EXIT_EVENTS_FULL] = "full",
	};

	if (mode == AEGISHV_EXIT_EVENTS_SAMPLE)
		snprintf(buf, 32, "sample:%u", sample);
	else if (mode < sizeof(names) / sizeof(names[0]))
		snprintf(buf, 32, "%s", names[mode]);
	else
		snprintf(buf, 32, "%u", mode);
	return buf;
}

cJSON *ask_json_vm(const struct snap_vm *vm)
{
	cJSON *o = cJSON_CreateObject();
	char mode[32];

	cJSON_AddNumberToObject(o, "id", vm->id);
	cJSON_AddStringToObject(o, "name", vm->who.name);
	if (vm->who.uuid[0])
		cJSON_AddStringToObject(o, "uuid", vm->who.uuid);
	cJSON_AddNumberToObject(o, "vmm_pid", vm->tgid);
	cJSON_AddNumberToObject(o, "vcpus", vm->vcpus);
	json_u64(o, "exits", vm->exits);
	json_u64(o, "faults", vm->faults);
	cJSON_AddStringToObject(o, "exit_events",
				ask_exit_events(vm->exit_events, vm->sample, mode));
	cJSON_AddBoolToObject(o, "own_setting", vm->own_setting);
	cJSON_AddBoolToObject(o, "found", vm->found);
	return o;
}

cJSON *ask_json_rings(const struct snap *snap, bool each)
{
	uint64_t records = 0, used = 0, bytes = 0;
	cJSON *o = cJSON_CreateObject();
	cJSON *list;
	size_t i;

	for (i = 0; i < snap->nr_rings; i++) {
		records += snap->rings[i].records;
		used += snap->rings[i].used;
		bytes += snap->rings[i].bytes;
	}
	cJSON_AddNumberToObject(o, "rings", snap->nr_rings);
	json_u64(o, "bytes", bytes);
	json_u64(o, "used_bytes", used);
	json_u64(o, "records", records);
	if (!each)
		return o;
	list = cJSON_AddArrayToObject(o, "cpus");
	for (i = 0; i < snap->nr_rings; i++) {
		const struct genl_ring *r = &snap->rings[i];
		cJSON *c = cJSON_CreateObject();

		cJSON_AddNumberToObject(c, "cpu", r->cpu);
		cJSON_AddNumberToObject(c, "bytes", r->bytes);
		cJSON_AddNumberToObject(c, "alert_reserve", r->alert_reserve);
		cJSON_AddNumberToObject(c, "used_bytes", r->used);
		json_u64(c, "records", r->records);
		json_u64(c, "lost_telemetry", r->lost[AEGISHV_CLASS_TELEMETRY]);
		json_u64(c, "lost_alert", r->lost[AEGISHV_CLASS_ALERT]);
		json_u64(c, "wakeups", r->wakeups);
		json_u64(c, "bad_tail", r->bad_tail);
		cJSON_AddItemToArray(list, c);
	}
	return o;
}

static void add_kind(cJSON *o, const struct snap *s, const char *key, const char *kind)
{
	cJSON *counts = cJSON_AddObjectToObject(o, key);
	size_t i;

	for (i = 0; i < s->nr_counts; i++) {
		if (!strcmp(s->counts[i].kind, kind))
			json_u64(counts, s->counts[i].name, s->counts[i].value);
	}
}

cJSON *ask_json_counts(const struct snap *s)
{
	cJSON *o = cJSON_CreateObject();
	cJSON *lost;

	json_u64(o, "exits_total", snap_total(s, "exit"));
	json_u64(o, "faults_total", snap_total(s, "fault"));
	add_kind(o, s, "exits", "exit");
	add_kind(o, s, "faults", "fault");
	if (snap_total(s, "entry"))
		json_u64(o, "entries_total", snap_total(s, "entry"));
	if (snap_total(s, "uexit"))
		add_kind(o, s, "vmm_returns", "uexit");
	json_u64(o, "unseen_total", snap_total(s, "unseen"));
	lost = cJSON_AddObjectToObject(o, "events_lost");
	json_u64(lost, "telemetry", s->lost[AEGISHV_CLASS_TELEMETRY]);
	json_u64(lost, "alert", s->lost[AEGISHV_CLASS_ALERT]);
	return o;
}
