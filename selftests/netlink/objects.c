// SPDX-License-Identifier: GPL-2.0-only
/* The family's objects as structures: one request each, and its answer. */
#include <errno.h>
#include <string.h>

#include "nlc.h"

uint32_t nlc_u32(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

uint64_t nlc_u64(struct nlattr *a)
{
	return a ? nla_get_u64(a) : 0;
}

int nlc_set(struct nlc *c, const struct nlc_attr *attrs)
{
	struct nlc_answer a = { 0 };

	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, attrs), &a);
}

static void read_config(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_CONFIG_MAX + 1];
	struct nlc_config *cfg = arg;

	if (nla_parse(t, AEGISHV_A_CONFIG_MAX, first, len, NULL))
		return;
	cfg->exit_events = nlc_u32(t[AEGISHV_A_CONFIG_EXIT_EVENTS]);
	cfg->sample = nlc_u32(t[AEGISHV_A_CONFIG_SAMPLE]);
	cfg->counters = nlc_u32(t[AEGISHV_A_CONFIG_COUNTERS]);
	cfg->ring_bytes = nlc_u32(t[AEGISHV_A_CONFIG_RING_BYTES]);
	cfg->watermark = nlc_u32(t[AEGISHV_A_CONFIG_WATERMARK_BYTES]);
	cfg->deadline = nlc_u32(t[AEGISHV_A_CONFIG_DEADLINE_US]);
}

int nlc_get_config(struct nlc *c, struct nlc_config *cfg)
{
	struct nlc_answer a = { .on_msg = read_config, .arg = cfg };

	memset(cfg, 0, sizeof(*cfg));
	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_CONFIG_GET, NLM_F_ACK, NULL), &a);
}

static void read_info(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_INFO_MAX + 1];
	struct nlc_info *info = arg;

	if (nla_parse(t, AEGISHV_A_INFO_MAX, first, len, NULL))
		return;
	info->vms = nlc_u32(t[AEGISHV_A_INFO_VMS]);
	info->healthy = nlc_u32(t[AEGISHV_A_INFO_HEALTHY]);
	info->isa = nlc_u32(t[AEGISHV_A_INFO_ISA]);
	info->consumer = nlc_u32(t[AEGISHV_A_INFO_CONSUMER_PID]);
	info->vms_total = nlc_u64(t[AEGISHV_A_INFO_VMS_TOTAL]);
	info->memory = nlc_u64(t[AEGISHV_A_INFO_MEMORY_BYTES]);
	info->unattributed = nlc_u64(t[AEGISHV_A_INFO_UNATTRIBUTED]);
}

int nlc_get_info(struct nlc *c, struct nlc_info *info)
{
	struct nlc_answer a = { .on_msg = read_info, .arg = info };

	memset(info, 0, sizeof(*info));
	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_INFO_GET, NLM_F_ACK, NULL), &a);
}

void nlc_read_vm(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_VM_MAX + 1], *v[AEGISHV_A_VCPU_MAX + 1];
	struct nlc_vm *vm = arg;

	memset(vm, 0, sizeof(*vm));
	if (nla_parse(t, AEGISHV_A_VM_MAX, first, len, NULL))
		return;
	vm->id = nlc_u32(t[AEGISHV_A_VM_ID]);
	vm->tgid = nlc_u32(t[AEGISHV_A_VM_TGID]);
	vm->found = nlc_u32(t[AEGISHV_A_VM_FOUND]);
	vm->vcpus = nlc_u32(t[AEGISHV_A_VM_VCPUS]);
	vm->exit_events = nlc_u32(t[AEGISHV_A_VM_EXIT_EVENTS]);
	vm->sample = nlc_u32(t[AEGISHV_A_VM_SAMPLE]);
	vm->own = nlc_u32(t[AEGISHV_A_VM_OWN_SETTING]);
	vm->exits = nlc_u64(t[AEGISHV_A_VM_EXITS]);
	vm->faults = nlc_u64(t[AEGISHV_A_VM_FAULTS]);
	if (t[AEGISHV_A_VM_COMM])
		nla_strlcpy(vm->comm, t[AEGISHV_A_VM_COMM], sizeof(vm->comm));
	if (t[AEGISHV_A_VM_VCPU] &&
	    !nla_parse_nested(v, AEGISHV_A_VCPU_MAX, t[AEGISHV_A_VM_VCPU], NULL))
		vm->tid = nlc_u32(v[AEGISHV_A_VCPU_TID]);
}

int nlc_get_vm(struct nlc *c, uint32_t id, struct nlc_vm *vm)
{
	struct nlc_attr attrs[] = { U32(VM_ID, id), { 0 } };
	struct nlc_answer a = { .on_msg = nlc_read_vm, .arg = vm };

	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_VM_GET, NLM_F_ACK, attrs), &a);
}

struct vm_list {
	struct nlc_vm *vms;
	int n, max;
};

static void add_vm(struct nlattr *first, int len, void *arg)
{
	struct vm_list *l = arg;

	if (l->n < l->max)
		nlc_read_vm(first, len, &l->vms[l->n]);
	l->n++;
}

/* Returns how many there are, or a negative errno. */
int nlc_dump_vms(struct nlc *c, struct nlc_vm *vms, int max)
{
	struct vm_list l = { .vms = vms, .max = max };
	struct nlc_answer a = { .on_msg = add_vm, .arg = &l };

	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_VM_GET, NLM_F_DUMP, NULL), &a) ?: l.n;
}

static void add_ring(struct nlattr *first, int len, void *arg)
{
	struct nlattr *t[AEGISHV_A_RING_MAX + 1];
	struct nlc_rings *r = arg;

	if (nla_parse(t, AEGISHV_A_RING_MAX, first, len, NULL))
		return;
	r->n++;
	r->records += nlc_u64(t[AEGISHV_A_RING_RECORDS]);
	r->lost += nlc_u64(t[AEGISHV_A_RING_LOST_TELEMETRY]) +
		   nlc_u64(t[AEGISHV_A_RING_LOST_ALERT]);
	r->bytes += nlc_u32(t[AEGISHV_A_RING_BYTES]);
	r->used += nlc_u32(t[AEGISHV_A_RING_USED]);
}

int nlc_get_rings(struct nlc *c, struct nlc_rings *r)
{
	struct nlc_answer a = { .on_msg = add_ring, .arg = r };

	memset(r, 0, sizeof(*r));
	return nlc_ask(c, nlc_new(c, AEGISHV_CMD_RING_GET, NLM_F_DUMP, NULL), &a);
}
