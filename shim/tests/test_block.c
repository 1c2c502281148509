// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines about denials, processes and the policy: exact bytes, hostile names,
 * the longest there can be, all against the schema; cgroup paths that come by
 * a record of their own and go with the recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/aegishv_genl.h>
#include "cgtab.h"
#include "cm.h"
#include "jsonl.h"
#include "mounts.h"
#include "rec.h"
#include "text.h"

static char line[JSONL_LINE_MAX + 1];
static struct jsonl_clock clk;

static union {
	struct aegishv_rec_block b;
	struct aegishv_rec_proc p;
	char bytes[sizeof(struct aegishv_rec_block) + 2 * REC_PATH_MAX];
} u;

static const char *render(const struct cgtab_entry *cg)
{
	size_t bound = jsonl_bound(&u.b.h, cg), n;

	assert_true(rec_valid(&u.b.h, sizeof(u)));
	assert_true(bound <= JSONL_LINE_MAX);
	memset(line, '~', sizeof(line));
	n = jsonl_proc_record(line, &u.b.h, cg, &clk);
	assert_true(n <= bound);
	assert_int_equal(line[bound], '~');
	line[n] = '\0';
	return line;
}

static void set_proc(struct aegishv_proc *p)
{
	*p = (struct aegishv_proc){
		.start_ns = 1234567890, .parent_start_ns = 5678, .cgid = 987, .pid = 123,
		.tid = 124, .ppid = 1, .uid = 1000, .gid = 100, .comm = "cat",
	};
}

static void set_block(const char *path, const char *host)
{
	size_t n = strlen(path), m = host ? strlen(host) : 0;

	memset(&u, 0, sizeof(u));
	u.b.h = (struct aegishv_hdr){ .type = AEGISHV_REC_BLOCK, .cpu = 3, .seq = 5,
				      .class_ = AEGISHV_CLASS_ALERT, .time_ns = 1000,
				      .vcpu = AEGISHV_VCPU_NONE };
	u.b.h.len = (sizeof(u.b) + n + m + 7) & ~7UL;
	set_proc(&u.b.proc);
	u.b.ino = 42;
	u.b.dev = 2049;
	u.b.gen = 7;
	u.b.rule = 9;
	u.b.generation = 3;
	u.b.kind = AEGISHV_RULE_KIND_DENY_PATH;
	u.b.op = AEGISHV_OP_OPEN;
	u.b.action = AEGISHV_ACTION_KILL;
	u.b.path_len = n;
	u.b.host_len = m;
	u.b.flags = host ? 0 : AEGISHV_BLOCK_SAME_PATH;
	memcpy(u.b.text, path, n);
	memcpy(u.b.text + n, host ? host : "", m);
}

static void block_line(void **state)
{
	struct cgtab *t = cgtab_new();

	set_block("/tmp/foo", "/var/lib/c1/tmp/foo");
	assert_true(cgtab_set(t, 987, "/sys/fs/cgroup/a", 16));
	assert_string_equal(render(cgtab_find(t, 987)),
		"{\"type\":\"block\",\"seq\":5,\"cpu\":3,\"time_ns\":1000,\"pid\":123,\"ppid\":1,"
		"\"start_time\":1234567890,\"exec_id\":\"1234567890-123\","
		"\"parent_start_time\":5678,\"parent_exec_id\":\"5678-1\",\"cgid\":987,"
		"\"cgroup_path\":\"/sys/fs/cgroup/a\",\"path\":\"/tmp/foo\","
		"\"resolved_path\":\"/var/lib/c1/tmp/foo\",\"ino\":42,\"dev\":2049,"
		"\"action\":\"KILL\",\"comm\":\"cat\",\"tid\":124,\"uid\":1000,\"gid\":100,"
		"\"op\":\"open\",\"rule\":9,\"rule_kind\":\"deny_path\",\"gen\":7,"
		"\"generation\":3,\"flags\":[]}\n");
	set_block("/tmp/foo", NULL);
	u.b.flags |= AEGISHV_BLOCK_MARKED;
	assert_non_null(strstr(render(NULL), "\"resolved_path\":\"/tmp/foo\","));
	assert_non_null(strstr(line, "\"flags\":[\"same_path\",\"marked\"]"));
	assert_null(strstr(line, "cgroup_path"));
	cgtab_free(t);
}

