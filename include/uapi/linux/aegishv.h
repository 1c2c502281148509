/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * AegisHV event records and the layout of /dev/aegishv.
 *
 * Everything here is fixed width: every reserved field is
 * zero, every structure is a multiple of 8 bytes and its offsets are asserted
 * by both compilers at the end of this file. Configuration does not happen
 * here: see the generic netlink family in aegishv_genl.h.
 */
#ifndef _UAPI_LINUX_AEGISHV_H
#define _UAPI_LINUX_AEGISHV_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: versions
 *
 * %AEGISHV_EVENTS_VERSION changes when the meaning or layout of a record
 * changes. A record type or a trailing field that is added does not change it:
 * a reader skips types it does not know by &aegishv_hdr.len and must accept a
 * record longer than the structure it knows.
 */
#define AEGISHV_EVENTS_VERSION	1

#define AEGISHV_DEVICE		"/dev/aegishv"
#define AEGISHV_COMM_LEN	16

/**
 * enum aegishv_rec_type - what a record tells
 * @AEGISHV_REC_LOST: events were dropped here; see &struct aegishv_rec_lost
 * @AEGISHV_REC_EXIT: a VM exit; only when exit_events asks for it
 * @AEGISHV_REC_FAULT: a stage-2 (EPT, NPT) fault
 * @AEGISHV_REC_ENTRY: a VM entry; only when exit_events=full
 * @AEGISHV_REC_UEXIT: KVM_RUN returned to the VMM; only when exit_events=full
 * @AEGISHV_REC_VM: a VM or vCPU came or went; alert class
 * @AEGISHV_REC_HEALTH: a hook changed its state; alert class
 * @AEGISHV_REC_CLOCK: recordings only, written by userspace: how to turn
 *	&aegishv_hdr.time_ns into wall-clock time from here on
 * @AEGISHV_REC_NAME: recordings only, written by userspace: what a VM is
 *	called from here on
 * @AEGISHV_REC_BLOCK: a rule was met, and the operation denied or, in audit
 *	mode, only told; takes the room of alerts
 * @AEGISHV_REC_EXEC: a process executed a program
 * @AEGISHV_REC_FORK: a process was made; only when proc_events=all
 * @AEGISHV_REC_PEXIT: a process ended; only when proc_events=all
 * @AEGISHV_REC_POLICY: the policy or its mode changed; alert class
 * @AEGISHV_REC_CGROUP: recordings only, written by userspace: the path of a
 *	cgroup
 * @AEGISHV_REC_DETECT: a detector fired; alert class
 * @AEGISHV_REC_GUEST: what a guest did that no other record tells; only for a
 *	VM that has detectors on and exit_events=all or full
 * @AEGISHV_REC_WX: a page was used against wx, a seal or a trap; alert class
 */
enum aegishv_rec_type {
	AEGISHV_REC_LOST	= 1,
	AEGISHV_REC_EXIT	= 2,
	AEGISHV_REC_FAULT	= 3,
	AEGISHV_REC_ENTRY	= 4,
	AEGISHV_REC_UEXIT	= 5,
	AEGISHV_REC_VM		= 6,
	AEGISHV_REC_HEALTH	= 7,
	AEGISHV_REC_CLOCK	= 8,
	AEGISHV_REC_NAME	= 9,
	AEGISHV_REC_BLOCK	= 10,
	AEGISHV_REC_EXEC	= 11,
	AEGISHV_REC_FORK	= 12,
	AEGISHV_REC_PEXIT	= 13,
	AEGISHV_REC_POLICY	= 14,
	AEGISHV_REC_CGROUP	= 15,
	AEGISHV_REC_DETECT	= 16,
	AEGISHV_REC_GUEST	= 17,
	AEGISHV_REC_WX		= 18,
};

/**
 * enum aegishv_class - which room of the ring a record may take
 * @AEGISHV_CLASS_TELEMETRY: may fill the ring up to the alert reserve
 * @AEGISHV_CLASS_ALERT: may fill all of it
 */
enum aegishv_class {
	AEGISHV_CLASS_TELEMETRY	= 0,
	AEGISHV_CLASS_ALERT	= 1,
	AEGISHV_NR_CLASSES	= 2,
};

/**
 * enum aegishv_isa - whose exit reasons and fault codes a record carries
 * @AEGISHV_ISA_VMX: Intel VT-x; numbered as KVM_ISA_VMX
 * @AEGISHV_ISA_SVM: AMD-V; numbered as KVM_ISA_SVM
 * @AEGISHV_ISA_ARM64: arm64 EL2
 */
enum aegishv_isa {
	AEGISHV_ISA_VMX		= 1,
	AEGISHV_ISA_SVM		= 2,
	AEGISHV_ISA_ARM64	= 3,
};

