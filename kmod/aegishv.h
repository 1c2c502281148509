/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the module know of each other. Sources (kvm/) call event,
 * vm, stats and health; those call ring and netlink; nothing calls a source but
 * main.c, through struct ahv_source.
 */
#ifndef AEGISHV_H
#define AEGISHV_H

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>
#include <linux/aegishv.h>
#include <linux/aegishv_genl.h>
#include "pure/exits.h"

#define AHV_VERSION "0.1.0"

/**
 * struct ahv_source - something that observes the host
 * @name: for messages
 * @start: attach to what is there and to what will come; 0 or an errno
 * @config_changed: the configuration may ask for other probes now
 * @stop: detach; on return no code of the source runs any more
 */
struct ahv_source {
	const char *name;
	int (*start)(void);
	void (*config_changed)(void);
	void (*stop)(void);
};

extern const struct ahv_source ahv_kvm_source;

/* main.c: tells every source. Process context. */
void ahv_sources_config_changed(void);

/**
 * struct ahv_wx_settings - what W^X does in a VM
 * @mode: enum aegishv_wx_mode
 * @action: enum aegishv_wx_action
 * @granularity: enum aegishv_wx_granularity
 * @scope: enum aegishv_wx_scope
 */
struct ahv_wx_settings {
	u32 mode;
	u32 action;
	u32 granularity;
	u32 scope;
};

/**
 * struct ahv_config - the configuration; written under the mutex of config.c
 * @exit_events: enum aegishv_exit_events for VMs without their own
 * @sample: N of exit_events=sample
 * @counters: enum aegishv_counters
 * @watermark_bytes: wake the consumer at this much
 * @deadline_us: wake it when a record is this old
 * @file_mode: enum aegishv_file_mode that was asked for; see ahv_file_mode()
 * @signal: enum aegishv_signal
 * @kill_threshold: denials of a process within @kill_window_s that end in SIGKILL
 * @kill_window_s: seconds
 * @deny_mode: enum aegishv_deny_mode
 * @proc_events: enum aegishv_proc_events
 * @break_glass: cgroup whose processes are never signalled, 0 for none
 * @deadman_s: revert to audit when not refreshed for so many seconds, 0 never
 * @storm_denials: revert at so many denials within @storm_window_s, 0 never
 * @storm_window_s: seconds
 * @allow_sigkill: signal=kill is acknowledged
 * @wx: of VMs without their own
 */
struct ahv_config {
	u32 exit_events;
	u32 sample;
	u32 counters;
	u32 watermark_bytes;
	u32 deadline_us;
	u32 file_mode;
	u32 signal;
	u32 kill_threshold;
	u32 kill_window_s;
	u32 deny_mode;
	u32 proc_events;
	u64 break_glass;
	u32 deadman_s;
	u32 storm_denials;
	u32 storm_window_s;
	bool allow_sigkill;
	struct ahv_wx_settings wx;
};

extern struct ahv_config ahv_config;

/* ---- vm.c: the registry ---- */

struct ahv_detect_ref;
struct ahv_detect_vm;
struct ahv_detect_vcpu;

struct ahv_s2;

/* Why a VM's stage-2 faults are looked at; 0 and they are not. */
#define AHV_WATCH_WX		BIT(0)
#define AHV_WATCH_RANGES	BIT(1)
#define AHV_WATCH_PAUSED	BIT(2)
#define AHV_WATCH_LOOK		BIT(3)	/* for its kernel's text */

/**
 * struct ahv_vm - a virtual machine with at least one vCPU
 * @refs: the registry's and those of notifications under way
 * @key: KVM's struct kvm, never followed
 * @id: from 1 in order of discovery
 * @tgid: VMM process in the initial PID namespace
 * @found: it ran before the module was loaded
 * @dead: it is out of the registry
 * @nr_vcpus: entries of @vcpus
 * @birth_ns: CLOCK_MONOTONIC when it was created or found
 * @exits: VM exits; valid once @dead
 * @faults: stage-2 faults; valid once @dead
 * @exit_events: its own enum aegishv_exit_events
 * @sample: its own N
 * @own_setting: whether the two above hold
 * @detect_own: its own rules of the detectors, or NULL
 * @detect: what its detectors know; NULL until one was on
 * @detect_lock: guards @detect; taken with interrupts off
 * @watch: set of AHV_WATCH_*: why its faults are looked at
 * @wx: W^X as it is in force
 * @own_wx: @wx is its own
 * @unseen: it may have mappings that were made while nobody looked
 * @s2: what is known of its pages, once that was asked for
 * @comm: name of the VMM process
 * @vcpus: its vCPUs, oldest first
 * @node: by @key
 * @all: in order of @id
 * @ntf: queues for netlink, at birth and at death
 * @rcu: frees it
 */
