// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of W^X, seals, traps and pauses: attach what they need, put them in
 * force, take all mappings of the VM away so that each page is looked at again,
 * and detach what nobody needs any more.
 *
 * Process context, with the mutex of config.c and then ahv_kvm_mutex.
 */
#include "config.h"
#include "hook.h"
#include "kvm/stage2.h"
#include "vm.h"

static const char why_idle[] = "no setting asks for it";

static void set_field(u32 *to, const struct ahv_config_change *c, u32 what, u32 value)
{
	if (c->what & what)
		*to = value;
}

static void change_settings(struct ahv_wx_settings *wx, const struct ahv_config_change *c)
{
	set_field(&wx->mode, c, AHV_SET_WX, c->wx.mode);
	set_field(&wx->action, c, AHV_SET_WX_ACTION, c->wx.action);
	set_field(&wx->granularity, c, AHV_SET_WX_GRANULARITY, c->wx.granularity);
	set_field(&wx->scope, c, AHV_SET_WX_SCOPE, c->wx.scope);
}

static bool wanted(void)
{
	bool any = ahv_config.wx.mode != AEGISHV_WX_MODE_OFF;
	struct ahv_vm *vm;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &ahv_vms, all)
		any |= READ_ONCE(vm->watch) != 0;
	rcu_read_unlock();
	return any;
}

/* With ahv_kvm_mutex: kvm and its vendor module are there. */
void ahv_s2_attach(void)
{
	const char *problem = ahv_s2_unsupported();

	ahv_s2_hold_start();
	if (!wanted())
		ahv_s2_hooks_absent(why_idle, AEGISHV_HOOK_STATE_IDLE);
	else if (problem)
		ahv_s2_hooks_absent(problem, AEGISHV_HOOK_STATE_FAILED);
	else
		ahv_s2_hooks_attach();
}

/* VMs that ran before us: what is mapped by now was mapped without us. */
void ahv_s2_found(void)
{
	struct ahv_vm *vm = NULL;

	if (!ahv_s2_hooks_attached())
		return;
	while ((vm = ahv_vm_get_next(vm)))
		if (vm->watch)
			ahv_s2_zap_vm(vm);
}

/* With ahv_kvm_mutex. */
void ahv_s2_detach(const char *why)
{
	ahv_s2_hooks_detach();
	ahv_s2_hooks_absent(why, AEGISHV_HOOK_STATE_ABSENT);
}

/* The module goes: everything that could still run ends. */
void ahv_s2_stop(void)
{
	ahv_s2_hold_stop();
	ahv_s2_zap_stop();
}

/* With ahv_kvm_mutex. */
int ahv_s2_need_hooks(const char **why)
{
	*why = ahv_s2_unsupported();
	if (*why)
		return -EOPNOTSUPP;
	if (!ahv_s2_hooks_attach())
		return 0;
	*why = "KVM cannot be hooked for it: see the hooks stage2_* in health";
	return -EOPNOTSUPP;
}

/* With ahv_kvm_mutex. */
void ahv_s2_detach_unwanted(void)
{
	if (wanted())
		return;
	ahv_s2_hooks_detach();
	/* A fault that was being answered meanwhile may have paused its VM. */
	if (wanted())
		ahv_s2_hooks_attach();
	else if (ahv_isa())
		ahv_s2_hooks_absent(why_idle, AEGISHV_HOOK_STATE_IDLE);
}

/* What its pages need to know; the mappings of the VM are to go after this. */
static void update_pages(struct ahv_vm *vm, const struct ahv_wx_settings *wx)
{
	struct ahv_s2 *s2 = vm->s2;
	bool on = wx->mode != AEGISHV_WX_MODE_OFF;
	u32 shift = 0;

	raw_spin_lock(&s2->lock);
	if (wx->granularity == AEGISHV_WX_GRANULARITY_HUGE && !s2->wx.seals.n && !s2->wx.traps.n)
		shift = AHV_S2_HUGE_SHIFT;
	if (shift != s2->shift || on != s2->wx.on)
		ahv_wx_reset(&s2->wx);
	WRITE_ONCE(s2->shift, shift);
	s2->wx.on = on;
	raw_spin_unlock(&s2->lock);
}

