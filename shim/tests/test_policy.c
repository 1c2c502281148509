// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy files: each error at its line and column, names with any byte there
 * and back, order, what counts as the same rule; explanations of events.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cm.h"
#include "explain.h"
#include "policy.h"
#include "sha256.h"

static char findings[8192];
static struct policy_reader reader;

static void say(void *arg, enum policy_level level, const unsigned int at[2], const char *text)
{
	size_t n = strlen(findings);

	snprintf(findings + n, sizeof(findings) - n, "%c %u:%u %s\n", "EUW"[level], at[0], at[1],
		 text);
}

static bool parse_n(struct policy *p, const char *text, size_t len)
{
	memset(p, 0, sizeof(*p));
	findings[0] = '\0';
	reader = (struct policy_reader){ .say = say };
	return policy_parse(p, text, len, &reader);
}

static bool parse(struct policy *p, const char *text)
{
	return parse_n(p, text, strlen(text));
}

/* One finding, alone, at that place, with that in it. */
static void finds(const char *text, const char *place, const char *what)
{
	struct policy p;

	parse(&p, text);
	policy_free(&p);
	if (strncmp(findings, place, strlen(place)) || !strstr(findings, what) ||
	    strchr(findings, '\n')[1])
		fail_msg("%s\nwanted: %s %s\nsaid: %s", text, place, what, findings);
}

static void seed(void **state)
{
	struct policy p;

	assert_true(parse(&p, "version=1\n\n# Block these paths\n[deny_path]\n/usr/bin/malware\n"
			  "/opt/dangerous/binary\n\n[deny_inode]\n259:12345\n\n[allow_cgroup]\n"
			  "/sys/fs/cgroup/system.slice\ncgid:123456\n"));
	assert_string_equal(findings, "");
	assert_int_equal(p.nr, 5);
	assert_string_equal(p.rules[0].path, "/usr/bin/malware");
	assert_int_equal(p.rules[1].line, 6);
	assert_int_equal(p.rules[2].kind, AEGISHV_RULE_KIND_DENY_INODE);
	assert_int_equal(p.rules[2].dev, 259);
	assert_int_equal(p.rules[2].ino, 12345);
	assert_false(p.rules[2].has_gen);
	assert_int_equal(p.rules[4].cgid, 123456);
	policy_free(&p);
}

#define V "version=1\n"

static void errors(void **state)
{
	finds("", "E 1:1", "no version=1");
	finds("[deny_path]\n", "E 1:1", "no version=1");
	finds("version=2\n", "E 1:9", "version=1 only");
	finds(V "version=1\n", "E 2:1", "given twice");
	finds(V "colour=red\n", "E 2:1", "version=1 and nothing else");
	finds(V "[deny_pth]\n/x\n", "E 2:1", "did you mean [deny_path]");
	finds(V "[something else]\n/x\n", "E 2:1", "there is none");
	finds(V "  [deny_path\n", "E 2:3", "no ']'");
	finds(V "[deny_path]\n  relative\n", "E 3:3", "not absolute");
	finds(V "[deny_path]\n/a\\qb\n", "E 3:3", "escape");
	finds(V "[deny_path]\n/a\\x0g\n", "E 3:3", "escape");
	finds(V "[deny_path]\n/a\\x00\n", "E 3:3", "escape");
	finds(V "[deny_path]\n/a\\\n", "E 3:3", "escape");
	finds(V "[deny_path]\n/a\x01\n", "E 3:3", "\\x01");
	finds(V "[deny_path]\n/\n", "E 3:1", "root directory");
	finds(V "[deny_dir]\n/./\n", "E 3:1", "the host is lost");
	finds(V "[deny_inode]\nx\n", "E 3:1", "no device");
	finds(V "[deny_inode]\n4294967296:1\n", "E 3:1", "no device");
	finds(V "[deny_inode]\n1\n", "E 3:2", "no inode number");
	finds(V "[deny_inode]\n1:18446744073709551616\n", "E 3:3", "no inode number");
	finds(V "[deny_inode]\n1:2:3:4\n", "E 3:5", "no generation");
	finds(V "[deny_inode]\n1:2 3\n", "E 3:3", "no inode number");
	finds(V "[allow_cgroup]\ncgid:0\n", "E 3:6", "no cgroup id");
	finds(V "[allow_cgroup]\nsystem.slice\n", "E 3:1", "no cgroup");
}

static void not_supported(void **state)
{
	finds(V "[deny_ip]\n10.0.0.1\nnot parsed\n", "U 2:1", "[deny_ip] is not supported");
	finds(V "[cgroup_deny_port]\n1\n", "U 2:1", "not supported");
	finds(V "[deny_binary_hash]\n1\n", "U 2:1", "not supported");
}

