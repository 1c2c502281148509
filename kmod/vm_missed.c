// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs whose creation was seen and could not be recorded for want of memory.
 * They are recorded at a later exit, and are not to be taken for VMs that ran
 * before the module was loaded.
 *
 * All with ahv_vms_lock. No memory is asked for here, which is what was
 * wanting: of more VMs than fit at a time, the rest is taken for found.
 */
#include "vm.h"

#define MAX_MISSED 64

static const void *missed[MAX_MISSED];
static unsigned int nr_missed;

void ahv_vm_missed(const void *kvm)
{
	unsigned int i;

	for (i = 0; i < nr_missed; i++)
		if (missed[i] == kvm)
			return;
	if (nr_missed < MAX_MISSED)
		missed[nr_missed++] = kvm;
}

/* Return: whether it was missed; it is not any more. */
bool ahv_vm_was_missed(const void *kvm)
{
	unsigned int i;

	for (i = 0; i < nr_missed; i++) {
		if (missed[i] == kvm) {
			missed[i] = missed[--nr_missed];
			return true;
		}
	}
	return false;
}

void ahv_vm_none_missed(void)
{
	nr_missed = 0;
}
