// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may not: an unprivileged user, root without CAP_SYS_ADMIN or
 * CAP_NET_ADMIN, root of a user namespace, with and without a network namespace
 * of its own. Each is a child process that tries everything.
 */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "life.h"
#include "nltest.h"

#define NOBODY	65534

static int become_nobody(void)
{
	return setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY);
}

static int drop_cap(int cap)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	d[cap / 32].effective &= ~(1U << (cap % 32));
	d[cap / 32].permitted &= ~(1U << (cap % 32));
	return syscall(SYS_capset, &h, d);
}

static int drop_sys_admin(void)
{
	return drop_cap(CAP_SYS_ADMIN);
}

static int drop_net_admin(void)
{
	return drop_cap(CAP_NET_ADMIN);
}

static int enter_user_ns(void)
{
	return unshare(CLONE_NEWUSER);
}

static int enter_user_and_net_ns(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

/* Every operation; returns the number that was not refused with @err. */
static int try_all(struct nlc *c, int err)
{
	static const struct nlc_attr set[] = { U32(CONFIG_DEADLINE_US, 7777), { 0 } };
	static const struct { int cmd, flags; const struct nlc_attr *attrs; } tries[] = {
		{ AEGISHV_CMD_INFO_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_CONFIG_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_CONFIG_SET, NLM_F_ACK, set },
		{ AEGISHV_CMD_VM_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_VM_GET, NLM_F_DUMP, NULL },
		{ AEGISHV_CMD_COUNTERS_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_RING_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_RING_GET, NLM_F_DUMP, NULL },
		{ AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_POLICY_ADD, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_POLICY_DEL, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_POLICY_COMMIT, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_POLICY_ABORT, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_POLICY_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_RULE_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_RULE_GET, NLM_F_DUMP, NULL },
		{ AEGISHV_CMD_DENIAL_GET, NLM_F_ACK, NULL },
		{ AEGISHV_CMD_DENIAL_GET, NLM_F_DUMP, NULL },
	};
	int bad = 0;

	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		struct nlc_answer a = { 0 };

		nlc_ask(c, nlc_new(c, tries[i].cmd, tries[i].flags, tries[i].attrs), &a);
		if (a.err == err && !a.messages)
			continue;
		note("command %d flags %#x: errno %d, %u objects", tries[i].cmd, tries[i].flags,
		     a.err, a.messages);
		bad++;
	}
	return bad;
}

/* In a child, since nobody gets privileges back. Its status: what @fn says. */
static int in_child(struct nlc *c, int (*lose)(void), int (*fn)(struct nlc *c))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (lose()) {
			note("cannot become that: %s", strerror(errno));
			_exit(99);
		}
		_exit(fn(c));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 98;
	return WEXITSTATUS(status);
}

static int new_socket_refused(struct nlc *c)
{
	return nlc_reconnect(c) ? 97 : try_all(c, -EPERM);
}

static int old_socket_refused(struct nlc *c)
{
	return try_all(c, -EPERM);
}

static int join_refused(struct nlc *c)
{
	return nlc_reconnect(c) ? 97 : nlc_join(c) != -EPERM;
}

static int family_absent(struct nlc *c)
{
	struct nlc other;

	if (nlc_connect(&other) != -ENOENT)
		return 1;
	return nlc_reconnect(c) ? 97 : try_all(c, -ENOENT);
}

static void refused_to(struct nlc *c, const char *who, int (*lose)(void))
{
	is(in_child(c, lose, new_socket_refused), 0, who);
	is(in_child(c, lose, join_refused), 0, "... who may not listen to notifications either");
	is(in_child(c, lose, old_socket_refused), 0, "... nor use a socket that root has opened");
}

static void count_deaths(int cmd, struct nlattr *first, int len, void *arg)
{
	(void)first;
	(void)len;
	*(int *)arg += cmd == AEGISHV_CMD_VM_DEATH_NTF;
}

/* Joins by number in a namespace of its own; says so; is told when to look. */
static _Noreturn void foreign_listener(struct nlc *c, const int say[2], const int told[2])
{
	int heard = 0;
	char byte = 0;

	if (enter_user_and_net_ns() || nlc_reconnect(c))
		_exit(97);
	nlc_join(c);		/* whether it may is the kernel's affair */
	if (write(say[1], &byte, 1) != 1 || read(told[0], &byte, 1) != 1)
		_exit(96);
	_exit(nlc_next_event(c, MSG_DONTWAIT, count_deaths, &heard) == -EAGAIN ? 0 : 1);
}

/* A VM lives and dies, and root has heard of it: so nobody else will any more. */
static void foreigners_hear_nothing(struct nlc *c)
{
	int say[2], told[2], heard = 0, status = -1;
	struct nlc listener;
	struct life l;
	char byte = 0;
	pid_t pid;

	if (life_open_kvm() || pipe(say) || pipe(told))
		return;
	pid = fork();
	if (!pid)
		foreign_listener(c, say, told);
	close(say[1]);
	if (read(say[0], &byte, 1) == 1 && !nlc_connect(&listener) && !nlc_join(&listener) &&
	    !life_make(&l, 1)) {
		life_end(&l);
		while (!heard && nlc_next_event(&listener, 0, count_deaths, &heard) >= 0)
			;
		nlc_close(&listener);
	}
	if (write(told[1], &byte, 1) != 1 || waitpid(pid, &status, 0) < 0)
		status = -1;
	is(status, 0, "no notification reaches another network namespace");
}

static void words_of_sys_admin(struct nlc *c)
{
	struct nlc_answer a = { 0 };
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		if (drop_sys_admin() || nlc_reconnect(c))
			_exit(1);
		nlc_ask(c, nlc_new(c, AEGISHV_CMD_INFO_GET, NLM_F_ACK, NULL), &a);
		if (!strstr(a.text, "CAP_SYS_ADMIN"))
			_exit(2);
		memset(&a, 0, sizeof(a));
		nlc_ask(c, nlc_new(c, AEGISHV_CMD_VM_GET, NLM_F_DUMP, NULL), &a);
		_exit(strstr(a.text, "CAP_SYS_ADMIN") ? 0 : 3);
	}
	waitpid(pid, &status, 0);
	is(WEXITSTATUS(status), 0, "the refusal names CAP_SYS_ADMIN, for a request and a dump");
}

void test_perm(struct nlc *c)
{
	struct nlc_config before;

	nlc_get_config(c, &before);
	refused_to(c, "refused to an unprivileged user", become_nobody);
	refused_to(c, "refused to root without CAP_SYS_ADMIN", drop_sys_admin);
	refused_to(c, "refused to root without CAP_NET_ADMIN", drop_net_admin);
	refused_to(c, "refused to root of a user namespace", enter_user_ns);
	words_of_sys_admin(c);
	is(in_child(c, enter_user_and_net_ns, family_absent), 0,
	   "no family in another network namespace, neither by name nor by number");
	foreigners_hear_nothing(c);
	ok(same_config(c, &before), "the configuration is as before");
}
