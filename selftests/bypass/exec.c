// SPDX-License-Identifier: GPL-2.0-only
/* Running the file: as a program, as an interpreter, by the loader, by the kernel. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "bypass.h"

static char *const hello_argv[] = { "hello", NULL };

static int execute(struct env *e)
{
	return with_program(e->file, hello_argv);
}

/* with_program(), by execveat(2) on a descriptor. */
static int by_fd(int fd)
{
	static char *const none[] = { NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, fd, "", hello_argv, none, AT_EMPTY_PATH);
		_exit(128 + errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return said_hello(status);
}

static int execveat_o_path(struct env *e)
{
	int fd = open(e->file, O_PATH);

	return fd < 0 ? -errno : by_fd(fd);
}

static int open_first(struct env *e)
{
	e->fd = open(e->file, O_RDONLY);
	return result(e->fd);
}

static int execveat_before(struct env *e)
{
	return by_fd(e->fd);
}

static int exec_proc_fd(struct env *e)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", e->fd);
	return with_program(path, hello_argv);
}

static int exec_symlink(struct env *e)
{
	if (symlink(e->file, in(e, "program")))
		return -errno;
	return with_program(in(e, "program"), hello_argv);
}

static int exec_hardlink(struct env *e)
{
	if (link(e->file, in(e, "program")))
		return -errno;
	return with_program(in(e, "program"), hello_argv);
}

static int script(struct env *e)
{
	char text[sizeof(e->file) + 16];
	int err;

	snprintf(text, sizeof(text), "#!%s\n", e->file);
	err = write_file(in(e, "script"), text);
	if (err || chmod(in(e, "script"), 0755))
		return err ?: -errno;
	return with_program(in(e, "script"), hello_argv);
}

/* The file is the script: the interpreter reads it. */
static int make_script(struct env *e)
{
	int err = write_file(e->file, "#!/bin/sh\nexit 42\n");

	return err ?: result(chmod(e->file, 0755));
}

static int sh_file(struct env *e)
{
	char *const argv[] = { "sh", e->file, NULL };
	int err = with_program("/bin/sh", argv);

	/* sh says 2 when it cannot open its script */
	return err == -ECHILD ? -EPERM : err;
}

static int make_dynamic(struct env *e)
{
	return copy_file("/t/hello-dynamic", e->file);
}

static int loader(struct env *e)
{
#ifdef __aarch64__
	static const char ld[] = "/lib/ld-linux-aarch64.so.1";
#else
	static const char ld[] = "/lib64/ld-linux-x86-64.so.2";
#endif
	char *const argv[] = { "ld.so", e->file, NULL };

	return with_program(ld, argv);
}

static int copy_to(int fd, struct env *e)
{
	char buf[4096];
	ssize_t n;
	int src = open(e->file, O_RDONLY);

	if (src < 0)
		return -errno;
	while ((n = read(src, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			return -EIO;
	close(src);
	return 0;
}

static int memfd(struct env *e)
{
	int fd = syscall(SYS_memfd_create, "copy", 0);

	return copy_to(fd, e) ?: by_fd(fd);
}

static int memfd_before(struct env *e)
{
	e->fd = syscall(SYS_memfd_create, "copy", 0);
	return copy_to(e->fd, e);
}

static int tmpfile_before(struct env *e)
{
	char path[64];
	int fd = open(e->base, O_TMPFILE | O_RDWR, 0755), err;

	if (fd < 0)
		return -errno;
	err = copy_to(fd, e);
	/* a file that is open for writing is not run */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	e->fd = open(path, O_RDONLY);
	close(fd);
	return err;
}

static int run_fd(struct env *e)
{
	return by_fd(e->fd);
}

/* A process runs it already: its own image is the file. */
static int start_it(struct env *e)
{
	int pipe_[2];

	if (pipe(pipe_))
		return -errno;
	e->pid = fork();
	if (!e->pid) {
		char *const argv[] = { "sleep", "600", NULL };

		execv(e->file, argv);
		_exit(1);
	}
	usleep(100000);
	return kill(e->pid, 0) ? -errno : 0;
}

static int make_busybox(struct env *e)
{
	return copy_file("/bin/busybox", e->file);
}

static int proc_exe(struct env *e)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", e->pid);
	fd = open(path, O_RDONLY);
	return result(fd);
}

/* The kernel runs a helper of its own accord: no process of ours opens the file. */
static int make_helper(struct env *e)
{
	char text[sizeof(e->file) + 64];
	int err;

	snprintf(text, sizeof(text), "#!/bin/sh\necho ran >%s\n", in(e, "ran"));
	err = write_file(e->file, text);
	return err ?: result(chmod(e->file, 0755));
}

static int kernel_helper(struct env *e)
{
	static const char knob[] = "/proc/sys/kernel/modprobe";
	int err = write_file(knob, e->file), fd;

	if (err)
		return err;
	fd = socket(26, SOCK_STREAM, 0);	/* AF_LLC: a module that is not there */
	if (fd >= 0)
		close(fd);
	write_file(knob, "/sbin/modprobe");
	return access(in(e, "ran"), F_OK) ? -EPERM : 0;
}

const struct way exec_ways[] = {
	{ .name = "execve", .kinds = ALL, .blocked = ALL, .program = true, .attempt = execute },
	{ .name = "execveat", .kinds = ALL, .blocked = ALL, .program = true,
	  .attempt = execveat_o_path },
	{ .name = "execveat-fd-before", .kinds = ALL, .blocked = ALL, .program = true,
	  .prepare = open_first, .attempt = execveat_before },
	{ .name = "exec-proc-fd", .kinds = ALL, .blocked = ALL, .program = true,
	  .prepare = open_first, .attempt = exec_proc_fd },
	{ .name = "exec-symlink", .kinds = ALL, .blocked = ALL, .program = true,
	  .attempt = exec_symlink },
	{ .name = "exec-hardlink", .kinds = ALL, .blocked = ALL, .program = true,
	  .attempt = exec_hardlink },
	{ .name = "interpreter", .kinds = ALL, .blocked = ALL, .program = true, .attempt = script },
	{ .name = "script-file", .kinds = ALL, .blocked = ALL, .make = make_script,
	  .attempt = sh_file },
	{ .name = "ld-so", .kinds = ALL, .blocked = ALL, .make = make_dynamic, .attempt = loader },
	{ .name = "memfd-exec", .kinds = ALL, .blocked = ALL, .program = true, .attempt = memfd },
	{ .name = "memfd-copy-before", .kinds = PATH, .blocked = 0, .program = true,
	  .prepare = memfd_before, .attempt = run_fd },
	{ .name = "tmpfile-copy-before", .kinds = PATH, .blocked = 0, .program = true,
	  .prepare = tmpfile_before, .attempt = run_fd },
	{ .name = "proc-pid-exe", .kinds = ALL, .blocked = ALL, .make = make_busybox,
	  .prepare = start_it, .attempt = proc_exe },
	{ .name = "kernel-helper", .kinds = ALL, .blocked = ALL, .make = make_helper,
	  .attempt = kernel_helper },
	{ }
};
