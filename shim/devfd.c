// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opens the first mount of each device that is asked for. O_PATH: a policy on
 * opens does not stand in the way, and nothing is started by it (autofs).
 */
#include "devfd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "mounts.h"

#define DEVS_MAX	64

struct devfd {
	int nr;
	struct {
		uint32_t dev;
		int fd;
	} known[DEVS_MAX];
};

struct devfd *devfd_new(void)
{
	return calloc(1, sizeof(struct devfd));
}

void devfd_free(struct devfd *d)
{
	int i;

	for (i = 0; d && i < d->nr; i++) {
		if (d->known[i].fd >= 0)
			close(d->known[i].fd);
	}
	free(d);
}

struct finder {
	uint32_t dev;
	int fd;
};

/* Something else may be mounted over it: what was opened decides. */
static bool is_it(int fd, const struct mount_line *m, uint32_t dev)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st))
		return false;
	if (makedev(st.stx_dev_major, st.stx_dev_minor) == dev)
		return true;
	return m->dev == dev && st.stx_mask & STATX_MNT_ID && st.stx_mnt_id == m->id;
}

static bool try_mount(void *arg, const struct mount_line *m)
{
	struct finder *f = arg;

	f->fd = open(m->point, O_PATH | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0)
		return true;
	if (is_it(f->fd, m, f->dev))
		return false;
	close(f->fd);
	f->fd = -1;
	return true;
}

static int find(uint32_t dev)
{
	struct finder f = { dev, -1 };

	mounts_walk(try_mount, &f);
	return f.fd;
}

int devfd_get(struct devfd *d, uint32_t dev)
{
	int i;

	for (i = 0; d && i < d->nr; i++) {
		if (d->known[i].dev == dev)
			return d->known[i].fd;
	}
	if (!d || d->nr == DEVS_MAX)
		return -1;
	d->known[d->nr].dev = dev;
	d->known[d->nr].fd = find(dev);
	return d->known[d->nr++].fd;
}