struct ahv_vm {
	refcount_t refs;
	const void *key;
	u32 id;
	pid_t tgid;
	bool found;
	bool dead;
	u32 nr_vcpus;
	u64 birth_ns;
	u64 exits;
	u64 faults;
	u32 exit_events;
	u32 sample;
	bool own_setting;
	struct ahv_detect_ref __rcu *detect_own;
	struct ahv_detect_vm *detect;
	raw_spinlock_t detect_lock;
	u32 watch;
	struct ahv_wx_settings wx;
	bool own_wx;
	bool unseen;
	struct ahv_s2 *s2;
	char comm[TASK_COMM_LEN];
	struct list_head vcpus;
	struct hlist_node node;
	struct list_head all;
	struct llist_node ntf[2];
	struct rcu_head rcu;
};

/* Faults are counted by AEGISHV_ACCESS_* bit number. */
#define AHV_NR_ACCESS	3

/**
 * struct ahv_counts - what is counted of one vCPU
 * @exits: by ahv_exit_slot()
 * @faults: stage-2 faults: read, write, exec
 * @entries: VM entries, with counters=all
 * @uexits: returns to the VMM, with counters=all
 * @detections: what set a detector off, by enum aegishv_detector
 * @wx: by enum aegishv_wx_count
 * @unseen: exits and faults that detectors or W^X had no memory to look at
 *
 * KVM runs a vCPU under its mutex on one CPU at a time, so the CPU that runs it
 * is the only writer and plain increments are exact. Readers may be a few
 * behind.
 */
struct ahv_counts {
	u64 exits[AHV_EXIT_SLOTS];
	u64 faults[AHV_NR_ACCESS];
	u64 entries;
	u64 uexits;
	u64 detections[AEGISHV_DETECT_END];
	u64 wx[AEGISHV_NR_WX_COUNTS];
	u64 unseen;
};

/**
 * struct ahv_exit_info - a VM exit as the architecture reads it
 * @info1: see &struct aegishv_rec_exit, as the rest
 * @info2: likewise
 * @reason: likewise
 * @intr_info: likewise
 * @error_code: likewise
 */
struct ahv_exit_info {
	u64 info1;
	u64 info2;
	u32 reason;
	u32 intr_info;
	u32 error_code;
};

#define AHV_WORK_RECORD	BIT(0)	/* exit_events asks for records */
#define AHV_WORK_DETECT	BIT(1)	/* a detector is on */

/**
 * struct ahv_vcpu - one vCPU
 * @key: KVM's struct kvm_vcpu, never followed
 * @vm: its VM
 * @id: KVM's vcpu_id
 * @vm_id: number of @vm
 * @tid: thread that ran it last
 * @exit_events: the enum aegishv_exit_events in force
 * @sample: the N in force
 * @until_sample: exits until the next that is recorded
 * @exit_work: set of AHV_WORK_*: what an exit asks for besides being counted
 * @seen_ns: time of the record of what happens now, 0 without a record
 * @prev_rip: where its exit before the last one was
 * @detect: what the detectors know of it; NULL until one was on
 * @last: its last exit
 * @counts: its counters
 * @node: by @key
 * @in_vm: in &ahv_vm.vcpus
 * @rcu: frees it
 */
struct ahv_vcpu {
	const void *key;
	struct ahv_vm *vm;
	u32 id;
	u32 vm_id;
	u32 tid;
	u32 exit_events;
	u32 sample;
	u32 until_sample;
	u32 exit_work;
	u64 seen_ns;
	u64 prev_rip;
	struct ahv_detect_vcpu *detect;
	struct ahv_exit_info last;
	struct ahv_counts counts;
	struct hlist_node node;
	struct list_head in_vm;
	struct rcu_head rcu;
};

DECLARE_PER_CPU(struct ahv_vcpu *, ahv_vcpu_cache);

/**
 * struct ahv_vcpu_key - how a source names a vCPU
 * @vcpu: KVM's struct kvm_vcpu
 * @kvm: KVM's struct kvm
 * @id: KVM's vcpu_id
 * @vmm: a thread of the VMM; NULL for current
 */
struct ahv_vcpu_key {
	const void *vcpu;
	const void *kvm;
	u32 id;
	struct task_struct *vmm;
};

struct ahv_vcpu *ahv_vcpu_lookup(const struct ahv_vcpu_key *key);
struct ahv_vcpu *ahv_vcpu_of_thread(void);
void ahv_vcpu_born(const struct ahv_vcpu_key *key);
void ahv_vcpu_found(const struct ahv_vcpu_key *key);
void ahv_vcpu_gone(const void *vcpu);
void ahv_vm_gone(const void *kvm);
void ahv_vms_gone(void);

void ahv_vm_init(void);
void ahv_vm_exit(void);

/* With rcu_read_lock(). */
struct ahv_vm *ahv_vm_find(u32 id);
struct ahv_vm *ahv_vm_next(u32 after_id);
struct ahv_vm *ahv_vm_after(struct ahv_vm *vm);

struct ahv_vm *ahv_vm_get(u32 id);
struct ahv_vm *ahv_vm_get_next(struct ahv_vm *prev);