/* Settings of virtual machines: what is wrong, and where. */
static void vm_errors(void **state)
{
	finds(V "[vm]\ndetekt=all\n", "E 3:1", "did you mean detect?");
	finds(V "[vm]\nfrobnicate=1\n", "E 3:1", "no setting of a VM");
	finds(V "[vm]\ndetect=wx, foo\n", "E 3:12", "'foo': no detector");
	finds(V "[vm]\ncooldown\n", "E 3:1", "not KEY=VALUE");
	finds(V "[vm]\ncooldown=\n", "E 3:1", "not KEY=VALUE");
	finds(V "[vm]\ncooldown=2d\n", "E 3:10", "not a time");
	finds(V "[vm]\ncooldown=1s\ncooldown=2s\n", "E 4:10", "given twice");
	finds(V "[vm]\nexit_burst=fast\n", "E 3:12", "COUNT/TIME");
	finds(V "[vm]\nexit_burst=5/1d\n", "E 3:14", "not a time");
	finds(V "[vm]\nexit_burst_ignore=hlt,hit\n", "E 3:23", "'hit'");
	finds(V "[vm]\npio_ignore=0x3f8-0x3f0\n", "E 3:12", "not a port");
	finds(V "[vm]\npio_ignore=0x10000\n", "E 3:12", "not a port");
	finds(V "[vm]\nhypercall_allow=1,,2\n", "E 3:19", "hypercall");
	finds(V "[vm]\nseal_gpa=0x1000-0x1ff0\n", "E 3:10", "whole pages");
	finds(V "[vm]\nseal_gpa=0x1000\n", "E 3:10", "START-END");
	finds(V "[vm web-01]\nwx=on\n", "E 3:4", "off, detect, enforce");
	finds(V "[vm]\nseal_gpa=010000-017777\n", "E 3:10", "whole pages");
	finds(V "[vm]\nseal_gpa=0x2000-0x1fff\n", "E 3:10", "START-END");
	finds(V "[vm]\nseal_gpa=none\nseal_gpa=0x1000-0x1fff\n", "E 4:1", "none stands alone");
	finds(V "[vms]\n", "E 2:1", "did you mean [vm]?");
	finds(V "[vm ]\nwx=off\n", "E 2:1", "every VM is [vm]");
	finds(V "[vm 3]\nwx=off\n", "W 2:1", "name or UUID");
}

static void vm_sections(void **state)
{
	struct vm_settings v;
	struct policy p, q = { 0 };

	assert_true(parse(&p, V "[vm]\ndetect = exit_burst,nested\nexit_burst=20/2s\nwx=detect\n"
			  "[vm web-01]\nwx=enforce\nwx_action=pause\nexit_burst=off\n"
			  "seal_gpa=0x1000-0x1fff\nseal_gpa=0x4000-0x5fff\n"
			  "[vm 4C4C4544-0046-3310-8051-b7c04f4d3732]\ncooldown=5m\n"));
	assert_string_equal(findings, "");
	assert_false(vmrules_of(&p.vms, "db", NULL, &v));
	assert_int_equal(v.detect.detectors, 1U << AEGISHV_DETECT_EXIT_BURST |
					     1U << AEGISHV_DETECT_NESTED);
	assert_int_equal(v.detect.burst.count, 20);
	assert_int_equal(v.detect.burst.window_ms, 2000);
	assert_int_equal(v.wx, AEGISHV_WX_MODE_DETECT);
	assert_true(v.own == 0 && v.set & VMKEY_BIT(VMKEY_WX));
	assert_true(vmrules_of(&p.vms, "web-01", "4c4c4544-0046-3310-8051-B7C04F4D3732", &v));
	assert_int_equal(v.detect.burst.count, 0);
	assert_int_equal(v.detect.cooldown_ms, 300000);
	assert_int_equal(v.wx, AEGISHV_WX_MODE_ENFORCE);
	assert_int_equal(v.wx_action, AEGISHV_WX_ACTION_PAUSE);
	assert_true(v.own == (VMKEY_BIT(VMKEY_WX) | VMKEY_BIT(VMKEY_WX_ACTION) |
			      VMKEY_BIT(VMKEY_EXIT_BURST) | VMKEY_BIT(VMKEY_SEAL_GPA) |
			      VMKEY_BIT(VMKEY_COOLDOWN)));
	assert_int_equal(v.nr_seal, 2);
	assert_int_equal(v.seal[1].start, 0x4000);
	assert_int_equal(v.seal[1].end, 0x5fff);
	assert_true(policy_add_all(&q, &p));
	assert_true(vmrules_of(&q.vms, "web-01", NULL, &v));
	assert_int_equal(v.nr_seal, 2);
	policy_free(&p);
	policy_free(&q);
}

