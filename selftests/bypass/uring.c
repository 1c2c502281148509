// SPDX-License-Identifier: GPL-2.0-only
/* io_uring: opens by the caller, by a worker and by the polling thread. */
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bypass.h"

struct ring {
	int fd;
	struct io_uring_params p;
	char *rings;
	struct io_uring_sqe *sqes;
};

static int ring_open(struct ring *r, unsigned int flags)
{
	size_t len;

	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->p.sq_thread_idle = 1000;
	r->fd = syscall(SYS_io_uring_setup, 4, &r->p);
	if (r->fd < 0)
		return -errno;
	len = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	if (len < r->p.sq_off.array + r->p.sq_entries * 4)
		len = r->p.sq_off.array + r->p.sq_entries * 4;
	r->rings = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
			IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	return r->rings == MAP_FAILED || r->sqes == MAP_FAILED ? -errno : 0;
}

static uint32_t *word(struct ring *r, uint32_t off)
{
	return (uint32_t *)(r->rings + off);
}

/* Submits the one request and waits for its result. */
static int run_one(struct ring *r)
{
	uint32_t tail = *word(r, r->p.sq_off.tail), head = *word(r, r->p.cq_off.head);
	struct io_uring_cqe *cqes = (void *)(r->rings + r->p.cq_off.cqes);
	unsigned int flags = IORING_ENTER_GETEVENTS;
	int res;

	word(r, r->p.sq_off.array)[tail & *word(r, r->p.sq_off.ring_mask)] = 0;
	__atomic_store_n(word(r, r->p.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
	if (r->p.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, flags, NULL, 0) < 0)
		return -errno;
	while (__atomic_load_n(word(r, r->p.cq_off.tail), __ATOMIC_ACQUIRE) == head)
		usleep(1000);
	res = cqes[head & *word(r, r->p.cq_off.ring_mask)].res;
	__atomic_store_n(word(r, r->p.cq_off.head), head + 1, __ATOMIC_RELEASE);
	return res;
}

static int open_by(struct env *e, unsigned int setup, unsigned char sqe_flags, bool openat2)
{
	struct open_how how = { .flags = O_RDONLY };
	struct ring r;
	int fd = ring_open(&r, setup);

	if (fd)
		return fd == -ENOSYS ? skip("this kernel has no io_uring") : fd;
	memset(r.sqes, 0, sizeof(*r.sqes));
	r.sqes->opcode = openat2 ? IORING_OP_OPENAT2 : IORING_OP_OPENAT;
	r.sqes->flags = sqe_flags;
	r.sqes->fd = AT_FDCWD;
	r.sqes->addr = (uintptr_t)e->file;
	if (openat2) {
		r.sqes->off = (uintptr_t)&how;
		r.sqes->len = sizeof(how);
	}
	fd = run_one(&r);
	close(r.fd);
	return fd < 0 ? fd : read_secret(fd);
}

static int uring_openat(struct env *e)
{
	return open_by(e, 0, 0, false);
}

static int uring_openat2(struct env *e)
{
	return open_by(e, 0, 0, true);
}

static int uring_worker(struct env *e)
{
	return open_by(e, 0, IOSQE_ASYNC, false);
}

static int uring_polled(struct env *e)
{
	return open_by(e, IORING_SETUP_SQPOLL, 0, false);
}

/* The polling thread is made in the exempt cgroup, then the process leaves it. */
static struct ring left_ring;

static int ring_in_exempt(struct env *e)
{
	int err = make_cgroup("bypass-exempt", &e->cgroup);

	extra_rule = (struct rule){ .kind = 4 /* allow_cgroup */, .cgroup = e->cgroup };
	err = err ?: join_cgroup("bypass-exempt");
	err = err ?: ring_open(&left_ring, IORING_SETUP_SQPOLL);
	return err ?: join_cgroup(NULL);
}

static int ring_left_exempt(struct env *e)
{
	int fd;

	memset(left_ring.sqes, 0, sizeof(*left_ring.sqes));
	left_ring.sqes->opcode = IORING_OP_OPENAT;
	left_ring.sqes->fd = AT_FDCWD;
	left_ring.sqes->addr = (uintptr_t)e->file;
	fd = run_one(&left_ring);
	return fd < 0 ? fd : read_secret(fd);
}

const struct way uring_ways[] = {
	{ .name = "uring-openat", .kinds = ALL, .blocked = ALL, .attempt = uring_openat },
	{ .name = "uring-openat2", .kinds = ALL, .blocked = ALL, .attempt = uring_openat2 },
	{ .name = "uring-worker", .kinds = ALL, .blocked = ALL, .attempt = uring_worker },
	{ .name = "uring-sqpoll", .kinds = ALL, .blocked = ALL, .attempt = uring_polled },
	{ .name = "uring-sqpoll-left-exempt", .kinds = PATH, .blocked = PATH,
	  .prepare = ring_in_exempt, .attempt = ring_left_exempt },
	{ }
};
