// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VM names from /proc/PID/cmdline and /proc/PID/cgroup. The process may vanish
 * at any point and may have written anything there: lengths are bounded, bytes
 * are not interpreted beyond what is needed. No state.
 */
#include "vmid.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CMDLINE_MAX	65536
#define CGROUP_MAX	8192

static void set_name(struct vmid *id, const char *s, size_t n)
{
	if (!n || id->name[0])
		return;
	if (n >= sizeof(id->name))
		n = sizeof(id->name) - 1;
	memcpy(id->name, s, n);
	id->name[n] = '\0';
}

/* QEMU doubles a comma that is part of a value; returns the value's end. */
static const char *copy_value(char *dst, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s; s++) {
		if (*s == ',') {
			if (s[1] != ',')
				break;
			s++;
		}
		if (n + 1 < size)
			dst[n++] = *s;
	}
	dst[n] = '\0';
	return s;
}

/* guest=NAME, or NAME as the first value without a key. */
static void qemu_name(struct vmid *id, const char *value)
{
	char part[VM_NAME_MAX + 8];
	bool first = true;

	for (;; value++, first = false) {
		value = copy_value(part, sizeof(part), value);
		if (!strncmp(part, "guest=", 6))
			set_name(id, part + 6, strlen(part + 6));
		else if (first && !strchr(part, '='))
			set_name(id, part, strlen(part));
		if (!*value)
			return;
	}
}

static void take_uuid(struct vmid *id, const char *s)
{
	size_t i;

	if (strlen(s) != VM_UUID_LEN)
		return;
	for (i = 0; i < VM_UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit((unsigned char)s[i]))
			return;
	}
	memcpy(id->uuid, s, VM_UUID_LEN + 1);
}

/* One option and what follows it. */
static void option(struct vmid *id, bool firecracker, const char *opt, const char *value)
{
	if (opt[0] == '-' && opt[1] == '-')
		opt++;
	if (!strcmp(opt, "-name"))
		qemu_name(id, value);
	else if (!strcmp(opt, "-uuid"))
		take_uuid(id, value);
	else if (firecracker && !strcmp(opt, "-id"))
		set_name(id, value, strlen(value));
	else if (firecracker && !strncmp(opt, "-id=", 4))
		set_name(id, opt + 4, strlen(opt + 4));
}

static bool is_firecracker(const char *argv0)
{
	const char *base = strrchr(argv0, '/');

	return strstr(base ? base + 1 : argv0, "firecracker");
}

void vmid_cmdline(struct vmid *id, const char *args, size_t len)
{
	char *copy = malloc(len + 2);
	const char *p, *end;
	bool firecracker;

	if (!copy)
		return;
	memcpy(copy, args, len);
	copy[len] = copy[len + 1] = '\0';
	end = copy + len;
	firecracker = is_firecracker(copy);
	for (p = copy; p < end;) {
		const char *next = p + strlen(p) + 1;

		option(id, firecracker, p, next <= end ? next : "");
		p = next;
	}
	free(copy);
}

/* systemd writes a byte that a unit's name may not have as \xNN. */
static size_t unescape(char *dst, size_t size, const char *s, size_t n)
{
	size_t i, used = 0;

	for (i = 0; i < n && used < size; i++) {
		unsigned int byte;
		char hex[3] = "";

		if (n - i >= 4 && s[i] == '\\' && s[i + 1] == 'x') {
			memcpy(hex, s + i + 2, 2);
			if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1])) {
				sscanf(hex, "%x", &byte);
				dst[used++] = byte;
				i += 3;
				continue;
			}
		}
		dst[used++] = s[i];
	}
	return used;
}

/* machine-qemu\x2d3\x2dweb\x2d01.scope: driver, number, name. */
void vmid_cgroup(struct vmid *id, const char *text)
{
	const char *s = strstr(text, "/machine-");
	char unit[VM_NAME_MAX + 64];
	const char *end, *name;
	size_t n;

	if (!s)
		return;
	s += strlen("/machine-");
	end = strstr(s, ".scope");
	if (!end || memchr(s, '\n', end - s))
		return;
	n = unescape(unit, sizeof(unit) - 1, s, end - s);
	unit[n] = '\0';
	name = strchr(unit, '-');
	if (!name)
		return;
	name++;
	n = strspn(name, "0123456789");
	if (!n || name[n] != '-')
		return;
	set_name(id, name + n + 1, strlen(name + n + 1));
}

static ssize_t read_proc(const char *proc, uint32_t tgid, const char *file, char *buf, size_t size)
{
	char path[256];
	size_t used = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%.200s/%u/%s", proc, tgid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	do {
		n = read(fd, buf + used, size - 1 - used);
		if (n > 0)
			used += n;
	} while (n > 0 && used < size - 1);
	close(fd);
	buf[used] = '\0';
	return used;
}

void vmid_lookup(struct vmid *id, const char *proc, uint32_t tgid, const char *comm)
{
	char *buf = malloc(CMDLINE_MAX);
	ssize_t n;

	memset(id, 0, sizeof(*id));
	if (buf && tgid) {
		n = read_proc(proc, tgid, "cmdline", buf, CMDLINE_MAX);
		if (n > 0)
			vmid_cmdline(id, buf, n);
		if (!id->name[0] && read_proc(proc, tgid, "cgroup", buf, CGROUP_MAX) > 0)
			vmid_cgroup(id, buf);
	}
	free(buf);
	if (!id->name[0])
		snprintf(id->name, sizeof(id->name), "%.*s-%u", 64, comm && *comm ? comm : "vmm",
			 tgid);
}