#define AEGISHV_VCPU_NONE	0xffffffffU	/* the record is about no vCPU */

/**
 * struct aegishv_hdr - starts every record
 * @type: enum aegishv_rec_type
 * @len: bytes from this header to the next one, a multiple of 8
 * @cpu: host CPU whose ring holds the record
 * @class_: enum aegishv_class
 * @isa: enum aegishv_isa, 0 where the record has none
 * @seq: counts the events of this CPU from 0 without a gap, lost ones
 *	included: after a record with sequence s comes s+1, after a LOST record
 *	with sequence s and count n comes s+n
 * @time_ns: CLOCK_MONOTONIC in nanoseconds
 * @vm: VM number, from 1 in order of discovery; 0 for the host
 * @vcpu: KVM's vcpu_id, or %AEGISHV_VCPU_NONE
 */
struct aegishv_hdr {
	__u16 type;
	__u16 len;
	__u16 cpu;
	__u8 class_;
	__u8 isa;
	__u64 seq;
	__u64 time_ns;
	__u32 vm;
	__u32 vcpu;
};

/**
 * struct aegishv_rec_lost - events dropped because the ring had no room
 * @h: header; @h.seq is the sequence of the first event lost
 * @count: how many events were lost between the records around this one
 * @total: lost since the module was loaded on this CPU, per class, as known
 *	when this record was written
 */
struct aegishv_rec_lost {
	struct aegishv_hdr h;
	__u64 count;
	__u64 total[AEGISHV_NR_CLASSES];
};

/**
 * struct aegishv_rec_exit - a VM exit as KVM read it
 * @h: header
 * @rip: guest instruction pointer
 * @info1: VMX: exit qualification; SVM: EXITINFO1; arm64: 0
 * @info2: VMX: IDT vectoring information; SVM: EXITINFO2; arm64: 0
 * @reason: VMX: basic exit reason with the flags in the upper half;
 *	SVM: EXITCODE; arm64: exception code, for traps 0x100 + ESR_EL2.EC
 * @intr_info: interruption information (VMX), EXITINTINFO (SVM)
 * @error_code: error code of the event in @intr_info
 * @tid: thread that ran the vCPU, in the initial PID namespace
 */
struct aegishv_rec_exit {
	struct aegishv_hdr h;
	__u64 rip;
	__u64 info1;
	__u64 info2;
	__u32 reason;
	__u32 intr_info;
	__u32 error_code;
	__u32 tid;
};

#define AEGISHV_ACCESS_READ	(1U << 0)
#define AEGISHV_ACCESS_WRITE	(1U << 1)
#define AEGISHV_ACCESS_EXEC	(1U << 2)

#define AEGISHV_FAULT_PRESENT	(1U << 0)	/* a mapping existed: a permission fault */
#define AEGISHV_FAULT_WALK	(1U << 1)	/* on the guest's own page tables */
#define AEGISHV_FAULT_NO_GPA	(1U << 2)	/* from trace text that tells no address */

/**
 * struct aegishv_rec_fault - a stage-2 fault
 * @h: header
 * @gpa: guest-physical address, in bytes; 0 with %AEGISHV_FAULT_NO_GPA
 * @rip: guest instruction pointer
 * @code: the cause as hardware gave it: EPT exit qualification, NPF error code
 *	(EXITINFO1), or arm64 ESR_EL2
 * @access: one of AEGISHV_ACCESS_*
 * @flags: AEGISHV_FAULT_*
 * @rsvd: 0
 * @tid: thread that ran the vCPU, in the initial PID namespace
 */
struct aegishv_rec_fault {
	struct aegishv_hdr h;
	__u64 gpa;
	__u64 rip;
	__u64 code;
	__u8 access;
	__u8 flags;
	__u16 rsvd;
	__u32 tid;
};

/**
 * struct aegishv_rec_entry - a VM entry
 * @h: header
 * @rip: guest instruction pointer
 * @tid: thread that runs the vCPU
 * @rsvd: 0
 */
struct aegishv_rec_entry {
	struct aegishv_hdr h;
	__u64 rip;
	__u32 tid;
	__u32 rsvd;
};

/**
 * struct aegishv_rec_uexit - KVM_RUN returned to the VMM
 * @h: header
 * @reason: KVM_EXIT_* of linux/kvm.h
 * @err: what the ioctl returned, 0 or a negative errno
 * @tid: thread that ran the vCPU
 * @rsvd: 0
 */
struct aegishv_rec_uexit {
	struct aegishv_hdr h;
	__u32 reason;
	__s32 err;
	__u32 tid;
	__u32 rsvd;
};

/**
 * enum aegishv_vm_event - what happened to a VM
 * @AEGISHV_VM_BIRTH: a VM was created, or first seen
 * @AEGISHV_VM_DEATH: a VM was destroyed
 * @AEGISHV_VM_VCPU: a vCPU was added to it
 */
