// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cgroup v2 ids to paths and back. The id of a cgroup is the file handle of its
 * directory, so the kernel finds it without a walk. O_PATH: no policy on opens
 * stands in the way. One thread; keeps the mount open.
 */
#include "cgpath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include "mounts.h"

#define FILEID_KERNFS	0xfe	/* linux/exportfs.h of the kernel: 64-bit id */

struct cg_handle {
	struct file_handle h;
	uint64_t cgid;
} __attribute__((packed, aligned(8)));

static int mount_fd = -1;

struct finder {
	char *buf;
	size_t size;
	int err;
};

static bool take_mount(void *arg, const struct mount_line *m)
{
	struct finder *f = arg;

	if (strcmp(m->fstype, "cgroup2"))
		return true;
	if ((size_t)snprintf(f->buf, f->size, "%s", m->point) < f->size)
		f->err = 0;
	return f->err;
}

int cgpath_mount(char *buf, size_t size)
{
	struct finder f = { buf, size, -ENOENT };

	mounts_walk(take_mount, &f);
	return f.err;
}

static int open_mount(void)
{
	char path[4096];

	if (mount_fd < 0 && !cgpath_mount(path, sizeof(path)))
		mount_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return mount_fd;
}

long cgpath_of(uint64_t cgid, char *buf, size_t size)
{
	struct cg_handle handle = {
		.h = { .handle_bytes = sizeof(cgid), .handle_type = FILEID_KERNFS },
	};
	char link[64];
	ssize_t n;
	int fd;

	if (open_mount() < 0)
		return -ENOENT;
	memcpy(handle.h.f_handle, &cgid, sizeof(cgid));
	fd = open_by_handle_at(mount_fd, &handle.h, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n < 0)
		n = -errno;
	else
		buf[n] = '\0';
	close(fd);
	return n;
}

int cgpath_id(const char *path, uint64_t *cgid)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		return -errno;
	if ((unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC || !S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*cgid = st.st_ino;
	return 0;
}
