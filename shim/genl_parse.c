// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Walks over attributes by hand, since some (hook, vcpu, counter) come more
 * than once in one nest. Lengths are checked by nla_ok() and by the getters
 * here; no state.
 */
#include "genl_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "genl_attr.h"
#include "metrics.h"
#include "uexit.h"

static void get_str(const struct nlattr *a, char *dst, size_t size)
{
	size_t n = strnlen(nla_data(a), nla_len(a));

	if (n >= size)
		n = size - 1;
	memcpy(dst, nla_data(a), n);
	dst[n] = '\0';
}

#define GET_STR(a, array) get_str(a, array, sizeof(array))

static void parse_hook(struct nlattr *nest, struct genl_hook *h)
{
	struct nlattr *a;
	int rem;

	memset(h, 0, sizeof(*h));
	for_each_attr(a, nla_data(nest), nla_len(nest), rem) {
		switch (nla_type(a)) {
		case AEGISHV_A_HOOK_NAME:
			GET_STR(a, h->name);
			break;
		case AEGISHV_A_HOOK_STATE:
			h->state = get_u32(a);
			break;
		case AEGISHV_A_HOOK_BACKEND:
			GET_STR(a, h->backend);
			break;
		case AEGISHV_A_HOOK_ERRNO:
			h->err = (int32_t)get_u32(a);
			break;
		case AEGISHV_A_HOOK_REASON:
			GET_STR(a, h->reason);
			break;
		case AEGISHV_A_HOOK_REQUIRED:
			h->required = get_u32(a);
			break;
		}
	}
}

static void parse_info_attr(struct nlattr *a, struct genl_info *i)
{
	switch (nla_type(a)) {
	case AEGISHV_A_INFO_API_VERSION:
		i->api_version = get_u32(a);
		break;
	case AEGISHV_A_INFO_EVENTS_VERSION:
		i->events_version = get_u32(a);
		break;
	case AEGISHV_A_INFO_MODULE_VERSION:
		GET_STR(a, i->module_version);
		break;
	case AEGISHV_A_INFO_KERNEL:
		GET_STR(a, i->kernel);
		break;
	case AEGISHV_A_INFO_ISA:
		i->isa = get_u32(a);
		break;
	case AEGISHV_A_INFO_HEALTHY:
		i->healthy = get_u32(a);
		break;
	case AEGISHV_A_INFO_CONSUMER_PID:
		i->consumer_pid = get_u32(a);
		break;
	case AEGISHV_A_INFO_CONSUMER_COMM:
		GET_STR(a, i->consumer_comm);
		break;
	case AEGISHV_A_INFO_VMS:
		i->vms = get_u32(a);
		break;
	case AEGISHV_A_INFO_VMS_TOTAL:
		i->vms_total = get_u64(a);
		break;
	case AEGISHV_A_INFO_MEMORY_BYTES:
		i->memory_bytes = get_u64(a);
		break;
	case AEGISHV_A_INFO_UNATTRIBUTED:
		i->unattributed = get_u64(a);
		break;
	case AEGISHV_A_INFO_FILE_MODE:
		i->file_mode = get_u32(a);
		break;
	case AEGISHV_A_INFO_FILE_BACKEND:
		GET_STR(a, i->file_backend);
		break;
	case AEGISHV_A_INFO_FILE_REVERTED:
		GET_STR(a, i->file_reverted);
		break;
	case AEGISHV_A_INFO_HOOK:
		if (i->nr_hooks < GENL_HOOKS_MAX)
			parse_hook(a, &i->hooks[i->nr_hooks++]);
		break;
	}
}

void genl_parse_info(struct nlattr *head, int len, struct genl_info *info)
{
	struct nlattr *a;
	int rem;

	memset(info, 0, sizeof(*info));
	for_each_attr(a, head, len, rem)
		parse_info_attr(a, info);
}

