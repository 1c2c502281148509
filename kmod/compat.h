/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows kernel versions; Kbuild includes it before any
 * other. The rest of the module is written for the newest kernel, and what is
 * here makes older ones look like it. Each piece names the release that ends
 * its life: the first one that no longer needs it.
 */
#ifndef AHV_COMPAT_H
#define AHV_COMPAT_H

#define pr_fmt(fmt) "aegishv: " fmt

#include <linux/version.h>
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/hrtimer.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/shmem_fs.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "AegisHV needs Linux 6.1 or newer: see docs/COMPATIBILITY.md"
#endif

#if !defined(CONFIG_X86_64) && !defined(CONFIG_ARM64)
#error "AegisHV runs on x86-64 and arm64"
#endif

/* A vCPU new to us is recorded with interrupts off, where RT cannot allocate. */
#ifdef CONFIG_PREEMPT_RT
#error "AegisHV does not run on PREEMPT_RT kernels: use the stock kernel flavour"
#endif

/* 6.3: vm_flags is changed through functions. */
static inline void ahv_vm_flags_mod(struct vm_area_struct *vma,
				    unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#else
	vm_flags_mod(vma, set, clear);
#endif
}

/* 6.13: hrtimer_setup() replaces hrtimer_init(). */
static inline void ahv_hrtimer_setup(struct hrtimer *t,
				     enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(t, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	t->function = fn;
#else
	hrtimer_setup(t, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
}

/* 6.17: the queue that runs work where it was queued has a name that says so. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_percpu_wq	system_wq
#endif

/* 7.2 at the latest: flags of a mapping are a bitmap; no memory is reserved for the file. */
static inline struct file *ahv_shmem_file(const char *name, loff_t size)
{
#ifdef AHV_HAVE_SHMEM_VMA_FLAGS
	return shmem_file_setup(name, size, mk_vma_flags(VMA_NORESERVE_BIT));
#else
	return shmem_file_setup(name, size, VM_NORESERVE);
#endif
}

/* 6.7, and stable 6.1.68: multicast groups can ask for a capability. */
#ifndef GENL_MCAST_CAP_SYS_ADMIN
#define GENL_MCAST_CAP_SYS_ADMIN 0
#endif

/* 6.2: words of a refusal may have numbers in them; before, the general ones stay. */
#ifndef NL_SET_ERR_MSG_FMT
#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) ((void)(extack), no_printk(fmt, ##args))
#endif

/* 6.2: handlers see struct genl_split_ops. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define ahv_genl_op	genl_ops
#else
#define ahv_genl_op	genl_split_ops
#endif

/* 6.2: accessors of struct ftrace_regs; argument @n is the function's own, from 0. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define ahv_fregs_arg(fregs, n)		ftrace_regs_get_argument(fregs, n)
#define ahv_fregs_set_ip(fregs, ip)	ftrace_regs_set_instruction_pointer(fregs, ip)
#else
#ifdef CONFIG_X86_64
#define ahv_fregs_regs(fregs)		(&(fregs)->regs)
#else
#define ahv_fregs_regs(fregs)		ftrace_get_regs(fregs)
#endif
#define ahv_fregs_arg(fregs, n)		regs_get_kernel_argument(ahv_fregs_regs(fregs), n)
#define ahv_fregs_set_ip(fregs, ip)	instruction_pointer_set(ahv_fregs_regs(fregs), ip)
#endif

/* 6.2 on arm64: moving the instruction pointer needs no full set of registers. */
#ifdef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
#define AHV_FTRACE_IPMODIFY	FTRACE_OPS_FL_IPMODIFY
#else
#define AHV_FTRACE_IPMODIFY	(FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS)
#endif

/*
 * 6.4: direct calls have an ftrace_ops, and may be asked for on arm64. Before,
 * all share one of the kernel's that ftrace cannot be switched off under.
 *
 * An ops of a module makes unregistering wait for all tasks, each of them. It
 * has no memory here that could go before its last user has; the caller waits
 * once for all that it unregistered.
 */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
#define AHV_HAVE_DIRECT
static inline int ahv_register_direct(struct ftrace_ops *ops, unsigned long ip,
				      unsigned long trampoline)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	int err = ftrace_set_filter_ip(ops, ip, 0, 0);

	if (err)
		return err;
	err = register_ftrace_direct(ops, trampoline);
	if (err)
		ftrace_free_filter(ops);
	else	/* after, since registering sets the flags anew */
		ops->flags |= FTRACE_OPS_FL_PERMANENT;
	return err;
#else
	return register_ftrace_direct(ip, trampoline);
#endif
}

static inline void ahv_unregister_direct(struct ftrace_ops *ops, unsigned long ip,
					 unsigned long trampoline)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	ops->flags &= ~FTRACE_OPS_FL_DYNAMIC;
	unregister_ftrace_direct(ops, trampoline, true);
#else
	unregister_ftrace_direct(ip, trampoline);
#endif
}
#endif

