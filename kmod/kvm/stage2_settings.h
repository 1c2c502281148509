/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the configuration and netlink see of W^X, seals, traps and pauses.
 * x86-64; elsewhere they are refused.
 */
#ifndef AHV_KVM_STAGE2_SETTINGS_H
#define AHV_KVM_STAGE2_SETTINGS_H

#include <linux/errno.h>
#include "config.h"

/**
 * struct ahv_s2_status - what is known of a VM's pages
 * @paused: its vCPUs do not run
 * @problem: why it is not watched although it should be, or NULL
 * @seals: ranges that are sealed
 * @traps: ranges with a trap
 * @rearm_ms: a trap that was met is armed again after this
 * @pages: whose use is remembered
 * @forgotten: that made room for others
 * @bytes: that this takes
 */
struct ahv_s2_status {
	bool paused;
	const char *problem;
	struct ahv_wx_ranges seals;
	struct ahv_wx_ranges traps;
	u32 rearm_ms;
	u32 pages;
	u64 forgotten;
	u64 bytes;
};

#ifdef CONFIG_X86_64
int ahv_s2_config_prepare(const struct ahv_config_change *c, const char **why);
void ahv_s2_config_apply(const struct ahv_config_change *c);
int ahv_s2_vm_change(const struct ahv_vm_change *c, const char **why);
int ahv_s2_find_text(struct ahv_vm_change *c, const char **why);
void ahv_s2_status(const struct ahv_vm *vm, struct ahv_s2_status *s);
void ahv_s2_free(struct ahv_s2 *s2);

/* For kvm.c. */
void ahv_s2_attach(void);
void ahv_s2_found(void);
void ahv_s2_detach(const char *why);
void ahv_s2_stop(void);

/* Any context but NMI. */
void ahv_s2_wake(void);
void ahv_s2_unseen_later(void);
#else
static inline int ahv_s2_config_prepare(const struct ahv_config_change *c, const char **why)
{
	if (!(c->what & AHV_SET_WX_ALL))
		return 0;
	*why = "wx: not on this architecture";
	return -EOPNOTSUPP;
}

static inline void ahv_s2_config_apply(const struct ahv_config_change *c) { }

static inline int ahv_s2_vm_change(const struct ahv_vm_change *c, const char **why)
{
	*why = "wx, seal, trap, pause: not on this architecture";
	return -EOPNOTSUPP;
}

static inline int ahv_s2_find_text(struct ahv_vm_change *c, const char **why)
{
	return ahv_s2_vm_change(c, why);
}

static inline void ahv_s2_status(const struct ahv_vm *vm, struct ahv_s2_status *s)
{
	*s = (struct ahv_s2_status){};
}

static inline void ahv_s2_free(struct ahv_s2 *s2) { }
void ahv_s2_attach(void);
void ahv_s2_detach(const char *why);
static inline void ahv_s2_found(void) { }
static inline void ahv_s2_stop(void) { }
static inline void ahv_s2_wake(void) { }
static inline void ahv_s2_unseen_later(void) { }
#endif

#endif
