// SPDX-License-Identifier: GPL-2.0-only
/*
 * What userspace may map, and that it can write nothing but the consumer's
 * page: not by mmap, mprotect, mremap, /proc/self/mem or process_vm_writev.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dev.h"
#include "ring.h"
#include "tap.h"

static struct aegishv_dev_info info;

struct refusal {
	const char *what;
	uint64_t off;
	uint64_t len;
	int prot, flags, err;
};

static void check_refusals(int fd)
{
	const uint64_t page = info.page_bytes, all = page + 2ULL * info.ring_bytes;
	const uint64_t prod = AEGISHV_MMAP_PROD(0), cons = AEGISHV_MMAP_CONS(0);
	const int rw = PROT_READ | PROT_WRITE, rx = PROT_READ | PROT_EXEC;
	const struct refusal list[] = {
		{ "producer page writable", prod, all, rw, MAP_SHARED, EPERM },
		{ "producer page executable", prod, all, rx, MAP_SHARED, EPERM },
		{ "consumer page executable", cons, page, rx, MAP_SHARED, EPERM },
		{ "producer page private", prod, all, PROT_READ, MAP_PRIVATE, EINVAL },
		{ "producer page private and writable", prod, all, rw, MAP_PRIVATE, EINVAL },
		{ "consumer page private", cons, page, rw, MAP_PRIVATE, EINVAL },
		{ "two consumer pages", cons, 2 * page, rw, MAP_SHARED, EINVAL },
		{ "producer page alone", prod, page, PROT_READ, MAP_SHARED, EINVAL },
		{ "data once", prod, page + info.ring_bytes, PROT_READ, MAP_SHARED, EINVAL },
		{ "one page too few", prod, all - page, PROT_READ, MAP_SHARED, EINVAL },
		{ "one page too many", prod, all + page, PROT_READ, MAP_SHARED, EINVAL },
		{ "at another offset", prod + page, all - page, PROT_READ, MAP_SHARED, EINVAL },
		{ "between the two", cons + page, page, PROT_READ, MAP_SHARED, EINVAL },
		{ "CPU that cannot be", AEGISHV_MMAP_CONS(info.nr_cpus), page, rw, MAP_SHARED, ENXIO },
		{ "CPU 65535", AEGISHV_MMAP_PROD(65535ULL), all, PROT_READ, MAP_SHARED, ENXIO },
	};

	for (unsigned int i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		const struct refusal *x = &list[i];
		void *p = mmap(NULL, x->len, x->prot, x->flags, fd, x->off);

		tap(p == MAP_FAILED && errno == x->err, "%s: refused with %s (got %s)", x->what,
		    strerror(x->err), p == MAP_FAILED ? strerror(errno) : "a mapping");
		if (p != MAP_FAILED)
			munmap(p, x->len);
	}
}

static bool written_by_mem(void *p)
{
	int fd = open("/proc/self/mem", O_RDWR);
	uint64_t x = 1;
	bool done = fd >= 0 && pwrite(fd, &x, sizeof(x), (off_t)(uintptr_t)p) > 0;

	close(fd);
	return done;
}

static bool written_by_vm_writev(void *p)
{
	uint64_t x = 1;
	struct iovec from = { &x, sizeof(x) }, to = { p, sizeof(x) };

	return process_vm_writev(getpid(), &from, 1, &to, 1, 0) > 0;
}

/* A second mapping of a shared one, by an old length of 0. */
static bool remapped_larger(void *p, uint64_t len)
{
	void *q = mremap(p, len, len + info.page_bytes, MREMAP_MAYMOVE);

	return q != MAP_FAILED;
}

static void check_producer(struct dev *d)
{
	const struct dev_ring *r = &d->ring[0];
	const uint64_t all = d->page + 2ULL * r->size;
	void *p = (void *)r->prod;

	tap(mprotect(p, all, PROT_READ | PROT_WRITE) && errno == EACCES,
	    "mprotect cannot make the producer's mapping writable");
	tap(mprotect(p, d->page, PROT_READ | PROT_WRITE) && errno == EACCES,
	    "nor one page of it");
	tap(mprotect(p, all, PROT_READ | PROT_EXEC) && errno == EACCES, "nor executable");
	tap(mprotect(r->cons, d->page, PROT_READ | PROT_EXEC) && errno == EACCES,
	    "nor the consumer's page executable");
	tap(!written_by_mem(p), "/proc/self/mem does not write it");
	tap(!written_by_mem((void *)r->data), "nor the data");
	tap(!written_by_vm_writev((void *)r->data), "process_vm_writev does not either");
	tap(!remapped_larger(p, all), "mremap does not make it larger");
	tap(r->prod->size == r->size, "the producer's page tells the size");
	tap(r->prod->alert_reserve == r->size / 8, "and the alerts' reserve");
	tap(!memcmp(r->data, r->data + r->size, 4096), "the data follows once more");
	r->cons->tail = r->cons->tail;
	tap(true, "the consumer's page is writable");
}

static int open_errno(void)
{
	int fd = open(AEGISHV_DEVICE, O_RDWR), err = errno;

	if (fd < 0)
		return err;
	close(fd);
	return 0;
}

/* In a child: as nobody; as nobody with the file's mode out of the way. */
static int open_unprivileged(bool mode_allows)
{
	int status, fd;
	pid_t pid;

	if (mode_allows && chown(AEGISHV_DEVICE, 65534, 65534))
		return -1;
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(255);
		fd = open(AEGISHV_DEVICE, O_RDWR);
		_exit(fd < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	if (mode_allows && chown(AEGISHV_DEVICE, 0, 0))
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A mapping is not inherited: a child cannot go on as a second consumer. */
static bool child_has_mapping(struct dev *d)
{
	unsigned char seen;
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(!mincore(d->ring[0].cons, d->page, &seen));
	waitpid(pid, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

int test_mapping(void)
{
	struct dev d;
	int err;

	tap(open_unprivileged(false) == EACCES, "another user cannot open the device");
	tap(open_unprivileged(true) == EPERM,
	    "nor where the file's mode would let him: it takes CAP_SYS_ADMIN");
	err = dev_open(&d);
	if (!tap(!err, "root opens and maps the device"))
		return tap_done();
	tap(open_errno() == EBUSY, "a second open says EBUSY");
	tap(!ioctl(d.fd, AEGISHV_IOC_INFO, &info) &&
	    info.events_version == AEGISHV_EVENTS_VERSION, "INFO tells the version");
	tap(ioctl(d.fd, _IO(0xAE, 0xF1)) && errno == ENOTTY, "an unknown ioctl says ENOTTY");
	tap(ioctl(d.fd, AEGISHV_IOC_INFO, (void *)8) && errno == EFAULT,
	    "INFO to nowhere says EFAULT");
	tap(read(d.fd, &info, 1) < 0 && errno == EINVAL, "read says EINVAL");
	check_refusals(d.fd);
	check_producer(&d);
	tap(!child_has_mapping(&d), "a child does not inherit the mappings");
	dev_close(&d);
	tap(!open_errno(), "after close the next one may open");
	return tap_done();
}