uint32_t *genl_config_u32(struct genl_config *c, unsigned int attr)
{
	uint32_t *const to[AEGISHV_A_CONFIG_MAX + 1] = {
		[AEGISHV_A_CONFIG_EXIT_EVENTS] = &c->exit_events,
		[AEGISHV_A_CONFIG_SAMPLE] = &c->sample,
		[AEGISHV_A_CONFIG_VM] = &c->vm,
		[AEGISHV_A_CONFIG_COUNTERS] = &c->counters,
		[AEGISHV_A_CONFIG_RING_BYTES] = &c->ring_bytes,
		[AEGISHV_A_CONFIG_WATERMARK_BYTES] = &c->watermark_bytes,
		[AEGISHV_A_CONFIG_DEADLINE_US] = &c->deadline_us,
		[AEGISHV_A_CONFIG_FILE_MODE] = &c->file_mode,
		[AEGISHV_A_CONFIG_SIGNAL] = &c->signal,
		[AEGISHV_A_CONFIG_ALLOW_SIGKILL] = &c->allow_sigkill,
		[AEGISHV_A_CONFIG_KILL_THRESHOLD] = &c->kill_threshold,
		[AEGISHV_A_CONFIG_KILL_WINDOW_S] = &c->kill_window_s,
		[AEGISHV_A_CONFIG_DENY_MODE] = &c->deny_mode,
		[AEGISHV_A_CONFIG_PROC_EVENTS] = &c->proc_events,
		[AEGISHV_A_CONFIG_DEADMAN_S] = &c->deadman_s,
		[AEGISHV_A_CONFIG_STORM_DENIALS] = &c->storm_denials,
		[AEGISHV_A_CONFIG_STORM_WINDOW_S] = &c->storm_window_s,
		[AEGISHV_A_CONFIG_WX] = &c->wx,
		[AEGISHV_A_CONFIG_WX_ACTION] = &c->wx_action,
		[AEGISHV_A_CONFIG_WX_GRANULARITY] = &c->wx_granularity,
		[AEGISHV_A_CONFIG_WX_SCOPE] = &c->wx_scope,
	};

	return attr <= AEGISHV_A_CONFIG_MAX ? to[attr] : NULL;
}

void genl_parse_config(struct nlattr *head, int len, struct genl_config *config)
{
	struct nlattr *a;
	int rem;

	memset(config, 0, sizeof(*config));
	for_each_attr(a, head, len, rem) {
		unsigned int type = nla_type(a);
		uint32_t *to = genl_config_u32(config, type);

		if (to)
			*to = get_u32(a);
		else if (type == AEGISHV_A_CONFIG_BREAK_GLASS)
			config->break_glass = get_u64(a);
		else if (type == AEGISHV_A_CONFIG_OWN_DETECT)
			config->own_detect = get_u32(a);
		else if (type == AEGISHV_A_CONFIG_DETECT && nla_len(a) == sizeof(config->detect))
			memcpy(&config->detect, nla_data(a), sizeof(config->detect));
		else
			continue;
		config->set |= GENL_CONFIG(type);
	}
}

void genl_parse_ring(struct nlattr *head, int len, struct genl_ring *ring)
{
	struct nlattr *a;
	int rem;

	memset(ring, 0, sizeof(*ring));
	for_each_attr(a, head, len, rem) {
		switch (nla_type(a)) {
		case AEGISHV_A_RING_CPU:
			ring->cpu = get_u32(a);
			break;
		case AEGISHV_A_RING_BYTES:
			ring->bytes = get_u32(a);
			break;
		case AEGISHV_A_RING_ALERT_RESERVE:
			ring->alert_reserve = get_u32(a);
			break;
		case AEGISHV_A_RING_USED:
			ring->used = get_u32(a);
			break;
		case AEGISHV_A_RING_RECORDS:
			ring->records = get_u64(a);
			break;
		case AEGISHV_A_RING_LOST_TELEMETRY:
			ring->lost[AEGISHV_CLASS_TELEMETRY] = get_u64(a);
			break;
		case AEGISHV_A_RING_LOST_ALERT:
			ring->lost[AEGISHV_CLASS_ALERT] = get_u64(a);
			break;
		case AEGISHV_A_RING_WAKEUPS:
			ring->wakeups = get_u64(a);
			break;
		case AEGISHV_A_RING_BAD_TAIL:
			ring->bad_tail = get_u64(a);
			break;
		}
	}
}

/* The module names exit reasons; for the rest the number says it all. */
static void name_counter(struct genl_counter *c)
{
	const char *name = NULL;

	if (c->name[0])
		return;
	if (!strcmp(c->kind, "fault"))
		name = access_name(access_index(c->reason));
	else if (!strcmp(c->kind, "uexit"))
		name = uexit_name(c->reason);
	else if (!strcmp(c->kind, "entry") || !strcmp(c->kind, "unseen"))
		name = "any";
	if (name)
		snprintf(c->name, sizeof(c->name), "%s", name);
	else
		snprintf(c->name, sizeof(c->name), "0x%x", c->reason);
}

