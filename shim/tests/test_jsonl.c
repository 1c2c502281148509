// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines: exact bytes, and every kind of them against the JSON Schema with a
 * validator that is not ours (python3-jsonschema; without it that test skips).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/aegishv_genl.h>
#include "cm.h"
#include "jsonl.h"
#include "rec.h"
#include "vmtab.h"

#define REAL_NS	1795298400123456789ULL	/* 2026-11-21T22:00:00.123456789Z */

static char line[JSONL_LINE_MAX + 1];
static struct jsonl_clock known = { .known = true, .offset_ns = REAL_NS - 1000 };
static struct jsonl_clock unknown;

static const char *render(const void *rec, const struct vm_entry *vm, struct jsonl_clock *clock)
{
	size_t n = jsonl_record(line, rec, vm, clock);

	assert_true(n <= JSONL_LINE_MAX);
	line[n] = '\0';
	return line;
}

#define HDR(t, s) { .type = t, .len = sizeof(s), .cpu = 3, .isa = AEGISHV_ISA_SVM, .seq = 5, \
		    .time_ns = 1000, .vm = 1, .vcpu = 0 }

static struct aegishv_rec_exit make_exit(void)
{
	return (struct aegishv_rec_exit){
		.h = HDR(AEGISHV_REC_EXIT, struct aegishv_rec_exit),
		.rip = 0xffffffff81000000, .info1 = 0x3f80210, .info2 = 0x1, .reason = 0x7b,
		.tid = 42,
	};
}

static void exit_line(void **state)
{
	struct vmtab *t = vmtab_new();
	struct vm_entry *vm = vmtab_get(t, 1);
	struct aegishv_rec_exit r = make_exit();

	vmtab_name(t, vm, "web-01", 6);
	assert_string_equal(render(&r, vm, &known),
		"{\"type\":\"exit\",\"seq\":5,\"cpu\":3,\"time_ns\":1000,"
		"\"time\":\"2026-11-21T22:00:00.123456789Z\",\"vm\":\"web-01\",\"vm_id\":1,"
		"\"vcpu\":0,\"tid\":42,\"isa\":\"svm\",\"reason\":\"io\",\"reason_code\":123,"
		"\"rip\":\"0xffffffff81000000\",\"info1\":\"0x3f80210\",\"info2\":\"0x1\","
		"\"intr_info\":\"0x0\",\"error_code\":\"0x0\"}\n");
	r.h.vcpu = AEGISHV_VCPU_NONE;
	assert_null(strstr(render(&r, vm, &unknown), "\"time\""));
	assert_null(strstr(line, "\"vcpu\""));
	vmtab_free(t);
}

static void time_changes(void **state)
{
	struct aegishv_rec_exit r = make_exit();

	r.h.time_ns = 1000 + 876543210;
	assert_non_null(strstr(render(&r, NULL, &known), "T22:00:00.999999999Z"));
	r.h.time_ns++;
	assert_non_null(strstr(render(&r, NULL, &known), "T22:00:01.000000000Z"));
	r.h.time_ns -= 876543211;
	assert_non_null(strstr(render(&r, NULL, &known), "T22:00:00.123456789Z"));
}

static void reasons(void **state)
{
	struct aegishv_rec_exit r = make_exit();

	r.reason = 0x9f;
	assert_non_null(strstr(render(&r, NULL, &unknown), "\"reason\":\"0x9f\""));
	r.reason = 0xdeadbeef;
	assert_non_null(strstr(render(&r, NULL, &unknown), "\"reason\":\"0xdeadbeef\""));
	r.h.isa = AEGISHV_ISA_VMX;
	r.reason = 0x80000000 | 30;
	assert_non_null(strstr(render(&r, NULL, &unknown),
			       "\"isa\":\"vmx\",\"reason\":\"IO_INSTRUCTION\",\"reason_code\":2147483678"));
	r.h.isa = 77;
	r.reason = 1;
	assert_non_null(strstr(render(&r, NULL, &unknown), "\"isa\":\"unknown\",\"reason\":\"0x1\""));
}

static void fault_line(void **state)
{
	struct aegishv_rec_fault r = {
		.h = HDR(AEGISHV_REC_FAULT, struct aegishv_rec_fault),
		.gpa = 0x1000, .code = 0x100000006, .access = AEGISHV_ACCESS_WRITE,
	};

	assert_non_null(strstr(render(&r, NULL, &unknown),
		"\"ept\":{\"access\":\"write\",\"present\":false,\"walk\":false},\"gpa\":\"0x1000\""));
	r.flags = AEGISHV_FAULT_NO_GPA | AEGISHV_FAULT_PRESENT;
	assert_non_null(strstr(render(&r, NULL, &unknown), "\"present\":true"));
	assert_null(strstr(line, "gpa"));
}

static void longest(void **state)
{
	struct vmtab *t = vmtab_new();
	struct vm_entry *vm = vmtab_get(t, UINT32_MAX);
	struct aegishv_rec_vm r = {
		.h = HDR(AEGISHV_REC_VM, struct aegishv_rec_vm), .event = UINT32_MAX,
		.tgid = UINT32_MAX, .exits = UINT64_MAX, .faults = UINT64_MAX,
		.vcpus = UINT32_MAX, .found = 1,
	};
	char name[300];

	memset(name, '"', sizeof(name));
	memset(r.comm, 1, sizeof(r.comm));
	r.h.seq = r.h.time_ns = UINT64_MAX;
	vmtab_name(t, vm, name, sizeof(name));
	assert_true(strlen(render(&r, vm, &known)) < JSONL_LINE_MAX / 2);
	vmtab_free(t);
}

