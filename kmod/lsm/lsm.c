// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file source: which functions of the kernel it stands before, and by which
 * back end. Each hook takes the best that the kernel grants, on its own, and
 * health tells which and why not a better one.
 *
 * Process context. `mutex` guards the table and the pin.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "hook.h"
#include "lsm/lsm.h"

static char *hook = "auto";
module_param(hook, charp, 0444);
MODULE_PARM_DESC(hook, "how files are watched: auto, direct, ftrace, kprobe or off (default auto)");

static const char *const names[] = {
	[AHV_LSM_OFF] = "off",
	[AHV_LSM_DIRECT] = "direct",
	[AHV_LSM_FTRACE] = "ftrace",
	[AHV_LSM_KPROBE] = "kprobe",
};

static const char why_off[] = "the module was loaded with hook=off";
static const char why_idle[] = "no setting asks for it: deny_mode=access does";
static const char why_missing[] = "this kernel has no such function";
static const char why_no_memory[] = "no memory to look for the kernel's functions; load it again";
static const char why_ftrace_off[] =
	"ftrace is off: sysctl kernel.ftrace_enabled=1, then load the module again";

static DEFINE_MUTEX(mutex);
static enum ahv_lsm_backend first, last;	/* what may be tried, in order */
static bool started;
static bool pinned;

#ifdef AHV_HAVE_DIRECT
#define BY(fn)			.check = fn, .trampoline = fn##_trampoline
#else
#define BY(fn)			.check = fn
#endif

#define HOOK(function, name)	.symbol = #function, .id = AHV_HOOK_##name

/* Renames are followed before opens are judged. */
static struct ahv_lsm_hook hooks[] = {
	{ HOOK(security_inode_rename, INODE_RENAME), BY(ahv_check_inode_rename) },
	{ HOOK(security_inode_link, INODE_LINK), BY(ahv_check_inode_link) },
	{ HOOK(security_inode_unlink, INODE_UNLINK), BY(ahv_check_inode_unlink) },
	{ HOOK(security_inode_setattr, INODE_SETATTR), BY(ahv_check_inode_setattr) },
	{ HOOK(security_inode_setxattr, INODE_SETXATTR), BY(ahv_check_inode_xattr) },
	{ HOOK(security_inode_removexattr, INODE_REMOVEXATTR), BY(ahv_check_inode_xattr) },
	{ HOOK(security_inode_set_acl, INODE_SET_ACL), BY(ahv_check_inode_xattr),
	  .optional = true },
	{ HOOK(security_inode_remove_acl, INODE_REMOVE_ACL), BY(ahv_check_inode_xattr),
	  .optional = true },
	{ HOOK(security_path_truncate, PATH_TRUNCATE), BY(ahv_check_path_truncate) },
	{ HOOK(security_file_open, FILE_OPEN), BY(ahv_check_file_open) },
	{ HOOK(security_file_permission, FILE_PERMISSION), BY(ahv_check_file_permission),
	  .access = true },
	{ HOOK(security_mmap_file, MMAP_FILE), BY(ahv_check_mmap_file), .access = true },
	{ HOOK(security_file_receive, FILE_RECEIVE), BY(ahv_check_file_receive),
	  .access = true },
};

static int attach_by(struct ahv_lsm_hook *h, enum ahv_lsm_backend b)
{
	h->ops = (struct ftrace_ops){};
	switch (b) {
	case AHV_LSM_DIRECT:
		return ahv_direct_attach(h);
	case AHV_LSM_FTRACE:
		return ahv_lsm_ftrace_attach(h);
	case AHV_LSM_KPROBE:
		return ahv_kprobes_watch() ?: ahv_lsm_kprobe_attach(h);
	default:
		return -EINVAL;
	}
}

static void detach_by(struct ahv_lsm_hook *h)
{
	switch (h->backend) {
	case AHV_LSM_DIRECT:
		ahv_direct_detach(h);
		break;
	case AHV_LSM_FTRACE:
		ahv_lsm_ftrace_detach(h);
		break;
	case AHV_LSM_KPROBE:
		ahv_lsm_kprobe_detach(h);
		break;
	case AHV_LSM_OFF:
		break;
	}
	h->backend = AHV_LSM_OFF;
}

