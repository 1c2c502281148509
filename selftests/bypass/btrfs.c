// SPDX-License-Identifier: GPL-2.0-only
/*
 * btrfs: stat(2) tells a device per subvolume that the kernel's own inode does
 * not have, and numbers inodes per subvolume.
 */
#include <linux/btrfs.h>
#include <sys/ioctl.h>

#include "fs.h"

static int subvolume(struct env *e, const char *dir, const char *name)
{
	struct btrfs_ioctl_vol_args args = {};
	int fd = open(in(e, dir), O_RDONLY | O_DIRECTORY), err;

	if (fd < 0)
		return -errno;
	snprintf(args.name, sizeof(args.name), "%s", name);
	err = result(ioctl(fd, BTRFS_IOC_SUBVOL_CREATE, &args));
	close(fd);
	return err;
}

static void remove_subvolume(struct env *e, const char *name)
{
	struct btrfs_ioctl_vol_args args = {};
	int fd = open(in(e, "m"), O_RDONLY | O_DIRECTORY);

	snprintf(args.name, sizeof(args.name), "%s", name);
	ioctl(fd, BTRFS_IOC_SNAP_DESTROY, &args);
	close(fd);
}

static int on_subvolume(struct env *e)
{
	int err = mount_image(e, "/tmp/btrfs.img", "btrfs");

	if (err)
		return err;
	remove_subvolume(e, "sub");
	remove_subvolume(e, "snap");
	remove_subvolume(e, "twin");
	err = subvolume(e, "m", "sub") ?: put_secret(e, "m/sub/d", "secret");
	sync();
	return err;
}

/* Two subvolumes made in one transaction number their files alike. */
static int twins(struct env *e)
{
	struct stat a, b;
	int err = mount_image(e, "/tmp/btrfs.img", "btrfs");

	if (err)
		return err;
	remove_subvolume(e, "sub");
	remove_subvolume(e, "snap");
	remove_subvolume(e, "twin");
	sync();
	err = subvolume(e, "m", "sub") ?: subvolume(e, "m", "twin") ?:
	      put_secret(e, "m/twin/d", "secret") ?: put_secret(e, "m/sub/d", "secret");
	if (err || stat(e->file, &a) || stat(in(e, "m/twin/d/secret"), &b))
		return err ?: -errno;
	return a.st_ino == b.st_ino ? 0 : skip("the two files got different numbers");
}

static int open_twin(struct env *e)
{
	return open_and_read(in(e, "m/twin/d/secret"));
}

static int in_subvolume(struct env *e)
{
	return open_and_read(e->file);
}

static int snapshot(struct env *e)
{
	struct btrfs_ioctl_vol_args_v2 args = { .name = "snap" };
	int fd = open(in(e, "m"), O_RDONLY | O_DIRECTORY), err;

	args.fd = open(in(e, "m/sub"), O_RDONLY | O_DIRECTORY);
	err = result(ioctl(fd, BTRFS_IOC_SNAP_CREATE_V2, &args));
	close(args.fd);
	close(fd);
	return err;
}

static int open_snapshot(struct env *e)
{
	return open_and_read(in(e, "m/snap/d/secret"));
}

static int snapshot_before(struct env *e)
{
	return on_subvolume(e) ?: snapshot(e);
}

static int snapshot_after(struct env *e)
{
	return snapshot(e) ?: open_snapshot(e);
}

const struct way btrfs_ways[] = {
	{ .name = "btrfs-subvolume", .kinds = ALL, .blocked = ALL,
	  .prepare = on_subvolume, .attempt = in_subvolume },
	/* a snapshot's file has number and generation of the one it was made of */
	{ .name = "btrfs-snapshot-before", .kinds = ALL, .blocked = ALL,
	  .prepare = snapshot_before, .attempt = open_snapshot },
	{ .name = "btrfs-snapshot-after", .kinds = ALL, .blocked = ALL,
	  .prepare = on_subvolume, .attempt = snapshot_after },
	/* an innocent file that the rule takes for the denied one */
	{ .name = "btrfs-twin", .kinds = INODE, .blocked = INODE,
	  .prepare = twins, .attempt = open_twin },
	{ }
};