enum aegishv_vm_event {
	AEGISHV_VM_BIRTH	= 1,
	AEGISHV_VM_DEATH	= 2,
	AEGISHV_VM_VCPU		= 3,
};

/**
 * struct aegishv_rec_vm - a VM or vCPU came or went
 * @h: header
 * @event: enum aegishv_vm_event
 * @tgid: VMM process, in the initial PID namespace
 * @exits: VM exits the VM made so far
 * @faults: stage-2 faults it made so far
 * @vcpus: vCPUs it has
 * @found: 1 when the VM ran before the module was loaded
 * @comm: name of the VMM process, NUL-padded
 */
struct aegishv_rec_vm {
	struct aegishv_hdr h;
	__u32 event;
	__u32 tgid;
	__u64 exits;
	__u64 faults;
	__u32 vcpus;
	__u32 found;
	char comm[AEGISHV_COMM_LEN];
};

#define AEGISHV_HOOK_NAME_LEN	32

/**
 * struct aegishv_rec_health - a hook changed its state
 * @h: header
 * @state: enum aegishv_hook_state of aegishv_genl.h
 * @err: why it is not attached: 0 or a negative errno
 * @name: the hook's name, NUL-padded
 */
struct aegishv_rec_health {
	struct aegishv_hdr h;
	__u32 state;
	__s32 err;
	char name[AEGISHV_HOOK_NAME_LEN];
};

/**
 * struct aegishv_rec_clock - recordings only: relation of two clocks
 * @h: header; @h.time_ns is CLOCK_MONOTONIC at the time of reading
 * @real_ns: CLOCK_REALTIME at the same moment, in nanoseconds
 */
struct aegishv_rec_clock {
	struct aegishv_hdr h;
	__u64 real_ns;
};

#define AEGISHV_VM_NAME_LEN	128

/**
 * struct aegishv_rec_name - recordings only: the name of a VM
 * @h: header; @h.vm is the VM, @h.seq is 0 and counts nothing
 * @name: any bytes, NUL-padded
 */
struct aegishv_rec_name {
	struct aegishv_hdr h;
	char name[AEGISHV_VM_NAME_LEN];
};

/**
 * struct aegishv_proc - a process, as the initial namespaces number it
 * @start_ns: CLOCK_BOOTTIME when it was made, in nanoseconds
 * @parent_start_ns: likewise for its parent
 * @cgid: cgroup v2 id, which is the inode number of the cgroup's directory
 * @pid: process (tgid)
 * @tid: thread
 * @ppid: parent process
 * @uid: effective user
 * @gid: effective group
 * @rsvd: 0
 * @comm: name of the thread, NUL-padded
 */
struct aegishv_proc {
	__u64 start_ns;
	__u64 parent_start_ns;
	__u64 cgid;
	__u32 pid;
	__u32 tid;
	__u32 ppid;
	__u32 uid;
	__u32 gid;
	__u32 rsvd;
	char comm[AEGISHV_COMM_LEN];
};

/**
 * enum aegishv_op - what was attempted on a file
 * @AEGISHV_OP_OPEN: open, by any system call
 * @AEGISHV_OP_EXEC: open for execution
 * @AEGISHV_OP_TRUNCATE: truncate(2)
 * @AEGISHV_OP_READ: read by a descriptor opened before; deny_mode=access
 * @AEGISHV_OP_WRITE: write by one; deny_mode=access
 * @AEGISHV_OP_MMAP: map by one; deny_mode=access
 * @AEGISHV_OP_RECEIVE: receive one over a socket, or by pidfd_getfd(2);
 *	deny_mode=access
 * @AEGISHV_OP_UNLINK: unlink; rules with protect, as the rest
 * @AEGISHV_OP_RENAME: rename away, or over
 * @AEGISHV_OP_LINK: another name for it
 * @AEGISHV_OP_SETATTR: chmod, chown, utimes
 * @AEGISHV_OP_SETXATTR: set or remove an extended attribute or an ACL
 */
enum aegishv_op {
	AEGISHV_OP_OPEN		= 1,
	AEGISHV_OP_EXEC		= 2,
	AEGISHV_OP_TRUNCATE	= 3,
	AEGISHV_OP_READ		= 4,
	AEGISHV_OP_WRITE	= 5,
	AEGISHV_OP_MMAP		= 6,
	AEGISHV_OP_RECEIVE	= 7,
	AEGISHV_OP_UNLINK	= 8,
	AEGISHV_OP_RENAME	= 9,
	AEGISHV_OP_LINK		= 10,
	AEGISHV_OP_SETATTR	= 11,
	AEGISHV_OP_SETXATTR	= 12,
};

