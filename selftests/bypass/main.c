// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries ways around a file-deny rule; prints TAP.
 *
 *	bypass [-b BACKEND] [-d DIR] [-s AREA,AREA] [AREA|NAME]...
 *
 * BACKEND is the hook= that the module was loaded with, DIR a directory on the
 * file system that is to be tried, -s leaves areas or ways out. Each try is a
 * process of its own in a mount namespace of its own; it gets a fresh directory
 * and an empty policy, and whatever it leaves behind is killed.
 */
#include <dirent.h>
#include <linux/aegishv_genl.h>
#include <signal.h>
#include <sys/wait.h>

#include "bypass.h"
#include "fs.h"

static const char *const kind_names[NKINDS] = {
	"deny_path", "deny_inode", "deny_dir", "deny_path with protect", "deny_mode=access",
};

static const struct area areas[] = {
	{ "names", name_ways },
	{ "places", place_ways },
	{ "odd", odd_ways },
	{ "race", race_ways },
	{ "calls", call_ways },
	{ "uring", uring_ways },
	{ "exec", exec_ways },
	{ "fds", fd_ways },
	{ "guard", guard_ways },
	{ "actors", actor_ways },
	{ "pseudo", pseudo_ways },
	{ "overlay", overlay_ways },
	{ "devices", fs_ways },
	{ "btrfs", btrfs_ways },
	{ "fuse", fuse_ways },
};

static const char *where = "/tmp";
static unsigned int backend = DIRECT;
static const char *left_out = "";
static int tests, failures;

static void tap(bool good, const char *fmt, const char *name, const char *what)
{
	printf("%sok %d - ", good ? "" : "not ", ++tests);
	printf(fmt, name, what);
	putchar('\n');
	failures += !good;
}

