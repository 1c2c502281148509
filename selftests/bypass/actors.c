// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who asks: processes that are exempt and those that make them work for them,
 * and attacks on the guard itself.
 */
#include <linux/aegishv_genl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "bypass.h"

#define EXEMPT "bypass-exempt"

static char stolen[sizeof(SECRET)];
static const char *target;

static int exempt_rule(struct env *e)
{
	int err = make_cgroup(EXEMPT, &e->cgroup);

	target = e->file;
	extra_rule = (struct rule){ .kind = AEGISHV_RULE_KIND_ALLOW_CGROUP, .cgroup = e->cgroup };
	return err;
}

static int not_exempt(struct env *e)
{
	return open_and_read(e->file);
}

/* Root puts itself where nothing is denied. */
static int join_exempt(struct env *e)
{
	return join_cgroup(EXEMPT) ?: open_and_read(e->file);
}

static int join_below_exempt(struct env *e)
{
	uint64_t id;

	return make_cgroup(EXEMPT "/below", &id) ?: join_cgroup(EXEMPT "/below") ?:
	       open_and_read(e->file);
}

static int leave_exempt(struct env *e)
{
	return join_cgroup(EXEMPT) ?: join_cgroup(NULL) ?: open_and_read(e->file);
}

static int clone_into_exempt(struct env *e)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	int status;
	pid_t pid;

	args.cgroup = open("/sys/fs/cgroup/" EXEMPT, O_RDONLY | O_DIRECTORY);
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(-open_and_read(e->file));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return -WEXITSTATUS(status);
}

/* What the tracer makes the exempt process run. */
static void steal(void)
{
	int fd = open(target, O_RDONLY);

	if (fd < 0 || read(fd, stolen, sizeof(SECRET) - 1) < 0)
		_exit(errno);
	_exit(strcmp(stolen, SECRET) ? ENODATA : 0);
}