/**
 * enum aegishv_action - what the answer was
 * @AEGISHV_ACTION_AUDIT: nothing: the mode is audit
 * @AEGISHV_ACTION_BLOCK: -EPERM
 * @AEGISHV_ACTION_TERM: -EPERM and SIGTERM
 * @AEGISHV_ACTION_INT: -EPERM and SIGINT
 * @AEGISHV_ACTION_KILL: -EPERM and SIGKILL
 */
enum aegishv_action {
	AEGISHV_ACTION_AUDIT	= 0,
	AEGISHV_ACTION_BLOCK	= 1,
	AEGISHV_ACTION_TERM	= 2,
	AEGISHV_ACTION_INT	= 3,
	AEGISHV_ACTION_KILL	= 4,
};

/* A file opened by handle that has no name, on a file system whose names have rules. */
#define AEGISHV_RULE_NAMELESS	0xffffffffU

#define AEGISHV_BLOCK_SAME_PATH	(1U << 0)	/* host path is path: not repeated */
#define AEGISHV_BLOCK_FS_PATH	(1U << 1)	/* host path is from the root of its file system */
#define AEGISHV_BLOCK_NO_PATH	(1U << 2)	/* no name: memfd, disconnected handle */
#define AEGISHV_BLOCK_MARKED	(1U << 3)	/* the inode had the rule's name before */
#define AEGISHV_BLOCK_SURVIVOR	(1U << 4)	/* never signalled: see survival list */
#define AEGISHV_BLOCK_CUT	(1U << 5)	/* a path is longer than PATH_MAX, its head is missing */

/**
 * struct aegishv_rec_block - a rule was met
 * @h: header
 * @proc: who
 * @ino: inode number of the file
 * @generation: of the policy that decided
 * @dev: device of its file system, as stat(2) encodes st_dev; on btrfs and
 *	overlayfs it is the file system's own, not what stat(2) says
 * @gen: generation of the inode
 * @rule: number of the rule, or %AEGISHV_RULE_NAMELESS
 * @kind: enum aegishv_rule_kind of aegishv_genl.h
 * @op: enum aegishv_op
 * @action: enum aegishv_action
 * @flags: AEGISHV_BLOCK_*
 * @path_len: bytes of the path as the process sees it
 * @host_len: bytes of the path as the host sees it, 0 with
 *	%AEGISHV_BLOCK_SAME_PATH
 * @rsvd: 0
 * @text: both paths, one after the other, no NUL, padded with NUL to 8 bytes
 */
struct aegishv_rec_block {
	struct aegishv_hdr h;
	struct aegishv_proc proc;
	__u64 ino;
	__u64 generation;
	__u32 dev;
	__u32 gen;
	__u32 rule;
	__u8 kind;
	__u8 op;
	__u8 action;
	__u8 flags;
	__u16 path_len;
	__u16 host_len;
	__u32 rsvd;
	char text[];
};

/**
 * struct aegishv_rec_proc - a process executed, was made, or ended
 * @h: header; the type tells which
 * @proc: the process
 * @status: PEXIT: as wait(2) gives it, else 0
 * @path_len: EXEC: bytes of @text that are the program's path, else 0
 * @rsvd: 0
 * @text: the path as given to execve(2), padded with NUL to 8 bytes
 */
struct aegishv_rec_proc {
	struct aegishv_hdr h;
	struct aegishv_proc proc;
	__u32 status;
	__u16 path_len;
	__u16 rsvd;
	char text[];
};

/**
 * enum aegishv_policy_event - what happened to the policy
 * @AEGISHV_POLICY_APPLIED: a transaction was committed
 * @AEGISHV_POLICY_MODE: somebody set audit or enforce
 * @AEGISHV_POLICY_STORM: too many denials: reverted to audit
 * @AEGISHV_POLICY_EXPIRED: the deadman was not refreshed: reverted to audit
 * @AEGISHV_POLICY_BLIND: the canary passed the hook: nothing is enforced
 * @AEGISHV_POLICY_SIGHTED: the canary is denied again
 * @AEGISHV_POLICY_FULL: no room to follow a renamed or linked file, which was
 *	refused for it
 */
enum aegishv_policy_event {
	AEGISHV_POLICY_APPLIED	= 1,
	AEGISHV_POLICY_MODE	= 2,
	AEGISHV_POLICY_STORM	= 3,
	AEGISHV_POLICY_EXPIRED	= 4,
	AEGISHV_POLICY_BLIND	= 5,
	AEGISHV_POLICY_SIGHTED	= 6,
	AEGISHV_POLICY_FULL	= 7,
};

/**
 * struct aegishv_rec_policy - the policy or its mode changed
 * @h: header
 * @generation: of the policy in force
 * @rules: it has
 * @event: enum aegishv_policy_event
 * @mode: enum aegishv_file_mode in force now
 * @pid: process that asked for it, 0 for the module itself
 * @uid: its effective user
 * @comm: its name, NUL-padded
 */