/* What is kept of a process must not outlive any change of it. */
static void kept_text(void **state)
{
	set_block("/a", NULL);
	render(NULL);
	u.b.proc.uid = 0;
	assert_non_null(strstr(render(NULL), "\"uid\":0,"));
	memset(u.b.proc.comm, 'x', sizeof(u.b.proc.comm));
	assert_non_null(strstr(render(NULL), "\"comm\":\"xxxxxxxxxxxxxxxx\""));
	u.b.proc.start_ns++;
	assert_non_null(strstr(render(NULL), "\"exec_id\":\"1234567891-123\""));
	u.b.proc.cgid = 5;
	assert_non_null(strstr(render(NULL), "\"cgid\":5,"));
}

static void longest(void **state)
{
	static char path[REC_PATH_MAX + 1], cgroup[CGTAB_PATH_MAX];
	struct cgtab *t = cgtab_new();

	memset(path, 1, REC_PATH_MAX);
	memset(cgroup, 2, sizeof(cgroup));
	set_block(path, path);
	memset(&u.b.proc, 0xff, sizeof(u.b.proc));
	memset(u.b.proc.comm, 1, sizeof(u.b.proc.comm));
	u.b.ino = u.b.generation = u.b.h.seq = u.b.h.time_ns = UINT64_MAX;
	u.b.dev = u.b.gen = u.b.rule = UINT32_MAX;
	u.b.kind = u.b.op = u.b.action = 0xff;
	u.b.flags = 0xff & ~AEGISHV_BLOCK_SAME_PATH;
	assert_true(cgtab_set(t, UINT64_MAX, cgroup, sizeof(cgroup)));
	assert_true(strlen(render(cgtab_find(t, UINT64_MAX))) > 12 * REC_PATH_MAX);
	u.b.flags = 0xff;
	assert_true(strlen(render(cgtab_find(t, UINT64_MAX))) > 12 * REC_PATH_MAX);
	cgtab_free(t);
}

static void bad_lengths(void **state)
{
	set_block("/tmp/foo", "/x");
	assert_true(rec_valid(&u.b.h, u.b.h.len));
	u.b.host_len = u.b.h.len - sizeof(u.b) - u.b.path_len + 1;
	assert_false(rec_valid(&u.b.h, u.b.h.len));
	u.b.host_len = 0;
	u.b.path_len = REC_PATH_MAX + 1;
	u.b.h.len = sizeof(u);
	assert_false(rec_valid(&u.b.h, sizeof(u)));
}

static void set_exec(uint16_t type)
{
	static const char path[] = "/usr/bin/a \"b\"";

	memset(&u, 0, sizeof(u));
	u.p.h = (struct aegishv_hdr){ .type = type, .seq = 1, .vcpu = AEGISHV_VCPU_NONE };
	set_proc(&u.p.proc);
	u.p.path_len = type == AEGISHV_REC_EXEC ? sizeof(path) - 1 : 0;
	u.p.status = type == AEGISHV_REC_PEXIT ? 0x8b : 0;
	u.p.h.len = sizeof(u.p) + 16;
	memcpy(u.p.text, path, u.p.path_len);
}

static void proc_lines(void **state)
{
	set_exec(AEGISHV_REC_EXEC);
	assert_non_null(strstr(render(NULL), "{\"type\":\"exec\","));
	assert_non_null(strstr(line, "\"path\":\"/usr/bin/a \\\"b\\\"\",\"comm\":\"cat\","));
	set_exec(AEGISHV_REC_FORK);
	assert_non_null(strstr(render(NULL), "{\"type\":\"fork\","));
	assert_null(strstr(line, "\"path\""));
	set_exec(AEGISHV_REC_PEXIT);
	assert_non_null(strstr(render(NULL), "\"status\":139}"));
}

/* Eight bytes at once must be what one at a time is: compare with a second writer. */
static size_t slowly(char *p, const char *s, size_t len)
{
	char *start = p;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = s[i];

		if (c >= 0x80)
			p += sprintf(p, "\\\\x%02x", c);
		else if (c < 0x20 || c == 0x7f)
			p += sprintf(p, "\\u00%02x", c);
		else if (c == '"' || c == '\\')
			p += sprintf(p, "\\%c", c);
		else
			*p++ = c;
	}
	return p - start;
}

