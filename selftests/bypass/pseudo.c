// SPDX-License-Identifier: GPL-2.0-only
/* Files that no disk holds: procfs, sysfs, devtmpfs, cgroupfs. */
#include <sys/mount.h>

#include "fs.h"

static int take(struct env *e, const char *dir, const char *name)
{
	snprintf(e->dir, sizeof(e->dir), "%s", dir);
	snprintf(e->file, sizeof(e->file), "%s/%s", dir, name);
	return 0;
}

static int open_only(struct env *e)
{
	int fd = open(e->file, O_RDONLY);

	if (fd < 0)
		return -errno;
	return close(fd);
}

/* The inode goes and comes again. */
static int open_later(struct env *e)
{
	write_file("/proc/sys/vm/drop_caches", "3");
	return open_only(e);
}

static int proc_version(struct env *e)
{
	return take(e, "/proc", "version");
}

static int proc_sysctl(struct env *e)
{
	return take(e, "/proc/sys/kernel", "ostype");
}

static int sysfs_file(struct env *e)
{
	return take(e, "/sys/kernel", "notes");
}

static int device_node(struct env *e)
{
	return take(e, "/dev", "urandom");
}

/* Another node of the same device is another file. */
static int other_node(struct env *e)
{
	struct stat st;
	int fd;

	if (stat(e->file, &st) || mknod(in(e, "node"), S_IFCHR | 0600, st.st_rdev))
		return -errno;
	fd = open(in(e, "node"), O_RDONLY);
	return fd < 0 ? -errno : close(fd);
}

/* A second instance of procfs, of a PID namespace or by a mount of its own. */
static int proc_again(struct env *e)
{
	int fd;

	if (mkdir(in(e, "proc"), 0755) || mount("proc", in(e, "proc"), "proc", 0, "hidepid=1"))
		return -errno;
	fd = open(in(e, "proc/version"), O_RDONLY);
	return fd < 0 ? -errno : close(fd);
}

const struct way pseudo_ways[] = {
	{ .name = "procfs", .kinds = FILES, .blocked = FILES,
	  .prepare = proc_version, .attempt = open_only },
	{ .name = "procfs-dropped", .kinds = PATH, .blocked = PATH,
	  .prepare = proc_version, .attempt = open_later },
	{ .name = "procfs-sysctl", .kinds = PATH, .blocked = PATH,
	  .prepare = proc_sysctl, .attempt = open_later },
	{ .name = "procfs-again", .kinds = PATH, .blocked = 0,
	  .prepare = proc_version, .attempt = proc_again },
	{ .name = "sysfs", .kinds = PATH, .blocked = PATH,
	  .prepare = sysfs_file, .attempt = open_later },
	{ .name = "device-node", .kinds = FILES, .blocked = FILES,
	  .prepare = device_node, .attempt = open_only },
	{ .name = "device-node-again", .kinds = FILES, .blocked = 0,
	  .prepare = device_node, .attempt = other_node },
	{ }
};
