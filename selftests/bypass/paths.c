// SPDX-License-Identifier: GPL-2.0-only
/* The path in the record: as the process sees it, as the host does, or none. */
#include <sched.h>
#include <sys/mount.h>

#include "events.h"

/* FILE_ from the root of its file system, the tmpfs on /tmp. */
#define IN_FS	"/respond/secret"

static const struct aegishv_rec_block *block_of(int (*fn)(struct env *), const char *what)
{
	static const struct aegishv_rec_block none;
	struct offence o = { .instead = fn };
	const struct aegishv_rec_block *b;
	struct outcome out;

	events_drop();
	out = offend(&o);
	b = event(AEGISHV_REC_BLOCK, 0, 0);
	check(out.err == -EPERM && b, what);
	if (out.err != -EPERM)
		printf("# it ended with: %s\n", strerror(-out.err));
	return b ?: &none;
}

static int in_chroot(struct env *e)
{
	(void)e;
	if (chroot(BASE) || chdir("/"))
		return -errno;
	return open_and_read("/secret");
}

static int in_container(struct env *e)
{
	(void)e;
	if (own_mounts() || mkdir(BASE "/m", 0755) || mount(BASE, BASE "/m", NULL, MS_BIND, NULL))
		return -errno;
	return open_and_read(BASE "/m/secret");
}

/* Deleted, but there is a descriptor to open it by once more. */
static int deleted(struct env *e)
{
	char path[64];
	int fd = open(FILE_, O_PATH);

	(void)e;
	if (fd < 0 || unlink(FILE_))
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open_and_read(path);
}

static int looks_deleted(struct env *e)
{
	(void)e;
	return open_and_read(BASE "/x (deleted)");
}

#define DEEP 20

/* Every directory by its descriptor: the path is longer than any call takes. */
static int too_long(struct env *e)
{
	int fd = open(BASE, O_PATH), next, i;
	char name[251];

	(void)e;
	memset(name, 'n', 250);
	name[250] = 0;
	for (i = 0; i < DEEP; i++, fd = next) {
		mkdirat(fd, name, 0755);
		next = openat(fd, name, O_PATH);
		if (next < 0)
			return -errno;
	}
	if (renameat(AT_FDCWD, FILE_, fd, "secret"))
		return -errno;
	return open_at_and_read(fd, "secret");
}

static int rename_it(struct env *e)
{
	(void)e;
	return result(rename(FILE_, BASE "/other"));
}

static void test_host_path(void)
{
	const struct aegishv_rec_block *b = block_of(in_chroot, "denied in a chroot");

	check_text(block_path(b), "/secret", "the path in a chroot");
	check(!(b->flags & AEGISHV_BLOCK_SAME_PATH), "which the host has another one for");
	/* where the kernel does not let us ask, it is the one in the file system */
	check_text(block_host_path(b), b->flags & AEGISHV_BLOCK_FS_PATH ? IN_FS : FILE_,
		   "and that is told");
	b = block_of(in_container, "denied in a mount namespace");
	check_text(block_path(b), BASE "/m/secret", "the path there");
	check(b->flags & AEGISHV_BLOCK_FS_PATH, "of which the host knows the file system's");
	check_text(block_host_path(b), IN_FS, "as it is");
}

static void test_long_path(void)
{
	const struct aegishv_rec_block *b = block_of(too_long, "denied beyond PATH_MAX");

	check(b->flags & AEGISHV_BLOCK_CUT, "a path that is too long is cut, and that is told");
	check_number(b->path_len, PATH_MAX - 1, "to what a path can have");
	check(!strcmp(block_path(b) + b->path_len - 8, "n/secret"), "from its head");
}

void test_paths(void)
{
	struct rule guard = { AEGISHV_RULE_KIND_DENY_PATH, FILE_, AEGISHV_RULE_FLAG_PROTECT, 0 };
	const struct aegishv_rec_block *b;

	configure(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE);
	rules(AEGISHV_RULE_KIND_DENY_PATH, FILE_);
	test_host_path();

	b = block_of(deleted, "denied after it was deleted");
	check_text(block_path(b), FILE_, "a deleted file has the name it had");
	write_file(BASE "/x (deleted)", SECRET);
	rules(AEGISHV_RULE_KIND_DENY_PATH, BASE "/x (deleted)");
	b = block_of(looks_deleted, "denied under a name that looks deleted");
	check_text(block_path(b), BASE "/x (deleted)", "such a name is told in full");

	rules(AEGISHV_RULE_KIND_DENY_PATH, NULL);
	write_file(FILE_, SECRET);
	nl_apply(&guard, 1);
	b = block_of(rename_it, "renaming is refused where it is protected");
	check_number(b->op, AEGISHV_OP_RENAME, "and told as that");
	check_text(block_path(b), IN_FS, "with the path in its file system");
	check(b->flags & AEGISHV_BLOCK_FS_PATH, "which is said");

	rules(AEGISHV_RULE_KIND_DENY_INODE, FILE_);
	test_long_path();
}