/*
 * What a trampoline needs. 6.2: a call into it is counted where the processor
 * wants its return stack kept full.
 */
#ifdef CONFIG_X86_64
#include <asm/frame.h>
#include <asm/ibt.h>
#include <asm/linkage.h>
#include <asm/nospec-branch.h>
#ifndef CALL_DEPTH_ACCOUNT
#define CALL_DEPTH_ACCOUNT
#endif
#endif

/* 6.12 at the latest: linux/namei.h declares what 6.1 exports already. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

/* 6.16: the tracepoint of a thread's end tells whether it was the last one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define AHV_PROC_EXIT_ARGS	void *unused, struct task_struct *t
#else
#define AHV_PROC_EXIT_ARGS	void *unused, struct task_struct *t, bool last
#endif

#if defined(CONFIG_X86_64) && !defined(KVM_MAX_NR_ADDRESS_SPACES)
/* 6.8: how many views of memory a VM has, at most. */
#define KVM_MAX_NR_ADDRESS_SPACES	KVM_ADDRESS_SPACE_NUM
#endif

/*
 * 7.2 at the latest: the guest's instruction pointer left the array of general
 * registers, and what KVM caches beside them has a new prefix.
 */
#ifdef CONFIG_X86_64
#ifdef AHV_HAVE_VCPU_REG_RIP
#define ahv_vcpu_rip(vcpu)	((vcpu)->arch.rip)
#else
#define ahv_vcpu_rip(vcpu)	((vcpu)->arch.regs[VCPU_REGS_RIP])
#define VCPU_REG_RIP		VCPU_REGS_RIP
#define VCPU_REG_CR0		VCPU_EXREG_CR0
#define VCPU_REG_CR3		VCPU_EXREG_CR3
#define VCPU_REG_CR4		VCPU_EXREG_CR4
#endif
#endif

#ifdef CONFIG_X86_64
/* 6.13: KVM says whether it maps a guest's page to write to it; before, it always may. */
#ifdef AHV_HAVE_KVM_MAP_WRITABLE
#define AHV_KVM_MAP	"__kvm_vcpu_map"
#else
#define AHV_KVM_MAP	"kvm_vcpu_map"
#endif

static inline bool ahv_kvm_map_writes(struct ftrace_regs *fregs)
{
#ifdef AHV_HAVE_KVM_MAP_WRITABLE
	return (u8)ahv_fregs_arg(fregs, 3);
#else
	return true;
#endif
}
#endif

#ifdef CONFIG_X86_64
/* 6.8: KVM may be built without what guests of Hyper-V want. */
static inline bool ahv_kvm_is_hyperv(const struct kvm *kvm)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0) || defined(CONFIG_KVM_HYPERV)
	return kvm->arch.hyperv.hv_guest_os_id;
#else
	return false;
#endif
}
#endif

/*
 * 6.16: tracepoint probes run preemptible. Before that the tracepoint has
 * turned preemption off, and doing it again would only cost.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
static __always_inline void ahv_probe_enter(void) { }
static __always_inline void ahv_probe_exit(void) { }
#else
static __always_inline void ahv_probe_enter(void) { preempt_disable_notrace(); }
static __always_inline void ahv_probe_exit(void) { preempt_enable_notrace(); }
#endif

#endif
