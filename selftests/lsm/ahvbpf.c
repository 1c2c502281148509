// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches a program of file.bpf.o and stays until a signal:
 *   ahvbpf deny [FILE...]	BPF LSM that denies these files; 4,096 other numbers
 *				are in its map as well
 *   ahvbpf enter		fentry on security_file_open; says at the end how
 *				often it ran
 * Says "attached", or why not and fails.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define OTHERS	4096

static int fail(const char *what, int err)
{
	fprintf(stderr, "ahvbpf: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return 1;
}

/* As file.bpf.c has it: the kernel's own device number, not that of stat(2). */
struct key {
	unsigned long long ino;
	unsigned long long dev;
};

static int deny(int map, unsigned long long ino, dev_t dev)
{
	struct key key = { .ino = ino, .dev = (unsigned long long)major(dev) << 20 | minor(dev) };
	unsigned char yes = 1;

	return bpf_map_update_elem(map, &key, &yes, BPF_ANY) ? fail("map", errno) : 0;
}

static int fill(struct bpf_object *obj, int n, char **paths)
{
	int err = 0, map = bpf_object__find_map_fd_by_name(obj, "denied");
	struct stat st;

	for (unsigned int i = 0; i < OTHERS && !err; i++)
		err = deny(map, (1ULL << 40) + i, makedev(0, 0));
	for (int i = 0; i < n && !err; i++)
		err = stat(paths[i], &st) ? fail(paths[i], errno) :
					    deny(map, st.st_ino, st.st_dev);
	return err;
}

static void say_entered(struct bpf_object *obj)
{
	int fd = bpf_object__find_map_fd_by_name(obj, "entered");
	unsigned long long n = 0;
	unsigned int zero = 0;

	bpf_map_lookup_elem(fd, &zero, &n);
	printf("entered %llu\n", n);
}

static int stay(struct bpf_object *obj, bool enter)
{
	sigset_t end;
	int sig;

	puts("attached");
	fflush(stdout);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	sigwait(&end, &sig);
	if (enter)
		say_entered(obj);
	return 0;
}

int main(int argc, char **argv)
{
	bool enter = argc == 2 && !strcmp(argv[1], "enter");
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct bpf_link *link;

	if (!enter && (argc < 2 || strcmp(argv[1], "deny"))) {
		fprintf(stderr, "usage: ahvbpf deny [FILE...] | ahvbpf enter\n");
		return 2;
	}
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	obj = bpf_object__open("file.bpf.o");
	if (!obj)
		return fail("file.bpf.o", errno);
	prog = bpf_object__find_program_by_name(obj, argv[1]);
	bpf_program__set_autoload(prog, true);
	if (bpf_object__load(obj))
		return fail("load", errno);
	if (!enter && fill(obj, argc - 2, argv + 2))
		return 1;
	link = bpf_program__attach(prog);
	if (!link)
		return fail("attach", errno);
	stay(obj, enter);
	bpf_link__destroy(link);
	bpf_object__close(obj);
	return 0;
}
