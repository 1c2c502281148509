// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A seccomp filter, by libseccomp: what reading rings, writing lines, serving
 * HTTP and asking netlink take, in the C library's words. Anything else fails
 * with EPERM. It is for all threads, and cannot be taken back.
 */
#include "harden.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include "args.h"
#include "log.h"

static const char *const calls[] = {
	/* files */
	"read", "readv", "pread64", "write", "writev", "pwrite64", "open", "openat", "openat2",
	"close", "close_range", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs",
	"fstatfs", "lseek", "readlink", "readlinkat", "getdents64", "access", "faccessat",
	"faccessat2", "ftruncate", "fsync", "fdatasync", "dup", "dup2", "dup3", "fcntl", "ioctl",
	"open_by_handle_at", "rename", "renameat", "renameat2", "unlink", "unlinkat", "fchmod",
	"getcwd",
	/* memory and threads */
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "clone", "clone3", "futex",
	"futex_waitv", "set_robust_list", "rseq", "exit", "exit_group", "sched_yield",
	"sched_getaffinity", "membarrier", "prctl", "arch_prctl", "gettid", "getpid", "getppid",
	"getuid", "geteuid", "getgid", "getegid", "getrandom", "uname", "sysinfo", "getrlimit",
	"prlimit64", "set_tid_address", "restart_syscall",
	/* time, signals, waiting */
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "tgkill", "timerfd_create",
	"timerfd_settime", "timerfd_gettime", "signalfd4", "eventfd2", "pipe2", "poll", "ppoll",
	"select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2",
	/* HTTP and netlink */
	"socket", "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername",
	"getsockopt", "setsockopt", "sendto", "sendmsg", "recvfrom", "recvmsg", "shutdown",
	"sendfile",
};

static int allow(scmp_filter_ctx f)
{
	size_t i;
	int nr, err;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		nr = seccomp_syscall_resolve_name(calls[i]);
		if (nr == __NR_SCMP_ERROR)
			continue;	/* newer than the library */
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, nr, 0);
		if (err && err != -EDOM)
			return err;
	}
	return 0;
}

int harden(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = f ? 0 : -ENOMEM;

	if (!err)
		err = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!err)
		err = allow(f);
	if (!err)
		err = seccomp_load(f);
	if (f)
		seccomp_release(f);
	if (err)
		log_error("--seccomp: %s; the kernel may lack CONFIG_SECCOMP_FILTER", strerror(-err));
	return err ? EXIT_FAIL : 0;
}
