/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file source: what it attaches to in the kernel's security_*() functions,
 * and how. A module cannot register LSM hooks, so it stands in front of the
 * functions that call them.
 *
 *	hook_{direct,ftrace,kprobe}.c  -> check (file.c, protect.c, access.c)
 *	check -> policy.c (is there a rule?) -> respond.c (what follows)
 */
#ifndef AHV_LSM_H
#define AHV_LSM_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include "aegishv.h"
#include "policy.h"

enum ahv_lsm_backend {
	AHV_LSM_OFF,
	AHV_LSM_DIRECT,		/* ftrace direct call to a trampoline of ours */
	AHV_LSM_FTRACE,		/* ftrace that moves the instruction pointer */
	AHV_LSM_KPROBE,		/* kprobe that does */
};

/*
 * Called instead of nothing: 0 lets the function go on, else -EPERM, and no other
 * errno, is returned in its place. The arguments are the function's own. Any of:
 * preemption off, interrupts off (kprobe), process context that may sleep
 * (direct). So it never sleeps. Must be notrace and NOKPROBE.
 */
typedef int (*ahv_lsm_check)(unsigned long a0, unsigned long a1, unsigned long a2,
			     unsigned long a3, unsigned long a4);

/**
 * struct ahv_lsm_hook - one function of the kernel
 * @symbol: the function
 * @id: whose health it is
 * @check: what decides
 * @trampoline: for AHV_LSM_DIRECT; keeps all arguments of the function
 * @optional: a kernel without the function misses nothing
 * @access: only with deny_mode=access
 * @backend: how it is attached now
 * @missed: of the kprobe's misses, those that were told
 * @ip: the function's address
 * @ops: ftrace's part
 * @kp: kprobe's part
 */
struct ahv_lsm_hook {
	const char *symbol;
	enum ahv_hook_id id;
	ahv_lsm_check check;
	void *trampoline;
	bool optional;
	bool access;
	enum ahv_lsm_backend backend;
	unsigned long missed;
	unsigned long ip;
	struct ftrace_ops ops;
	struct kprobe kp;
};

/* hook_direct.c, hook_ftrace.c, hook_kprobe.c */
int ahv_direct_attach(struct ahv_lsm_hook *h);
void ahv_direct_detach(struct ahv_lsm_hook *h);
int ahv_lsm_ftrace_attach(struct ahv_lsm_hook *h);
void ahv_lsm_ftrace_detach(struct ahv_lsm_hook *h);
int ahv_lsm_kprobe_attach(struct ahv_lsm_hook *h);
void ahv_lsm_kprobe_detach(struct ahv_lsm_hook *h);
/* Returns -EPERM; functions are redirected to it. */
int ahv_lsm_eperm(void);
int ahv_ftrace_keep(void);
void ahv_ftrace_release(void);
int ahv_lsm_self(void);
int ahv_kprobes_watch(void);
void ahv_kprobes_unwatch(void);
bool ahv_kprobes_fire(void);

/* file.c, protect.c, access.c: the checks, by the function they stand before */
#define AHV_LSM_CHECK(name) \
	notrace int name(unsigned long a0, unsigned long a1, unsigned long a2, \
		 unsigned long a3, unsigned long a4)
AHV_LSM_CHECK(ahv_check_file_open);		/* (file) */
AHV_LSM_CHECK(ahv_check_path_truncate);		/* (path) */
AHV_LSM_CHECK(ahv_check_inode_unlink);		/* (dir, dentry) */
AHV_LSM_CHECK(ahv_check_inode_rename);		/* (odir, odentry, ndir, ndentry, flags) */
AHV_LSM_CHECK(ahv_check_inode_link);		/* (odentry, dir, ndentry) */
AHV_LSM_CHECK(ahv_check_inode_setattr);		/* (idmap, dentry) */
AHV_LSM_CHECK(ahv_check_inode_xattr);		/* (idmap, dentry): set and remove xattr, set_acl */
AHV_LSM_CHECK(ahv_check_file_permission);	/* (file, mask) */
AHV_LSM_CHECK(ahv_check_mmap_file);		/* (file, prot, flags) */
AHV_LSM_CHECK(ahv_check_file_receive);		/* (file) */