struct aegishv_rec_policy {
	struct aegishv_hdr h;
	__u64 generation;
	__u64 rules;
	__u32 event;
	__u32 mode;
	__u32 pid;
	__u32 uid;
	char comm[AEGISHV_COMM_LEN];
};

/**
 * struct aegishv_rec_cgroup - recordings only: the path of a cgroup
 * @h: header; @h.seq is 0 and counts nothing
 * @cgid: cgroup v2 id
 * @path_len: bytes of the path, 0 when the cgroup was gone already
 * @rsvd: 0
 * @text: the path of its directory, padded with NUL to 8 bytes
 */
struct aegishv_rec_cgroup {
	struct aegishv_hdr h;
	__u64 cgid;
	__u32 path_len;
	__u32 rsvd;
	char text[];
};

/**
 * enum aegishv_detector - what was detected in a guest
 * @AEGISHV_DETECT_WX: a page was executed soon after it was written
 * @AEGISHV_DETECT_WX_TOGGLE: a page was written and executed in turn, often
 * @AEGISHV_DETECT_EXIT_BURST: many exits of one reason on one vCPU
 * @AEGISHV_DETECT_PIO_STORM: many accesses to I/O ports on one vCPU
 * @AEGISHV_DETECT_MMIO_STORM: many accesses to devices' memory on one vCPU
 * @AEGISHV_DETECT_HYPERCALL: a hypercall whose number is not expected
 * @AEGISHV_DETECT_HEADLESS: the VM runs and never accessed a device
 * @AEGISHV_DETECT_CR0_WP: CR0.WP cleared while paging is on
 * @AEGISHV_DETECT_CR4_SMEP: CR4.SMEP cleared while paging is on
 * @AEGISHV_DETECT_CR4_SMAP: CR4.SMAP cleared while paging is on
 * @AEGISHV_DETECT_EFER_NXE: EFER.NXE cleared while paging is on
 * @AEGISHV_DETECT_NESTED: an instruction of nested virtualization
 */
enum aegishv_detector {
	AEGISHV_DETECT_WX		= 1,
	AEGISHV_DETECT_WX_TOGGLE	= 2,
	AEGISHV_DETECT_EXIT_BURST	= 3,
	AEGISHV_DETECT_PIO_STORM	= 4,
	AEGISHV_DETECT_MMIO_STORM	= 5,
	AEGISHV_DETECT_HYPERCALL	= 6,
	AEGISHV_DETECT_HEADLESS		= 7,
	AEGISHV_DETECT_CR0_WP		= 8,
	AEGISHV_DETECT_CR4_SMEP		= 9,
	AEGISHV_DETECT_CR4_SMAP		= 10,
	AEGISHV_DETECT_EFER_NXE		= 11,
	AEGISHV_DETECT_NESTED		= 12,
};

/* Numbers of detectors are below this one, from 1. */
#define AEGISHV_DETECT_END	13

/**
 * struct aegishv_rec_detect - a detector fired
 * @h: header; the vCPU is the one whose access or exit made it fire
 * @count: how often this happened since the last alert about it; what a
 *	cool-down held back is in the next one
 * @total: how often this detector fired in this VM, held back ones too
 * @gpa: WX, WX_TOGGLE: the page; MMIO_STORM: the last address, 0 where the
 *	exit does not tell; PIO_STORM: the last port; else 0
 * @rip: guest instruction pointer
 * @value: WX_TOGGLE: changes within @since_ns; EXIT_BURST, *_STORM: exits
 *	within @since_ns; HYPERCALL: its number; CR0_WP to EFER_NXE: the
 *	register now; else 0
 * @before: WX_TOGGLE, EXIT_BURST, *_STORM: the limit; CR0_WP to EFER_NXE: the
 *	register before; else 0
 * @since_ns: WX: since the write; HEADLESS: since the vCPU was first seen;
 *	WX_TOGGLE, EXIT_BURST, *_STORM: length of the window; else 0
 * @prev_rip: WX, WX_TOGGLE: of the access before; else 0
 * @detector: enum aegishv_detector
 * @reason: exit reason, as in &struct aegishv_rec_exit: EXIT_BURST, *_STORM,
 *	HYPERCALL, NESTED; else 0
 * @prev_vcpu: WX, WX_TOGGLE: of the access before; else %AEGISHV_VCPU_NONE
 * @tid: thread that ran the vCPU
 */
struct aegishv_rec_detect {
	struct aegishv_hdr h;
	__u64 count;
	__u64 total;
	__u64 gpa;
	__u64 rip;
	__u64 value;
	__u64 before;
	__u64 since_ns;
	__u64 prev_rip;
	__u32 detector;
	__u32 reason;
	__u32 prev_vcpu;
	__u32 tid;
};

