// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file system in user space that holds one file. Who serves it decides what
 * is the same file: here it may give the file another number at each look-up.
 */
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "fs.h"

#define FILE_NODE 2

static int dev;
static int *renumber;	/* shared with the server: the file's number is 2 + this */

static void answer(const struct fuse_in_header *in_, int err, const void *data, size_t len)
{
	static char buf[4096];
	struct fuse_out_header out = {
		.len = sizeof(out) + (err ? 0 : len),
		.error = err,
		.unique = in_->unique,
	};

	memcpy(buf, &out, sizeof(out));
	if (!err && len)
		memcpy(buf + sizeof(out), data, len);
	if (write(dev, buf, out.len) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.size = node == FUSE_ROOT_ID ? 0 : sizeof(SECRET) - 1,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
		.nlink = 1,
	};
}

static void lookup(const struct fuse_in_header *h, const char *name)
{
	uint64_t node = FILE_NODE + *renumber;
	struct fuse_entry_out out = { .nodeid = node, .attr = attr_of(node) };

	answer(h, strcmp(name, "secret") ? -ENOENT : 0, &out, sizeof(out));
}

static void serve_one(const struct fuse_in_header *h)
{
	const void *arg = h + 1;
	struct fuse_init_out init = { .major = 7, .minor = 31, .max_write = 4096 };
	struct fuse_attr_out attr = { .attr = attr_of(h->nodeid) };
	struct fuse_open_out open_ = {};

	switch (h->opcode) {
	case FUSE_INIT:
		return answer(h, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return lookup(h, arg);
	case FUSE_GETATTR:
		return answer(h, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return answer(h, 0, &open_, sizeof(open_));
	case FUSE_READ:
		return answer(h, 0, SECRET, sizeof(SECRET) - 1);
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return answer(h, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		return answer(h, -ENOSYS, NULL, 0);
	}
}

static void serve(void)
{
	static char buf[1 << 16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(dev, buf, sizeof(buf)) > 0)
		serve_one((struct fuse_in_header *)buf);
	_exit(0);
}

static int mount_fuse(struct env *e)
{
	char options[128];

	dev = open("/dev/fuse", O_RDWR);
	if (dev < 0)
		return skip("this kernel has no FUSE");
	renumber = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40755,user_id=0,group_id=0", dev);
	if (mkdir(in(e, "m"), 0755) || mount("test", in(e, "m"), "fuse", 0, options))
		return -errno;
	e->pid = fork();
	if (!e->pid)
		serve();
	snprintf(e->dir, sizeof(e->dir), "%s/m", e->base);
	snprintf(e->file, sizeof(e->file), "%s/m/secret", e->base);
	return e->pid < 0 ? -errno : 0;
}

static int open_it(struct env *e)
{
	return open_and_read(e->file);
}

/* Entries are not cached here, so that this look-up finds another inode. */
static int renumbered(struct env *e)
{
	*renumber = 1;
	return open_and_read(e->file);
}

const struct way fuse_ways[] = {
	{ .name = "fuse", .kinds = ALL, .blocked = ALL,
	  .prepare = mount_fuse, .attempt = open_it },
	{ .name = "fuse-renumbered", .kinds = ALL, .blocked = PATH | DIR_,
	  .prepare = mount_fuse, .attempt = renumbered },
	{ }
};