static void fast_text(void **state)
{
	char s[24], fast[24 * 6], slow[24 * 6];
	unsigned int c, at;

	for (c = 0; c < 256; c++) {
		for (at = 0; at < sizeof(s); at++) {
			memset(s, 'a', sizeof(s));
			s[at] = c;
			s[(at + 1) % sizeof(s)] = at % 3 ? '!' : '\\';
			assert_int_equal(put_json(fast, s, sizeof(s)) - fast,
					 slowly(slow, s, sizeof(s)));
			assert_memory_equal(fast, slow, slowly(slow, s, sizeof(s)));
		}
	}
}

static void cgroups(void **state)
{
	struct cgtab *t = cgtab_new();
	uint64_t i;

	for (i = 1; i <= CGTAB_MAX; i++)
		assert_true(cgtab_set(t, i * 64, "/c", i % 2 ? 2 : 0));
	assert_int_equal(cgtab_find(t, 64)->len, strlen(",\"cgroup_path\":\"/c\""));
	assert_int_equal(cgtab_find(t, 128)->len, 0);
	assert_null(cgtab_find(t, 65));
	assert_true(cgtab_set(t, 64, "/changed", 8));
	assert_true(cgtab_set(t, 1, "/more", 5));
	assert_null(cgtab_find(t, 64));		/* full: all of it was forgotten */
	assert_non_null(cgtab_find(t, 1));
	cgtab_free(t);
}

static void mountinfo(void **state)
{
	char good[] = "36 35 259:7 /mnt1 /a\\040b\\134c rw,noatime master:1 - ext3 /dev/root rw\n";
	char no_dash[] = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1";
	struct mount_line m;

	assert_true(mounts_parse(good, &m));
	assert_string_equal(m.point, "/a b\\c");
	assert_string_equal(m.fstype, "ext3");
	assert_int_equal(m.dev, 259 << 8 | 7);
	assert_false(mounts_parse(no_dash, &m));
}

static int validate(const char *path)
{
	const char *top = getenv("AEGISHV_TOP") ? getenv("AEGISHV_TOP") : ".";
	char cmd[1024];

	snprintf(cmd, sizeof(cmd),
		 "ASAN_OPTIONS= python3 '%s/selftests/validate_jsonl.py' '%s/schema/event.schema.json' '%s' >&2",
		 top, top, path);
	return system(cmd);
}

static void put_policy(FILE *f)
{
	struct aegishv_rec_policy r = {
		.h = { .type = AEGISHV_REC_POLICY, .len = sizeof(r), .vcpu = AEGISHV_VCPU_NONE },
		.rules = 1000000, .mode = 1, .comm = "aegishv",
	};

	for (r.event = 1; r.event <= AEGISHV_POLICY_FULL + 1; r.event++)
		fwrite(line, 1, jsonl_record(line, &r.h, NULL, &clk), f);
}

static void schema(void **state)
{
	static const char *const names[] = { "/x", "/\xff\xfe", "/a\nb\"\\", "/\xc3\xbc", "/\x1b[2J", "" };
	char path[] = "/tmp/aegishv-block-XXXXXX";
	struct cgtab *t = cgtab_new();
	FILE *f = fdopen(mkstemp(path), "w");
	size_t i;

	if (system("python3 -c 'import jsonschema' 2>/dev/null"))
		skip();
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_true(cgtab_set(t, 987, names[i], strlen(names[i])));
		set_block(names[i], i % 2 ? names[i] : NULL);
		u.b.flags |= 1 << i;
		memcpy(u.b.proc.comm, names[i], strlen(names[i]));
		fputs(render(cgtab_find(t, 987)), f);
	}
	u.b.kind = u.b.op = u.b.action = 0xff;
	fputs(render(NULL), f);
	for (i = AEGISHV_REC_EXEC; i <= AEGISHV_REC_PEXIT; i++) {
		set_exec(i);
		fputs(render(NULL), f);
	}
	put_policy(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(validate(path), 0);
	cgtab_free(t);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_line), cmocka_unit_test(kept_text),
		cmocka_unit_test(longest), cmocka_unit_test(bad_lengths),
		cmocka_unit_test(proc_lines), cmocka_unit_test(fast_text),
		cmocka_unit_test(cgroups), cmocka_unit_test(mountinfo),
		cmocka_unit_test(schema),
	};

	return RUN(tests);
}
