// SPDX-License-Identifier: GPL-2.0-only
/* Opens the device and maps each CPU's ring as the uapi header says. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev.h"

static int map_ring(struct dev *d, unsigned int cpu, uint32_t bytes)
{
	struct dev_ring *r = &d->ring[cpu];
	void *p;

	p = mmap(NULL, d->page, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, AEGISHV_MMAP_CONS(cpu));
	if (p == MAP_FAILED)
		return errno == ENXIO ? 0 : -errno;
	r->cons = p;
	p = mmap(NULL, d->page + 2ULL * bytes, PROT_READ, MAP_SHARED, d->fd,
		 AEGISHV_MMAP_PROD(cpu));
	if (p == MAP_FAILED)
		return -errno;
	r->prod = p;
	r->data = (uint8_t *)p + d->page;
	r->size = bytes;
	return 0;
}

int dev_open(struct dev *d)
{
	struct aegishv_dev_info info;
	unsigned int cpu;
	int err = 0;

	memset(d, 0, sizeof(*d));
	d->fd = open(AEGISHV_DEVICE, O_RDWR | O_CLOEXEC);
	if (d->fd < 0)
		return -errno;
	if (ioctl(d->fd, AEGISHV_IOC_INFO, &info))
		err = -errno;
	d->page = info.page_bytes;
	d->nr_cpus = info.nr_cpus < DEV_MAX_CPUS ? info.nr_cpus : DEV_MAX_CPUS;
	for (cpu = 0; !err && cpu < d->nr_cpus; cpu++)
		err = map_ring(d, cpu, info.ring_bytes);
	if (err)
		dev_close(d);
	return err;
}

void dev_close(struct dev *d)
{
	unsigned int cpu;

	for (cpu = 0; cpu < d->nr_cpus; cpu++) {
		struct dev_ring *r = &d->ring[cpu];

		if (r->prod)
			munmap((void *)r->prod, d->page + 2ULL * r->size);
		if (r->cons)
			munmap(r->cons, d->page);
	}
	close(d->fd);
}
