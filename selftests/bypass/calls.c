// SPDX-License-Identifier: GPL-2.0-only
/* Other system calls that open, and ways of the kernel's own to open a file. */
#include <linux/openat2.h>
#include <signal.h>
#include <sys/fanotify.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bypass.h"

/* Open with flags that also write; what is there must not have changed. */
static int open_flags(struct env *e, int flags)
{
	int fd = open(e->file, flags, 0644);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int every_flag(struct env *e)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_APPEND, O_RDONLY | O_NOFOLLOW,
		O_RDONLY | O_NONBLOCK, O_RDONLY | O_NOATIME, O_RDWR | O_CREAT, O_RDWR | O_SYNC,
		O_RDWR | O_DIRECT, O_WRONLY | O_TRUNC,
	};
	int err = -EPERM;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		err = open_flags(e, flags[i]);
		if (err == -EINVAL && flags[i] & O_DIRECT)
			continue;	/* tmpfs of old */
		if (e->kind ? err != -EPERM : err)
			return err;
	}
	return err;
}

static int truncate_by_open(struct env *e)
{
	struct stat st;
	int err = open_flags(e, O_WRONLY | O_TRUNC);

	if (!stat(e->file, &st) && err && st.st_size != sizeof(SECRET) - 1)
		return -EBADMSG;	/* refused, and yet it is gone */
	return err;
}

static int truncate_call(struct env *e)
{
	return result(truncate(e->file, 1));
}

static int openat2_resolve(struct env *e)
{
	static const uint64_t resolve[] = {
		0, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH,
		RESOLVE_IN_ROOT, RESOLVE_CACHED,
	};
	int dir = open(e->dir, O_PATH | O_DIRECTORY), fd = -1, err = -EPERM;
	size_t i;

	for (i = 0; i < sizeof(resolve) / sizeof(resolve[0]); i++) {
		struct open_how how = { .flags = O_RDONLY, .resolve = resolve[i] };

		fd = syscall(SYS_openat2, dir, "secret", &how, sizeof(how));
		err = fd < 0 ? -errno : read_secret(fd);
		if (err == -EAGAIN && resolve[i] == RESOLVE_CACHED)
			err = e->kind ? -EPERM : 0;
		if (e->kind ? err != -EPERM : err)
			return err;
	}
	return err;
}

static int o_path(struct env *e)
{
	e->fd = open(e->file, O_PATH);
	return result(e->fd);
}

static int reopen(struct env *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", e->fd);
	return open_and_read(path);
}

static int o_path_reopen(struct env *e)
{
	return o_path(e) ?: reopen(e);
}

static int o_path_dev_fd(struct env *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/fd/%d", e->fd);
	return open_and_read(path);
}

static union {
	struct file_handle h;
	char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} handle;

static int take_handle(struct env *e)
{
	int mount_id;

	handle.h.handle_bytes = MAX_HANDLE_SZ;
	e->fd = open(e->base, O_RDONLY | O_DIRECTORY);
	if (!name_to_handle_at(AT_FDCWD, e->file, &handle.h, &mount_id, 0))
		return 0;
	return errno == ENOSYS || errno == EOPNOTSUPP ? skip("there are no file handles") : -errno;
}

static int by_handle(struct env *e)
{
	int fd = open_by_handle_at(e->fd, &handle.h, O_RDONLY);

	return fd < 0 ? -errno : read_secret(fd);
}

/* Nothing has looked the name up since: the file has a dentry without one. */
static int by_handle_cold(struct env *e)
{
	sync();
	write_file("/proc/sys/vm/drop_caches", "3");
	return by_handle(e);
}

/* Its name has gone and come to another file; the handle still is the old one's. */
static int by_handle_after_rename(struct env *e)
{
	if (rename(e->file, in(e, "moved")))
		return -errno;
	return by_handle_cold(e);
}

static int map_file(struct env *e)
{
	e->fd = open(e->file, O_RDONLY);
	if (e->fd < 0)
		return -errno;
	e->map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, e->fd, 0);
	return e->map == MAP_FAILED ? -errno : close(e->fd);
}

static int map_files(struct env *e)
{
	char path[80];
	unsigned long at = (unsigned long)e->map;

	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", at, at + 4096);
	return open_and_read(path);
}

/* The kernel opens what process accounting writes to. */
static int accounting(struct env *e)
{
	if (syscall(SYS_acct, e->file))
		return errno == ENOSYS ? skip("this kernel has no process accounting") : -errno;
	syscall(SYS_acct, NULL);
	return 0;
}

static int loop_device(struct env *e)
{
	char dev[32];
	int fd;

	if (access("/dev/loop-control", F_OK))
		return skip("no loop devices: the module is not loaded");
	if (truncate(e->file, 4096) && errno != EPERM)
		return -errno;
	fd = loop_attach(e->file, dev, 0);
	return fd < 0 ? fd : close(fd);
}

/* fanotify hands its listener descriptors that the kernel opened. */
static int fanotify_fd(struct env *e)
{
	struct fanotify_event_metadata m = { .fd = -1 };
	int fan = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	ssize_t n;

	if (fan < 0 || fanotify_mark(fan, FAN_MARK_ADD, FAN_ACCESS | FAN_MODIFY,
				     AT_FDCWD, e->file))
		return errno == EINVAL ? skip("fanotify cannot watch this file system") : -errno;
	/* a write by a descriptor opened before makes the event */
	if (pwrite(e->fd, SECRET, sizeof(SECRET) - 1, 0) < 0)
		return -errno;
	n = read(fan, &m, sizeof(m));
	if (n < 0)
		return -errno;
	return m.fd < 0 ? -EPERM : read_secret(m.fd);
}

static int open_rw(struct env *e)
{
	e->fd = open(e->file, O_RDWR);
	return result(e->fd);
}

const struct way call_ways[] = {
	{ .name = "every-open-flag", .kinds = ALL, .blocked = ALL, .attempt = every_flag },
	{ .name = "o-trunc", .kinds = ALL, .blocked = ALL, .attempt = truncate_by_open },
	{ .name = "truncate", .kinds = ALL, .blocked = ALL, .attempt = truncate_call },
	{ .name = "openat2", .kinds = ALL, .blocked = ALL, .attempt = openat2_resolve },
	{ .name = "o-path", .kinds = ALL, .blocked = ALL, .attempt = o_path_reopen },
	{ .name = "o-path-before", .kinds = ALL, .blocked = ALL,
	  .prepare = o_path, .attempt = reopen },
	{ .name = "dev-fd", .kinds = ALL, .blocked = ALL,
	  .prepare = o_path, .attempt = o_path_dev_fd },
	{ .name = "file-handle", .kinds = ALL, .blocked = ALL,
	  .prepare = take_handle, .attempt = by_handle },
	{ .name = "file-handle-cold", .kinds = ALL, .blocked = ALL,
	  .prepare = take_handle, .attempt = by_handle_cold },
	{ .name = "file-handle-renamed", .kinds = ALL, .blocked = ALL,
	  .prepare = take_handle, .attempt = by_handle_after_rename },
	{ .name = "map-files", .kinds = ALL, .blocked = ALL,
	  .prepare = map_file, .attempt = map_files },
	{ .name = "accounting", .kinds = ALL, .blocked = ALL, .attempt = accounting },
	{ .name = "loop-device", .kinds = ALL, .blocked = ALL, .attempt = loop_device },
	{ .name = "fanotify-descriptor", .kinds = ALL, .blocked = ALL,
	  .prepare = open_rw, .attempt = fanotify_fd },
	{ }
};
