// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Detectors over a stream: trace text in, alerts out, each VM by its own rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "detector.h"
#include "tap.h"
#include "trace.h"
#include "../kmod/pure/detect.h"

#define EXIT(reason) "kvm_exit: vcpu 0 reason " reason " rip 0x1000 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n"

struct fixture {
	struct tap *tap;
	struct trace_parser *t;
	struct vmrules rules;
	struct detector *d;
	uint32_t told[AEGISHV_DETECT_END];
	struct aegishv_rec_detect last;
	uint64_t us;
};

static void start(struct fixture *f, const char *detect, const char *burst)
{
	struct trace_opts opts = { .name = "test", .guest_events = true };
	struct vm_section *all;

	memset(f, 0, sizeof(*f));
	all = vmrules_section(&f->rules, "");
	assert_true(vmrules_set(all, VMKEY_DETECT, detect));
	assert_true(vmrules_set(all, VMKEY_EXIT_BURST, burst));
	f->tap = tap_new();
	opts.out = f->tap->p;
	f->t = trace_new(&opts);
	f->us = 1000000;
}

static void stop(struct fixture *f)
{
	trace_free(f->t);
	tap_free(f->tap);
	detector_free(f->d);
	vmrules_free(&f->rules);
}

/* A line of a VM's thread, and what the detectors make of its record. */
static void line(struct fixture *f, const char *comm, unsigned int tid, const char *event)
{
	size_t i, before = f->tap->n;
	struct detector_alerts found;
	char text[512];
	int n;

	if (!f->d)
		f->d = detector_new(&f->rules);
	f->us += 10;
	n = snprintf(text, sizeof(text), "%16s-%-7u [001] d..1. %5llu.%06llu: %s", comm, tid,
		     (unsigned long long)f->us / 1000000, (unsigned long long)f->us % 1000000, event);
	assert_int_equal(trace_feed(f->t, text, n), n);
	assert_int_equal(trace_stats(f->t)->unreadable, 0);
	for (; before < f->tap->n; before++) {
		detector_record(f->d, &f->tap->rec[before].h, comm, &found);
		for (i = 0; i < found.nr; i++) {
			f->told[found.rec[i].detector]++;
			f->last = found.rec[i];
		}
	}
	f->tap->n = 0;
}

static void guest_lines(void **state)
{
	struct fixture f;

	start(&f, "all", "off");
	line(&f, "web", 100, EXIT("hypercall"));
	line(&f, "web", 100, "kvm_hypercall: nr 0x5 a0 0x0 a1 0x1 a2 0x0 a3 0x0\n");
	line(&f, "web", 100, "kvm_cr: cr_write 0 = 0x80050033\n");
	line(&f, "web", 100, "kvm_cr: cr_write 4 = 0x3506e0\n");
	line(&f, "web", 100, "kvm_msr: msr_write c0000080 = 0xd01\n");
	line(&f, "web", 100, "kvm_cr: cr_read 0 = 0x0\n");
	line(&f, "web", 100, "kvm_msr: msr_write c0000080 = 0x501 (#GP)\n");
	line(&f, "web", 100, "kvm_msr: msr_write 10 = 0x0\n");
	assert_int_equal(f.last.detector, 0);
	line(&f, "web", 100, "kvm_hypercall: nr 0x99 a0 0x0 a1 0x1 a2 0x0 a3 0x0\n");
	assert_int_equal(f.told[AEGISHV_DETECT_HYPERCALL], 1);
	assert_int_equal(f.last.value, 0x99);
	assert_int_equal(f.last.rip, 0x1000);
	line(&f, "web", 100, "kvm_cr: cr_write 0 = 0x80040033\n");
	assert_int_equal(f.told[AEGISHV_DETECT_CR0_WP], 1);
	line(&f, "web", 100, "kvm_cr: cr_write 4 = 0x506e0\n");
	assert_int_equal(f.told[AEGISHV_DETECT_CR4_SMEP], 1);
	assert_int_equal(f.told[AEGISHV_DETECT_CR4_SMAP], 1);
	line(&f, "web", 100, "kvm_msr: msr_write c0000080 = 0x501\n");
	assert_int_equal(f.told[AEGISHV_DETECT_EFER_NXE], 1);
	stop(&f);
}

static void rules_by_name(void **state)
{
	struct fixture f;
	int i;

	start(&f, "exit_burst", "100/1s");
	assert_true(vmrules_set(vmrules_section(&f.rules, "db"), VMKEY_DETECT, "none"));
	assert_true(vmrules_set(vmrules_section(&f.rules, "build"), VMKEY_EXIT_BURST, "1000/1s"));
	for (i = 0; i < 500; i++) {
		line(&f, "db", 300, EXIT("cpuid"));
		line(&f, "build", 400, EXIT("cpuid"));
	}
	assert_int_equal(f.told[AEGISHV_DETECT_EXIT_BURST], 0);
	for (i = 0; i < 500; i++)
		line(&f, "web", 500, EXIT("cpuid"));
	assert_int_equal(f.told[AEGISHV_DETECT_EXIT_BURST], 1);
	assert_int_equal(f.last.reason, 0x72);
	stop(&f);
}

/* More VMs and vCPUs than fit: no more memory, no crash, the first are still seen. */
static void bounded(void **state)
{
	struct aegishv_rec_exit x = {
		.h = { .type = AEGISHV_REC_EXIT, .len = sizeof(x), .isa = AEGISHV_ISA_SVM },
		.reason = 0x72,
	};
	struct aegishv_rec_vm death = {
		.h = { .type = AEGISHV_REC_VM, .len = sizeof(death) }, .event = AEGISHV_VM_DEATH,
	};
	struct detector_alerts found;
	struct fixture f;
	unsigned int i, told = 0;

	start(&f, "exit_burst", "3/1s");
	f.d = detector_new(&f.rules);
	for (i = 0; i < 3 * 5000; i++) {
		x.h.vm = 1 + i % 5000 / 4;
		x.h.vcpu = i % 4;
		x.h.time_ns = 1000 + i;
		detector_record(f.d, &x.h, "vm", &found);
		told += found.nr;
	}
	assert_int_equal(told, DETECTOR_VMS);	/* four vCPUs each: once, then they cool down */
	/* VMs that are gone make room. */
	for (i = 1; i <= DETECTOR_VMS; i++) {
		death.h.vm = i;
		detector_record(f.d, &death.h, "vm", &found);
	}
	for (i = 0; i < 3; i++) {
		x.h.vm = 100000;
		detector_record(f.d, &x.h, "vm", &found);
	}
	assert_int_equal(found.nr, 1);
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_lines),
		cmocka_unit_test(rules_by_name),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
