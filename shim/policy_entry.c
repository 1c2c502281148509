// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One entry of a section to a rule. No state.
 */
#include <stdarg.h>
#include <string.h>
#include "policy.h"

static bool bad(struct policy_entry *e, size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->why, sizeof(e->why), fmt, ap);
	va_end(ap);
	e->column = column;
	return false;
}

/* Without repeated slashes, "." and a slash at the end; what remains of ".." is the kernel's. */
static size_t tidy(char *path, size_t len)
{
	size_t i = 0, to = 0;

	while (i < len) {
		size_t n = 0;

		while (i < len && path[i] == '/')
			i++;
		while (i + n < len && path[i + n] != '/')
			n++;
		if (n && !(n == 1 && path[i] == '.')) {
			path[to++] = '/';
			memmove(path + to, path + i, n);
			to += n;
		}
		i += n;
	}
	if (!to)
		path[to++] = '/';
	return to;
}

static bool has_dotdot(const char *path, size_t len)
{
	size_t i;

	for (i = 0; i + 2 < len; i++) {
		if (!memcmp(path + i, "/..", 3) && (i + 3 == len || path[i + 3] == '/'))
			return true;
	}
	return false;
}

static void warn_path(struct policy_entry *e, const char *path, size_t len)
{
	if (has_dotdot(path, len))
		snprintf(e->warn, sizeof(e->warn),
			 "the path has '..': what it means depends on symbolic links at the time it is applied; write the path without");
	else if (memmem(path, len, " #", 2))
		snprintf(e->warn, sizeof(e->warn),
			 "' #' is part of the path: comments stand on lines of their own");
}

static bool parse_path(struct policy *p, struct policy_entry *e, struct policy_rule *r)
{
	char path[4 * POLICY_PATH_MAX];
	size_t at;
	long n;

	if (e->text[0] != '/')
		return bad(e, 0, "the path is not absolute; write it from /");
	if (e->len >= sizeof(path))
		return bad(e, 0, "the path has %zu bytes; the kernel takes no more than %d", e->len,
			   POLICY_PATH_MAX - 1);
	n = policy_unescape(path, e->text, e->len, &at);
	if (n < 0)
		return bad(e, at, "an escape that is not known; write \\\\ for a backslash, \\n, \\t, or \\xNN (01 to ff) for any other byte");
	if (n >= POLICY_PATH_MAX)
		return bad(e, 0, "the path has %ld bytes; the kernel takes no more than %d", n,
			   POLICY_PATH_MAX - 1);
	n = tidy(path, n);
	warn_path(e, path, n);
	if (n == 1 && r->kind == AEGISHV_RULE_KIND_DENY_DIR)
		return bad(e, 0, "this denies every file of the root file system, and the host is lost; name directories below it");
	if (n == 1 && r->kind == AEGISHV_RULE_KIND_DENY_PATH)
		return bad(e, 0, "the root directory has no name that could be denied; name files");
	r->path = path;
	r->path_len = n;
	if (policy_add(p, r))
		return true;
	return bad(e, 0, "there is no memory left");
}

/* A decimal number of at most @max up to the end or a colon; bytes read of it. */
static size_t number(const char *s, size_t len, uint64_t max, uint64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < len && s[i] >= '0' && s[i] <= '9'; i++) {
		unsigned int digit = s[i] - '0';

		if (*v > (max - digit) / 10)
			return 0;
		*v = *v * 10 + digit;
	}
	return i < len && s[i] != ':' ? 0 : i;
}

static bool parse_inode(struct policy *p, struct policy_entry *e, struct policy_rule *r)
{
	uint64_t dev, gen = 0;
	size_t at, n = number(e->text, e->len, UINT32_MAX, &dev);

	if (!n)
		return bad(e, 0, "no device number; write DEV:INODE or DEV:INODE:GENERATION, as 'stat -c %%d:%%i FILE' prints it");
	if (n == e->len)
		return bad(e, n, "no inode number behind the device; write DEV:INODE, as 'stat -c %%d:%%i FILE' prints it");
	at = n + 1;
	n = number(e->text + at, e->len - at, UINT64_MAX, &r->ino);
	if (!n || !r->ino)
		return bad(e, at, "no inode number, which is a decimal number from 1; 'stat -c %%d:%%i FILE' prints it");
	at += n;
	if (at < e->len) {
		at++;
		n = number(e->text + at, e->len - at, UINT32_MAX, &gen);
		if (!n || at + n != e->len)
			return bad(e, at, "no generation, which is a decimal number; leave it out to mean that of the inode now");
		r->has_gen = true;
	}
	r->dev = dev;
	r->gen = gen;
	return policy_add(p, r) ? true : bad(e, 0, "there is no memory left");
}

static bool parse_cgroup(struct policy *p, struct policy_entry *e, struct policy_rule *r)
{
	size_t n;

	if (e->len < 5 || memcmp(e->text, "cgid:", 5)) {
		if (e->text[0] != '/')
			return bad(e, 0, "no cgroup; write the path of its directory, from /, or cgid:NUMBER");
		return parse_path(p, e, r);
	}
	n = number(e->text + 5, e->len - 5, UINT64_MAX, &r->cgid);
	if (!n || n + 5 != e->len || !r->cgid)
		return bad(e, 5, "no cgroup id, which is a decimal number from 1; it is the inode number of the cgroup's directory");
	return policy_add(p, r) ? true : bad(e, 0, "there is no memory left");
}

bool policy_parse_entry(struct policy *p, struct policy_entry *e, struct policy_rule *r)
{
	e->why[0] = e->warn[0] = '\0';
	r->kind = e->kind;
	r->flags = e->flags;
	switch (e->kind) {
	case AEGISHV_RULE_KIND_DENY_INODE:
		return parse_inode(p, e, r);
	case AEGISHV_RULE_KIND_ALLOW_CGROUP:
		return parse_cgroup(p, e, r);
	}
	return parse_path(p, e, r);
}
