// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM a trace line is about. Threads are a cache of sets with the least
 * recently used one replaced; VMs are a table of a fixed size with a hash over
 * it. A VM is a process where the process is known, else a thread: never a
 * name, since libvirt calls a thread of every VM "CPU 0/KVM".
 */
#include "trace_int.h"

#include <stdio.h>

#define HASH_BITS	32
#define HASH_MUL	0x9e3779b9U

static uint32_t hash32(uint32_t v, uint32_t size)
{
	return (uint32_t)(((uint64_t)(v * HASH_MUL) * size) >> HASH_BITS);
}

/* A thread and a process of the same number are the same process. */
static uint16_t *vm_slot(struct trace_parser *t, uint32_t id)
{
	uint32_t i = hash32(id, TRACE_VM_HASH);

	for (;; i = (i + 1) % TRACE_VM_HASH) {
		if (!t->vm_hash[i] || t->vms[t->vm_hash[i] - 1].id == id)
			return &t->vm_hash[i];
	}
}

/* Names that many VMs of a host have. */
static bool comm_is_common(const char *comm, size_t len)
{
	static const char *const common[] = {
		"<", "CPU ", "vcpu", "vCPU", "VCPU", "fc_vcpu", "qemu-", "kvm",
		"firecracker", "cloud-hyperviso", "crosvm",
	};
	size_t i;

	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (len >= strlen(common[i]) && !memcmp(comm, common[i], strlen(common[i])))
			return true;
	return !len;
}

static bool comm_is_taken(const struct trace_parser *t, const struct trace_vm *self)
{
	const struct trace_vm *vm;

	for (vm = t->vms; vm < t->vms + TRACE_VMS_MAX; vm++)
		if (vm->number && vm != self && !memcmp(vm->comm, self->comm, sizeof(vm->comm)))
			return true;
	return false;
}

static void name_vm(struct trace_parser *t, const struct trace_vm *vm)
{
	size_t len = strnlen(vm->comm, sizeof(vm->comm));
	char name[48];

	if (comm_is_common(vm->comm, len))
		snprintf(name, sizeof(name), "%s-%u", vm->is_tid ? "tid" : "tgid", vm->id);
	else if (comm_is_taken(t, vm))
		snprintf(name, sizeof(name), "%.*s-%u", (int)len, vm->comm, vm->id);
	else
		snprintf(name, sizeof(name), "%.*s", (int)len, vm->comm);
	pipeline_name_vm(t->o.out, vm->number, name, strlen(name));
}

static void vm_event(struct trace_parser *t, uint32_t index, uint32_t event,
		     const struct aegishv_hdr *at)
{
	const struct trace_thread nobody = { .vm = index + 1, .vcpu = AEGISHV_VCPU_NONE };
	const struct trace_vm *vm = &t->vms[index];
	struct aegishv_rec_vm rec = {
		.h = *at,
		.event = event,
		.tgid = vm->id,
		.exits = vm->exits,
		.faults = vm->faults,
		.found = 1,
	};

	if (!t->o.vm_events)
		return;
	rec.h.type = AEGISHV_REC_VM;
	rec.h.len = sizeof(rec);
	rec.h.class_ = AEGISHV_CLASS_ALERT;
	memcpy(rec.comm, vm->comm, sizeof(rec.comm));
	trace_emit(t, &rec.h, &nobody);
}

static uint32_t overflow_vm(struct trace_parser *t)
{
	struct trace_vm *vm = &t->vms[TRACE_VMS_MAX];

	if (!vm->number) {
		vm->number = t->next_vm++;
		pipeline_name_vm(t->o.out, vm->number, "overflow", 8);
	}
	return TRACE_VMS_MAX;
}

static void set_comm(const struct trace_parser *t, struct trace_vm *vm,
		     const struct trace_head *h)
{
	struct scan s = { h->comm, h->comm + h->comm_len, h->comm + h->comm_len };
	size_t len;

	if (t->o.comm && t->o.comm(t->o.arg, vm->id, vm->comm))
		return;
	scan_spaces(&s);
	len = s.end - s.p;
	memcpy(vm->comm, s.p, len < sizeof(vm->comm) ? len : sizeof(vm->comm) - 1);
}

