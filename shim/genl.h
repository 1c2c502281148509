/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of the netlink family aegishv. One struct genl belongs to one thread;
 * each call sends one request and waits for its answer. After a failure
 * genl_why() says what happened in words, the module's own where it gave any.
 */
#ifndef AHV_SHIM_GENL_H
#define AHV_SHIM_GENL_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/aegishv.h>
#include <linux/aegishv_genl.h>

#define GENL_STR	(AEGISHV_STR_LEN + 1)
#define GENL_HOOKS_MAX	64
#define GENL_VCPUS_MAX	4096

struct genl;

struct genl_hook {
	char name[AEGISHV_HOOK_NAME_LEN];
	char backend[GENL_STR];
	char reason[GENL_STR];
	uint32_t state;
	int32_t err;
	bool required;
};

struct genl_info {
	uint32_t api_version;
	uint32_t events_version;
	char module_version[GENL_STR];
	char kernel[GENL_STR];
	uint32_t isa;
	bool healthy;
	uint32_t consumer_pid;
	char consumer_comm[GENL_STR];
	uint32_t vms;
	uint64_t vms_total;
	uint64_t memory_bytes;
	uint64_t unattributed;
	uint32_t file_mode;
	char file_backend[GENL_STR];
	char file_reverted[GENL_STR];	/* empty while enforce was not reverted */
	uint32_t nr_hooks;
	struct genl_hook hooks[GENL_HOOKS_MAX];
};

/* Bit of &genl_config.set for an attribute AEGISHV_A_CONFIG_*. */
#define GENL_CONFIG(attr)	(1U << ((attr) - 1))
#define GENL_CONFIG_EXIT_EVENTS	GENL_CONFIG(AEGISHV_A_CONFIG_EXIT_EVENTS)
#define GENL_CONFIG_SAMPLE	GENL_CONFIG(AEGISHV_A_CONFIG_SAMPLE)
#define GENL_CONFIG_VM		GENL_CONFIG(AEGISHV_A_CONFIG_VM)
#define GENL_CONFIG_INHERIT	GENL_CONFIG(AEGISHV_A_CONFIG_INHERIT)
#define GENL_CONFIG_COUNTERS	GENL_CONFIG(AEGISHV_A_CONFIG_COUNTERS)
#define GENL_CONFIG_RING_BYTES	GENL_CONFIG(AEGISHV_A_CONFIG_RING_BYTES)
#define GENL_CONFIG_WATERMARK	GENL_CONFIG(AEGISHV_A_CONFIG_WATERMARK_BYTES)
#define GENL_CONFIG_DEADLINE	GENL_CONFIG(AEGISHV_A_CONFIG_DEADLINE_US)
#define GENL_CONFIG_FILE_MODE	GENL_CONFIG(AEGISHV_A_CONFIG_FILE_MODE)
#define GENL_CONFIG_DETECT	GENL_CONFIG(AEGISHV_A_CONFIG_DETECT)
#define GENL_CONFIG_PROC_EVENTS	GENL_CONFIG(AEGISHV_A_CONFIG_PROC_EVENTS)

struct genl_config {
	uint32_t set;
	uint32_t exit_events;
	uint32_t sample;
	uint32_t vm;
	uint32_t counters;
	uint32_t ring_bytes;
	uint32_t watermark_bytes;
	uint32_t deadline_us;
	uint32_t file_mode;
	uint32_t signal;
	uint32_t allow_sigkill;
	uint32_t kill_threshold;
	uint32_t kill_window_s;
	uint32_t deny_mode;
	uint32_t proc_events;
	uint64_t break_glass;
	uint32_t deadman_s;
	uint32_t storm_denials;
	uint32_t storm_window_s;
	uint32_t wx;
	uint32_t wx_action;
	uint32_t wx_granularity;
	uint32_t wx_scope;
	struct aegishv_detect_rules detect;
	bool detect_drop;	/* with detect in set and vm: drop the VM's own */
	bool own_detect;
};

/* The member of an attribute; NULL for flags and for break_glass. */
uint32_t *genl_config_u32(struct genl_config *c, unsigned int attr);

struct genl_vcpu {
	uint32_t id;
	uint32_t tid;
	uint64_t exits;
	uint64_t faults;
};

