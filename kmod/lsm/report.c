// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of a match, with the file's path as the process and as the host
 * see it. Paths are put together in a buffer of the CPU's own, then go into the
 * ring at once.
 *
 * Context of a check, preemption off while the buffer is in use; no interrupt
 * opens files, so nothing nests. d_path() takes no lock unless a rename or a
 * mount comes between, and those locks are never taken in an interrupt.
 */
#include <linux/dcache.h>
#include <linux/fs_struct.h>
#include <linux/kdev_t.h>
#include <linux/mount.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include "event.h"
#include "hook.h"
#include "respond.h"

#define DELETED		(sizeof(" (deleted)") - 1)
#define BUF_BYTES	(PATH_MAX + DELETED + 6)	/* a multiple of 8 */

struct scratch {
	char seen[BUF_BYTES];
	char host[BUF_BYTES];
};

struct text {
	const char *s;
	u32 len;
};

typedef char *(*path_fn)(const struct path *path, char *buf, int size);

static struct scratch __percpu *scratch;
static path_fn absolute_path;	/* d_absolute_path(), or NULL */

/*
 * Root directory and mount namespace of process 1, only ever compared. It moves
 * to another root once at boot: who differs has the values read again.
 */
static struct {
	const struct vfsmount *mnt;
	const struct dentry *dentry;
	const struct mnt_namespace *ns;
} host;

static void read_host(void)
{
	struct task_struct *init = READ_ONCE(init_pid_ns.child_reaper);

	if (!init || !spin_trylock(&init->alloc_lock))
		return;
	if (init->fs && init->nsproxy) {
		WRITE_ONCE(host.mnt, init->fs->root.mnt);
		WRITE_ONCE(host.dentry, init->fs->root.dentry);
		WRITE_ONCE(host.ns, init->nsproxy->mnt_ns);
	}
	spin_unlock(&init->alloc_lock);
}

static bool same_ns(void)
{
	return current->nsproxy && current->nsproxy->mnt_ns == READ_ONCE(host.ns);
}

static bool same_root(void)
{
	const struct fs_struct *fs = current->fs;

	return same_ns() && READ_ONCE(fs->root.mnt) == READ_ONCE(host.mnt) &&
	       READ_ONCE(fs->root.dentry) == READ_ONCE(host.dentry);
}

static bool sees_as_host(void)
{
	if (likely(same_root()))
		return true;
	read_host();
	return same_root();
}

/* What such a function made of a path: @tail bytes at the end are not its. */
static void take(struct text *t, char *s, char *buf, u32 size, u8 *flags)
{
	if (!IS_ERR(s)) {
		t->s = s;
	} else if (PTR_ERR(s) == -ENAMETOOLONG) {
		/* d_path.c fills the buffer with the end of the path. */
		t->s = buf;
		*flags |= AEGISHV_BLOCK_CUT;
	} else {
		return;
	}
	t->len = buf + size - 1 - t->s;
}

/* " (deleted)" is d_path()'s own word, not part of the name. */
static void seen_path(struct text *t, const struct path *path, char *buf, u8 *flags)
{
	bool deleted;
	u32 size;
	char *s;
	int i;

	for (i = 0; i < 3; i++) {
		deleted = d_unlinked(path->dentry);
		size = PATH_MAX + (deleted ? DELETED : 0);
		s = d_path(path, buf, size);
		if (deleted == d_unlinked(path->dentry))
			break;
	}
	take(t, s, buf, size, flags);
	if (deleted && t->len >= DELETED)
		t->len -= DELETED;
}

static void fs_path(struct text *t, const struct dentry *dentry, char *buf, u8 *flags)
{
	take(t, dentry_path_raw(dentry, buf, PATH_MAX), buf, PATH_MAX, flags);
	*flags |= AEGISHV_BLOCK_FS_PATH;
}

/* A process in a root of its own within the host's mounts has a path there, too. */
static void host_path(struct text *t, const struct path *path, char *buf, u8 *flags)
{
	if (absolute_path && same_ns())
		take(t, absolute_path(path, buf, PATH_MAX), buf, PATH_MAX, flags);
	if (!t->len)
		fs_path(t, path->dentry, buf, flags);
}

/* Such files never are in a directory: sockets, pipes, memfd. */
static bool has_made_up_name(const struct path *path)
{
	const struct dentry *d = path->dentry;

	return d->d_op && d->d_op->d_dname && (!IS_ROOT(d) || d != path->mnt->mnt_root);
}

static void find_paths(const struct ahv_denial *d, struct scratch *buf, struct text *t, u8 *flags)
{
	const struct dentry *dentry = d->path ? d->path->dentry : d->dentry;

	if (d->nameless || !dentry || (d->path && has_made_up_name(d->path))) {
		*flags |= AEGISHV_BLOCK_NO_PATH;
		return;
	}
	if (!d->path || !current->fs) {
		fs_path(&t[0], dentry, buf->seen, flags);
		*flags |= AEGISHV_BLOCK_SAME_PATH;
		return;
	}
	seen_path(&t[0], d->path, buf->seen, flags);
	if (sees_as_host())
		*flags |= AEGISHV_BLOCK_SAME_PATH;
	else
		host_path(&t[1], d->path, buf->host, flags);
}

static void fill(struct aegishv_rec_block *rec, const struct ahv_denial *d, const struct text *t)
{
	u32 len = t[0].len + t[1].len;

	ahv_proc_fill(&rec->proc, current);
	rec->ino = d->inode->i_ino;
	rec->generation = d->policy->generation;
	rec->dev = new_encode_dev(d->inode->i_sb->s_dev);
	rec->gen = d->inode->i_generation;
	rec->rule = d->m.id;
	rec->kind = d->m.kind;
	rec->op = d->op;
	rec->path_len = t[0].len;
	rec->host_len = t[1].len;
	rec->rsvd = 0;
	memcpy(rec->text, t[0].s, t[0].len);
	memcpy(rec->text + t[0].len, t[1].s, t[1].len);
	memset(rec->text + len, 0, ALIGN(len, 8) - len);
}

/**
 * ahv_report() - tell of a match
 * @d: the match
 * @action: enum aegishv_action
 * @flags: set of AEGISHV_BLOCK_*
 */
void ahv_report(const struct ahv_denial *d, u8 action, u8 flags)
{
	struct text t[2] = { { "", 0 }, { "", 0 } };
	struct aegishv_rec_block *rec;

	preempt_disable_notrace();
	find_paths(d, this_cpu_ptr(scratch), t, &flags);
	rec = ahv_event_begin(AEGISHV_REC_BLOCK,
			      sizeof(*rec) + ALIGN(t[0].len + t[1].len, 8),
			      AEGISHV_CLASS_ALERT, NULL);
	if (rec) {
		fill(rec, d, t);
		rec->action = action;
		rec->flags = flags | (d->m.marked ? AEGISHV_BLOCK_MARKED : 0);
		ahv_event_end_lazy(&rec->h);
	}
	preempt_enable_notrace();
}

int ahv_report_start(void)
{
	scratch = alloc_percpu(struct scratch);
	if (!scratch)
		return -ENOMEM;
	absolute_path = (path_fn)ahv_callable_symbol("d_absolute_path");
	read_host();
	return 0;
}

void ahv_report_stop(void)
{
	free_percpu(scratch);
	scratch = NULL;
}
