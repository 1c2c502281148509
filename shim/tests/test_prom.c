// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The metrics page: values, bounds, labels of hostile names, and promtool's
 * opinion where there is one (Debian: prometheus).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cm.h"
#include "log.h"
#include "pipeline.h"
#include "prom.h"
#include "vmtab.h"

static struct metrics m;
static struct prom prom;
static struct pipeline *p;
static uint64_t seq;

static int setup(void **state)
{
	struct pipeline_opts po = { .metrics = &m };

	log_set_level("error");
	memset(&m, 0, sizeof(m));
	memset(&prom, 0, sizeof(prom));
	m.vms = vmtab_new();
	p = pipeline_new(&po);
	prom.mode = "replay";
	prom.metrics = &m;
	prom.max_vm_series = PROM_VM_SERIES;
	seq = 0;
	return 0;
}

static int teardown(void **state)
{
	pipeline_free(p);
	vmtab_free(m.vms);
	namer_free(&prom.namer);
	return 0;
}

static void give(uint32_t vm, uint32_t reason, unsigned int n)
{
	struct aegishv_rec_exit r = {
		.h = { .type = AEGISHV_REC_EXIT, .len = sizeof(r), .vm = vm, .isa = AEGISHV_ISA_SVM },
		.reason = reason,
	};

	while (n--) {
		r.h.seq = seq++;
		pipeline_record(p, &r.h);
	}
}

static void give_fault(uint32_t vm, uint8_t access)
{
	struct aegishv_rec_fault r = {
		.h = { .type = AEGISHV_REC_FAULT, .len = sizeof(r), .vm = vm, .seq = seq++ },
		.access = access,
	};

	pipeline_record(p, &r.h);
}

static char *page;

static const char *render(void)
{
	struct snap s;
	size_t len;

	free(page);
	assert_int_equal(snap_stream(&s, &m), 0);
	page = prom_render(&prom, &s, true, &len);
	assert_non_null(page);
	assert_int_equal(strlen(page), len);
	snap_free(&s);
	return page;
}

static void assert_line(const char *line)
{
	const char *at = strstr(page, line);

	if (!at || (at > page && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in:\n%s", line, page);
}

static unsigned int count(const char *what)
{
	const char *at = page;
	unsigned int n = 0;

	while ((at = strstr(at, what))) {
		n++;
		at++;
	}
	return n;
}

static void values(void **state)
{
	give(1, 0x7b, 100);
	give(1, 0x72, 5);
	give(2, 0x9f, 1);
	give(2, 0xffff0000, 2);
	give_fault(1, AEGISHV_ACCESS_WRITE);
	give_fault(1, AEGISHV_ACCESS_EXEC);
	give_fault(2, AEGISHV_ACCESS_EXEC);
	pipeline_unreadable(p, "f:1:1", "nonsense");
	render();
	assert_line("aegishv_vm_exits_total{reason=\"io\"} 100");
	assert_line("aegishv_vm_exits_total{reason=\"cpuid\"} 5");
	assert_line("aegishv_vm_exits_total{reason=\"0x9f\"} 1");
	assert_line("aegishv_vm_exits_total{reason=\"other\"} 2");
	assert_line("aegishv_ept_violations_total{type=\"read\"} 0");
	assert_line("aegishv_ept_violations_total{type=\"write\"} 1");
	assert_line("aegishv_ept_violations_total{type=\"exec\"} 2");
	assert_line("aegishv_vm_exits_by_vm_total{vm=\"vm-1\",vm_id=\"1\"} 105");
	assert_line("aegishv_ept_violations_by_vm_total{vm=\"vm-2\",vm_id=\"2\"} 1");
	assert_line("aegishv_unreadable_lines_total 1");
	assert_line("aegishv_vms 2");
	assert_null(strstr(page, "aegisbpf_"));
	prom.legacy = true;
	render();
	assert_line("aegisbpf_ringbuf_drops_total 0");
}

static void series_are_bounded(void **state)
{
	uint32_t vm;

	prom.max_vm_series = 3;
	for (vm = 1; vm <= 50; vm++)
		give(vm, 0x7b, vm);
	render();
	assert_int_equal(count("aegishv_vm_exits_by_vm_total{vm=\"vm-"), 3);
	assert_line("aegishv_vm_exits_by_vm_total{vm=\"other\",vm_id=\"\"} 1269");
	prom.max_vm_series = 0;
	namer_free(&prom.namer);
	prom.other_exits = 0;
	render();
	assert_int_equal(count("aegishv_vm_exits_by_vm_total{vm=\"vm-"), 0);
	assert_line("aegishv_vm_exits_by_vm_total{vm=\"other\",vm_id=\"\"} 1275");
	prom.detailed = true;
	namer_free(&prom.namer);
	render();
	assert_int_equal(count("aegishv_vm_exits_by_vm_total{vm=\"vm-"), 50);
}

static uint64_t other(void)
{
	const char *at = strstr(render(), "aegishv_vm_exits_by_vm_total{vm=\"other\",vm_id=\"\"} ");

	return strtoull(strrchr(strndupa(at, strcspn(at, "\n")), ' '), NULL, 10);
}

/* VMs come, die and are forgotten; no counter of the others goes back. */
static void other_never_goes_back(void **state)
{
	uint64_t last = 0, now;
	uint32_t vm;

	prom.max_vm_series = 5;
	for (vm = 1; vm < 3000; vm++) {
		give(vm, 0x7b, 1 + vm % 7);
		if (vm % 3)
			vmtab_dead(m.vms, vmtab_get(m.vms, vm));
		if (vm % 50)
			continue;
		now = other();
		assert_true(now >= last);
		last = now;
	}
	assert_true(last > 0);
}

static void promtool(void **state)
{
	char path[] = "/tmp/aegishv-prom-XXXXXX";
	char cmd[128];
	FILE *f = fdopen(mkstemp(path), "w");
	int status;

	if (system("promtool --version >/dev/null 2>&1")) {
		fclose(f);
		unlink(path);
		print_message("SKIP: no promtool\n");
		skip();
	}
	pipeline_name_vm(p, 1, "a\"b\\c\nd\xff{}", 10);
	pipeline_name_vm(p, 2, "same", 4);
	pipeline_name_vm(p, 3, "same", 4);
	give(1, 0x7b, 3);
	give(2, 0x9f, 3);
	give(3, 0x9f, 3);
	prom.legacy = prom.detailed = true;
	fputs(render(), f);
	fclose(f);
	snprintf(cmd, sizeof(cmd), "promtool check metrics < %s >&2", path);
	status = system(cmd);
	unlink(path);
	assert_int_equal(status, 0);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(values), T(series_are_bounded), T(other_never_goes_back), T(promtool),
	};
	int failed = RUN(tests);

	free(page);
	return failed;
}
