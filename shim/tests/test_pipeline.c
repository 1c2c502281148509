// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the pipeline counts, notices and writes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cm.h"
#include "log.h"
#include "metrics.h"
#include "out.h"
#include "pipeline.h"
#include "vmtab.h"

static struct metrics m;
static struct pipeline *p;
static struct out *o;
static char path[64];

static int setup(void **state)
{
	struct pipeline_opts po = { .metrics = &m };

	log_set_level("error");
	memset(&m, 0, sizeof(m));
	m.vms = vmtab_new();
	snprintf(path, sizeof(path), "/tmp/aegishv-pipe-XXXXXX");
	close(mkstemp(path));
	o = out_open(path, OUT_WAIT);
	assert_non_null(o);
	po.out = o;
	p = pipeline_new(&po);
	return 0;
}

static int teardown(void **state)
{
	pipeline_free(p);
	out_close(o);
	vmtab_free(m.vms);
	unlink(path);
	return 0;
}

static const char *text(void)
{
	static char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	pipeline_flush(p);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

static void give_exit(uint16_t cpu, uint64_t seq, uint32_t vm)
{
	struct aegishv_rec_exit r = {
		.h = { .type = AEGISHV_REC_EXIT, .len = sizeof(r), .cpu = cpu, .seq = seq, .vm = vm,
		       .isa = AEGISHV_ISA_SVM },
		.reason = 0x7b,
	};

	pipeline_record(p, &r.h);
}

static void give_lost(uint64_t seq, uint64_t count, uint64_t telemetry, uint64_t alert)
{
	struct aegishv_rec_lost r = {
		.h = { .type = AEGISHV_REC_LOST, .len = sizeof(r), .seq = seq,
		       .vcpu = AEGISHV_VCPU_NONE },
		.count = count, .total = { telemetry, alert },
	};

	pipeline_record(p, &r.h);
}

static void give_vm(uint64_t seq, uint32_t vm, uint32_t event)
{
	struct aegishv_rec_vm r = {
		.h = { .type = AEGISHV_REC_VM, .len = sizeof(r), .cpu = 9, .seq = seq, .vm = vm,
		       .vcpu = AEGISHV_VCPU_NONE },
		.event = event, .tgid = 100 + vm, .comm = "qemu",
	};

	pipeline_record(p, &r.h);
}

static void sequence_holes(void **state)
{
	give_exit(0, 7, 1);		/* where it starts is nobody's fault */
	give_exit(0, 8, 1);
	give_exit(1, 0, 1);
	give_lost(9, 5, 5, 0);
	give_exit(0, 14, 1);
	assert_int_equal(m.seq_holes, 0);
	give_exit(0, 20, 1);
	assert_int_equal(m.seq_holes, 1);
	assert_int_equal(m.seq_missing, 5);
	assert_non_null(strstr(text(), "sequence number 15 expected, 20 found"));
	give_exit(0, 20, 1);		/* twice */
	assert_int_equal(m.seq_holes, 2);
	assert_int_equal(m.seq_missing, 5);
}

static void losses(void **state)
{
	give_lost(0, 10, 8, 2);
	assert_int_equal(m.lost[AEGISHV_CLASS_TELEMETRY], 8);
	assert_int_equal(m.lost[AEGISHV_CLASS_ALERT], 2);
	give_lost(10, 5, 12, 3);
	assert_int_equal(m.lost[AEGISHV_CLASS_TELEMETRY], 12);
	assert_int_equal(m.lost[AEGISHV_CLASS_ALERT], 3);
	pipeline_lost_upstream(p, 3, 77);
	pipeline_lost_upstream(p, 3, 0);
	assert_int_equal(m.lost_trace, 77);
	assert_int_equal(m.lost_trace_unknown, 1);
	assert_non_null(strstr(text(), "{\"type\":\"lost\",\"cpu\":3,\"source\":\"trace\",\"count\":77}"));
	assert_non_null(strstr(text(), "\"count\":null}"));
}

static void names(void **state)
{
	give_exit(0, 0, 5);
	assert_non_null(strstr(text(), "\"vm\":\"vm-5\",\"vm_id\":5"));
	give_vm(0, 5, AEGISHV_VM_BIRTH);
	assert_non_null(strstr(text(), "\"vm\":\"qemu-105\",\"vm_id\":5"));
	pipeline_name_vm(p, 5, "web\xff", 4);
	give_vm(1, 5, AEGISHV_VM_VCPU);
	assert_non_null(strstr(text(), "\"vm\":\"web\\\\xff\",\"vm_id\":5"));
	pipeline_name_vm(p, 0, "host", 4);
	assert_null(strstr(text(), "host"));
}

static void name_records(void **state)
{
	struct aegishv_rec_name r = {
		.h = { .type = AEGISHV_REC_NAME, .len = sizeof(r), .vm = 2, .cpu = 0, .seq = 0 },
	};

	memset(r.name, 'n', sizeof(r.name));	/* no NUL */
	give_exit(0, 4, 2);
	pipeline_record(p, &r.h);
	give_exit(0, 5, 2);
	assert_int_equal(m.seq_holes, 0);
	assert_int_equal(strlen(vmtab_get(m.vms, 2)->name), VM_NAME_MAX - 1);
	assert_null(strstr(text(), "\"type\":\"name\""));
}

static void unknown_types(void **state)
{
	struct aegishv_hdr h = { .type = 500, .len = sizeof(h), .seq = 3 };

	give_exit(0, 2, 1);
	pipeline_record(p, &h);
	give_exit(0, 4, 1);
	assert_int_equal(m.records[0], 1);
	assert_int_equal(m.seq_holes, 0);
	assert_null(strstr(text(), "\"seq\":3"));
}

static void counts(void **state)
{
	uint64_t exits, faults;
	int i;

	for (i = 0; i < 1000; i++)
		give_exit(0, i, 1 + i % 3);
	assert_int_equal(m.exits[AEGISHV_ISA_SVM][0x7b], 1000);
	assert_int_equal(vmtab_get(m.vms, 1)->exits, 334);
	vmtab_gone(m.vms, &exits, &faults);
	assert_int_equal(exits, 0);
}

static void dead_vms_do_not_stay(void **state)
{
	uint64_t exits, faults, i;

	for (i = 0; i < 10000; i++) {
		give_vm(2 * i, i + 1, AEGISHV_VM_BIRTH);
		give_exit(0, i, i + 1);
		give_vm(2 * i + 1, i + 1, AEGISHV_VM_DEATH);
	}
	assert_int_equal(vmtab_alive(m.vms), 0);
	vmtab_gone(m.vms, &exits, &faults);
	assert_int_equal(exits, 10000 - VMTAB_DEAD);
	/* A straggler of a VM that died lately still has its name. */
	give_exit(0, 10000, 10000);
	assert_non_null(strstr(vmtab_get(m.vms, 10000)->name, "qemu-10100"));
}

static void too_many_vms(void **state)
{
	uint64_t exits, faults, i, n = VMTAB_MAX + 1000;

	teardown(NULL);
	setup(NULL);
	for (i = 0; i < n; i++)
		give_exit(0, i, i + 1);
	vmtab_gone(m.vms, &exits, &faults);
	assert_int_equal(vmtab_alive(m.vms), VMTAB_MAX);
	assert_in_range(exits, 999, 1000);
	assert_int_equal(m.exits[AEGISHV_ISA_SVM][0x7b], n);
}

static void hostile_headers(void **state)
{
	struct aegishv_rec_fault f = {
		.h = { .type = AEGISHV_REC_FAULT, .len = sizeof(f), .cpu = 65535, .isa = 255,
		       .seq = UINT64_MAX, .vm = UINT32_MAX, .vcpu = 7 },
		.access = 0xff, .flags = 0xff,
	};

	pipeline_record(p, &f.h);
	f.h.seq = 0;	/* UINT64_MAX + 1 */
	pipeline_record(p, &f.h);
	assert_int_equal(m.seq_holes, 0);
	assert_int_equal(m.faults[2], 2);
	assert_non_null(strstr(text(), "\"cpu\":65535"));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(sequence_holes), T(losses), T(names), T(name_records), T(unknown_types),
		T(counts), T(dead_vms_do_not_stay), T(too_many_vms), T(hostile_headers),
	};

	return RUN(tests);
}