/* An exempt process that stops; it holds the secret when it @knows it. */
static int start_exempt(struct env *e, bool knows, bool traced)
{
	int status;

	e->pid = fork();
	if (!e->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (join_cgroup(EXEMPT))
			_exit(1);
		if (knows) {
			int fd = open(e->file, O_RDONLY);

			if (fd < 0 || read(fd, stolen, sizeof(SECRET) - 1) < 0)
				_exit(2);
		}
		if (traced)
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	if (waitpid(e->pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		return -ECHILD;
	return 0;
}

#ifdef __x86_64__
/* No system call is to be restarted. */
static void aim(struct user_regs_struct *regs)
{
	regs->rip = (uintptr_t)steal;
	regs->rsp = (regs->rsp & ~15UL) - 256 - 8;
	regs->orig_rax = -1;
}
#else
static void aim(struct user_regs_struct *regs)
{
	regs->pc = (uintptr_t)steal;
}
#endif

static int ptrace_exempt(struct env *e)
{
	struct user_regs_struct regs;
	struct iovec io = { &regs, sizeof(regs) };
	int status, err = start_exempt(e, false, true);

	if (err)
		return err;
	if (ptrace(PTRACE_GETREGSET, e->pid, NT_PRSTATUS, &io))
		return -errno;
	aim(&regs);
	if (ptrace(PTRACE_SETREGSET, e->pid, NT_PRSTATUS, &io) ||
	    ptrace(PTRACE_CONT, e->pid, NULL, NULL) || waitpid(e->pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

static int readv_exempt(struct env *e)
{
	char buf[sizeof(SECRET)] = "";
	struct iovec to = { buf, sizeof(buf) - 1 }, from = { stolen, sizeof(buf) - 1 };
	int err = start_exempt(e, true, false);

	if (!err && process_vm_readv(e->pid, &to, 1, &from, 1, 0) < 0)
		err = errno == ENOSYS ? skip("this kernel has no process_vm_readv") : -errno;
	return err ?: strcmp(buf, SECRET) ? -ENODATA : 0;
}

static int mem_of_exempt(struct env *e)
{
	char path[64], buf[sizeof(SECRET)] = "";
	int err = start_exempt(e, true, false), fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", e->pid);
	fd = open(path, O_RDONLY);
	if (!err && (fd < 0 || pread(fd, buf, sizeof(buf) - 1, (uintptr_t)stolen) < 0))
		err = -errno;
	return err ?: strcmp(buf, SECRET) ? -ENODATA : 0;
}

static int preload_exempt(struct env *e)
{
	static char *const argv[] = { "hello", NULL };

	/* hello itself fails: success is the library's */
	if (join_cgroup(EXEMPT) || setenv("HELLO_FAILS", "1", 1) || setenv("LD_PRELOAD", "/t/preload.so", 1) ||
	    setenv("SECRET_FILE", e->file, 1))
		return -EIO;
	return with_program("/t/hello-dynamic", argv);
}

/* A user namespace's root empties the policy, or switches to audit. */
static int from_user_namespace(struct env *e)
{
	struct setting audit = { AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	if (!nl_open()) {
		nl_apply(NULL, 0);
		nl_set(&audit, 1);
	}
	return open_and_read(e->file);
}

static int netlink_user_namespace(struct env *e)
{
	return forked(from_user_namespace, e);
}

/* The same over the socket that root opened: the kernel asks the opener and us. */
static int with_roots_socket(struct env *e)
{
	struct setting audit = { AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT };

	if (setgid(65534) || setuid(65534))
		return -errno;
	nl_apply(NULL, 0);
	nl_set(&audit, 1);
	return open_and_read(e->file);
}

static int netlink_other_user(struct env *e)
{
	return forked(with_roots_socket, e);
}

/* A reader of events that is stopped, or killed. */
static int start_reader(struct env *e)
{
	int status;

	e->pid = fork();
	if (!e->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (open("/dev/aegishv", O_RDWR) < 0)
			_exit(errno);
		raise(SIGSTOP);
		for (;;)
			pause();
	}
	if (waitpid(e->pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status))
		return -ECHILD;
	return 0;
}

static int reader_killed(struct env *e)
{
	kill(e->pid, SIGKILL);
	waitpid(e->pid, NULL, 0);
	return open_and_read(e->file);
}

static int unload(struct env *e)
{
	/* without a rule there is nothing to take away: the control only reads */
	if (e->kind)
		syscall(SYS_delete_module, "aegishv", O_NONBLOCK);
	return open_and_read(e->file);
}

static int ftrace_off(struct env *e)
{
	int err;

	write_file("/proc/sys/kernel/ftrace_enabled", "0");
	err = open_and_read(e->file);
	write_file("/proc/sys/kernel/ftrace_enabled", "1");
	return err;
}

static int kprobes_off(struct env *e)
{
	int err;

	write_file("/sys/kernel/debug/kprobes/enabled", "0");
	err = open_and_read(e->file);
	write_file("/sys/kernel/debug/kprobes/enabled", "1");
	return err;
}

#define EXEMPTED(name_, stops, fn) \
	{ .name = name_, .kinds = PATH, .blocked = stops, .prepare = exempt_rule, .attempt = fn }

const struct way actor_ways[] = {
	EXEMPTED("exempt-others", PATH, not_exempt),
	EXEMPTED("exempt-left", PATH, leave_exempt),
	EXEMPTED("exempt-join", 0, join_exempt),
	EXEMPTED("exempt-join-below", 0, join_below_exempt),
	EXEMPTED("exempt-clone-into", 0, clone_into_exempt),
	EXEMPTED("exempt-ptrace", 0, ptrace_exempt),
	EXEMPTED("exempt-process-vm-readv", 0, readv_exempt),
	EXEMPTED("exempt-proc-mem", 0, mem_of_exempt),
	EXEMPTED("exempt-ld-preload", 0, preload_exempt),
	{ .name = "netlink-user-namespace", .kinds = PATH, .blocked = PATH,
	  .attempt = netlink_user_namespace },
	{ .name = "netlink-other-user", .kinds = PATH, .blocked = PATH,
	  .attempt = netlink_other_user },
	{ .name = "reader-stopped", .kinds = PATH, .blocked = PATH,
	  .prepare = start_reader, .attempt = not_exempt },
	{ .name = "reader-killed", .kinds = PATH, .blocked = PATH,
	  .prepare = start_reader, .attempt = reader_killed },
	{ .name = "rmmod", .kinds = PATH, .blocked = PATH, .attempt = unload },
	{ .name = "ftrace-off", .kinds = PATH, .blocked = PATH, .attempt = ftrace_off },
	{ .name = "kprobes-off", .kinds = PATH, .blocked = PATH, .attempt = kprobes_off,
	  .not_on = KPROBE },
	{ }
};