/* hook_direct.c: before each check, keeping the arguments of its function. */
void ahv_check_file_open_trampoline(void);
void ahv_check_path_truncate_trampoline(void);
void ahv_check_inode_unlink_trampoline(void);
void ahv_check_inode_rename_trampoline(void);
void ahv_check_inode_link_trampoline(void);
void ahv_check_inode_setattr_trampoline(void);
void ahv_check_inode_xattr_trampoline(void);
void ahv_check_file_permission_trampoline(void);
void ahv_check_mmap_file_trampoline(void);
void ahv_check_file_receive_trampoline(void);

/**
 * struct ahv_denial - a rule was met
 * @m: which
 * @policy: the rule set it is in
 * @inode: the file
 * @path: the file's path, or NULL
 * @dentry: where @path is not known
 * @op: enum aegishv_op
 * @nameless: it has no name that could be told
 */
struct ahv_denial {
	struct ahv_match m;
	const struct ahv_policy_head *policy;
	const struct inode *inode;
	const struct path *path;
	const struct dentry *dentry;
	u8 op;
	bool nameless;
};

/*
 * respond.c: exempt, audit or deny; count, tell, signal. Context of a check,
 * in an RCU read section. Returns what the check is to return.
 */
int ahv_respond(const struct ahv_denial *d);

/*
 * The source calls them before the first check may run, and after the last one,
 * without a lock that its config_changed() takes.
 */
int ahv_respond_start(void);
void ahv_respond_stop(void);

/* canary.c */
int ahv_canary_start(void);
void ahv_canary_stop(void);
/* Opens the canary now; NULL when all is refused as it should, else what passed. */
const char *ahv_canary_look(void);
/* The mode may have changed: look at once whether it is worth looking. */
void ahv_canary_wake(void);
/* Whether @m is the canary's own, and the caller is to be refused at once. */
static inline bool ahv_match_is_canary(const struct ahv_match *m)
{
	return !m->id;
}

/* task.c: lineage */
int ahv_task_start(void);
void ahv_task_config_changed(void);
void ahv_task_stop(void);

/* tally.c: denials by cgroup and inode, bounded */
struct ahv_tally {
	u64 key;	/* cgroup id, or inode number */
	u32 dev;	/* 0 for a cgroup */
	u64 count;
};
void ahv_tally_count(u64 cgroup, u32 dev, u64 ino);
/* The @n-th entry, free when its count is 0; false behind the last. */
bool ahv_tally_get(u32 n, struct ahv_tally *t);
void ahv_tally_other(u64 *cgroups, u64 *inodes);

/* respond.c's sums since load */
struct ahv_respond_stats {
	u64 blocks;
	u64 audits;
	u64 exempt;
	u64 signals;
};
void ahv_respond_stats(struct ahv_respond_stats *s);

/*
 * mode.c: the mode in force (enum aegishv_file_mode), and why it is audit
 * against the configuration, a constant string or NULL; @reverted may be NULL.
 * Any context.
 */
u32 ahv_file_mode(const char **reverted);
/* As configured; tells. Process context, under the configuration's mutex. */
void ahv_mode_set(u32 mode);
/* Back to audit, by event STORM or EXPIRED. Any context but NMI. */
void ahv_mode_revert(u32 event, const char *why);
/* The settings of deadman and storm have changed, or somebody refreshed. */
void ahv_mode_deadman_restart(void);
void ahv_mode_storm_restart(void);
/* One more denial. Context of a check. */
void ahv_mode_count_denial(void);
void ahv_mode_stop(void);

struct ahv_config_change;
/* settings.c */
int ahv_file_settings_check(const struct ahv_config_change *c, const char **why);
void ahv_file_settings_change(const struct ahv_config_change *c);
/* ---- lsm.c ---- */

bool ahv_lsm_attached(enum ahv_hook_id id);

/* How security_file_open is attached: "direct", "ftrace", "kprobe" or "off". */
const char *ahv_file_backend(void);

/*
 * Whether enforce would be true now: security_file_open() is attached, and
 * refuses the canary; otherwise why not, a constant string. Process context.
 */
bool ahv_lsm_can_enforce(const char **why);

/*
 * Keep the module from being unloaded, or let it go; the same twice does
 * nothing. False when it is being unloaded already.
 */
bool ahv_lsm_pin(bool on);

/* Misses of kprobes since this was asked last; process context, one at a time. */
unsigned long ahv_lsm_missed(void);

extern const struct ahv_source ahv_lsm_source;

#endif
