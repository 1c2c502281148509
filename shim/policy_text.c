// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules as text: escapes, entries, files. No state.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "text.h"

static const struct {
	const char *deny;
	const char *protect;
} sections[] = {
	[AEGISHV_RULE_KIND_DENY_PATH] = { "deny_path", "protect_path" },
	[AEGISHV_RULE_KIND_DENY_INODE] = { "deny_inode", "protect_inode" },
	[AEGISHV_RULE_KIND_DENY_DIR] = { "deny_dir", "protect_dir" },
	[AEGISHV_RULE_KIND_ALLOW_CGROUP] = { "allow_cgroup", "allow_cgroup" },
};

const char *policy_section(const struct policy_rule *r)
{
	if (!r->kind || r->kind >= sizeof(sections) / sizeof(sections[0]))
		return "?";
	return r->flags & AEGISHV_RULE_FLAG_PROTECT ? sections[r->kind].protect :
						      sections[r->kind].deny;
}

/* Bytes that may stand for themselves: printable UTF-8, blanks not at the ends. */
static size_t plain_len(const char *s, size_t len)
{
	size_t n = utf8_len(s, len);
	unsigned char c = s[0];

	if (!n || c < 0x20 || c == 0x7f || c == '\\')
		return 0;
	if (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0)
		return 0;
	return n;
}

static char *put_escape(char *p, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	*p++ = '\\';
	switch (c) {
	case '\\':
		*p++ = '\\';
		break;
	case '\n':
		*p++ = 'n';
		break;
	case '\t':
		*p++ = 't';
		break;
	default:
		*p++ = 'x';
		*p++ = hex[c >> 4];
		*p++ = hex[c & 15];
	}
	return p;
}

void policy_escape(char *dst, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = plain_len(s + i, len - i);
		bool end = i == 0 || i + 1 == len;

		if (!n || (end && s[i] == ' ')) {
			dst = put_escape(dst, s[i++]);
			continue;
		}
		dst = put_bytes(dst, s + i, n);
		i += n;
	}
	*dst = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape behind its backslash; bytes read of it, 0 for none. */
static size_t get_escape(const char *s, size_t len, char *c)
{
	int high, low;

	if (!len)
		return 0;
	switch (s[0]) {
	case '\\':
		*c = '\\';
		return 1;
	case 'n':
		*c = '\n';
		return 1;
	case 't':
		*c = '\t';
		return 1;
	case 'x':
		high = len > 1 ? hex_digit(s[1]) : -1;
		low = len > 2 ? hex_digit(s[2]) : -1;
		if (high < 0 || low < 0 || !(high | low))
			return 0;
		*c = high << 4 | low;
		return 3;
	}
	return 0;
}

long policy_unescape(char *dst, const char *s, size_t len, size_t *bad)
{
	size_t i = 0, n;
	long used = 0;

	while (i < len) {
		if (s[i] != '\\') {
			dst[used++] = s[i++];
			continue;
		}
		n = get_escape(s + i + 1, len - i - 1, &dst[used]);
		if (!n) {
			*bad = i;
			return -1;
		}
		used++;
		i += n + 1;
	}
	return used;
}

void policy_print_rule(FILE *f, const struct policy_rule *r)
{
	char text[4 * POLICY_PATH_MAX + 1];

	if (r->path) {
		policy_escape(text, r->path, r->path_len);
		fputs(text, f);
	} else if (r->kind == AEGISHV_RULE_KIND_ALLOW_CGROUP) {
		fprintf(f, "cgid:%llu", (unsigned long long)r->cgid);
	} else if (r->has_gen) {
		fprintf(f, "%u:%llu:%u", r->dev, (unsigned long long)r->ino, r->gen);
	} else {
		fprintf(f, "%u:%llu", r->dev, (unsigned long long)r->ino);
	}
}

static void print_section(FILE *f, const struct policy *p, unsigned int kind, bool protect)
{
	bool any = false;
	size_t i;

	for (i = 0; i < p->nr; i++) {
		const struct policy_rule *r = &p->rules[i];

		if (r->kind != kind || !!(r->flags & AEGISHV_RULE_FLAG_PROTECT) != protect)
			continue;
		if (!any)
			fprintf(f, "\n[%s]\n", policy_section(r));
		any = true;
		policy_print_rule(f, r);
		fputc('\n', f);
	}
}

void policy_print(FILE *f, const struct policy *p)
{
	unsigned int kind;

	fputs("version=1\n", f);
	for (kind = AEGISHV_RULE_KIND_DENY_PATH; kind <= AEGISHV_RULE_KIND_ALLOW_CGROUP; kind++) {
		print_section(f, p, kind, false);
		print_section(f, p, kind, true);
	}
	vmrules_print(f, &p->vms);
}
