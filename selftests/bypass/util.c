// SPDX-License-Identifier: GPL-2.0-only
/*
 * What many ways share: reading the secret, processes of their own, mounts,
 * cgroups.
 */
#include "bypass.h"

#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>

struct rule extra_rule;

int result(int ret)
{
	return ret < 0 ? -errno : 0;
}

int skip(const char *why)
{
	FILE *f = fopen("/tmp/bypass.skip", "w");

	if (f) {
		fputs(why, f);
		fclose(f);
	}
	return -NO_WAY;
}

int read_secret(int fd)
{
	char buf[sizeof(SECRET)] = "";
	ssize_t n = pread(fd, buf, sizeof(SECRET) - 1, 0);

	if (n < 0)
		return -errno;
	return memcmp(buf, SECRET, sizeof(SECRET) - 1) ? -ENODATA : 0;
}

int open_at_and_read(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = read_secret(fd);
	close(fd);
	return err;
}

int open_and_read(const char *path)
{
	return open_at_and_read(AT_FDCWD, path);
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), err;

	if (fd < 0)
		return -errno;
	err = result(write(fd, text, strlen(text)));
	close(fd);
	return err;
}

int copy_file(const char *from, const char *to)
{
	int src = open(from, O_RDONLY | O_CLOEXEC), dst, n, err = 0;
	static char buf[65536];

	if (src < 0)
		return -errno;
	dst = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (dst < 0)
		err = -errno;
	while (!err && (n = read(src, buf, sizeof(buf))) > 0)
		err = result(write(dst, buf, n));
	close(src);
	if (dst >= 0)
		close(dst);
	return err;
}

const char *in(const struct env *e, const char *name)
{
	static char names[4][PATH_MAX];
	static unsigned int n;
	char *s = names[n++ % 4];

	snprintf(s, PATH_MAX, "%s/%s", e->base, name);
	return s;
}

int forked(int (*fn)(struct env *), struct env *e)
{
	int pipe_[2], res = -ECHILD;
	pid_t pid;

	if (pipe2(pipe_, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		res = fn(e);
		_exit(write(pipe_[1], &res, sizeof(res)) != sizeof(res));
	}
	close(pipe_[1]);
	if (pid > 0 && read(pipe_[0], &res, sizeof(res)) != sizeof(res))
		res = -ECHILD;
	close(pipe_[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return res;
}

/* Mounts that nobody else sees, gone with the process. */
int own_mounts(void)
{
	if (unshare(CLONE_NEWNS))
		return -errno;
	return result(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

int said_hello(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == HELLO)
		return 0;
	/* with_program() hands the errno of a failed execve on as 128 + errno */
	if (WIFEXITED(status) && WEXITSTATUS(status) > 128)
		return -(WEXITSTATUS(status) - 128);
	/* sh and ld.so say 126 and 127 for what they cannot open */
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127))
		return -EPERM;
	return -ECHILD;
}

int with_program(const char *path, char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* what sh and ld.so have to say */
		dup2(open("/dev/null", O_WRONLY), 2);
		execv(path, argv);
		_exit(128 + errno);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return said_hello(status);
}

int run_quiet(const char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 1);
		dup2(null, 2);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

int make_cgroup(const char *name, uint64_t *id)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	if (stat(path, &st))
		return -errno;
	*id = st.st_ino;
	return 0;
}

/* NULL for the root. */
int join_cgroup(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", name ? name : "");
	return write_file(path, "0");
}

int loop_attach(const char *file, char *dev, int flags)
{
	struct loop_config c = { .info.lo_flags = LO_FLAGS_AUTOCLEAR | flags };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), n, fd, file_fd;

	if (control < 0)
		return -errno;
	n = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	sprintf(dev, "/dev/loop%d", n);
	file_fd = open(file, (flags & LO_FLAGS_READ_ONLY ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (file_fd < 0)
		return -errno;
	c.fd = file_fd;
	fd = open(dev, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, LOOP_CONFIGURE, &c)) {
		n = -errno;
		close(file_fd);
		return n;
	}
	close(file_fd);
	return fd;
}
