// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching to KVM and letting go of it. kvm.ko and its vendor module may be
 * there before us, come later, and be unloaded while we watch; where KVM is
 * part of the kernel its tracepoints are always there.
 *
 * Process context. ahv_kvm_mutex guards all state here; the module and tracepoint
 * notifiers run under the kernel's own locks and take it inside.
 */
#include <linux/module.h>
#include <linux/tracepoint.h>
#include "hook.h"
#include "kvm/kvm.h"
#include "kvm/stage2_settings.h"

DEFINE_MUTEX(ahv_kvm_mutex);
static struct tracepoint *tracepoints[AHV_NR_KVM_PROBES];
static bool registered[AHV_NR_KVM_PROBES];
static int hooks_err;	/* why the hooks below are not all attached */
static bool arch_attached;

static const char why_absent[] = "kvm is not loaded";
static const char why_vendor[] = "neither kvm-amd nor kvm-intel is loaded";

static void on_vcpu_create(unsigned long arg)
{
	struct kvm_vcpu *vcpu = (void *)arg;
	struct ahv_vcpu_key key = {
		.vcpu = vcpu,
		.kvm = vcpu->kvm,
		.id = vcpu->vcpu_id,
	};

	ahv_vcpu_born(&key);
}

static void on_vcpu_destroy(unsigned long arg)
{
	ahv_vcpu_gone((void *)arg);
}

static void on_vm_destroy(unsigned long arg)
{
	ahv_vm_gone((void *)arg);
	ahv_s2_wake();
}

static struct ahv_entry_hook hooks[] = {
	{ .symbol = "kvm_arch_destroy_vm", .id = AHV_HOOK_VM_DESTROY, .fn = on_vm_destroy },
	{ .symbol = "kvm_arch_vcpu_destroy", .id = AHV_HOOK_VCPU_DESTROY, .fn = on_vcpu_destroy },
	{ .symbol = "kvm_arch_vcpu_create", .id = AHV_HOOK_VCPU_CREATE, .fn = on_vcpu_create },
};

/* Without the end of a VM its pointers would come to mean another one. */
static int attach_hooks(void)
{
	int i, err, first = 0;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		err = ahv_hook_attach(&hooks[i]);
		first = first ?: err;
	}
	return first;
}

/* Whether the end of every VM is seen. With ahv_kvm_mutex. */
bool ahv_kvm_sees_ends(void)
{
	return !hooks_err;
}

static void detach_hooks(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		ahv_hook_detach(&hooks[i]);
		ahv_health_set(hooks[i].id, AEGISHV_HOOK_STATE_ABSENT, 0, why_absent);
	}
}

static void register_probe(int i)
{
	const struct ahv_kvm_probe *p = &ahv_kvm_probes[i];
	int err;

	ahv_health_backend(p->id, "tracepoint");
	ahv_health_require(p->id, !p->on_demand || ahv_config_wants_entries());
	if (!tracepoints[i]) {
		ahv_health_set(p->id, AEGISHV_HOOK_STATE_FAILED, -ENOENT,
			       "this KVM has no such tracepoint");
		return;
	}
	err = tracepoint_probe_register(tracepoints[i], p->fn, NULL);
	registered[i] = !err;
	if (err)
		ahv_health_set(p->id, AEGISHV_HOOK_STATE_FAILED, err,
			       "the tracepoint refused the probe");
	else
		ahv_health_set(p->id, AEGISHV_HOOK_STATE_ATTACHED, 0, NULL);
}

static void unregister_probe(int i, u32 state, int err, const char *why)
{
	const struct ahv_kvm_probe *p = &ahv_kvm_probes[i];

	if (registered[i])
		tracepoint_probe_unregister(tracepoints[i], p->fn, NULL);
	registered[i] = false;
	ahv_health_require(p->id, !p->on_demand || ahv_config_wants_entries());
	ahv_health_set(p->id, state, err, why);
}

/* Register what the configuration asks for, and nothing else: a probe costs. */
static void update_probes(void)
{
	bool on_demand = ahv_config_wants_entries();
	int i;

	for (i = 0; i < AHV_NR_KVM_PROBES; i++) {
		bool want = !ahv_kvm_probes[i].on_demand || on_demand;

		if (want && hooks_err)
			unregister_probe(i, AEGISHV_HOOK_STATE_FAILED, hooks_err,
					 "it needs vcpu_create, vcpu_destroy and vm_destroy");
		else if (want && !registered[i])
			register_probe(i);
		else if (!want)
			unregister_probe(i, AEGISHV_HOOK_STATE_IDLE, 0,
					 "no setting asks for it");
	}
}

static void attach_arch(void)
{
	if (arch_attached)
		return;
	arch_attached = !ahv_kvm_arch_attach();
	ahv_health_backend(AHV_HOOK_EXIT_INFO, "symbol");
	if (arch_attached) {
		ahv_health_set(AHV_HOOK_EXIT_INFO, AEGISHV_HOOK_STATE_ATTACHED, 0, NULL);
		ahv_s2_attach();
	} else {
		ahv_health_set(AHV_HOOK_EXIT_INFO, AEGISHV_HOOK_STATE_ABSENT, 0, why_vendor);
		ahv_s2_detach(why_vendor);
	}
}