/**
 * enum aegishv_guest_event - what a guest did
 * @AEGISHV_GUEST_HYPERCALL: a hypercall; the value is its number
 * @AEGISHV_GUEST_CR0: CR0 changed; the value is the new one
 * @AEGISHV_GUEST_CR4: CR4 changed
 * @AEGISHV_GUEST_EFER: EFER changed
 */
enum aegishv_guest_event {
	AEGISHV_GUEST_HYPERCALL	= 1,
	AEGISHV_GUEST_CR0	= 2,
	AEGISHV_GUEST_CR4	= 3,
	AEGISHV_GUEST_EFER	= 4,
};

/**
 * struct aegishv_rec_guest - what a guest did that no other record tells
 * @h: header
 * @rip: guest instruction pointer; for a register that of the exit before the
 *	one at which the change was seen
 * @value: see &enum aegishv_guest_event
 * @event: enum aegishv_guest_event
 * @tid: thread that ran the vCPU
 */
struct aegishv_rec_guest {
	struct aegishv_hdr h;
	__u64 rip;
	__u64 value;
	__u32 event;
	__u32 tid;
};

#define AEGISHV_DETECT_RANGES	16
#define AEGISHV_DETECT_REASONS	32

/**
 * struct aegishv_detect_rate - so many within a time
 * @count: how many make an alert, 0 for never
 * @window_ms: within how many milliseconds
 */
struct aegishv_detect_rate {
	__u32 count;
	__u32 window_ms;
};

/**
 * struct aegishv_detect_range - numbers that are expected
 * @first: the first
 * @last: the last, which belongs to it
 */
struct aegishv_detect_range {
	__u32 first;
	__u32 last;
};

/**
 * struct aegishv_detect_reason - an exit reason of one architecture
 * @isa: enum aegishv_isa
 * @reason: as in &struct aegishv_rec_exit
 */
struct aegishv_detect_reason {
	__u32 isa;
	__u32 reason;
};

/**
 * struct aegishv_detect_rules - what the detectors of a VM look for
 * @detectors: set of 1 << enum aegishv_detector: those that are on
 * @cooldown_ms: after an alert the same cause gives none for so long
 * @wx_window_ms: WX: executed within so long after the write
 * @headless_ms: HEADLESS: no access to a device for so long after a vCPU was
 *	first seen
 * @toggle: WX_TOGGLE: so many changes of one page
 * @burst: EXIT_BURST: so many exits of one reason of one vCPU
 * @pio: PIO_STORM: so many accesses to ports of one vCPU
 * @mmio: MMIO_STORM: so many accesses to devices' memory of one vCPU
 * @nr_ports: ranges in @ports
 * @nr_hypercalls: ranges in @hypercalls
 * @nr_quiet: exit reasons in @quiet
 * @rsvd: 0
 * @ports: PIO_STORM: ports that are not counted
 * @hypercalls: HYPERCALL: numbers that are expected
 * @quiet: EXIT_BURST: exit reasons that are not counted
 */
struct aegishv_detect_rules {
	__u32 detectors;
	__u32 cooldown_ms;
	__u32 wx_window_ms;
	__u32 headless_ms;
	struct aegishv_detect_rate toggle;
	struct aegishv_detect_rate burst;
	struct aegishv_detect_rate pio;
	struct aegishv_detect_rate mmio;
	__u32 nr_ports;
	__u32 nr_hypercalls;
	__u32 nr_quiet;
	__u32 rsvd;
	struct aegishv_detect_range ports[AEGISHV_DETECT_RANGES];
	struct aegishv_detect_range hypercalls[AEGISHV_DETECT_RANGES];
	struct aegishv_detect_reason quiet[AEGISHV_DETECT_REASONS];
};

/**
 * enum aegishv_wx_rule - against what a page was used
 * @AEGISHV_WX_WRITE_EXEC: executed after it was written
 * @AEGISHV_WX_THRASH: written and executed in turn so often that it may be both
 *	for a while
 * @AEGISHV_WX_SEAL: a write to a sealed page; it is refused
 * @AEGISHV_WX_TRAP: a page with an execution trap was executed
 */
enum aegishv_wx_rule {
	AEGISHV_WX_WRITE_EXEC	= 1,
	AEGISHV_WX_THRASH	= 2,
	AEGISHV_WX_SEAL		= 3,
	AEGISHV_WX_TRAP		= 4,
};