static void put_in_force(struct ahv_vm *vm)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	ahv_vm_apply_wx(vm);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

static void change_default_of(struct ahv_vm *vm)
{
	u32 before = READ_ONCE(vm->watch);

	if (vm->own_wx)
		return;
	if (vm->s2)
		update_pages(vm, &ahv_config.wx);
	put_in_force(vm);
	if (before || vm->watch)
		ahv_s2_zap_vm(vm);
}

/**
 * ahv_s2_config_prepare() - whether every VM can have these settings
 * @c: the change
 * @why: where to put the reason of a refusal
 *
 * Return: 0 or a negative errno.
 */
int ahv_s2_config_prepare(const struct ahv_config_change *c, const char **why)
{
	struct ahv_vm *vm = NULL;
	int err = 0;

	if (!(c->what & AHV_SET_WX_ALL))
		return 0;
	mutex_lock(&ahv_kvm_mutex);
	if (ahv_isa() && c->what & AHV_SET_WX && c->wx.mode != AEGISHV_WX_MODE_OFF)
		err = ahv_s2_need_hooks(why);
	while (!err && (vm = ahv_vm_get_next(vm))) {
		if (ahv_s2_of(vm, GFP_KERNEL))
			continue;
		ahv_vm_put(vm);
		err = -ENOMEM;
	}
	mutex_unlock(&ahv_kvm_mutex);
	return err;
}

/* After ahv_s2_config_prepare(). */
void ahv_s2_config_apply(const struct ahv_config_change *c)
{
	struct ahv_vm *vm = NULL;
	unsigned long flags;

	if (!(c->what & AHV_SET_WX_ALL))
		return;
	mutex_lock(&ahv_kvm_mutex);
	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	change_settings(&ahv_config.wx, c);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
	while ((vm = ahv_vm_get_next(vm)))
		change_default_of(vm);
	ahv_s2_detach_unwanted();
	mutex_unlock(&ahv_kvm_mutex);
}

static bool add_ranges(struct ahv_wx_ranges *to, const struct ahv_wx_ranges *from)
{
	u32 i;

	for (i = 0; i < from->n; i++)
		if (!ahv_wx_add_range(to, from->r[i].first, from->r[i].last))
			return false;
	return true;
}

/* The ranges as they will be; false when there are too many. */
static bool merge_ranges(struct ahv_wx_ranges *to, const struct ahv_wx_ranges *now,
			 const struct ahv_wx_ranges *more, bool clear)
{
	*to = (struct ahv_wx_ranges){};
	if (!clear)
		*to = *now;
	return add_ranges(to, more);
}

static int change_ranges(struct ahv_vm *vm, const struct ahv_vm_change *c, const char **why)
{
	struct ahv_s2 *s2 = vm->s2;
	struct ahv_wx_ranges seals, traps;

	if (!merge_ranges(&seals, &s2->wx.seals, &c->seals, c->what & AHV_VM_UNSEAL) ||
	    !merge_ranges(&traps, &s2->wx.traps, &c->traps, c->what & AHV_VM_UNTRAP)) {
		*why = "seal, trap: a VM has at most 32 ranges of each";
		return -ENOSPC;
	}
	raw_spin_lock(&s2->lock);
	s2->wx.seals = seals;
	s2->wx.traps = traps;
	if (c->traps.n || c->what & AHV_VM_UNTRAP)
		ahv_wx_arm(&s2->wx);
	if (c->what & AHV_VM_REARM)
		s2->wx.lim.rearm_ns = (u64)c->rearm_ms * NSEC_PER_MSEC;
	raw_spin_unlock(&s2->lock);
	return 0;
}

