// SPDX-License-Identifier: GPL-2.0-only
/* Other places from which the same file is seen: roots, mounts, namespaces. */
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bypass.h"

static int dot_dot(struct env *e)
{
	return open_and_read(in(e, "d/../d/./../d//secret"));
}

static int proc_self_cwd(struct env *e)
{
	if (chdir(e->dir))
		return -errno;
	return open_and_read("/proc/self/cwd/secret");
}

static int proc_self_root(struct env *e)
{
	char path[PATH_MAX * 2];

	snprintf(path, sizeof(path), "/proc/self/root%s", e->file);
	return open_and_read(path);
}

/* A process whose root is the directory, to look through. */
static int start_chrooted(struct env *e)
{
	int ready[2];
	char c;

	if (pipe(ready))
		return -errno;
	e->pid = fork();
	if (!e->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chroot(e->dir) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	return read(ready[0], &c, 1) == 1 ? 0 : -EIO;
}

static int proc_pid_root(struct env *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root/secret", e->pid);
	return open_and_read(path);
}

static int open_dir_first(struct env *e)
{
	e->fd = open(e->dir, O_RDONLY | O_DIRECTORY);
	return result(e->fd);
}

static int through_directory_fd(struct env *e)
{
	return open_at_and_read(e->fd, "secret");
}

static int in_chroot_here(struct env *e)
{
	if (chroot(e->dir) || chdir("/"))
		return -errno;
	return open_and_read("/secret");
}

static int in_chroot(struct env *e)
{
	return forked(in_chroot_here, e);
}

static int bind_directory(struct env *e)
{
	if (mkdir(in(e, "m"), 0755) || mount(e->dir, in(e, "m"), NULL, MS_BIND, NULL))
		return -errno;
	return open_and_read(in(e, "m/secret"));
}

static int bind_file(struct env *e)
{
	int err = write_file(in(e, "f"), "nothing");

	if (err || mount(e->file, in(e, "f"), NULL, MS_BIND, NULL))
		return err ?: -errno;
	return open_and_read(in(e, "f"));
}

static int bind_before(struct env *e)
{
	if (mkdir(in(e, "m"), 0755) || mount(e->dir, in(e, "m"), NULL, MS_BIND, NULL))
		return -errno;
	return 0;
}

static int bound_before(struct env *e)
{
	return open_and_read(in(e, "m/secret"));
}

static int new_mounts_here(struct env *e)
{
	return own_mounts() ?: bind_directory(e);
}

static int mount_namespace(struct env *e)
{
	return forked(new_mounts_here, e);
}

/* The child maps itself to root, which needs nobody's leave. */
static int enter_user_namespace(void)
{
	char map[64];
	int uid = getuid(), gid = getgid(), err;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -errno;
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %d 1", gid);
	err = write_file("/proc/self/gid_map", map);
	snprintf(map, sizeof(map), "0 %d 1", uid);
	return err ?: write_file("/proc/self/uid_map", map);
}

static int user_namespace_here(struct env *e)
{
	return enter_user_namespace() ?: bind_directory(e);
}

static int user_namespace(struct env *e)
{
	return forked(user_namespace_here, e);
}

static int other_user_here(struct env *e)
{
	if (setgid(65534) || setuid(65534))
		return -errno;
	return open_and_read(e->file);
}

static int other_user(struct env *e)
{
	return forked(other_user_here, e);
}

static int pivot_here(struct env *e)
{
	int old = open("/", O_PATH | O_DIRECTORY), err;
	char path[PATH_MAX * 2];

	err = own_mounts();
	if (err)
		return err;
	if (mkdir(in(e, "root"), 0755) || mount("none", in(e, "root"), "tmpfs", 0, NULL) ||
	    mkdir(in(e, "root/old"), 0755))
		return -errno;
	/* an initramfs cannot be pivoted away from: the root moves by chroot */
	if (syscall(SYS_pivot_root, in(e, "root"), in(e, "root/old")) && chroot(in(e, "root")))
		return -errno;
	if (chdir("/"))
		return -errno;
	snprintf(path, sizeof(path), ".%s", e->file);
	return open_at_and_read(old, path);
}

static int fd_from_before_pivot(struct env *e)
{
	return forked(pivot_here, e);
}

static int open_tree_clone(struct env *e)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, e->dir, OPEN_TREE_CLONE);

	if (fd < 0)
		return -errno;
	return open_at_and_read(fd, "secret");
}

