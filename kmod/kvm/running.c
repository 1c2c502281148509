// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that were created before the module was loaded, found by the vCPU
 * descriptors that their VMM holds. One that is missed here (its descriptor is
 * on its way to another process) is found when it next exits.
 *
 * Process context; file tables are read under task_lock().
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include "hook.h"
#include "kvm/kvm.h"

struct search {
	unsigned long vcpu_ioctl;
	struct task_struct *task;
};

static int check_file(const void *arg, struct file *f, unsigned int fd)
{
	const struct search *s = arg;
	struct ahv_vcpu_key key = { .vmm = s->task };
	struct kvm_vcpu *vcpu;

	if ((unsigned long)f->f_op->unlocked_ioctl != s->vcpu_ioctl)
		return 0;
	vcpu = f->private_data;
	key.vcpu = vcpu;
	key.kvm = vcpu->kvm;
	key.id = vcpu->vcpu_id;
	ahv_vcpu_found(&key);
	return 0;
}

/**
 * ahv_kvm_find_running() - add every vCPU that some process has open
 */
void ahv_kvm_find_running(void)
{
	struct search s = { .vcpu_ioctl = ahv_symbol("kvm_vcpu_ioctl") };

	if (!s.vcpu_ioctl)
		return;
	rcu_read_lock();
	for_each_process(s.task) {
		task_lock(s.task);
		if (s.task->files)
			iterate_fd(s.task->files, 0, check_file, &s);
		task_unlock(s.task);
	}
	rcu_read_unlock();
}