struct genl_vm {
	uint32_t id;
	uint32_t tgid;
	char comm[AEGISHV_COMM_LEN + 1];
	uint64_t birth_ns;
	bool found;
	uint32_t vcpus;
	uint64_t exits;
	uint64_t faults;
	uint32_t exit_events;
	uint32_t sample;
	bool own_setting;
	uint32_t nr_vcpus;
	const struct genl_vcpu *vcpu;	/* good during the call alone */
};

#define GENL_RANGES_MAX	32

/* First and last byte. */
struct genl_range {
	uint64_t start, end;
};

/* What a VM is watched for; absent attributes leave zeros. */
struct genl_vm_wx {
	uint32_t wx, action, granularity, scope;
	bool own;
	bool paused;
	uint32_t rearm_ms;
	uint32_t pages;
	uint64_t forgotten, bytes;
	char problem[GENL_STR];
	uint32_t nr_seals, nr_traps;
	struct genl_range seals[GENL_RANGES_MAX];
	struct genl_range traps[GENL_RANGES_MAX];
};

#define GENL_VM(attr)	(1ULL << (attr))

/**
 * struct genl_vm_change - what to change of one VM
 * @id: the VM
 * @set: set of GENL_VM(AEGISHV_A_VM_*) of what is named: wx and what goes with
 *	it, rearm_ms, and the flags
 * @to: the rest; ranges are added
 */
struct genl_vm_change {
	uint32_t id;
	uint64_t set;
	struct genl_vm_wx to;
};

struct genl_counter {
	char kind[16];
	uint32_t reason;
	char name[64];		/* never empty */
	uint64_t value;
};

struct genl_ring {
	uint32_t cpu;
	uint32_t bytes;
	uint32_t alert_reserve;
	uint32_t used;
	uint64_t records;
	uint64_t lost[AEGISHV_NR_CLASSES];
	uint64_t wakeups;
	uint64_t bad_tail;
};

/**
 * genl_open() - connect to the module
 * @why: where to say what went wrong and the way out, 256 bytes
 *
 * Return: the connection, or NULL.
 */
struct genl *genl_open(char *why);
void genl_close(struct genl *g);

/* What the last call that failed met. */
const char *genl_why(const struct genl *g);

/* Each returns 0 or a negative errno. Callbacks return false to stop. */
int genl_info(struct genl *g, struct genl_info *info);
int genl_config_get(struct genl *g, uint32_t vm, struct genl_config *config);
int genl_config_set(struct genl *g, const struct genl_config *config);
int genl_vm(struct genl *g, uint32_t id, void (*fn)(void *arg, const struct genl_vm *vm),
	    void *arg);
int genl_vms(struct genl *g, void (*fn)(void *arg, const struct genl_vm *vm), void *arg);

int genl_vm_set(struct genl *g, const struct genl_vm_change *c);
int genl_vm_wx(struct genl *g, uint32_t id, struct genl_vm_wx *wx);

/**
 * struct genl_scope - whose counters
 * @vm: VM number, 0 for every VM since the module was loaded
 * @has_vcpu: of one vCPU alone
 * @vcpu: that vCPU
 */
struct genl_scope {
	uint32_t vm;
	bool has_vcpu;
	uint32_t vcpu;
};

int genl_counters(struct genl *g, const struct genl_scope *scope,
		  void (*fn)(void *arg, const struct genl_counter *c), void *arg);
int genl_rings(struct genl *g, void (*fn)(void *arg, const struct genl_ring *r), void *arg);

struct genl_policy;

/**
 * struct genl_events - what to do with notifications
 * @vm: a VM came (@birth) or went
 * @health: hooks changed; everything is in the info
 * @policy: a policy was committed, or the mode changed
 * @overrun: the kernel dropped notifications, we were too slow
 * @arg: first argument of each
 */
struct genl_events {
	void (*vm)(void *arg, bool birth, const struct genl_vm *vm);
	void (*health)(void *arg, const struct genl_info *info);
	void (*policy)(void *arg, const struct genl_policy *p);
	void (*overrun)(void *arg);
	void *arg;
};

/* Join the group "events"; for connections that are used for nothing else. */
int genl_subscribe(struct genl *g);
int genl_fd(const struct genl *g);

/* Read the notifications that are there. */
int genl_events(struct genl *g, const struct genl_events *ev);

/* Spellings of enum aegishv_hook_state, AEGISHV_ISA_*, "?" for others. */
const char *genl_state_name(uint32_t state);
const char *genl_isa_name(uint32_t isa);

#endif
