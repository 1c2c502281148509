// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding the text of a guest's kernel, to seal it. Page tables and LSTAR are
 * read by a vCPU that runs the kernel, on its own thread: all mappings of the VM
 * are taken away, and the first vCPU that meets a fault in its kernel looks.
 *
 * ahv_s2_look() is on the vCPU's thread, preemption off; the rest is process
 * context. Whoever takes a request out of ahv_s2.look owns it.
 */
#include <linux/completion.h>
#include <linux/slab.h>
#include "hook.h"
#include "kvm/stage2.h"
#include "vm.h"

/* Netlink waits for us: so little, and the client may ask again. */
#define PATIENCE	(HZ / 4)

#define SEEN_USER	BIT(0)	/* a user program ran */
#define SEEN_OTHER	BIT(1)	/* no 64-bit kernel did */

/**
 * struct ahv_s2_look - a request for a kernel's text
 * @k: the search
 * @result: enum ahv_ktext_result, or a negative errno
 * @done: both are valid
 */
struct ahv_s2_look {
	struct ahv_ktext k;
	int result;
	struct completion done;
};

/**
 * ahv_s2_look() - find the kernel's text if this vCPU runs it
 * @s2: its VM's pages
 * @vcpu: KVM's, that met a fault
 */
void ahv_s2_look(struct ahv_s2 *s2, struct kvm_vcpu *vcpu)
{
	struct ahv_s2_look *l;
	u32 seen;

	if (!ahv_guest_in_kernel(vcpu)) {
		seen = ahv_guest_is_64bit(vcpu) && ahv_guest_cpl(vcpu) ? SEEN_USER : SEEN_OTHER;
		WRITE_ONCE(s2->look_seen, READ_ONCE(s2->look_seen) | seen);
		return;
	}
	l = xchg(&s2->look, NULL);
	if (!l)
		return;
	l->result = ahv_guest_find_text(vcpu, &l->k);
	complete_all(&l->done);	/* for finish(), too */
}

static void watch(struct ahv_vm *vm, bool on)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	WRITE_ONCE(vm->watch, on ? vm->watch | AHV_WATCH_LOOK : vm->watch & ~AHV_WATCH_LOOK);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

static int begin(struct ahv_vm *vm, struct ahv_s2_look *l, const char **why)
{
	struct ahv_s2 *s2;
	int err;

	if (READ_ONCE(vm->watch) & AHV_WATCH_PAUSED) {
		*why = "kernel text: the VM is paused, and its kernel is found while it runs: resume it";
		return -EBUSY;
	}
	err = ahv_s2_need_hooks(why);
	if (err)
		return err;
	s2 = ahv_s2_of(vm, GFP_KERNEL);
	if (!s2)
		return -ENOMEM;
	WRITE_ONCE(s2->look_seen, 0);
	if (cmpxchg(&s2->look, NULL, l)) {
		*why = "kernel text: somebody else is looking for it: try again";
		return -EAGAIN;
	}
	watch(vm, true);
	ahv_s2_zap_vm(vm);
	return 0;
}

/* Why nobody looked. */
static const char *why_not(const struct ahv_s2 *s2)
{
	u32 seen = READ_ONCE(s2->look_seen);

	if (READ_ONCE(s2->problem))
		return s2->problem;
	if (seen & SEEN_USER)
		return "kernel text: only user programs ran in the guest: try again";
	if (seen & SEEN_OTHER)
		return "kernel text: the guest runs no 64-bit kernel that can be read: is it still booting?";
	return "kernel text: the guest did not run: try again while it is busy, or see whether its VMM stopped it";
}

/* The request is ours again after this. Return: 0 when somebody looked. */
static int finish(struct ahv_vm *vm, struct ahv_s2_look *l, const char **why)
{
	struct ahv_s2 *s2 = vm->s2;

	watch(vm, false);
	if (cmpxchg(&s2->look, l, NULL) == l) {
		*why = why_not(s2);
		return -EAGAIN;
	}
	wait_for_completion(&l->done);
	return 0;
}

static const struct {
	int err;
	const char *why;
} refusals[] = {
	[AHV_KTEXT_NO_KERNEL] = { -ENXIO,
		"kernel text: LSTAR is no kernel's address: the guest is still booting, or not of 64 bits" },
	[AHV_KTEXT_NO_TEXT] = { -ENXIO,
		"kernel text: where LSTAR points is not executable for the guest's kernel alone" },
	[AHV_KTEXT_WRITABLE] = { -EBUSY,
		"kernel text: the guest can still write to it: seal it after boot" },
	[AHV_KTEXT_TOO_LONG] = { -E2BIG,
		"kernel text: more memory around LSTAR is executable than a kernel has text" },
	[AHV_KTEXT_SCATTERED] = { -ENOSPC,
		"kernel text: it is in more places than the 32 ranges that a VM has" },
	[AHV_KTEXT_UNREAD] = { -EAGAIN,
		"kernel text: a page table of the guest is not in memory: try again" },
};

static int take(struct ahv_vm_change *c, const struct ahv_s2_look *l, const char **why)
{
	const struct ahv_wx_ranges *text = &l->k.text;
	u32 i;

	if (l->result < 0) {
		*why = "kernel text: this KVM does not tell LSTAR";
		return l->result;
	}
	if (l->result != AHV_KTEXT_FOUND) {
		*why = refusals[l->result].why;
		c->writable_gpa = l->k.writable_gpa;
		return refusals[l->result].err;
	}
	for (i = 0; i < text->n; i++)
		if (!ahv_wx_add_range(&c->seals, text->r[i].first, text->r[i].last)) {
			*why = refusals[AHV_KTEXT_SCATTERED].why;
			return -ENOSPC;
		}
	return 0;
}

static int look(struct ahv_vm *vm, struct ahv_s2_look *l, const char **why)
{
	int err;

	mutex_lock(&ahv_kvm_mutex);
	err = begin(vm, l, why);
	mutex_unlock(&ahv_kvm_mutex);
	if (err)
		return err;
	wait_for_completion_killable_timeout(&l->done, PATIENCE);
	return finish(vm, l, why);
}

/**
 * ahv_s2_find_text() - add the text of a VM's kernel to what is to be sealed
 * @c: the change
 * @why: where to put the reason of a refusal
 *
 * Waits for the guest, so without the mutex of config.c. What it attaches stays
 * for the change that follows. Return: 0 or a negative errno; -EAGAIN when it may
 * be another time.
 */
int ahv_s2_find_text(struct ahv_vm_change *c, const char **why)
{
	struct ahv_vm *vm = ahv_vm_get(c->vm);
	struct ahv_s2_look *l;
	int err = -ENOMEM;

	if (!vm) {
		*why = "id: there is no VM with this number";
		return -ENOENT;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (l) {
		init_completion(&l->done);
		err = look(vm, l, why) ?: take(c, l, why);
	}
	if (err) {
		mutex_lock(&ahv_kvm_mutex);
		ahv_s2_detach_unwanted();
		mutex_unlock(&ahv_kvm_mutex);
	}
	kfree(l);
	ahv_vm_put(vm);
	return err;
}
