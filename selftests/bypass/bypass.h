/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways around a file-deny rule. Each is tried once without the rule, where it
 * must succeed, and once for each kind of rule that it is meant for.
 */
#ifndef BYPASS_H
#define BYPASS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define SECRET	"TOP SECRET\n"
#define HELLO	42		/* exit status of the program hello */
#define NO_WAY	1000		/* what skip() returns: nothing of it can be tried here */

/* Kinds of rules, and what is asked of them. */
#define PATH	(1U << 0)	/* deny_path on the file */
#define INODE	(1U << 1)	/* deny_inode on the file */
#define DIR_	(1U << 2)	/* deny_dir on its directory */
#define GUARD	(1U << 3)	/* deny_path with protect */
#define ACCESS	(1U << 4)	/* deny_path with deny_mode=access */
#define FILES	(PATH | INODE)
#define ALL	(PATH | INODE | DIR_)
#define NKINDS	5

/* The back ends. */
#define DIRECT	(1U << 0)
#define FTRACE	(1U << 1)
#define KPROBE	(1U << 2)
#define ANY	(DIRECT | FTRACE | KPROBE)

/**
 * struct env - where a way is tried
 * @base: a directory of its own, empty but for @dir
 * @dir: the directory that holds the file
 * @file: the file that rules are about
 * @kind: of the rule, one of the above, or 0 without one
 * @fd: for a way's own use, from prepare to attempt; fd2, pid and cgroup likewise
 */
struct env {
	char base[64];
	char dir[PATH_MAX];
	char file[PATH_MAX + 260];
	unsigned int kind;
	int fd, fd2;
	pid_t pid;
	uint64_t cgroup;
	void *map;
};

/**
 * struct way - one way around
 * @name: what docs/BYPASSES.md calls it
 * @kinds: rules that it is tried against
 * @blocked: those of them that must block it; the others are known not to
 * @leaf: the file's name, NULL for "secret"
 * @program: the file is the program hello
 * @make: makes the file, where it is not an ordinary one
 * @prepare: what happens before the rule is there, or NULL
 * @attempt: the access: 0 when it got what it wanted, or a negative errno
 * @not_on: back ends that cannot block it
 */
struct way {
	const char *name;
	unsigned int kinds;
	unsigned int blocked;
	const char *leaf;
	bool program;
	int (*make)(struct env *e);
	int (*prepare)(struct env *e);
	int (*attempt)(struct env *e);
	unsigned int not_on;
};

struct area {
	const char *name;
	const struct way *ways;	/* ends with a name of NULL */
};

extern const struct way name_ways[], place_ways[], race_ways[], call_ways[], uring_ways[],
	exec_ways[], fd_ways[], actor_ways[], guard_ways[], fs_ways[], odd_ways[];

/* util.c */
int skip(const char *why);		/* returns -NO_WAY */
int read_secret(int fd);
int open_and_read(const char *path);
int open_at_and_read(int dir, const char *name);
int write_file(const char *path, const char *text);
int copy_file(const char *from, const char *to);
const char *in(const struct env *e, const char *name);	/* base/name; four at a time */
int forked(int (*fn)(struct env *), struct env *e);	/* fn's result, from a process of its own */
int own_mounts(void);
int with_program(const char *path, char *const argv[]);	/* runs it; 0 when it said HELLO */
int said_hello(int status);
int make_cgroup(const char *name, uint64_t *id);
int join_cgroup(const char *name);
int run_quiet(const char *const argv[]);
int loop_attach(const char *file, char *dev, int flags);
int result(int ret);			/* ret < 0 ? -errno : 0 */

/* nl.c: the module's netlink family */
struct rule {
	uint32_t kind;
	const char *path;
	uint32_t flags;
	uint64_t cgroup;
};

struct setting {
	uint16_t attr;
	uint32_t value;
};

extern char nl_words[160];		/* what the last refusal said */
int nl_open(void);
void nl_close(void);
int nl_apply(const struct rule *rules, int n);	/* these and no others */
int nl_set(const struct setting *s, int n);
int nl_set_u64(uint16_t attr, uint64_t value);
int nl_policy(uint64_t *values, int max);	/* AEGISHV_A_POLICY_* that are numbers */

struct nl_info {
	uint32_t healthy;
	uint32_t file_mode;
	char reverted[128];
};

int nl_info(struct nl_info *i);

struct nl_counter {
	const char *kind;
	const char *name;	/* NULL where the reason has none */
	uint32_t reason;
	uint64_t value;
};

/* The host's counters that are not zero. */
int nl_counters(void (*on)(const struct nl_counter *c));

/* Rules that a way wants besides, such as an exempt cgroup: set by prepare. */
extern struct rule extra_rule;

#endif