/* Step by step: some ways make paths longer than PATH_MAX. */
static void remove_tree(int at, const char *name)
{
	struct dirent *d;
	DIR *dir;
	int fd;

	if (!unlinkat(at, name, 0) || !unlinkat(at, name, AT_REMOVEDIR))
		return;
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	while (dir && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			remove_tree(fd, d->d_name);
	if (dir)
		closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
}

static int make_env(struct env *e, const struct way *w, unsigned int kind)
{
	memset(e, 0, sizeof(*e));
	e->kind = kind;
	e->fd = e->fd2 = -1;
	snprintf(e->base, sizeof(e->base), "%.50s/bypass", where);
	remove_tree(AT_FDCWD, e->base);
	snprintf(e->dir, sizeof(e->dir), "%s/d", e->base);
	snprintf(e->file, sizeof(e->file), "%s/%s", e->dir, w->leaf ?: "secret");
	if ((mkdir(e->base, 0755) && errno != EEXIST) || (mkdir(e->dir, 0755) && errno != EEXIST))
		return -errno;
	if (w->make)
		return w->make(e);
	return w->program ? copy_file("/t/hello", e->file) : write_file(e->file, SECRET);
}

static int apply(const struct env *e)
{
	struct rule r[2] = { { AEGISHV_RULE_KIND_DENY_PATH, e->file, 0, 0 }, extra_rule };

	if (e->kind == INODE)
		r[0].kind = AEGISHV_RULE_KIND_DENY_INODE;
	if (e->kind == DIR_) {
		r[0].kind = AEGISHV_RULE_KIND_DENY_DIR;
		r[0].path = e->dir;
	}
	if (e->kind == GUARD)
		r[0].flags = AEGISHV_RULE_FLAG_PROTECT;
	return nl_apply(r, extra_rule.kind ? 2 : 1);
}

/* In the process of the try. */
static int try_here(const struct way *w, struct env *e)
{
	int err = own_mounts();

	if (!err && w->prepare)
		err = w->prepare(e);
	if (err) {
		if (err != -NO_WAY)
			printf("# %s: what it needs failed: %s\n", w->name, strerror(-err));
		return err == -NO_WAY ? err : -ENOTRECOVERABLE;
	}
	err = e->kind ? apply(e) : 0;
	if (err) {
		printf("# %s: the rule was refused: %s\n", w->name, nl_words);
		return -ENOTRECOVERABLE;
	}
	return w->attempt(e);
}

static int try(const struct way *w, unsigned int kind)
{
	int pipe_[2], res = -ETIME;
	struct env e;
	pid_t pid;

	if (make_env(&e, w, kind)) {
		printf("# %s: cannot make the file: %s\n", w->name, strerror(errno));
		return -ENOTRECOVERABLE;
	}
	fflush(stdout);
	if (pipe2(pipe_, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		alarm(120);
		res = try_here(w, &e);
		fflush(stdout);
		_exit(write(pipe_[1], &res, sizeof(res)) != sizeof(res));
	}
	close(pipe_[1]);
	if (read(pipe_[0], &res, sizeof(res)) != sizeof(res))
		res = -ETIME;
	close(pipe_[0]);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (nl_apply(NULL, 0))
		printf("# the policy could not be emptied: %s\n", nl_words);
	return res;
}

static void check(const struct way *w, int kind)
{
	bool blocked = w->blocked & 1U << kind && !(w->not_on & backend);
	int res = try(w, 1U << kind);

	tap(res == (blocked ? -EPERM : 0),
	    blocked ? "%s: refused by %s" : "%s: known to pass %s", w->name, kind_names[kind]);
	if (res != (blocked ? -EPERM : 0))
		printf("# it ended with: %s\n", res ? strerror(-res) : "success");
}

static void run_way(const struct way *w, unsigned int kinds)
{
	int control, kind;
	FILE *f;

	if (!(w->kinds & kinds))
		return;
	control = try(w, 0);
	if (control == -NO_WAY) {
		char why[128] = "";

		f = fopen("/tmp/bypass.skip", "r");
		if (!f || !fgets(why, sizeof(why), f))
			strcpy(why, "?");
		if (f)
			fclose(f);
		printf("ok %d - %s # SKIP %s\n", ++tests, w->name, why);
		return;
	}
	tap(!control, "%s: succeeds without a rule%s", w->name, "");
	if (control) {
		printf("# it ended with: %s\n", strerror(-control));
		return;
	}
	for (kind = 0; kind < NKINDS; kind++)
		if (w->kinds & kinds & 1U << kind)
			check(w, kind);
}

static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *s;

	for (s = list; (s = strstr(s, name)); s += len)
		if ((s == list || s[-1] == ',') && (!s[len] || s[len] == ','))
			return true;
	return false;
}

static bool wanted(const char *area, const char *name, char **list)
{
	if (listed(left_out, area) || listed(left_out, name))
		return false;
	if (!*list)
		return true;
	for (; *list; list++)
		if (!strcmp(*list, area) || !strcmp(*list, name))
			return true;
	return false;
}

static void run_all(char **list, unsigned int kinds)
{
	const struct way *w;
	size_t i;

	for (i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		for (w = areas[i].ways; w->name; w++)
			if (wanted(areas[i].name, w->name, list))
				run_way(w, kinds);
}

static int set(uint16_t attr, uint32_t value)
{
	struct setting s = { attr, value };
	int err = nl_set(&s, 1);

	if (err)
		fprintf(stderr, "bypass: a setting was refused: %s\n", nl_words);
	return err;
}

static int usage(void)
{
	fputs("usage: bypass [-b direct|ftrace|kprobe] [-d DIR] [-s NAME,NAME] [AREA|NAME]...\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "b:d:s:")) != -1) {
		if (opt == 'b')
			backend = *optarg == 'd' ? DIRECT : *optarg == 'f' ? FTRACE : KPROBE;
		else if (opt == 'd')
			where = optarg;
		else if (opt == 's')
			left_out = optarg;
		else
			return usage();
	}
	if (nl_open()) {
		fputs("bypass: no netlink family: load aegishv.ko first\n", stderr);
		return 1;
	}
	if (set(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE))
		return 1;
	run_all(argv + optind, ~ACCESS);
	if (!set(AEGISHV_A_CONFIG_DENY_MODE, AEGISHV_DENY_MODE_ACCESS)) {
		run_all(argv + optind, ACCESS);
		set(AEGISHV_A_CONFIG_DENY_MODE, AEGISHV_DENY_MODE_OPEN);
	}
	set(AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT);
	printf("1..%d\n", tests);
	return failures != 0;
}
