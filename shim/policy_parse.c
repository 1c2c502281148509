// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy files, line by line. Every finding names its line and column; what is
 * not understood is never passed over in silence. No state between calls.
 */
#include <stdarg.h>
#include <string.h>
#include "args.h"
#include "policy.h"
#include "text.h"

enum where {
	TOP,		/* before the first section */
	KNOWN,		/* in a section of ours */
	OF_VM,		/* in a section about virtual machines */
	SKIPPED,	/* in one that was complained about */
};

struct parser {
	struct policy *policy;
	struct policy_reader *reader;
	enum where where;
	bool versioned;
	bool said_cr;
	uint8_t kind;
	uint8_t flags;
	unsigned int line;
	struct vm_section *vm;
};

static const struct {
	const char *name;
	uint8_t kind;
	uint8_t flags;
} known[] = {
	{ "deny_path", AEGISHV_RULE_KIND_DENY_PATH, 0 },
	{ "deny_inode", AEGISHV_RULE_KIND_DENY_INODE, 0 },
	{ "deny_dir", AEGISHV_RULE_KIND_DENY_DIR, 0 },
	{ "allow_cgroup", AEGISHV_RULE_KIND_ALLOW_CGROUP, 0 },
	{ "protect_path", AEGISHV_RULE_KIND_DENY_PATH, AEGISHV_RULE_FLAG_PROTECT },
	{ "protect_inode", AEGISHV_RULE_KIND_DENY_INODE, AEGISHV_RULE_FLAG_PROTECT },
	{ "protect_dir", AEGISHV_RULE_KIND_DENY_DIR, AEGISHV_RULE_FLAG_PROTECT },
};

static const char *const names[] = {
	"deny_path", "deny_inode", "deny_dir", "allow_cgroup", "protect_path", "protect_inode",
	"protect_dir", "vm", NULL,
};

/* Sections of other programs that read this format; a '*' stands for any end. */
static const char *const foreign[] = {
	"deny_ip", "deny_cidr", "deny_port", "deny_ip_port", "deny_binary_hash",
	"allow_binary_hash", "scan_paths", "cgroup_deny_*", "protect_runtime_deps",
	"require_ima_appraisal", "protect_connect", "deny_ptrace", "deny_module_load",
	"deny_bpf", NULL,
};

__attribute__((format(printf, 4, 5)))
static void say(struct parser *s, enum policy_level level, size_t column, const char *fmt, ...)
{
	unsigned int at[2] = { s->line, column + 1 };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->reader->errors[level]++;
	s->reader->say(s->reader->arg, level, at, text);
}

static bool is_foreign(const char *name)
{
	const char *const *f;

	for (f = foreign; *f; f++) {
		size_t n = strcspn(*f, "*");

		if (!strncmp(name, *f, n) && ((*f)[n] == '*' || !name[n]))
			return true;
	}
	return false;
}

/* Of one VM, or of every one without a name. */
static void start_vm(struct parser *s, const char *name)
{
	s->vm = vmrules_section(&s->policy->vms, name);
	if (!s->vm) {
		s->policy->nomem = true;
		return;
	}
	s->vm->line = s->line;
	s->where = OF_VM;
}

/* [vm NAME] */
static void start_named_vm(struct parser *s, const char *text)
{
	char name[VMRULES_NAME];
	size_t n;

	text += strspn(text, " \t");
	n = strlen(text);
	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	if (!n) {
		say(s, POLICY_ERROR, 0, "section [vm ]: a name is missing; every VM is [vm]");
		return;
	}
	if (strspn(name, "0123456789") == n)
		say(s, POLICY_WARNING, 0, "section [vm %s]: VMs go by name or UUID here; the numbers that 'aegishv vm list' shows mean nothing", name);
	start_vm(s, name);
}

static void start_section(struct parser *s, const char *name)
{
	const char *near;
	size_t i;

	if (!s->versioned) {
		say(s, POLICY_ERROR, 0, "no version=1 before the first section; write it at the top of the file");
		s->versioned = true;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, name))
			continue;
		s->where = KNOWN;
		s->kind = known[i].kind;
		s->flags = known[i].flags;
		return;
	}
	near = args_nearest(name, names);
	if (!strcmp(name, "vm"))
		start_vm(s, "");
	else if (!strncmp(name, "vm ", 3))
		start_named_vm(s, name + 3);
	else if (is_foreign(name))
		say(s, POLICY_UNSUPPORTED, 0, "section [%s] is not supported: none of its entries would be in force; take it out, or apply with --ignore-unsupported", name);
	else if (near)
		say(s, POLICY_ERROR, 0, "section [%s]: there is none; did you mean [%s]?", name, near);
	else
		say(s, POLICY_ERROR, 0, "section [%s]: there is none; see POLICY FILES in aegishv(8)", name);
}

static void section(struct parser *s, const char *text, size_t len, size_t column)
{
	char name[VMRULES_NAME + 4];
	size_t most = len > 4 && !strncmp(text, "[vm ", 4) ? VMRULES_NAME + 2 : 48;

	s->where = SKIPPED;
	if (text[len - 1] != ']') {
		say(s, POLICY_ERROR, column, "no ']' at the end of a section's name; comments stand on lines of their own");
		return;
	}
	if (len - 2 > most || (size_t)utf8_clean(name, sizeof(name), text + 1, len - 2) != len - 2) {
		say(s, POLICY_ERROR, column, "no section has such a name; see POLICY FILES in aegishv(8)");
		return;
	}
	start_section(s, name);
}