/* Written, read and written again is the same; put on top, the newer one counts. */
static void vm_text(void **state)
{
	char *one = NULL, *two = NULL;
	struct policy p, q, top;
	struct vm_settings v;
	size_t len;
	FILE *f;

	assert_true(parse(&p, V "[vm  a b ]\nhypercall_allow=1,5-9\n[vm]\ndetect=all\npio_ignore=none\n"));
	f = open_memstream(&one, &len);
	policy_print(f, &p);
	fclose(f);
	assert_string_equal(one, "version=1\n\n[vm]\ndetect=all\npio_ignore=none\n\n"
				 "[vm a b]\nhypercall_allow=1,5-9\n");
	assert_true(parse(&q, one));
	f = open_memstream(&two, &len);
	policy_print(f, &q);
	fclose(f);
	assert_string_equal(one, two);
	assert_true(parse(&top, V "[vm a b]\nhypercall_allow=none\n"));
	assert_true(vmrules_merge(&q.vms, &top.vms));
	assert_true(vmrules_of(&q.vms, "a b", NULL, &v));
	assert_int_equal(v.detect.nr_hypercalls, 0);
	assert_int_equal(v.detect.detectors, 0x1ffe);
	policy_free(&p);
	policy_free(&q);
	policy_free(&top);
	free(one);
	free(two);
}

static void warnings(void **state)
{
	finds(V "[deny_path]\n/a/../b\n", "W 3:1", "'..'");
	finds(V "[deny_path]\n/a # why\n", "W 3:1", "lines of their own");
	finds("version=1\r\n[deny_path]\r\n/a\r\n", "W 1:10", "carriage return");
}

static void bytes(void **state)
{
	static const char nul[] = V "[deny_path]\n/a\0b\n";
	char path[5000];
	struct policy p;

	assert_false(parse_n(&p, nul, sizeof(nul) - 1));
	assert_non_null(strstr(findings, "E 3:3 a NUL byte"));
	policy_free(&p);
	assert_true(parse(&p, "\xef\xbb\xbf" V "[deny_path]\n \t/a b\\x20\\n\\\\\xff \t\n"));
	assert_string_equal(p.rules[0].path, "/a b \n\\\xff");
	policy_free(&p);
	memset(path, 'x', sizeof(path));
	memcpy(path, V "[deny_path]\n/", strlen(V) + 13);
	assert_true(parse_n(&p, path, strlen(V) + 12 + 4095));
	assert_int_equal(p.rules[0].path_len, 4095);
	policy_free(&p);
	assert_false(parse_n(&p, path, strlen(V) + 12 + 4096));
	assert_non_null(strstr(findings, "no more than 4095"));
	policy_free(&p);
}

static char *print(const struct policy *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	policy_print(f, p);
	fclose(f);
	return text;
}

static void normal_form(void **state)
{
	struct policy p;
	char *text;

	assert_true(parse(&p, V "[allow_cgroup]\ncgid:7\n[deny_dir]\n//d/./e/\n[deny_path]\n/b\n/a\n/b\n"
			  "[protect_path]\n/a\n[deny_inode]\n2:1\n1:2:0\n1:2\n[protect_dir]\n/f\n"));
	assert_int_equal(policy_normalise(&p), 2);
	text = print(&p);
	assert_string_equal(text, V "\n[deny_path]\n/b\n\n[protect_path]\n/a\n\n[deny_inode]\n1:2\n1:2:0\n"
			    "2:1\n\n[deny_dir]\n/d/e\n\n[protect_dir]\n/f\n\n[allow_cgroup]\ncgid:7\n");
	free(text);
	policy_free(&p);
}

/* Every byte but NUL and '/', at every place of a name, is what it was. */
static void any_name(void **state)
{
	char path[] = "/a??z", *text;
	struct policy p, again;
	unsigned int c;

	for (c = 1; c < 256; c++) {
		struct policy_rule r = { .kind = AEGISHV_RULE_KIND_DENY_PATH, .path = path,
					 .path_len = 5 };

		if (c == '/')
			continue;
		path[2] = c;
		path[3] = c % 2 ? c : ' ';
		path[4] = c % 3 ? 'z' : c;
		memset(&p, 0, sizeof(p));
		assert_true(policy_add(&p, &r));
		text = print(&p);
		assert_true(parse(&again, text));
		assert_int_equal(again.nr, 1);
		assert_string_equal(again.rules[0].path, path);
		free(text);
		policy_free(&again);
		policy_free(&p);
	}
}