/* Why a hook is attached by @got and not by the back end before that. */
static const char *why_not_better(enum ahv_lsm_backend got, int err)
{
	if (got == AHV_LSM_FTRACE && err == -EOPNOTSUPP)
		return "this kernel has no direct calls";
	if (got == AHV_LSM_FTRACE && err == -EBUSY)
		return "somebody else has a direct call there, a BPF fentry for one";
	if (got == AHV_LSM_FTRACE)
		return "the kernel refused a direct call";
	if (err == -EBUSY)
		return "somebody else redirects the function, a live patch or a BPF fentry for one";
	return "the kernel refused a direct call, and ftrace";
}

/* Why it is not attached at all. */
static const char *why_not(int err)
{
	if (first != last)
		return "the kernel refused a direct call, ftrace and a kprobe";
	if (err == -EBUSY)
		return "hook=: that back end is taken there by somebody else; hook=auto tries others";
	if (err == -EOPNOTSUPP)
		return "hook=: this kernel does not have that back end; hook=auto tries others";
	return "hook=: the kernel refused that back end; hook=auto tries others";
}

/* What the better back end was told is worth knowing also when another holds. */
static void say_attached(struct ahv_lsm_hook *h, int err)
{
	const char *why = h->backend == first ? NULL : why_not_better(h->backend, err);

	ahv_health_backend(h->id, names[h->backend]);
	ahv_health_set(h->id, AEGISHV_HOOK_STATE_ATTACHED, why ? err : 0, why);
	if (why)
		pr_notice("%s: by %s, since %s (%d)\n", h->symbol, names[h->backend], why, err);
}

static void attach(struct ahv_lsm_hook *h)
{
	enum ahv_lsm_backend b;
	int err = 0, better;

	if (h->backend != AHV_LSM_OFF)
		return;
	if (!h->ip) {
		ahv_health_require(h->id, !h->optional);
		ahv_health_set(h->id, h->optional ? AEGISHV_HOOK_STATE_ABSENT :
			       AEGISHV_HOOK_STATE_FAILED, -ENOENT, why_missing);
		return;
	}
	for (b = first; b <= last; b++) {
		better = err;
		err = attach_by(h, b);
		if (err)
			continue;
		h->missed = 0;
		h->backend = b;
		say_attached(h, better);
		return;
	}
	ahv_health_set(h->id, AEGISHV_HOOK_STATE_FAILED, err, why_not(err));
}

static bool access_wanted(void)
{
	return READ_ONCE(ahv_config.deny_mode) == AEGISHV_DENY_MODE_ACCESS;
}

/* Detached functions may still be in a trampoline, a check, or ahv_lsm_eperm(). */
static void wait_for_tasks(void)
{
	synchronize_rcu_tasks();
	synchronize_rcu();
}

static void detach_all(bool only_access)
{
	int i, n = 0;

	for (i = ARRAY_SIZE(hooks) - 1; i >= 0; i--) {
		if (hooks[i].backend == AHV_LSM_OFF || (only_access && !hooks[i].access))
			continue;
		detach_by(&hooks[i]);
		n++;
	}
	if (n)
		wait_for_tasks();
}

static void say_all(u32 state, int err, const char *why)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		ahv_health_set(hooks[i].id, state, err, why);
}

static void update_access(void)
{
	bool want = access_wanted();
	int i;

	if (!want)
		detach_all(true);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!hooks[i].access)
			continue;
		ahv_health_require(hooks[i].id, want);
		if (want)
			attach(&hooks[i]);
		else
			ahv_health_set(hooks[i].id, AEGISHV_HOOK_STATE_IDLE, 0, why_idle);
	}
}

static int choose(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(hook, names[i])) {
			first = i;
			last = i;
			return 0;
		}
	if (!strcmp(hook, "auto")) {
		first = AHV_LSM_DIRECT;
		last = AHV_LSM_KPROBE;
		return 0;
	}
	pr_err("hook=%s is none of auto, direct, ftrace, kprobe, off\n", hook);
	return -EINVAL;
}