static void change_watch(struct ahv_vm *vm, const struct ahv_vm_change *c)
{
	const struct ahv_s2 *s2 = vm->s2;
	unsigned long flags;
	u32 watch;

	raw_spin_lock_irqsave(&ahv_vms_lock, flags);
	if (c->config.what & AHV_SET_WX_ALL) {
		vm->own_wx = true;
		change_settings(&vm->wx, &c->config);
	}
	if (c->what & AHV_VM_INHERIT)
		vm->own_wx = false;
	watch = vm->watch & ~(AHV_WATCH_RANGES | (c->what & AHV_VM_RESUME ? AHV_WATCH_PAUSED : 0));
	if (s2->wx.seals.n || s2->wx.traps.n)
		watch |= AHV_WATCH_RANGES;
	WRITE_ONCE(vm->watch, watch);
	ahv_vm_apply_wx(vm);
	raw_spin_unlock_irqrestore(&ahv_vms_lock, flags);
}

/* Whether the VM will need the hooks. */
static bool needs_hooks(const struct ahv_vm_change *c)
{
	return c->seals.n || c->traps.n || c->what & AHV_VM_PAUSE ||
	       (c->config.what & AHV_SET_WX && c->config.wx.mode != AEGISHV_WX_MODE_OFF) ||
	       (c->what & AHV_VM_INHERIT && ahv_config.wx.mode != AEGISHV_WX_MODE_OFF);
}

static int change_vm(struct ahv_vm *vm, const struct ahv_vm_change *c, const char **why)
{
	int err = needs_hooks(c) ? ahv_s2_need_hooks(why) : 0;

	if (err)
		return err;
	if (!ahv_s2_of(vm, GFP_KERNEL))
		return -ENOMEM;
	err = change_ranges(vm, c, why);
	if (err)
		return err;
	change_watch(vm, c);
	update_pages(vm, &vm->wx);
	if (c->what & AHV_VM_RESUME)
		ahv_s2_wake();
	if (c->what & AHV_VM_PAUSE)
		ahv_s2_hold_all(vm);
	ahv_s2_zap_vm(vm);
	return 0;
}

/**
 * ahv_s2_vm_change() - change one VM
 * @c: what, and to what
 * @why: where to put the reason of a refusal
 *
 * With the mutex of config.c. Return: 0 or a negative errno.
 */
int ahv_s2_vm_change(const struct ahv_vm_change *c, const char **why)
{
	struct ahv_vm *vm = ahv_vm_get(c->vm);
	int err;

	if (!vm) {
		*why = "id: there is no VM with this number";
		return -ENOENT;
	}
	mutex_lock(&ahv_kvm_mutex);
	err = change_vm(vm, c, why);
	ahv_s2_detach_unwanted();
	mutex_unlock(&ahv_kvm_mutex);
	ahv_vm_put(vm);
	return err;
}

/**
 * ahv_s2_status() - what is known of a VM's pages
 * @vm: the VM; with rcu_read_lock(), or a reference
 * @s: where to put it
 */
void ahv_s2_status(const struct ahv_vm *vm, struct ahv_s2_status *s)
{
	struct ahv_s2 *s2 = READ_ONCE(vm->s2);
	u32 watch = READ_ONCE(vm->watch);

	*s = (struct ahv_s2_status){ .paused = watch & AHV_WATCH_PAUSED };
	if (watch)
		s->problem = ahv_s2_unsupported();
	if (watch && !s->problem && !ahv_s2_hooks_attached())
		s->problem = "KVM could not be hooked: see the hooks stage2_* in health";
	if (!s2)
		return;
	s->problem = s->problem ?: READ_ONCE(s2->problem);
	raw_spin_lock(&s2->lock);
	s->seals = s2->wx.seals;
	s->traps = s2->wx.traps;
	s->rearm_ms = div_u64(s2->wx.lim.rearm_ns, NSEC_PER_MSEC);
	s->pages = s2->wx.nr;
	s->forgotten = s2->wx.forgotten;
	s->bytes = sizeof(*s2) + (u64)ahv_wx_chunks(&s2->wx) * AHV_WX_CHUNK * sizeof(struct ahv_wx_page);
	raw_spin_unlock(&s2->lock);
}
