// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads the module, denies a file, unloads it, over and over, by one process:
 * where starting a program takes long, that is most of what a script's turn takes.
 *   ahvreload TIMES MODULE DENIED OTHER
 * Each eighth turn takes another back end than the usual one, each third one
 * deny_mode=access. While loaded, DENIED is denied and OTHER is not; after that
 * both open. Ends with a message at the first turn that is not so.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "txn.h"

#define MEANWHILE_US	20000	/* what others open is denied */

static const char *hook_of(unsigned int turn)
{
	switch (turn % 24) {
	case 8:
		return "hook=kprobe";
	case 16:
		return "hook=ftrace";
	default:
		return "hook=auto";
	}
}

static void must(bool held, unsigned int turn, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "ahvreload: turn %u, %s: %s (%s)\n", turn, hook_of(turn), what,
		strerror(errno));
	exit(1);
}

static void insert(const char *module, unsigned int turn)
{
	int fd = open(module, O_RDONLY | O_CLOEXEC);

	must(fd >= 0, turn, "the module's file does not open");
	must(!syscall(SYS_finit_module, fd, hook_of(turn), 0), turn, "it does not load");
	close(fd);
}

static int error_of_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static bool set(struct nlc *c, uint16_t type, uint32_t value)
{
	errno = -nlc_set(c, (struct nlc_attr[]) { { type, 4, value }, { 0 } });
	return !errno;
}

static void turn(unsigned int i, char **names)
{
	const char *denied = names[1], *other = names[2];
	struct txn t = { 0 };

	insert(names[0], i);
	txn_begin(&t, true);
	txn_add_path(&t, AEGISHV_RULE_KIND_DENY_INODE, denied);
	txn_commit(&t);
	must(set(&t.nlc, AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_ENFORCE), i,
	     "enforce is refused");
	must(error_of_open(denied) == EPERM, i, "it does not deny");
	must(!error_of_open(other), i, "it denies what no rule names");
	usleep(MEANWHILE_US);
	if (i % 3 == 0)
		must(set(&t.nlc, AEGISHV_A_CONFIG_DENY_MODE, AEGISHV_DENY_MODE_ACCESS), i,
		     "deny_mode=access is refused");
	must(set(&t.nlc, AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT), i,
	     "audit is refused");
	nlc_close(&t.nlc);
	must(!syscall(SYS_delete_module, "aegishv", O_NONBLOCK), i, "it does not unload");
	must(!error_of_open(denied), i, "it still denies");
}

int main(int argc, char **argv)
{
	unsigned long times;

	if (argc != 5) {
		fprintf(stderr, "usage: ahvreload TIMES MODULE DENIED OTHER\n");
		return 2;
	}
	times = strtoul(argv[1], NULL, 10);
	for (unsigned long i = 1; i <= times; i++)
		turn(i, argv + 2);
	return 0;
}
