// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors and mappings from before the rule. With deny_mode=open they stay
 * good: open was what the rule denies. With deny_mode=access they do not.
 */
#include <linux/fs.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "bypass.h"

static int open_before(struct env *e)
{
	e->fd = open(e->file, O_RDWR);
	return result(e->fd);
}

static int use_read(struct env *e)
{
	return read_secret(e->fd);
}

static int use_preadv(struct env *e)
{
	char buf[sizeof(SECRET)];
	struct iovec v = { buf, sizeof(buf) };

	return result(preadv(e->fd, &v, 1, 0));
}

static int use_write(struct env *e)
{
	return result(pwrite(e->fd, SECRET, sizeof(SECRET) - 1, 0));
}

static int use_mmap(struct env *e)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, e->fd, 0);

	if (p == MAP_FAILED)
		return -errno;
	return memcmp(p, SECRET, sizeof(SECRET) - 1) ? -ENODATA : 0;
}

static int other_file(struct env *e)
{
	e->fd2 = open(in(e, "copy"), O_RDWR | O_CREAT, 0644);
	return result(e->fd2);
}

static int use_sendfile(struct env *e)
{
	off_t off = 0;
	int err = other_file(e);

	err = err ?: result(sendfile(e->fd2, e->fd, &off, sizeof(SECRET) - 1));
	return err ?: read_secret(e->fd2);
}

static int use_splice(struct env *e)
{
	char buf[sizeof(SECRET)] = "";
	loff_t off = 0;
	int p[2];

	if (pipe(p) || splice(e->fd, &off, p[1], NULL, sizeof(SECRET) - 1, 0) < 0)
		return -errno;
	if (read(p[0], buf, sizeof(buf)) < 0)
		return -errno;
	return memcmp(buf, SECRET, sizeof(SECRET) - 1) ? -ENODATA : 0;
}

static int use_copy_file_range(struct env *e)
{
	loff_t a = 0, b = 0;
	int err = other_file(e);

	if (!err && syscall(SYS_copy_file_range, e->fd, &a, e->fd2, &b, sizeof(SECRET) - 1, 0) < 0)
		err = -errno;
	return err ?: read_secret(e->fd2);
}

static int use_clone(struct env *e)
{
	int err = other_file(e);

	if (!err && ioctl(e->fd2, FICLONE, e->fd))
		err = errno == EOPNOTSUPP || errno == ENOTTY || errno == EINVAL ?
			skip("this file system cannot share blocks") : -errno;
	return err ?: read_secret(e->fd2);
}

/* Hands e->fd over a socket to ourselves. */
static int pass(struct env *e)
{
	union {
		struct cmsghdr h;
		char bytes[CMSG_SPACE(sizeof(int))];
	} c = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
		       .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec v = { &byte, 1 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1, .msg_control = &c,
			    .msg_controllen = sizeof(c) };
	int s[2], fd = -1;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s))
		return -errno;
	memcpy(CMSG_DATA(&c.h), &e->fd, sizeof(fd));
	if (sendmsg(s[0], &m, 0) < 0)
		return -errno;
	m.msg_controllen = sizeof(c);
	if (recvmsg(s[1], &m, 0) < 0)
		return -errno;
	/* a descriptor that may not be received is left out */
	if (m.msg_controllen < CMSG_LEN(sizeof(int)))
		return -EPERM;
	memcpy(&fd, CMSG_DATA(&c.h), sizeof(fd));
	return read_secret(fd);
}

static int hold_it(struct env *e)
{
	int err = open_before(e);

	if (err)
		return err;
	e->pid = fork();
	if (!e->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return result(e->pid);
}

static int getfd(struct env *e)
{
	int pidfd = syscall(SYS_pidfd_open, e->pid, 0), fd;

	if (pidfd < 0)
		return -errno;
	fd = syscall(SYS_pidfd_getfd, pidfd, e->fd, 0);
	return fd < 0 ? -errno : read_secret(fd);
}

static int map_before(struct env *e)
{
	int err = open_before(e);

	e->map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, e->fd, 0);
	return err ?: e->map == MAP_FAILED ? -errno : 0;
}

static int use_mapping(struct env *e)
{
	return memcmp(e->map, SECRET, sizeof(SECRET) - 1) ? -ENODATA : 0;
}

static int copy_before(struct env *e)
{
	return copy_file(e->file, in(e, "copy"));
}

static int use_copy(struct env *e)
{
	return open_and_read(in(e, "copy"));
}

#define OPENED(name_, use) \
	{ .name = name_, .kinds = PATH | ACCESS, .blocked = ACCESS, \
	  .prepare = open_before, .attempt = use }

const struct way fd_ways[] = {
	OPENED("fd-before-read", use_read),
	OPENED("fd-before-readv", use_preadv),
	OPENED("fd-before-write", use_write),
	OPENED("fd-before-mmap", use_mmap),
	OPENED("fd-before-sendfile", use_sendfile),
	OPENED("fd-before-splice", use_splice),
	OPENED("fd-before-copy-range", use_copy_file_range),
	OPENED("fd-before-clone", use_clone),
	OPENED("fd-before-passed", pass),
	{ .name = "fd-before-pidfd-getfd", .kinds = PATH | ACCESS, .blocked = ACCESS,
	  .prepare = hold_it, .attempt = getfd },
	{ .name = "mapping-before", .kinds = PATH | ACCESS, .blocked = 0,
	  .prepare = map_before, .attempt = use_mapping },
	{ .name = "copy-before", .kinds = ALL, .blocked = 0,
	  .prepare = copy_before, .attempt = use_copy },
	{ }
};