/* version=1, with blanks around '=' or without. */
static void setting(struct parser *s, const char *text, size_t len, size_t column)
{
	const char *eq = memchr(text, '=', len);
	size_t n = eq ? (size_t)(eq - text) : len;
	size_t value = n + 1;

	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	while (value < len && (text[value] == ' ' || text[value] == '\t'))
		value++;
	if (!eq || n != 7 || memcmp(text, "version", 7)) {
		say(s, POLICY_ERROR, column, "before the first section there is version=1 and nothing else");
		return;
	}
	if (s->versioned)
		say(s, POLICY_ERROR, column, "the version is given twice; take this one out");
	else if (len - value != 1 || text[value] != '1')
		say(s, POLICY_ERROR, column + value, "this program reads version=1 only; if the file is newer than the program, update the program");
	s->versioned = true;
}

static void entry(struct parser *s, const char *text, size_t len, size_t column)
{
	struct policy_entry e = { .text = text, .len = len, .kind = s->kind, .flags = s->flags };
	struct policy_rule r = { .line = s->line, .column = column + 1 };

	if (!policy_parse_entry(s->policy, &e, &r))
		say(s, POLICY_ERROR, column + e.column, "%s", e.why);
	else if (e.warn[0])
		say(s, POLICY_WARNING, column, "%s", e.warn);
}

/* Whether a value makes sense, alone or behind those given before. */
static bool check_vm(struct parser *s, enum vm_key key, const char *value, size_t column)
{
	struct vm_settings scratch;
	char why[256];
	long at;

	vmrules_defaults(&scratch);
	at = vmrules_value(&scratch, key, value, why);
	if (at >= 0)
		say(s, POLICY_ERROR, column + at, "%s: %s", vmrules_keys[key], why);
	return at < 0;
}

/* seal_gpa and exec_trap_gpa may be there more than once, all others may not. */
static void set_vm(struct parser *s, enum vm_key key, const char *value, size_t column)
{
	const char *before = s->vm->value[key];
	char both[VMRULES_VALUE];

	if (!check_vm(s, key, value, column))
		return;
	if (before && key != VMKEY_SEAL_GPA && key != VMKEY_EXEC_TRAP_GPA) {
		say(s, POLICY_ERROR, column, "%s is given twice for the same VMs; leave one", vmrules_keys[key]);
		return;
	}
	if ((size_t)snprintf(both, sizeof(both), "%s%s%s", before ? before : "",
			     before ? "," : "", value) >= sizeof(both)) {
		say(s, POLICY_ERROR, column, "%s: too long", vmrules_keys[key]);
		return;
	}
	if (before && !check_vm(s, key, both, 0))
		return;
	if (!vmrules_set(s->vm, key, both))
		s->policy->nomem = true;
}

/* KEY=VALUE, with blanks around '=' or without. */
static void vm_entry(struct parser *s, const char *text, size_t len, size_t column)
{
	const char *eq = memchr(text, '=', len);
	size_t n = eq ? (size_t)(eq - text) : len;
	char name[32], value[VMRULES_VALUE];
	const char *near;
	size_t start = n + 1;
	int key;

	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	if (!eq || start >= len || len - start >= sizeof(value)) {
		say(s, POLICY_ERROR, column, "not KEY=VALUE; see POLICY FILES in aegishv(8)");
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(n < 31 ? n : 31), text);
	snprintf(value, sizeof(value), "%.*s", (int)(len - start), text + start);
	for (key = 0; vmrules_keys[key]; key++) {
		if (strcmp(vmrules_keys[key], name))
			continue;
		set_vm(s, key, value, column + start);
		return;
	}
	near = args_nearest(name, vmrules_keys);
	say(s, POLICY_ERROR, column, near ? "%s: no setting of a VM; did you mean %s?" :
	    "%s: no setting of a VM; see POLICY FILES in aegishv(8)", name, near);
}

/* A byte that an editor would not show, or not as it is. */
static bool check_bytes(struct parser *s, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = text[i];

		if ((c >= 0x20 && c != 0x7f) || c == '\t')
			continue;
		if (!c)
			say(s, POLICY_ERROR, i, "a NUL byte; this is no text file, or it is UTF-16: save it as UTF-8");
		else
			say(s, POLICY_ERROR, i, "a control character (0x%02x); in a path write \\x%02x", c, c);
		return false;
	}
	return true;
}

static void take_line(struct parser *s, const char *text, size_t len)
{
	size_t start = 0;

	if (len && text[len - 1] == '\r') {
		len--;
		if (!s->said_cr)
			say(s, POLICY_WARNING, len, "lines end with a carriage return, which is left out; --fix takes them away");
		s->said_cr = true;
	}
	while (start < len && (text[start] == ' ' || text[start] == '\t'))
		start++;
	while (len > start && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (start == len || text[start] == '#' || text[start] == ';' || !check_bytes(s, text, len))
		return;
	text += start;
	len -= start;
	if (text[0] == '[')
		section(s, text, len, start);
	else if (s->where == TOP)
		setting(s, text, len, start);
	else if (s->where == KNOWN)
		entry(s, text, len, start);
	else if (s->where == OF_VM)
		vm_entry(s, text, len, start);
}

bool policy_parse(struct policy *p, const char *text, size_t len, struct policy_reader *r)
{
	struct parser s = { .policy = p, .reader = r };
	size_t at = 0;

	memset(r->errors, 0, sizeof(r->errors));
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		at = 3;		/* a byte order mark of UTF-8 */
	while (at < len) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t n = nl ? (size_t)(nl - text) - at : len - at;

		s.line++;
		take_line(&s, text + at, n);
		at += n + 1;
	}
	if (!s.versioned) {
		s.line = 1;
		say(&s, POLICY_ERROR, 0, "no version=1; write it at the top of the file");
	}
	return !r->errors[POLICY_ERROR];
}
