/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * W^X, seals, execution traps and pauses of VMs: what a stage-2 fault leads to
 * (stage2.c), what is told and answered (stage2_answer.c), taking mappings away
 * (stage2_zap.c), stopping vCPUs (stage2_hold.c), settings (stage2_set.c), finding
 * the kernel's text (stage2_text.c), and the hooks in KVM (arch/x86_stage2.c).
 */
#ifndef AHV_KVM_STAGE2_H
#define AHV_KVM_STAGE2_H

#include <linux/kvm_host.h>
#include <linux/spinlock.h>
#include "kvm/kvm.h"
#include "kvm/stage2_settings.h"
#include "ktext.h"
#include "wx.h"

#define AHV_S2_HUGE_SHIFT	9	/* a region of 2 MiB */

/* Error code of a page fault, nested or not, as KVM hands it on for both vendors. */
#define FAULT_PRESENT	BIT_ULL(0)
#define FAULT_WRITE	BIT_ULL(1)
#define FAULT_USER	BIT_ULL(2)
#define FAULT_RSVD	BIT_ULL(3)
#define FAULT_FETCH	BIT_ULL(4)

/**
 * struct ahv_s2 - what is known of a VM's pages
 * @lock: guards what follows to @held; taken inside KVM's mmu_lock, in which
 *	interrupts are on
 * @wx: the state machine
 * @shift: pages of a unit of @wx, as a shift
 * @tokens: records that may be written at once
 * @tokens_ns: as of when
 * @held: events not recorded since the last that was
 * @ran_paged: it had 64-bit page tables on; written by its vCPUs
 * @saw_user: it ran a user program; likewise
 * @ran_user: ... and what had been written until then is forgotten
 * @problem: why it is not watched, or NULL; a constant string
 * @look: a request for its kernel's text that waits, or NULL
 * @look_seen: what ran meanwhile; written by its vCPUs
 */
struct ahv_s2 {
	raw_spinlock_t lock;
	struct ahv_wx wx;
	u32 shift;
	u32 tokens;
	u64 tokens_ns;
	u32 held;
	bool ran_paged;
	bool saw_user;
	bool ran_user;
	const char *problem;
	struct ahv_s2_look *look;
	u32 look_seen;
};

/**
 * struct ahv_s2_fault - a stage-2 fault of a watched VM
 * @v: the vCPU
 * @vcpu: KVM's
 * @s2: its VM's pages
 * @gpa: address
 * @access: one of AEGISHV_ACCESS_*
 * @emulated: no fault, KVM itself is about to write or execute
 * @mapped: ... through a mapping; without one it answers the guest by itself
 * @a: the same for the state machine
 */
struct ahv_s2_fault {
	struct ahv_vcpu *v;
	struct kvm_vcpu *vcpu;
	struct ahv_s2 *s2;
	u64 gpa;
	u8 access;
	bool emulated;
	bool mapped;
	struct ahv_wx_access a;
};

/* stage2.c; from the hooks, preemption off */
bool ahv_s2_fault(struct kvm_vcpu *vcpu, u64 gpa, u64 code);
bool ahv_s2_kvm_writes(struct kvm_vcpu *vcpu, u64 gpa, u64 bytes);
bool ahv_s2_kvm_maps(struct kvm_vcpu *vcpu, u64 gfn);
bool ahv_s2_kvm_executes(struct kvm_vcpu *vcpu);
u8 ahv_s2_may(struct ahv_s2 *s2, u64 gfn, u8 old);
bool ahv_s2_wants_4k(const struct ahv_vm *vm);
bool ahv_s2_sealed(struct ahv_s2 *s2, u64 gfn);
bool ahv_s2_is_nested(struct kvm_vcpu *vcpu);
bool ahv_s2_watches(struct kvm_vcpu *vcpu);
void ahv_s2_forbid_1g(struct kvm_vcpu *vcpu, u64 gfn);
void ahv_s2_lock_with_memory(struct ahv_s2 *s2) __acquires(&s2->lock);
void ahv_s2_free(struct ahv_s2 *s2);
struct ahv_s2 *ahv_s2_of(struct ahv_vm *vm, gfp_t gfp);

/* stage2_answer.c */
bool ahv_s2_answer(struct ahv_s2_fault *f, const struct ahv_wx_verdict *verdict);
void ahv_s2_tell_thrash(struct ahv_s2_fault *f, const struct ahv_wx_verdict *verdict);

/* stage2_zap.c */
void ahv_s2_zap_unit(struct kvm *kvm, const struct ahv_s2 *s2, u64 unit);
/* Every mapping of a VM. Process context, with ahv_kvm_mutex. */
void ahv_s2_zap_vm(struct ahv_vm *vm);
/* Grants and rests that will be over: look after them. */
void ahv_s2_expect_end(void);
void ahv_s2_zap_later(void);
void ahv_s2_zap_stop(void);

/* stage2_hold.c */
void ahv_s2_hold_current(struct ahv_vcpu *v);
void ahv_s2_hold_all(struct ahv_vm *vm);
void ahv_s2_hold_start(void);
void ahv_s2_hold_stop(void);

/* stage2_set.c; with ahv_kvm_mutex */
int ahv_s2_need_hooks(const char **why);
void ahv_s2_detach_unwanted(void);

/* stage2_text.c; from a fault */
void ahv_s2_look(struct ahv_s2 *s2, struct kvm_vcpu *vcpu);

/* arch/x86_stage2.c */
extern const char ahv_s2_return_0[];
extern const char ahv_s2_return_1[];
bool ahv_s2_hooks_attached(void);
bool ahv_s2_untested(void);
const char *ahv_s2_unsupported(void);
int ahv_s2_hooks_attach(void);
void ahv_s2_hooks_detach(void);
void ahv_s2_hooks_absent(const char *why, u32 state);
void ahv_s2_put_kvm(struct kvm *kvm);

/* arch/x86_guest.c; on the vCPU's thread, while it is out of the guest */
u8 ahv_guest_cpl(struct kvm_vcpu *vcpu);
u64 ahv_guest_cr3(struct kvm_vcpu *vcpu);
bool ahv_guest_is_64bit(struct kvm_vcpu *vcpu);
void ahv_guest_look(struct kvm_vcpu *vcpu, u64 gfn, struct ahv_wx_guest *g);
bool ahv_guest_in_kernel(struct kvm_vcpu *vcpu);
bool ahv_guest_runs_nested(const struct kvm_vcpu *vcpu);
bool ahv_guest_takes_event(const struct kvm_vcpu *vcpu);
bool ahv_guest_code(struct kvm_vcpu *vcpu, bool end, u64 *gpa);
bool ahv_guest_allows(struct kvm_vcpu *vcpu, u64 gva, u64 code, u64 *gpa);
int ahv_guest_find_text(struct kvm_vcpu *vcpu, struct ahv_ktext *k);
void ahv_guest_inject_gp(struct kvm_vcpu *vcpu);
void ahv_guest_shut_down(struct kvm_vcpu *vcpu);
int ahv_guest_attach(void);
void ahv_guest_detach(void);

#endif
