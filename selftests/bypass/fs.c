// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file on a device of its own, reached over other mounts and over the
 * device itself. The images are made once by the script that calls us.
 */
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "fs.h"

char loop_device_name[32];

int put_secret(struct env *e, const char *dir, const char *name)
{
	snprintf(e->dir, sizeof(e->dir), "%s/%s", e->base, dir);
	snprintf(e->file, sizeof(e->file), "%s/%s", e->dir, name);
	if (mkdir(e->dir, 0755) && errno != EEXIST)
		return -errno;
	return write_file(e->file, SECRET);
}

int mount_image(struct env *e, const char *image, const char *type)
{
	if (access(image, R_OK))
		return skip("its image was not made: the kernel or the tools lack the file system");
	e->fd2 = loop_attach(image, loop_device_name, 0);
	if (e->fd2 < 0)
		return e->fd2;
	if (mkdir(in(e, "m"), 0755) || mount(loop_device_name, in(e, "m"), type, 0, NULL))
		return -errno;
	return 0;
}

static int on_ext4(struct env *e)
{
	int err = mount_image(e, "/tmp/ext4.img", "ext4");

	if (!err) {
		unlink(in(e, "m/d/secret"));
		err = put_secret(e, "m/d", "secret");
		sync();
	}
	return err;
}

static int second_mount(struct env *e)
{
	if (mkdir(in(e, "again"), 0755) ||
	    mount(loop_device_name, in(e, "again"), "ext4", 0, NULL))
		return -errno;
	return open_and_read(in(e, "again/d/secret"));
}

static int mount_by_fsopen(struct env *e)
{
	int fs = syscall(SYS_fsopen, "ext4", 0), fd;

	(void)e;
	if (fs < 0 ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", loop_device_name, 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -errno;
	fd = syscall(SYS_fsmount, fs, 0, 0);
	return fd < 0 ? -errno : open_at_and_read(fd, "d/secret");
}

static int unmounted_between(struct env *e)
{
	if (umount(in(e, "m")) || mount(loop_device_name, in(e, "m"), "ext4", 0, NULL))
		return -errno;
	return open_and_read(e->file);
}

/* Looks for the secret in all blocks. */
static int search(const char *path)
{
	static char buf[1 << 16];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (memmem(buf, n, SECRET, sizeof(SECRET) - 1))
			return 0;
	return n ? -errno : -ENODATA;
}

static int raw_device(struct env *e)
{
	(void)e;
	return search(loop_device_name);
}

static int backing_file(struct env *e)
{
	(void)e;
	return search("/tmp/ext4.img");
}

static int mount_again_as(struct env *e, const char *image)
{
	char dev[32];
	int fd = loop_attach(image, dev, LO_FLAGS_READ_ONLY);

	if (fd < 0)
		return fd;
	if (mkdir(in(e, "again"), 0755) ||
	    mount(dev, in(e, "again"), "ext4", MS_RDONLY, "noload"))
		return -errno;
	return open_and_read(in(e, "again/d/secret"));
}

static int second_loop(struct env *e)
{
	return mount_again_as(e, "/tmp/ext4.img");
}

static int image_copy(struct env *e)
{
	return copy_file("/tmp/ext4.img", in(e, "copy.img")) ?:
	       mount_again_as(e, in(e, "copy.img"));
}

static int on_casefold(struct env *e)
{
	int err = mount_image(e, "/tmp/casefold.img", "ext4"), fd, flags = 0;

	if (err)
		return err;
	run_quiet((const char *[]){ "rm", "-rf", in(e, "m/d"), NULL });
	if (mkdir(in(e, "m/d"), 0755))
		return -errno;
	fd = open(in(e, "m/d"), O_RDONLY | O_DIRECTORY);
	flags = FS_CASEFOLD_FL;
	if (fd < 0 || ioctl(fd, FS_IOC_SETFLAGS, &flags))
		return -errno;
	close(fd);
	return put_secret(e, "m/d", "secret");
}

static int other_case(struct env *e)
{
	return open_and_read(in(e, "m/d/SeCrEt"));
}

static int recreate_other_case(struct env *e)
{
	int err;

	if (unlink(in(e, "m/d/SECRET")))
		return -errno;
	err = write_file(in(e, "m/d/seCREt"), SECRET);
	return err ?: open_and_read(in(e, "m/d/Secret"));
}

const struct way fs_ways[] = {
	{ .name = "second-mount", .kinds = ALL, .blocked = ALL,
	  .prepare = on_ext4, .attempt = second_mount },
	{ .name = "fsopen", .kinds = ALL, .blocked = ALL,
	  .prepare = on_ext4, .attempt = mount_by_fsopen },
	{ .name = "unmounted-between", .kinds = INODE, .blocked = INODE,
	  .prepare = on_ext4, .attempt = unmounted_between },
	{ .name = "raw-device", .kinds = PATH, .blocked = 0,
	  .prepare = on_ext4, .attempt = raw_device },
	{ .name = "backing-file", .kinds = PATH, .blocked = 0,
	  .prepare = on_ext4, .attempt = backing_file },
	{ .name = "second-loop", .kinds = PATH, .blocked = 0,
	  .prepare = on_ext4, .attempt = second_loop },
	{ .name = "image-copy", .kinds = PATH, .blocked = 0,
	  .prepare = on_ext4, .attempt = image_copy },
	{ .name = "casefold", .kinds = ALL, .blocked = ALL,
	  .prepare = on_casefold, .attempt = other_case },
	{ .name = "casefold-recreate", .kinds = PATH | DIR_, .blocked = PATH | DIR_,
	  .prepare = on_casefold, .attempt = recreate_other_case },
	{ }
};