int ahv_vm_set_exit_events(u32 id, bool inherit, u32 exit_events, u32 sample);
void ahv_vms_apply_config(void);
bool ahv_vms_any_full(void);
void ahv_vm_put(struct ahv_vm *vm);

struct ahv_vm_stats {
	u32 alive;
	u64 total;
	u64 memory_bytes;
	u64 unattributed;
};

void ahv_vm_stats(struct ahv_vm_stats *s);

/* ---- stats.c: sums of counters ---- */

void ahv_stats_retire(const struct ahv_counts *c);
void ahv_stats_vcpu(struct ahv_counts *sum, const struct ahv_vcpu *v);
void ahv_stats_vm(struct ahv_counts *sum, const struct ahv_vm *vm);
void ahv_stats_host(struct ahv_counts *sum);
u64 ahv_counts_exits(const struct ahv_counts *c);
u64 ahv_counts_faults(const struct ahv_counts *c);

/* ---- event.c: records ---- */

void ahv_event_vm(const struct ahv_vm *vm, u32 event, u32 vcpu);
void ahv_event_health(const char *name, u32 state, int err);
/* @by_caller: current asked for it, not the module itself. */
void ahv_event_policy(u32 event, bool by_caller);

/* ---- health.c: what is attached and why not ---- */

enum ahv_hook_id {
	AHV_HOOK_KVM_EXIT,
	AHV_HOOK_KVM_FAULT,
	AHV_HOOK_KVM_ENTRY,
	AHV_HOOK_KVM_UEXIT,
	AHV_HOOK_EXIT_INFO,
	AHV_HOOK_VCPU_CREATE,
	AHV_HOOK_VCPU_DESTROY,
	AHV_HOOK_VM_DESTROY,
	AHV_HOOK_S2_FAULT,
	AHV_HOOK_S2_SPTE,
	AHV_HOOK_S2_HUGEPAGE,
	AHV_HOOK_S2_LEVEL,
	AHV_HOOK_S2_EMULATOR,
	AHV_HOOK_S2_MAP,
	AHV_HOOK_S2_INSN,
	AHV_HOOK_GUEST_STATE,
	AHV_NR_KVM_HOOKS,
	AHV_HOOK_FILE_OPEN = AHV_NR_KVM_HOOKS,
	AHV_HOOK_PATH_TRUNCATE,
	AHV_HOOK_INODE_UNLINK,
	AHV_HOOK_INODE_RENAME,
	AHV_HOOK_INODE_LINK,
	AHV_HOOK_INODE_SETATTR,
	AHV_HOOK_INODE_SETXATTR,
	AHV_HOOK_INODE_REMOVEXATTR,
	AHV_HOOK_INODE_SET_ACL,
	AHV_HOOK_INODE_REMOVE_ACL,
	AHV_HOOK_FILE_PERMISSION,
	AHV_HOOK_MMAP_FILE,
	AHV_HOOK_FILE_RECEIVE,
	AHV_HOOK_PROC_EXEC,
	AHV_HOOK_PROC_FORK,
	AHV_HOOK_PROC_EXIT,
	AHV_HOOK_CANARY,
	AHV_NR_HOOKS,
};

/**
 * struct ahv_hook_status - one hook as it stands
 * @name: what it attaches to
 * @backend: how
 * @required: health depends on it
 * @state: enum aegishv_hook_state
 * @err: 0 or a negative errno
 * @reason: for a person; a constant string
 */
struct ahv_hook_status {
	const char *name;
	const char *backend;
	bool required;
	u32 state;
	int err;
	const char *reason;
};

void ahv_health_set(enum ahv_hook_id id, u32 state, int err, const char *reason);
void ahv_health_backend(enum ahv_hook_id id, const char *backend);
void ahv_health_require(enum ahv_hook_id id, bool required);
void ahv_health_get(enum ahv_hook_id id, struct ahv_hook_status *s);
bool ahv_healthy(void);
void ahv_health_set_isa(u32 isa);

/* enum aegishv_isa of the KVM that is attached, 0 for none. */
extern u32 ahv_isa_attached;

static inline u32 ahv_isa(void)
{
	return READ_ONCE(ahv_isa_attached);
}

/* ---- config.c ---- */

bool ahv_config_wants_entries(void);

/* ---- dev.c ---- */

int ahv_dev_init(void);
void ahv_dev_exit(void);
pid_t ahv_consumer(char *comm);
bool ahv_consumer_is(const struct task_struct *t);
bool ahv_consumer_lock(void);
void ahv_consumer_unlock(void);

/* ---- netlink.c ---- */

int ahv_netlink_init(void);
void ahv_netlink_exit(void);
void ahv_netlink_vm_ntf(struct ahv_vm *vm, bool death);
void ahv_netlink_health_ntf(void);
/* The policy or its mode changed. Process context. */
void ahv_netlink_policy_ntf(void);

#endif
