// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One process: its descriptors, of threads with a table of their own too, its
 * mappings, program, and directories. No state.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/kcmp.h>
#include "sweep_int.h"

struct scan {
	struct sweep *s;
	const struct targets *t;
	int pid;
	size_t first;		/* hit of this process */
	struct stat last;	/* mapped file looked at last: they come in rows */
};

static void read_comm(struct sweep_hit *h)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", h->pid);
	f = fopen(path, "re");
	if (!f || !fgets(h->comm, sizeof(h->comm), f))
		h->comm[0] = '\0';
	h->comm[strcspn(h->comm, "\n")] = '\0';
	if (f)
		fclose(f);
}

static bool known(const struct scan *c, const struct sweep_hit *h)
{
	size_t i;

	for (i = c->first; h->fd < 0 && i < c->s->nr; i++) {
		const struct sweep_hit *o = &c->s->hits[i];

		if (o->held == h->held && o->rule == h->rule && o->path && h->path &&
		    !strcmp(o->path, h->path))
			return true;
	}
	return false;
}

static void add(struct scan *c, struct sweep_hit *h, const char *link)
{
	struct sweep *s = c->s;
	char path[PATH_MAX + 16];
	ssize_t n = readlink(link, path, sizeof(path) - 1);
	struct sweep_hit *more;

	path[n > 0 ? n : 0] = '\0';
	h->pid = c->pid;
	h->path = strdup(path);
	if (known(c, h)) {
		free(h->path);
		return;
	}
	read_comm(h);
	if (!(s->nr & (s->nr - 1))) {
		more = realloc(s->hits, (s->nr ? 2 * s->nr : 1) * sizeof(*more));
		if (!more) {
			s->nomem = true;
			free(h->path);
			return;
		}
		s->hits = more;
	}
	s->hits[s->nr++] = *h;
}

static void look(struct scan *c, const char *link, const char *held, int fd)
{
	struct sweep_hit h = { .held = held, .fd = fd };
	struct stat st;

	if (stat(link, &st))
		return;
	if (fd == INT_MIN && st.st_ino == c->last.st_ino && st.st_dev == c->last.st_dev)
		return;
	if (fd == INT_MIN) {
		c->last = st;
		h.fd = -1;
	}
	h.rule = targets_find(c->t, c->pid, link, &st);
	if (h.rule)
		add(c, &h, link);
}

/* Each name of a directory below /proc that is a number, or any for mappings. */
static bool look_in(struct scan *c, const char *dir, bool fds)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char link[512];

	if (!d)
		return errno == ENOENT;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(link, sizeof(link), "%s/%s", dir, e->d_name);
		look(c, link, fds ? "fd" : "map", fds ? atoi(e->d_name) : INT_MIN);
	}
	closedir(d);
	return true;
}

static bool own_table(int pid, int tid)
{
	return syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) > 0;
}

static void look_at_threads(struct scan *c)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", c->pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		int tid = atoi(e->d_name);

		if (tid <= 0 || tid == c->pid || !own_table(c->pid, tid))
			continue;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/fd", c->pid, tid);
		look_in(c, path, true);
	}
	if (d)
		closedir(d);
}

bool sweep_process(struct sweep *s, const struct targets *t, int pid)
{
	static const char *const links[] = { "exe", "cwd", "root" };
	struct scan c = { .s = s, .t = t, .pid = pid, .first = s->nr };
	char path[64];
	bool ok;
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, links[i]);
		look(&c, path, links[i], -1);
	}
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	ok = look_in(&c, path, true);
	snprintf(path, sizeof(path), "/proc/%d/map_files", pid);
	ok &= look_in(&c, path, false);
	look_at_threads(&c);
	return ok;
}