static void same_rules(void **state)
{
	struct policy_rule known = { .kind = AEGISHV_RULE_KIND_DENY_PATH, .path = "/a", .path_len = 2,
				     .ino = 5, .dev = 1, .has_gen = true, .id = 9 };
	struct policy p;

	assert_true(parse(&p, V "[deny_path]\n/a\n/ab\n[deny_inode]\n1:5\n[deny_dir]\n/a\n"));
	policy_normalise(&p);
	assert_ptr_equal(policy_find(&p, &known), &p.rules[0]);
	known.kind = AEGISHV_RULE_KIND_DENY_DIR;
	assert_ptr_equal(policy_find(&p, &known), &p.rules[3]);
	known.kind = AEGISHV_RULE_KIND_DENY_INODE;
	known.path = NULL;
	assert_null(policy_find(&p, &known));
	known.has_gen = false;
	assert_ptr_equal(policy_find(&p, &known), &p.rules[2]);
	assert_int_equal(policy_count(&p, AEGISHV_RULE_KIND_DENY_PATH), 2);
	policy_free(&p);
}

static void many(void **state)
{
	struct policy_rule r = { .kind = AEGISHV_RULE_KIND_DENY_PATH };
	struct policy p = { 0 };
	char path[64];
	unsigned int i;

	for (i = 0; i < 200000; i++) {
		r.path_len = snprintf(path, sizeof(path), "/srv/%u", i * 7919 % 200003);
		r.path = path;
		assert_true(policy_add(&p, &r));
	}
	assert_int_equal(policy_normalise(&p), 0);
	assert_ptr_equal(policy_find(&p, &p.rules[77777]), &p.rules[77777]);
	policy_free(&p);
}

static void explains(struct explain *e, const struct policy *p, const char *json)
{
	char why[256];
	cJSON *o = cJSON_Parse(json);

	assert_non_null(o);
	assert_true(explain_read(e, o, why));
	explain_match(e, p);
	cJSON_Delete(o);
}

static void explanations(void **state)
{
	struct explain e;
	struct policy p;
	char why[256];
	cJSON *o;

	assert_true(parse(&p, V "[deny_path]\n/srv/a/x\n[deny_inode]\n5:7:1\n5:7:2\n[deny_dir]\n/srv/a\n/srv/ab\n"
			  "[allow_cgroup]\n/sys/fs/cgroup/b\n"));
	policy_normalise(&p);
	explains(&e, &p, "{\"type\":\"block\",\"path\":\"/srv/a/x\",\"resolved_path\":\"/srv/a/x\","
		 "\"dev\":5,\"ino\":7,\"gen\":2,\"rule_kind\":\"deny_dir\",\"cgroup_path\":\"/sys/fs/cgroup/b/c\"}");
	assert_int_equal(e.nr, 3);
	assert_int_equal(e.matches[0]->kind, AEGISHV_RULE_KIND_DENY_DIR);
	assert_string_equal(e.matches[0]->path, "/srv/a");
	assert_int_equal(e.matches[1]->kind, AEGISHV_RULE_KIND_DENY_INODE);
	assert_int_equal(e.matches[1]->gen, 2);
	assert_non_null(e.allowed);
	explains(&e, &p, "{\"type\":\"block\",\"path\":\"/srv/abc\",\"cgroup_path\":\"/sys/fs/cgroup/bc\"}");
	assert_int_equal(e.nr, 0);
	assert_null(e.allowed);
	o = cJSON_Parse("{\"type\":\"block\",\"comm\":\"x\"}");
	assert_false(explain_read(&e, o, why));
	cJSON_Delete(o);
	policy_free(&p);
}

static void sha256(void **state)
{
	char hex[SHA256_HEX], parsed[SHA256_HEX];

	sha256_hex(hex, "abc", 3);	/* FIPS 180-4, the first example */
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(sha256_parse(parsed, " BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD  f\n"));
	assert_string_equal(hex, parsed);
	assert_false(sha256_parse(parsed, "ba78"));
	hex[63] = 'g';
	assert_false(sha256_parse(parsed, hex));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seed), cmocka_unit_test(errors), cmocka_unit_test(not_supported),
		cmocka_unit_test(vm_errors), cmocka_unit_test(vm_sections), cmocka_unit_test(vm_text),
		cmocka_unit_test(warnings), cmocka_unit_test(bytes), cmocka_unit_test(normal_form),
		cmocka_unit_test(any_name), cmocka_unit_test(same_rules), cmocka_unit_test(many),
		cmocka_unit_test(explanations), cmocka_unit_test(sha256),
	};

	return RUN(tests);
}
