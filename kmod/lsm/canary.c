// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a denial is still a denial: a file of our own, in every policy as rule
 * 0, is opened and truncated through the kernel's usual functions, and must be
 * refused. What else could go unseen is asked for: kprobes switched off, and
 * calls that a kprobe missed.
 *
 * Process context: a work item while it watches, and whoever asks for enforce.
 * `mutex` guards all state here.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/workqueue.h>
#include "lsm/lsm.h"

#define PERIOD_MS	500
#define IDLE_PERIOD_MS	5000	/* until there are rules to look after */

static DEFINE_MUTEX(mutex);
static struct file *canary;
static bool blind;

static const char why_idle[] = "it looks once there are rules, or the mode is enforce";
static const char why_no_file[] = "file-mode: the canary's file could not be made";
static const char why_open[] =
	"an open passed that is denied: is kernel.ftrace_enabled or debugfs kprobes/enabled 0?";
static const char why_truncate[] =
	"a truncate passed that is denied: is debugfs kprobes/enabled 0?";
static const char why_kprobes[] =
	"kprobes are switched off, and hooks are by kprobe: debugfs kprobes/enabled";
static const char why_missed[] =
	"a kprobe was missed: what came by then was not checked";

static int try_open(void)
{
	struct file *f = dentry_open(&canary->f_path, O_RDONLY, current_cred());

	if (IS_ERR(f))
		return PTR_ERR(f);
	fput(f);
	return 0;
}

/* What passed; NULL when all is refused as it should. */
static const char *look(void)
{
	if (!canary)
		return why_no_file;
	if (try_open() != -EPERM)
		return why_open;
	if (ahv_lsm_attached(AHV_HOOK_PATH_TRUNCATE) &&
	    vfs_truncate(&canary->f_path, 0) != -EPERM)
		return why_truncate;
	if (!ahv_kprobes_fire())
		return why_kprobes;
	return ahv_lsm_missed() ? why_missed : NULL;
}

static void tell(const char *passed)
{
	if (passed)
		ahv_health_set(AHV_HOOK_CANARY, AEGISHV_HOOK_STATE_FAILED, -EPERM, passed);
	else
		ahv_health_set(AHV_HOOK_CANARY, AEGISHV_HOOK_STATE_ATTACHED, 0, NULL);
	if (blind == !!passed)
		return;
	blind = passed;
	ahv_event_policy(blind ? AEGISHV_POLICY_BLIND : AEGISHV_POLICY_SIGHTED, false);
	if (blind)
		pr_alert("files may be opened unchecked: %s\n", passed);
	else
		pr_notice("files are checked again\n");
}

/* Without a hook there is nothing to watch, and health knows of that already. */
static bool worth_it(void)
{
	u64 rules;

	if (!ahv_lsm_attached(AHV_HOOK_FILE_OPEN))
		return false;
	rcu_read_lock();
	rules = rcu_dereference(ahv_policy)->rules;
	rcu_read_unlock();
	return rules || ahv_file_mode(NULL) == AEGISHV_FILE_MODE_ENFORCE;
}

static void watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(watch_work, watch);

static void watch(struct work_struct *work)
{
	unsigned int next_ms = PERIOD_MS;

	mutex_lock(&mutex);
	if (!canary)
		goto out;
	if (worth_it()) {
		tell(look());
	} else {
		blind = false;
		next_ms = IDLE_PERIOD_MS;
		ahv_health_set(AHV_HOOK_CANARY, AEGISHV_HOOK_STATE_IDLE, 0, why_idle);
	}
	mod_delayed_work(system_percpu_wq, &watch_work, msecs_to_jiffies(next_ms));
out:
	mutex_unlock(&mutex);
}

const char *ahv_canary_look(void)
{
	const char *passed;

	mutex_lock(&mutex);
	passed = look();
	mutex_unlock(&mutex);
	return passed;
}

void ahv_canary_wake(void)
{
	mutex_lock(&mutex);
	if (canary)
		mod_delayed_work(system_percpu_wq, &watch_work, 0);
	mutex_unlock(&mutex);
}

/**
 * ahv_canary_start() - make the file that nobody else can open
 *
 * Return: 0 or a negative errno.
 */
int ahv_canary_start(void)
{
	struct file *f = ahv_shmem_file("aegishv-canary", PAGE_SIZE);
	int err;

	if (IS_ERR(f))
		return PTR_ERR(f);
	err = ahv_policy_set_canary(file_inode(f));
	if (err) {
		fput(f);
		return err;
	}
	ahv_health_backend(AHV_HOOK_CANARY, "shmem");
	ahv_health_set(AHV_HOOK_CANARY, AEGISHV_HOOK_STATE_IDLE, 0, why_idle);
	mutex_lock(&mutex);
	canary = f;
	mutex_unlock(&mutex);
	ahv_canary_wake();
	return 0;
}

void ahv_canary_stop(void)
{
	struct file *f;

	mutex_lock(&mutex);
	f = canary;
	canary = NULL;
	mutex_unlock(&mutex);
	cancel_delayed_work_sync(&watch_work);
	if (!f)
		return;
	ahv_policy_set_canary(NULL);
	fput(f);
}
