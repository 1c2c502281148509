// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is attached, what is not, and why: one entry for each hook. A change is
 * an event in the ring and a notification over netlink.
 *
 * Process context, except that ahv_isa_attached is read anywhere. `hooks` is guarded
 * by hooks_lock.
 */
#include <linux/spinlock.h>
#include "aegishv.h"
#include "lsm/lsm.h"

static DEFINE_SPINLOCK(hooks_lock);
u32 ahv_isa_attached;

static struct ahv_hook_status hooks[AHV_NR_HOOKS] = {
	[AHV_HOOK_KVM_EXIT] = { .name = "kvm_exit", .required = true },
#ifdef CONFIG_ARM64
	[AHV_HOOK_KVM_FAULT] = { .name = "kvm_guest_fault", .required = true },
#else
	[AHV_HOOK_KVM_FAULT] = { .name = "kvm_page_fault", .required = true },
#endif
	[AHV_HOOK_KVM_ENTRY] = { .name = "kvm_entry" },
	[AHV_HOOK_KVM_UEXIT] = { .name = "kvm_userspace_exit" },
	[AHV_HOOK_EXIT_INFO] = { .name = "exit_info", .required = true },
	[AHV_HOOK_VCPU_CREATE] = { .name = "vcpu_create", .required = true },
	[AHV_HOOK_VCPU_DESTROY] = { .name = "vcpu_destroy", .required = true },
	[AHV_HOOK_VM_DESTROY] = { .name = "vm_destroy", .required = true },
	[AHV_HOOK_S2_FAULT] = { .name = "stage2_fault" },
	[AHV_HOOK_S2_SPTE] = { .name = "stage2_spte" },
	[AHV_HOOK_S2_HUGEPAGE] = { .name = "stage2_hugepage" },
	[AHV_HOOK_S2_LEVEL] = { .name = "stage2_level" },
	[AHV_HOOK_S2_EMULATOR] = { .name = "stage2_emulator" },
	[AHV_HOOK_S2_MAP] = { .name = "stage2_map" },
	[AHV_HOOK_S2_INSN] = { .name = "stage2_insn" },
	[AHV_HOOK_GUEST_STATE] = { .name = "guest_state" },
	[AHV_HOOK_FILE_OPEN] = { .name = "security_file_open", .required = true },
	[AHV_HOOK_PATH_TRUNCATE] = { .name = "security_path_truncate", .required = true },
	[AHV_HOOK_INODE_UNLINK] = { .name = "security_inode_unlink", .required = true },
	[AHV_HOOK_INODE_RENAME] = { .name = "security_inode_rename", .required = true },
	[AHV_HOOK_INODE_LINK] = { .name = "security_inode_link", .required = true },
	[AHV_HOOK_INODE_SETATTR] = { .name = "security_inode_setattr", .required = true },
	[AHV_HOOK_INODE_SETXATTR] = { .name = "security_inode_setxattr", .required = true },
	[AHV_HOOK_INODE_REMOVEXATTR] = { .name = "security_inode_removexattr", .required = true },
	[AHV_HOOK_INODE_SET_ACL] = { .name = "security_inode_set_acl" },
	[AHV_HOOK_INODE_REMOVE_ACL] = { .name = "security_inode_remove_acl" },
	[AHV_HOOK_FILE_PERMISSION] = { .name = "security_file_permission" },
	[AHV_HOOK_MMAP_FILE] = { .name = "security_mmap_file" },
	[AHV_HOOK_FILE_RECEIVE] = { .name = "security_file_receive" },
	[AHV_HOOK_PROC_EXEC] = { .name = "sched_process_exec" },
	[AHV_HOOK_PROC_FORK] = { .name = "sched_process_fork" },
	[AHV_HOOK_PROC_EXIT] = { .name = "sched_process_exit" },
	[AHV_HOOK_CANARY] = { .name = "canary", .required = true },
};

/**
 * ahv_health_set() - a hook's state, as its source finds it
 * @id: the hook
 * @state: enum aegishv_hook_state
 * @err: what the kernel answered, 0 or a negative errno
 * @reason: for a person, a constant string; NULL when it is attached
 */
void ahv_health_set(enum ahv_hook_id id, u32 state, int err, const char *reason)
{
	struct ahv_hook_status *h = &hooks[id];
	bool changed;

	spin_lock(&hooks_lock);
	changed = h->state != state || h->err != err;
	h->state = state;
	h->err = err;
	h->reason = reason;
	spin_unlock(&hooks_lock);
	if (!changed)
		return;

	if (state == AEGISHV_HOOK_STATE_FAILED)
		pr_warn("%s: %s (%d)\n", h->name, reason, err);
	ahv_event_health(h->name, state, err);
	ahv_netlink_health_ntf();
}

void ahv_health_backend(enum ahv_hook_id id, const char *backend)
{
	spin_lock(&hooks_lock);
	hooks[id].backend = backend;
	spin_unlock(&hooks_lock);
}

void ahv_health_require(enum ahv_hook_id id, bool required)
{
	spin_lock(&hooks_lock);
	hooks[id].required = required;
	spin_unlock(&hooks_lock);
}

void ahv_health_get(enum ahv_hook_id id, struct ahv_hook_status *s)
{
	spin_lock(&hooks_lock);
	*s = hooks[id];
	spin_unlock(&hooks_lock);
}

/*
 * What is absent misses nothing: a host without KVM has nothing to watch there.
 * A host that went back from enforce to audit by itself does.
 */
bool ahv_healthy(void)
{
	const char *reverted;
	bool ok = true;
	int i;

	spin_lock(&hooks_lock);
	for (i = 0; i < AHV_NR_HOOKS; i++)
		if (hooks[i].required && hooks[i].state == AEGISHV_HOOK_STATE_FAILED)
			ok = false;
	spin_unlock(&hooks_lock);
	ahv_file_mode(&reverted);
	return ok && !reverted;
}

void ahv_health_set_isa(u32 isa)
{
	WRITE_ONCE(ahv_isa_attached, isa);
}
