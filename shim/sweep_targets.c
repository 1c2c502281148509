// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules to files, and files of processes to rules. Everything is asked by
 * stat(2) and readlink(2), never opened: the rules may be in force already.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sweep_int.h"

#define FILEID_INO32_GEN	1	/* linux/exportfs.h of the kernel: inode, generation */

#define CMP(a, b) ((a) < (b) ? -1 : (a) > (b))

static int by_file(const void *va, const void *vb)
{
	const struct target *a = va, *b = vb;

	return a->ino == b->ino ? CMP(a->dev, b->dev) : CMP(a->ino, b->ino);
}

static void add(struct targets *t, const struct policy_rule *r, uint64_t dev, uint64_t ino)
{
	struct target target = { dev, ino, r };

	if (r->kind == AEGISHV_RULE_KIND_DENY_DIR)
		t->dirs[t->nr_dirs++] = target;
	else
		t->files[t->nr_files++] = target;
}

static void add_rule(struct targets *t, const struct policy_rule *r)
{
	struct stat st, link;

	switch (r->kind) {
	case AEGISHV_RULE_KIND_DENY_INODE:
		add(t, r, r->dev, r->ino);
		break;
	case AEGISHV_RULE_KIND_DENY_DIR:
		if (!stat(r->path, &st))
			add(t, r, st.st_dev, st.st_ino);
		break;
	case AEGISHV_RULE_KIND_DENY_PATH:
		if (!stat(r->path, &st))
			add(t, r, st.st_dev, st.st_ino);
		if (!lstat(r->path, &link) && S_ISLNK(link.st_mode))
			add(t, r, link.st_dev, link.st_ino);
		break;
	}
}

bool targets_make(struct targets *t, const struct policy *rules)
{
	size_t i;

	memset(t, 0, sizeof(*t));
	t->files = calloc(2 * rules->nr + 1, sizeof(*t->files));
	t->dirs = calloc(rules->nr + 1, sizeof(*t->dirs));
	if (!t->files || !t->dirs) {
		targets_free(t);
		return false;
	}
	for (i = 0; i < rules->nr; i++)
		add_rule(t, &rules->rules[i]);
	qsort(t->files, t->nr_files, sizeof(*t->files), by_file);
	qsort(t->dirs, t->nr_dirs, sizeof(*t->dirs), by_file);
	return true;
}

void targets_free(struct targets *t)
{
	free(t->files);
	free(t->dirs);
	memset(t, 0, sizeof(*t));
}

static const struct target *find(const struct target *list, size_t nr, const struct stat *st)
{
	struct target key = { st->st_dev, st->st_ino, NULL };

	return nr ? bsearch(&key, list, nr, sizeof(key), by_file) : NULL;
}

/* Where the generation can be had without opening and is another: another file. */
static bool other_generation(const struct policy_rule *r, const char *link)
{
	union {
		struct file_handle h;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} u = { .h.handle_bytes = MAX_HANDLE_SZ };
	uint32_t gen;
	int mount;

	if (!r->has_gen || name_to_handle_at(AT_FDCWD, link, &u.h, &mount, AT_SYMLINK_FOLLOW) ||
	    u.h.handle_type != FILEID_INO32_GEN || u.h.handle_bytes < 8)
		return false;
	memcpy(&gen, u.h.f_handle + 4, sizeof(gen));
	return gen != r->gen;
}

static bool dir_on(const struct targets *t, uint64_t dev)
{
	size_t i;

	for (i = 0; i < t->nr_dirs; i++) {
		if (t->dirs[i].dev == dev)
			return true;
	}
	return false;
}

/* The directories above, by the path that the process sees, from its own root. */
static const struct policy_rule *find_above(const struct targets *t, int pid, const char *link)
{
	char path[8192];
	int n = snprintf(path, sizeof(path), "/proc/%d/root", pid);
	ssize_t len = readlink(link, path + n, sizeof(path) - n - 1);
	const struct target *found;
	struct stat st;
	char *slash;

	if (len <= 0 || path[n] != '/')
		return NULL;
	path[n + len] = '\0';
	while ((slash = strrchr(path + n, '/'))) {
		*slash = '\0';
		if (stat(path, &st))
			continue;
		found = find(t->dirs, t->nr_dirs, &st);
		if (found)
			return found->rule;
	}
	return NULL;
}

const struct policy_rule *targets_find(const struct targets *t, int pid, const char *link,
				       const struct stat *st)
{
	const struct target *found = find(t->files, t->nr_files, st);

	if (found && !other_generation(found->rule, link))
		return found->rule;
	found = S_ISDIR(st->st_mode) ? find(t->dirs, t->nr_dirs, st) : NULL;
	if (found)
		return found->rule;
	return dir_on(t, st->st_dev) ? find_above(t, pid, link) : NULL;
}