static int move_mount_elsewhere(struct env *e)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, e->dir, OPEN_TREE_CLONE);

	if (fd < 0 || mkdir(in(e, "m"), 0755) ||
	    syscall(SYS_move_mount, fd, "", AT_FDCWD, in(e, "m"), MOVE_MOUNT_F_EMPTY_PATH))
		return -errno;
	return open_and_read(in(e, "m/secret"));
}

/* A user namespace to map through, held by a child. */
static int user_namespace_fd(void)
{
	char path[64];
	int ready[2], fd;
	pid_t pid;
	char c;

	if (pipe(ready))
		return -errno;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWUSER) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &c, 1) != 1)
		return -EIO;
	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	if (write_file(path, "0 0 65536"))
		return -EIO;
	snprintf(path, sizeof(path), "/proc/%d/gid_map", pid);
	if (write_file(path, "0 0 65536"))
		return -EIO;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
	fd = open(path, O_RDONLY);
	return fd < 0 ? -errno : fd;
}

static int idmapped(struct env *e)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP };
	int ns = user_namespace_fd();
	int fd = syscall(SYS_open_tree, AT_FDCWD, e->dir, OPEN_TREE_CLONE);

	if (ns < 0 || fd < 0)
		return ns < 0 ? ns : -errno;
	attr.userns_fd = ns;
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)))
		return errno == EINVAL ? skip("this file system cannot be mounted with ids mapped") :
					 -errno;
	return open_at_and_read(fd, "secret");
}

/* What is mounted on a directory is another file system, and not below. */
static int mount_below(struct env *e)
{
	if (mkdir(in(e, "d/m"), 0755) || mount("none", in(e, "d/m"), "tmpfs", 0, NULL))
		return -errno;
	return write_file(in(e, "d/m/secret"), SECRET);
}

static int mounted_below(struct env *e)
{
	return open_and_read(in(e, "d/m/secret"));
}

const struct way place_ways[] = {
	{ .name = "dot-dot", .kinds = ALL, .blocked = ALL, .attempt = dot_dot },
	{ .name = "proc-self-cwd", .kinds = ALL, .blocked = ALL, .attempt = proc_self_cwd },
	{ .name = "proc-self-root", .kinds = ALL, .blocked = ALL, .attempt = proc_self_root },
	{ .name = "proc-pid-root", .kinds = ALL, .blocked = ALL,
	  .prepare = start_chrooted, .attempt = proc_pid_root },
	{ .name = "directory-fd", .kinds = ALL, .blocked = ALL,
	  .prepare = open_dir_first, .attempt = through_directory_fd },
	{ .name = "chroot", .kinds = ALL, .blocked = ALL, .attempt = in_chroot },
	{ .name = "bind-directory", .kinds = ALL, .blocked = ALL, .attempt = bind_directory },
	{ .name = "bind-file", .kinds = ALL, .blocked = ALL, .attempt = bind_file },
	{ .name = "bind-before", .kinds = ALL, .blocked = ALL,
	  .prepare = bind_before, .attempt = bound_before },
	{ .name = "mount-namespace", .kinds = ALL, .blocked = ALL, .attempt = mount_namespace },
	{ .name = "user-namespace", .kinds = ALL, .blocked = ALL, .attempt = user_namespace },
	{ .name = "other-user", .kinds = ALL, .blocked = ALL, .attempt = other_user },
	{ .name = "fd-before-pivot-root", .kinds = ALL, .blocked = ALL,
	  .attempt = fd_from_before_pivot },
	{ .name = "open-tree", .kinds = ALL, .blocked = ALL, .attempt = open_tree_clone },
	{ .name = "move-mount", .kinds = ALL, .blocked = ALL, .attempt = move_mount_elsewhere },
	{ .name = "idmapped-mount", .kinds = ALL, .blocked = ALL, .attempt = idmapped },
	{ .name = "mounted-below", .kinds = DIR_, .blocked = 0,
	  .prepare = mount_below, .attempt = mounted_below },
	{ }
};