static void detach_arch(void)
{
	if (!arch_attached)
		return;
	ahv_s2_detach(why_vendor);
	ahv_kvm_arch_detach();
	arch_attached = false;
	ahv_health_set(AHV_HOOK_EXIT_INFO, AEGISHV_HOOK_STATE_ABSENT, 0, why_vendor);
}

static void note_tracepoint(struct tracepoint *tp, void *unused)
{
	int i;

	for (i = 0; i < AHV_NR_KVM_PROBES; i++)
		if (!strcmp(tp->name, ahv_kvm_probes[i].tracepoint))
			tracepoints[i] = tp;
}

static bool kvm_there(void)
{
	return tracepoints[0];
}

static void attach(void)
{
	hooks_err = attach_hooks();
	attach_arch();
	update_probes();
	if (hooks_err)
		return;
	ahv_kvm_find_running();
	ahv_s2_found();
}

static void detach(void)
{
	int i;

	for (i = 0; i < AHV_NR_KVM_PROBES; i++) {
		unregister_probe(i, AEGISHV_HOOK_STATE_ABSENT, 0, why_absent);
		tracepoints[i] = NULL;
	}
	tracepoint_synchronize_unregister();
	detach_hooks();
	detach_arch();
	ahv_vms_gone();
}

#ifdef CONFIG_MODULES
static int on_tracepoint_module(struct notifier_block *nb, unsigned long what, void *data)
{
	struct tp_module *tm = data;
	int i;

	if (strcmp(tm->mod->name, "kvm"))
		return NOTIFY_OK;

	mutex_lock(&ahv_kvm_mutex);
	if (what == MODULE_STATE_COMING) {
		for (i = 0; i < tm->mod->num_tracepoints; i++)
			note_tracepoint(tracepoint_ptr_deref(&tm->mod->tracepoints_ptrs[i]), NULL);
		if (kvm_there())
			attach();
	} else if (what == MODULE_STATE_GOING && kvm_there()) {
		detach();
	}
	mutex_unlock(&ahv_kvm_mutex);
	return NOTIFY_OK;
}

static u32 isa_of(const struct module *mod)
{
	if (!strcmp(mod->name, "kvm_amd"))
		return AEGISHV_ISA_SVM;
	return strcmp(mod->name, "kvm_intel") ? 0 : AEGISHV_ISA_VMX;
}

/* The wrong one for this processor comes and goes at once: it is not ours. */
static int on_module(struct notifier_block *nb, unsigned long what, void *data)
{
	u32 isa = isa_of(data);

	if (!isa)
		return NOTIFY_OK;

	mutex_lock(&ahv_kvm_mutex);
	if (what == MODULE_STATE_COMING && kvm_there())
		attach_arch();
	else if (what == MODULE_STATE_GOING && isa == ahv_isa())
		detach_arch();
	mutex_unlock(&ahv_kvm_mutex);
	return NOTIFY_OK;
}

static struct notifier_block tracepoint_nb = { .notifier_call = on_tracepoint_module };
static struct notifier_block module_nb = { .notifier_call = on_module };

static int watch_modules(void)
{
	int err;

	err = register_module_notifier(&module_nb);
	if (err)
		return err;
	err = register_tracepoint_module_notifier(&tracepoint_nb);
	if (err)
		unregister_module_notifier(&module_nb);
	return err;
}

static void unwatch_modules(void)
{
	unregister_tracepoint_module_notifier(&tracepoint_nb);
	unregister_module_notifier(&module_nb);
}
#else
static int watch_modules(void) { return 0; }
static void unwatch_modules(void) { }
#endif

static void set_absent(void)
{
	int i;

	for (i = 0; i < AHV_NR_KVM_HOOKS; i++)
		ahv_health_set(i, AEGISHV_HOOK_STATE_ABSENT, 0, why_absent);
}

static int start(void)
{
	int err;

	mutex_lock(&ahv_kvm_mutex);
	set_absent();
	for_each_kernel_tracepoint(note_tracepoint, NULL);
	if (kvm_there())
		attach();
	mutex_unlock(&ahv_kvm_mutex);

	/* Tells at once of a kvm module that is already there. */
	err = watch_modules();
	if (err) {
		mutex_lock(&ahv_kvm_mutex);
		if (kvm_there())
			detach();
		mutex_unlock(&ahv_kvm_mutex);
	}
	return err;
}

static void config_changed(void)
{
	mutex_lock(&ahv_kvm_mutex);
	if (kvm_there())
		update_probes();
	mutex_unlock(&ahv_kvm_mutex);
}

static void stop(void)
{
	unwatch_modules();
	mutex_lock(&ahv_kvm_mutex);
	if (kvm_there())
		detach();
	mutex_unlock(&ahv_kvm_mutex);
	ahv_s2_stop();
}

const struct ahv_source ahv_kvm_source = {
	.name = "kvm",
	.start = start,
	.config_changed = config_changed,
	.stop = stop,
};