static uint32_t new_vm(struct trace_parser *t, const struct trace_head *h, uint32_t tgid)
{
	struct aegishv_hdr at = { .cpu = h->cpu, .time_ns = h->time_ns };
	struct trace_vm *vm = t->vms;

	while (vm->number)
		vm++;
	t->nr_vms++;
	memset(vm, 0, sizeof(*vm));
	vm->number = t->next_vm++;
	vm->is_tid = !tgid;
	vm->id = tgid ? tgid : h->tid;
	set_comm(t, vm, h);
	name_vm(t, vm);
	vm_event(t, vm - t->vms, AEGISHV_VM_BIRTH, &at);
	return vm - t->vms;
}

static uint32_t find_vm(struct trace_parser *t, const struct trace_head *h, uint32_t tgid)
{
	uint16_t *slot = vm_slot(t, tgid ? tgid : h->tid);

	if (!*slot) {
		if (t->nr_vms == TRACE_VMS_MAX)
			return overflow_vm(t);
		*slot = new_vm(t, h, tgid) + 1;
	}
	return *slot - 1;
}

static struct trace_thread *victim(struct trace_parser *t, struct trace_thread *set)
{
	struct trace_thread *th, *oldest = set;

	for (th = set; th < set + TRACE_THREAD_WAYS; th++) {
		if (!th->vm)
			return th;
		if (t->tick - th->used > t->tick - oldest->used)
			oldest = th;
	}
	trace_fault_over(t, oldest);
	return oldest;
}

static struct trace_thread *find_thread(struct trace_parser *t, const struct trace_head *h)
{
	struct trace_thread *set = &t->threads[hash32(h->tid, TRACE_THREAD_SETS) *
					       TRACE_THREAD_WAYS];
	struct trace_thread *th;

	for (th = set; th < set + TRACE_THREAD_WAYS; th++)
		if (th->vm && th->tid == h->tid)
			return th;
	th = victim(t, set);
	memset(th, 0, sizeof(*th));
	th->tid = h->tid;
	th->vcpu = AEGISHV_VCPU_NONE;
	th->tgid = h->tgid;
	if (!th->tgid && t->o.tgid)
		th->tgid = t->o.tgid(t->o.arg, h->tid);
	th->vm = find_vm(t, h, th->tgid) + 1;
	return th;
}

struct trace_thread *trace_thread(struct trace_parser *t, const struct trace_head *h)
{
	struct trace_thread *th = t->last;

	if (!th || th->tid != h->tid)
		th = find_thread(t, h);
	th->used = ++t->tick;
	if (h->tgid && h->tgid != th->tgid) {
		trace_fault_over(t, th);
		th->tgid = h->tgid;
		th->vm = find_vm(t, h, h->tgid) + 1;
	}
	t->last = th;
	return th;
}

void trace_emit(struct trace_parser *t, struct aegishv_hdr *rec, const struct trace_thread *th)
{
	struct trace_vm *vm = &t->vms[th->vm - 1];

	vm->exits += rec->type == AEGISHV_REC_EXIT;
	vm->faults += rec->type == AEGISHV_REC_FAULT;
	t->stats.records++;
	if (th->vm > TRACE_VMS_MAX)
		t->stats.overflow_records++;
	rec->vm = vm->number;
	rec->vcpu = th->vcpu;
	rec->seq = t->seq[rec->cpu]++;
	pipeline_record(t->o.out, rec);
}

static void rehash(struct trace_parser *t)
{
	uint32_t i;

	memset(t->vm_hash, 0, sizeof(t->vm_hash));
	for (i = 0; i < TRACE_VMS_MAX; i++)
		if (t->vms[i].number)
			*vm_slot(t, t->vms[i].id) = i + 1;
}

static void forget_vm(struct trace_parser *t, uint32_t index)
{
	struct aegishv_hdr at = { .time_ns = t->time_ns };
	struct trace_thread *th;

	for (th = t->threads; th < t->threads + TRACE_THREADS; th++) {
		if (th->vm != index + 1)
			continue;
		trace_fault_over(t, th);
		th->vm = 0;
	}
	vm_event(t, index, AEGISHV_VM_DEATH, &at);
	t->vms[index].number = 0;
	t->nr_vms--;
}

void trace_sweep(struct trace_parser *t, bool (*alive)(void *arg, uint32_t id), void *arg)
{
	uint32_t i;

	t->last = NULL;
	for (i = 0; i < TRACE_VMS_MAX; i++)
		if (t->vms[i].number && !alive(arg, t->vms[i].id))
			forget_vm(t, i);
	rehash(t);
}