/**
 * enum aegishv_wx_count - what is counted of a watched vCPU
 * @AEGISHV_WX_COUNT_VIOLATION: pages executed after they were written
 * @AEGISHV_WX_COUNT_THRASH: pages granted both for a while
 * @AEGISHV_WX_COUNT_SEAL: writes to sealed pages
 * @AEGISHV_WX_COUNT_TRAP: traps met
 * @AEGISHV_WX_COUNT_DENIED: exceptions injected
 * @AEGISHV_WX_COUNT_LOAD: written pages that a user program executed through a
 *	mapping that was never written through: programs being loaded; no alert
 * @AEGISHV_WX_COUNT_BOOT: written pages that a kernel executed before it ran its
 *	first user program; no alert
 * @AEGISHV_WX_COUNT_FLIP: pages that went from writable to executable or back
 * @AEGISHV_WX_COUNT_HELD: events not recorded, since there were too many a second
 */
enum aegishv_wx_count {
	AEGISHV_WX_COUNT_VIOLATION	= 0,
	AEGISHV_WX_COUNT_THRASH		= 1,
	AEGISHV_WX_COUNT_SEAL		= 2,
	AEGISHV_WX_COUNT_TRAP		= 3,
	AEGISHV_WX_COUNT_DENIED		= 4,
	AEGISHV_WX_COUNT_LOAD		= 5,
	AEGISHV_WX_COUNT_BOOT		= 6,
	AEGISHV_WX_COUNT_FLIP		= 7,
	AEGISHV_WX_COUNT_HELD		= 8,
	AEGISHV_NR_WX_COUNTS		= 9,
};

#define AEGISHV_WX_NO_WRITER	(1U << 0)	/* who wrote the page is not known any more */
#define AEGISHV_WX_MAP_WRITABLE	(1U << 1)	/* the guest's own mapping of it is writable */
#define AEGISHV_WX_MAP_DIRTY	(1U << 2)	/* it was written through that mapping */
#define AEGISHV_WX_MAP_UNKNOWN	(1U << 3)	/* the guest's page tables could not be read */
#define AEGISHV_WX_NO_PAGING	(1U << 4)	/* the guest has no page tables on */
#define AEGISHV_WX_EMULATED	(1U << 5)	/* KVM did it, emulating the instruction */

/**
 * struct aegishv_rec_wx - a page was used against wx, a seal or a trap
 * @h: header
 * @gpa: guest-physical address, in bytes
 * @rip: guest instruction pointer
 * @cr3: of the vCPU
 * @write_ns: CLOCK_MONOTONIC of the last write before; 0 with
 *	%AEGISHV_WX_NO_WRITER and where there is none
 * @write_rip: guest instruction pointer of that write
 * @write_vcpu: vCPU of that write, or %AEGISHV_VCPU_NONE
 * @held: events of this VM that were not recorded since the last record
 * @flips: how often the page went from writable to executable or back lately
 * @tid: thread that ran the vCPU
 * @rule: enum aegishv_wx_rule
 * @answer: enum aegishv_wx_action of aegishv_genl.h: what was done
 * @mode: enum aegishv_wx_mode of aegishv_genl.h
 * @access: one of AEGISHV_ACCESS_*
 * @cpl: privilege level of the access
 * @write_cpl: privilege level of that write
 * @flags: AEGISHV_WX_*
 * @rsvd: 0
 */
struct aegishv_rec_wx {
	struct aegishv_hdr h;
	__u64 gpa;
	__u64 rip;
	__u64 cr3;
	__u64 write_ns;
	__u64 write_rip;
	__u32 write_vcpu;
	__u32 held;
	__u32 flips;
	__u32 tid;
	__u8 rule;
	__u8 answer;
	__u8 mode;
	__u8 access;
	__u8 cpl;
	__u8 write_cpl;
	__u8 flags;
	__u8 rsvd;
};

/**
 * DOC: mapping /dev/aegishv
 *
 * The device has one ring for each present CPU. For CPU c map, MAP_SHARED:
 *
 * - at %AEGISHV_MMAP_CONS(c), one page, PROT_READ or PROT_READ|PROT_WRITE:
 *   &struct aegishv_ring_cons, the only thing userspace may write;
 * - at %AEGISHV_MMAP_PROD(c), one page and twice the ring's size, PROT_READ:
 *   &struct aegishv_ring_prod, then the data, then the data once more, so that
 *   every record is contiguous. mprotect() cannot make it writable.
 *
 * Positions are byte counts that only grow; position p is at data[p % size].
 * Read @head with acquire semantics, consume, store @tail with release
 * semantics. A tail that is not within [head - size, head] makes the kernel
 * treat the ring as full: such a consumer loses events, counted, and nothing
 * else happens.
 */
#define AEGISHV_MMAP_SHIFT	32
#define AEGISHV_MMAP_CONS(c)	((__u64)(c) << AEGISHV_MMAP_SHIFT)
#define AEGISHV_MMAP_PROD(c)	(AEGISHV_MMAP_CONS(c) + (1ULL << (AEGISHV_MMAP_SHIFT - 1)))

