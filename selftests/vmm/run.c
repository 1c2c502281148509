// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a VM: one thread for each vCPU. Each runs alone up to PORT_READY,
 * so that no two vCPUs build the shared upper levels of the stage-2 tables at
 * once: then KVM would send one of them back to fault again. From there on
 * all run together.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void wait_others(struct vcpu *v)
{
	struct vm *vm = v->vm;

	pthread_mutex_lock(&vm->lock);
	v->arrived = true;
	vm->arrived++;
	pthread_cond_broadcast(&vm->cond);
	while (!vm->go)
		pthread_cond_wait(&vm->cond, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	v->start_ns = now_ns();
}

static int log_dirty(struct vm *vm)
{
	struct kvm_userspace_memory_region r = {
		.slot = 1, .flags = KVM_MEM_LOG_DIRTY_PAGES,
		.guest_phys_addr = ARCH_PAGES_GPA, .memory_size = vm->pages_bytes,
		.userspace_addr = (uint64_t)(uintptr_t)vm->pages,
	};

	if (!ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r))
		return 0;
	vmm_error("dirty logging: %s", strerror(errno));
	return -1;
}

static int sync_vcpus(struct vcpu *v)
{
	struct vm *vm = v->vm;
	int ret = 0;

	pthread_mutex_lock(&vm->lock);
	if (++vm->at_sync == vm->o->vcpus) {
		ret = log_dirty(vm);
		pthread_cond_broadcast(&vm->cond);
	}
	while (vm->at_sync < vm->o->vcpus && !vm->stop)
		pthread_cond_wait(&vm->cond, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

static void patch(struct vcpu *v)
{
	uint64_t gpa, n = v->vm->o->count * v->vm->g->pages;
	uint8_t *pages = vm_vcpu_pages(v->vm, v, &gpa);

	for (uint64_t i = 0; i < n; i++)
		arch_fill_code(pages + i * VMM_PAGE);
}

static bool handle_io(struct vcpu *v)
{
	switch (arch_port_event(v->run)) {
	case PORT_EVENT_WORK:
		v->works++;
		return true;
	case PORT_EVENT_READY:
		wait_others(v);
		return true;
	case PORT_EVENT_SYNC:
		return sync_vcpus(v) == 0;
	case PORT_EVENT_PATCH:
		patch(v);
		return true;
	case PORT_EVENT_DONE:
		v->done_ns = now_ns();
		v->done = true;
		return true;
	case PORT_EVENT_WRONG:
		vmm_error("vCPU %u: memory is not as it has to be: the guest did not do what its script says",
			  v->id);
		return false;
	case PORT_EVENT_NONE:
		break;
	}
	vmm_error("vCPU %u: access to port 0x%x, which no script makes", v->id, v->run->io.port);
	return false;
}

/* Returns whether to run on; v->failed says whether the end is a bad one. */
static bool handle_exit(struct vcpu *v)
{
	unsigned int reason = v->run->exit_reason;

	if (reason < NR_UEXITS)
		v->uexits[reason]++;
	switch (reason) {
	case KVM_EXIT_IO:
		v->failed = !handle_io(v);
		return !v->failed;
	case KVM_EXIT_MMIO:
		if (v->run->mmio.phys_addr < ARCH_MMIO_GPA)
			return false;	/* it was refused something, and ran off */
		memset(v->run->mmio.data, 0, sizeof(v->run->mmio.data));
		arch_fill_code(v->run->mmio.data);	/* what a script copies */
		return true;
	case KVM_EXIT_HLT:
		return !v->done;
	case KVM_EXIT_SHUTDOWN:
	case KVM_EXIT_INTERNAL_ERROR:	/* an event that cannot be delivered, since 6.14 */
		return false;
	}
	vmm_error("vCPU %u: unexpected return from KVM_RUN, reason %u", v->id, reason);
	v->failed = true;
	return false;
}

/*
 * An endless script stops after a whole unit, so that its truth is exact; one
 * that never returns by itself stops where the signal finds it.
 */
static bool may_stop(const struct vcpu *v, bool interrupted)
{
	const struct kvm_run *run = v->run;

	if (!v->vm->stop)
		return false;
	if (!(v->vm->g->flags & GUEST_ENDLESS))
		return true;
	if (interrupted)
		return v->vm->g->flags & GUEST_SILENT;
	return run->exit_reason == KVM_EXIT_IO && arch_port_event(run) != PORT_EVENT_NONE;
}

static void run_loop(struct vcpu *v)
{
	for (;;) {
		bool interrupted = ioctl(v->fd, KVM_RUN, 0) < 0;

		v->run->immediate_exit = 0;
		if (interrupted && errno != EINTR && errno != EAGAIN) {
			vmm_error("vCPU %u: KVM_RUN: %s", v->id, strerror(errno));
			v->failed = true;
			return;
		}
		if (!interrupted && !handle_exit(v))
			return;
		if (may_stop(v, interrupted))
			return;
	}
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	struct vm *vm = v->vm;
	char name[16];

	snprintf(name, sizeof(name), "CPU %u/KVM", v->id);
	pthread_setname_np(pthread_self(), name);
	v->tid = syscall(SYS_gettid);
	run_set_kick(v->run);
	run_loop(v);
	pthread_mutex_lock(&vm->lock);
	v->ended = true;
	if (v->failed)
		vm->stop = true;
	vm->ended++;
	pthread_cond_broadcast(&vm->cond);
	pthread_mutex_unlock(&vm->lock);
	wait_wake(vm);
	return NULL;
}

static int start_vcpu(struct vcpu *v)
{
	struct vm *vm = v->vm;
	int ret = pthread_create(&v->thread, NULL, vcpu_thread, v);

	if (ret) {
		vmm_error("thread of vCPU %u: %s", v->id, strerror(ret));
		return -1;
	}
	v->started = true;
	pthread_mutex_lock(&vm->lock);
	while (!v->arrived && !v->ended && !(vm->g && vm->g->flags & GUEST_UNHEARD))
		pthread_cond_wait(&vm->cond, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	return v->failed ? -1 : 0;
}

static void release(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	vm->go = true;
	pthread_cond_broadcast(&vm->cond);
	pthread_mutex_unlock(&vm->lock);
}

static bool any_failed(const struct vm *vm)
{
	for (unsigned int i = 0; i < vm->o->vcpus; i++)
		if (vm->vcpu[i].failed)
			return true;
	return false;
}

/*
 * Stops what still runs and waits for it. A script that comes back by itself is
 * not interrupted: that would be a return from KVM_RUN which is not its own.
 */
void vm_stop(struct vm *vm)
{
	bool kick = !vm->g || vm->g->flags & GUEST_SILENT || any_failed(vm);

	vm->stop = true;
	release(vm);
	for (unsigned int i = 0; i < vm->o->vcpus; i++) {
		struct vcpu *v = &vm->vcpu[i];

		if (!v->started)
			continue;
		if (kick)
			pthread_kill(v->thread, RUN_KICK);
		pthread_join(v->thread, NULL);
		v->started = false;
	}
}

static bool all_ended(struct vm *vm)
{
	bool all;

	pthread_mutex_lock(&vm->lock);
	all = vm->ended == vm->o->vcpus || vm->stop;
	pthread_mutex_unlock(&vm->lock);
	return all;
}

static void wait_for_end(struct vm *vm)
{
	enum wait_stdin in = vm->g->flags & GUEST_ENDLESS ? STDIN_STOPS : STDIN_IGNORE;

	while (!all_ended(vm))
		if (wait_event(vm->wake, in, -1) == WAIT_STOP)
			return;
}

/* Keeps the VM until told to stop. */
static void hold(void)
{
	while (wait_event(-1, STDIN_STOPS, -1) != WAIT_STOP)
		;
}

int vm_run(struct vm *vm)
{
	int ret = 0;

	for (unsigned int i = 0; i < vm->o->vcpus && !ret; i++)
		ret = start_vcpu(&vm->vcpu[i]);
	if (!ret && vm->g->flags & GUEST_ENDLESS)
		report(vm, "ready");
	if (!ret) {
		release(vm);
		wait_for_end(vm);
	}
	vm_stop(vm);
	for (unsigned int i = 0; i < vm->o->vcpus; i++)
		if (vm->vcpu[i].failed || (!ret && !report_uexits_match(&vm->vcpu[i])))
			ret = -1;
	return ret;
}

static int run_once(const struct options *o, bool last)
{
	static struct vm vm;
	int ret = vm_create(&vm, o);

	if (!ret)
		ret = vm_run(&vm);
	if (!ret && last) {
		bool holds = o->hold || vm.g->flags & GUEST_HOLDS;

		report(&vm, holds ? "held" : "done");
		if (holds)
			hold();
	}
	vm_destroy(&vm);
	return ret;
}

int run_guest(const struct options *o)
{
	for (unsigned long i = 1; i <= o->repeat; i++)
		if (run_once(o, i == o->repeat))
			return 1;
	return 0;
}