/* Each kind of line, and names as hostile as they come, to a file. */
static void write_all_kinds(FILE *f)
{
	static const char *const names[] = { "web-01", "\xff\xfe", "a\nb\"\\", "\xc3\xbc", "\x1b[2J" };
	struct aegishv_rec_exit ex = make_exit();
	struct aegishv_rec_fault fa = { .h = HDR(AEGISHV_REC_FAULT, struct aegishv_rec_fault) };
	struct aegishv_rec_entry en = { .h = HDR(AEGISHV_REC_ENTRY, struct aegishv_rec_entry) };
	struct aegishv_rec_uexit ue = { .h = HDR(AEGISHV_REC_UEXIT, struct aegishv_rec_uexit),
					.reason = 2, .err = -4 };
	struct aegishv_rec_vm vm = { .h = HDR(AEGISHV_REC_VM, struct aegishv_rec_vm),
				     .event = 1, .comm = "sixteen-bytes-xx" };
	struct aegishv_rec_health he = { .h = HDR(AEGISHV_REC_HEALTH, struct aegishv_rec_health),
					 .state = AEGISHV_HOOK_STATE_FAILED, .err = -16,
					 .name = "kvm_exit" };
	struct aegishv_rec_lost lo = { .h = HDR(AEGISHV_REC_LOST, struct aegishv_rec_lost),
				       .count = 904, .total = { 904, UINT64_MAX } };
	struct aegishv_rec_wx wx = { .h = HDR(AEGISHV_REC_WX, struct aegishv_rec_wx),
				     .rule = AEGISHV_WX_WRITE_EXEC, .cr3 = UINT64_MAX,
				     .access = AEGISHV_ACCESS_EXEC, .write_ns = 900 };
	const void *const recs[] = { &ex, &fa, &en, &ue, &vm, &he, &lo };
	struct vmtab *t = vmtab_new();
	struct vm_entry *e = vmtab_get(t, 1);
	size_t i, n;

	for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		vmtab_name(t, e, names[n], strlen(names[n]));
		for (i = 0; i < sizeof(recs) / sizeof(recs[0]); i++) {
			fputs(render(recs[i], n ? e : NULL, n % 2 ? &known : &unknown), f);
			fputs(render(recs[i], e, &known), f);
		}
	}
	for (i = 0; i < 64; i++) {
		wx.flags = i;
		fputs(render(&wx, e, &known), f);
	}
	wx.rule = wx.answer = wx.mode = 99;
	wx.write_ns = 0;
	fputs(render(&wx, e, &known), f);
	fa.flags = AEGISHV_FAULT_NO_GPA;
	fputs(render(&fa, e, &known), f);
	memset(vm.comm, 0xff, sizeof(vm.comm));
	vm.event = 99;
	he.state = 99;
	ue.reason = 0xffffffff;
	ex.reason = 0xffff;
	ex.h.isa = 0;
	for (i = 0; i < sizeof(recs) / sizeof(recs[0]); i++)
		fputs(render(recs[i], e, &known), f);
	fwrite(line, 1, jsonl_problem(line, &ex.h, "a \"hole\"\n", &known), f);
	fwrite(line, 1, jsonl_problem(line, NULL, "x", &known), f);
	fwrite(line, 1, jsonl_loss(line, JSONL_LOSS_TRACE, 2, 1234), f);
	fwrite(line, 1, jsonl_loss(line, JSONL_LOSS_TRACE, 2, 0), f);
	fwrite(line, 1, jsonl_loss(line, JSONL_LOSS_OUTPUT, -1, 7), f);
	vmtab_free(t);
}

static int validate(const char *path)
{
	char cmd[1024];

	snprintf(cmd, sizeof(cmd),
		 "ASAN_OPTIONS= python3 '%s/selftests/validate_jsonl.py' '%s/schema/event.schema.json' '%s' >&2",
		 getenv("AEGISHV_TOP") ? getenv("AEGISHV_TOP") : ".",
		 getenv("AEGISHV_TOP") ? getenv("AEGISHV_TOP") : ".", path);
	return system(cmd);
}

static void schema(void **state)
{
	char path[] = "/tmp/aegishv-jsonl-XXXXXX";
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	if (system("python3 -c 'import jsonschema' 2>/dev/null")) {
		print_message("SKIP: no python3-jsonschema\n");
		unlink(path);
		skip();
	}
	write_all_kinds(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(validate(path), 0);
	/* And the validator can refuse. */
	f = fopen(path, "a");
	fputs("{\"type\":\"exit\",\"seq\":1}\n", f);
	fclose(f);
	assert_int_not_equal(validate(path), 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_line), cmocka_unit_test(time_changes),
		cmocka_unit_test(reasons), cmocka_unit_test(fault_line),
		cmocka_unit_test(longest), cmocka_unit_test(schema),
	};

	return RUN(tests);
}