static void parse_counter(struct nlattr *nest, struct genl_counter *c)
{
	struct nlattr *a;
	int rem;

	memset(c, 0, sizeof(*c));
	for_each_attr(a, nla_data(nest), nla_len(nest), rem) {
		switch (nla_type(a)) {
		case AEGISHV_A_COUNTER_KIND:
			GET_STR(a, c->kind);
			break;
		case AEGISHV_A_COUNTER_REASON:
			c->reason = get_u32(a);
			break;
		case AEGISHV_A_COUNTER_NAME:
			GET_STR(a, c->name);
			break;
		case AEGISHV_A_COUNTER_VALUE:
			c->value = get_u64(a);
			break;
		}
	}
}

void genl_parse_counters(struct nlattr *head, int len,
			 void (*fn)(void *arg, const struct genl_counter *c), void *arg)
{
	struct genl_counter c;
	struct nlattr *a;
	int rem;

	for_each_attr(a, head, len, rem) {
		if (nla_type(a) != AEGISHV_A_COUNTERS_COUNTER)
			continue;
		parse_counter(a, &c);
		name_counter(&c);
		fn(arg, &c);
	}
}

static void parse_vcpu(struct nlattr *nest, struct genl_vcpu *v)
{
	struct nlattr *a;
	int rem;

	memset(v, 0, sizeof(*v));
	for_each_attr(a, nla_data(nest), nla_len(nest), rem) {
		switch (nla_type(a)) {
		case AEGISHV_A_VCPU_ID:
			v->id = get_u32(a);
			break;
		case AEGISHV_A_VCPU_TID:
			v->tid = get_u32(a);
			break;
		case AEGISHV_A_VCPU_EXITS:
			v->exits = get_u64(a);
			break;
		case AEGISHV_A_VCPU_FAULTS:
			v->faults = get_u64(a);
			break;
		}
	}
}

static void parse_vm_attr(struct nlattr *a, struct genl_vm *vm)
{
	switch (nla_type(a)) {
	case AEGISHV_A_VM_ID:
		vm->id = get_u32(a);
		break;
	case AEGISHV_A_VM_TGID:
		vm->tgid = get_u32(a);
		break;
	case AEGISHV_A_VM_COMM:
		GET_STR(a, vm->comm);
		break;
	case AEGISHV_A_VM_BIRTH_NS:
		vm->birth_ns = get_u64(a);
		break;
	case AEGISHV_A_VM_FOUND:
		vm->found = get_u32(a);
		break;
	case AEGISHV_A_VM_VCPUS:
		vm->vcpus = get_u32(a);
		break;
	case AEGISHV_A_VM_EXITS:
		vm->exits = get_u64(a);
		break;
	case AEGISHV_A_VM_FAULTS:
		vm->faults = get_u64(a);
		break;
	case AEGISHV_A_VM_EXIT_EVENTS:
		vm->exit_events = get_u32(a);
		break;
	case AEGISHV_A_VM_SAMPLE:
		vm->sample = get_u32(a);
		break;
	case AEGISHV_A_VM_OWN_SETTING:
		vm->own_setting = get_u32(a);
		break;
	}
}

bool genl_parse_vm(struct nlattr *head, int len, struct genl_vm *vm)
{
	struct genl_vcpu *vcpus = NULL;
	struct nlattr *a;
	uint32_t nr = 0;
	int rem;

	memset(vm, 0, sizeof(*vm));
	for_each_attr(a, head, len, rem)
		nr += nla_type(a) == AEGISHV_A_VM_VCPU;
	if (nr > GENL_VCPUS_MAX)
		nr = GENL_VCPUS_MAX;
	if (nr) {
		vcpus = calloc(nr, sizeof(*vcpus));
		if (!vcpus)
			return false;
	}
	for_each_attr(a, head, len, rem) {
		if (nla_type(a) != AEGISHV_A_VM_VCPU)
			parse_vm_attr(a, vm);
		else if (vm->nr_vcpus < nr)
			parse_vcpu(a, &vcpus[vm->nr_vcpus++]);
	}
	vm->vcpu = vcpus;
	return true;
}