/* Whether anything may be attached; health knows why not. */
static bool may_attach(void)
{
	int err;

	if (first == AHV_LSM_OFF) {
		say_all(AEGISHV_HOOK_STATE_IDLE, 0, why_off);
		return false;
	}
	err = ahv_ftrace_keep();
	if (err)
		say_all(AEGISHV_HOOK_STATE_FAILED, err, why_ftrace_off);
	return !err;
}

static bool find_functions(void)
{
	const char *symbols[ARRAY_SIZE(hooks)];
	unsigned long addrs[ARRAY_SIZE(hooks)];
	int i, err;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		symbols[i] = hooks[i].symbol;
	err = ahv_symbols(symbols, addrs, ARRAY_SIZE(hooks));
	if (err) {
		say_all(AEGISHV_HOOK_STATE_FAILED, err, why_no_memory);
		return false;
	}
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		hooks[i].ip = addrs[i];
	return true;
}

static void attach_all(void)
{
	int i;

	mutex_lock(&mutex);
	started = may_attach() && find_functions();
	if (started) {
		for (i = 0; i < ARRAY_SIZE(hooks); i++)
			if (!hooks[i].access)
				attach(&hooks[i]);
		update_access();
	}
	mutex_unlock(&mutex);
}

static int start(void)
{
	int err;

	err = choose() ?: ahv_respond_start();
	if (err)
		return err;
	err = ahv_task_start();
	if (err) {
		ahv_respond_stop();
		return err;
	}
	attach_all();
	err = ahv_canary_start();
	if (err)
		ahv_health_set(AHV_HOOK_CANARY, AEGISHV_HOOK_STATE_FAILED, err,
			       "the canary's file could not be made");
	return 0;
}

static void config_changed(void)
{
	bool enforce = ahv_file_mode(NULL) == AEGISHV_FILE_MODE_ENFORCE;

	ahv_task_config_changed();
	mutex_lock(&mutex);
	if (started)
		update_access();
	mutex_unlock(&mutex);
	ahv_lsm_pin(enforce);
	ahv_canary_wake();
}

static void stop(void)
{
	if (pinned)
		pr_alert("unloaded by force in enforce mode: files are not denied any more\n");
	ahv_canary_stop();
	mutex_lock(&mutex);
	started = false;
	detach_all(false);
	ahv_kprobes_unwatch();
	ahv_ftrace_release();
	mutex_unlock(&mutex);
	ahv_task_stop();
	ahv_respond_stop();
}

const struct ahv_source ahv_lsm_source = {
	.name = "file",
	.start = start,
	.config_changed = config_changed,
	.stop = stop,
};

static enum ahv_lsm_backend backend_of(enum ahv_hook_id id)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].id == id)
			return READ_ONCE(hooks[i].backend);
	return AHV_LSM_OFF;
}

bool ahv_lsm_attached(enum ahv_hook_id id)
{
	return backend_of(id) != AHV_LSM_OFF;
}

const char *ahv_file_backend(void)
{
	return names[backend_of(AHV_HOOK_FILE_OPEN)];
}

bool ahv_lsm_can_enforce(const char **why)
{
	const char *passed;

	if (first == AHV_LSM_OFF) {
		*why = "file-mode: the module was loaded with hook=off: load it without";
		return false;
	}
	if (!ahv_lsm_attached(AHV_HOOK_FILE_OPEN)) {
		*why = "file-mode: security_file_open is not attached: aegishv health says why";
		return false;
	}
	passed = ahv_canary_look();
	if (passed)
		*why = passed;
	return !passed;
}

bool ahv_lsm_pin(bool on)
{
	bool ok = true;

	mutex_lock(&mutex);
	if (on && !pinned) {
		pinned = try_module_get(THIS_MODULE);
		ok = pinned;
	} else if (!on && pinned) {
		pinned = false;
		module_put(THIS_MODULE);
	}
	mutex_unlock(&mutex);
	return ok;
}

unsigned long ahv_lsm_missed(void)
{
	unsigned long now, sum = 0;
	int i;

	mutex_lock(&mutex);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].backend != AHV_LSM_KPROBE)
			continue;
		now = READ_ONCE(hooks[i].kp.nmissed);
		sum += now - hooks[i].missed;
		hooks[i].missed = now;
	}
	mutex_unlock(&mutex);
	return sum;
}