/**
 * struct aegishv_ring_cons - the consumer's page
 * @tail: everything before this position was consumed
 */
struct aegishv_ring_cons {
	__u64 tail;
};

/**
 * struct aegishv_ring_prod - the producer's page
 * @head: everything before this position is complete
 * @lost: events dropped since load, per class
 * @records: records written since load, LOST records not counted
 * @size: bytes of data, a power of two
 * @alert_reserve: bytes of it that only the alert class may take
 */
struct aegishv_ring_prod {
	__u64 head;
	__u64 lost[AEGISHV_NR_CLASSES];
	__u64 records;
	__u32 size;
	__u32 alert_reserve;
};

/**
 * struct aegishv_dev_info - answer to %AEGISHV_IOC_INFO
 * @events_version: %AEGISHV_EVENTS_VERSION of the module
 * @nr_cpus: CPU numbers are below this; a CPU without a ring fails to map
 *	with -ENXIO
 * @ring_bytes: size of each ring's data
 * @page_bytes: size of the consumer's and of the producer's page
 */
struct aegishv_dev_info {
	__u32 events_version;
	__u32 nr_cpus;
	__u32 ring_bytes;
	__u32 page_bytes;
};

#define AEGISHV_IOC_INFO	_IOR(0xAE, 0xF0, struct aegishv_dev_info)

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#else
#include <assert.h>
#include <stddef.h>
#endif

#define AEGISHV_ASSERT_SIZE(t, n) \
	static_assert(sizeof(struct t) == (n), #t " is " #n " bytes")
#define AEGISHV_ASSERT_OFFSET(t, f, n) \
	static_assert(offsetof(struct t, f) == (n), #t "." #f " is at " #n)

AEGISHV_ASSERT_SIZE(aegishv_hdr, 32);
AEGISHV_ASSERT_OFFSET(aegishv_hdr, seq, 8);
AEGISHV_ASSERT_OFFSET(aegishv_hdr, vm, 24);
AEGISHV_ASSERT_SIZE(aegishv_rec_lost, 56);
AEGISHV_ASSERT_SIZE(aegishv_rec_exit, 72);
AEGISHV_ASSERT_OFFSET(aegishv_rec_exit, reason, 56);
AEGISHV_ASSERT_SIZE(aegishv_rec_fault, 64);
AEGISHV_ASSERT_OFFSET(aegishv_rec_fault, access, 56);
AEGISHV_ASSERT_SIZE(aegishv_rec_entry, 48);
AEGISHV_ASSERT_SIZE(aegishv_rec_uexit, 48);
AEGISHV_ASSERT_SIZE(aegishv_rec_vm, 80);
AEGISHV_ASSERT_OFFSET(aegishv_rec_vm, comm, 64);
AEGISHV_ASSERT_SIZE(aegishv_rec_health, 72);
AEGISHV_ASSERT_SIZE(aegishv_rec_clock, 40);
AEGISHV_ASSERT_SIZE(aegishv_rec_name, 160);
AEGISHV_ASSERT_SIZE(aegishv_proc, 64);
AEGISHV_ASSERT_SIZE(aegishv_rec_block, 136);
AEGISHV_ASSERT_OFFSET(aegishv_rec_block, kind, 124);
AEGISHV_ASSERT_OFFSET(aegishv_rec_block, text, 136);
AEGISHV_ASSERT_SIZE(aegishv_rec_proc, 104);
AEGISHV_ASSERT_OFFSET(aegishv_rec_proc, text, 104);
AEGISHV_ASSERT_SIZE(aegishv_rec_policy, 80);
AEGISHV_ASSERT_SIZE(aegishv_rec_cgroup, 48);
AEGISHV_ASSERT_OFFSET(aegishv_rec_cgroup, text, 48);
AEGISHV_ASSERT_SIZE(aegishv_rec_detect, 112);
AEGISHV_ASSERT_OFFSET(aegishv_rec_detect, detector, 96);
AEGISHV_ASSERT_SIZE(aegishv_rec_guest, 56);
AEGISHV_ASSERT_SIZE(aegishv_rec_wx, 96);
AEGISHV_ASSERT_OFFSET(aegishv_rec_wx, rule, 88);
AEGISHV_ASSERT_SIZE(aegishv_detect_rules, 576);
AEGISHV_ASSERT_OFFSET(aegishv_detect_rules, ports, 64);
AEGISHV_ASSERT_SIZE(aegishv_ring_cons, 8);
AEGISHV_ASSERT_SIZE(aegishv_ring_prod, 40);
AEGISHV_ASSERT_SIZE(aegishv_dev_info, 16);

#endif /* _UAPI_LINUX_AEGISHV_H */
