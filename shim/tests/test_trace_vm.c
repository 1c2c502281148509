// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which VM a line is about, and which lines are about one and the same fault.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tap.h"
#include "trace.h"
#include "vmtab.h"

static struct tap *tap;
static struct trace_parser *t;
static uint64_t now_us;

static void start(struct trace_opts opts)
{
	tap = tap_new();
	opts.out = tap->p;
	opts.name = "test";
	t = trace_new(&opts);
	assert_non_null(t);
	now_us = 0;
}

static int setup(void **state)
{
	start((struct trace_opts){ 0 });
	return 0;
}

static int teardown(void **state)
{
	trace_free(t);
	tap_free(tap);
	return 0;
}

static void feed(const char *comm, uint32_t tid, uint32_t tgid, const char *event)
{
	char line[512], column[16] = "";
	int n;

	if (tgid)
		snprintf(column, sizeof(column), "(%7u) ", tgid);
	now_us++;
	n = snprintf(line, sizeof(line), "%16s-%-7u %s[000] ..... %5llu.%06llu: %s\n", comm, tid,
		     column, (unsigned long long)now_us / 1000000,
		     (unsigned long long)now_us % 1000000, event);
	assert_int_equal(trace_feed(t, line, n), n);
}

static void text(const char *s)
{
	assert_int_equal(trace_feed(t, s, strlen(s)), strlen(s));
}

#define INFO	" intr_info 0x00000000 error_code 0x00000000"
#define NPF	"kvm_exit: vcpu 0 reason npf rip 0x1000 info1 0x0000000100000006 info2 0x0000000000004000" INFO
#define EPT	"kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0x1000 info1 0x0000000000000182 info2 0x0000000000000000" INFO
#define HLT	"kvm_exit: vcpu 0 reason hlt rip 0x1000 info1 0x0000000000000000 info2 0x0000000000000000" INFO
#define FAULT	"kvm_page_fault: vcpu 0 rip 0x1000 address 0x0000000000004000 error_code 0x100000006"
#define ENTRY	"kvm_entry: vcpu 0, rip 0x1000"

static const struct aegishv_rec_fault *fault(size_t n)
{
	return &tap_nth(tap, AEGISHV_REC_FAULT, n)->fault;
}

static size_t faults(void)
{
	return tap_count(tap, AEGISHV_REC_FAULT);
}

static void line_follows(void **state)
{
	feed("vm1", 1, 0, NPF);
	assert_int_equal(tap->n, 1);
	feed("vm1", 1, 0, FAULT);
	feed("vm1", 1, 0, ENTRY);
	assert_int_equal(tap->n, 3);
	assert_int_equal(tap->rec[0].h.type, AEGISHV_REC_EXIT);
	assert_int_equal(tap->rec[1].h.type, AEGISHV_REC_FAULT);
	assert_int_equal(fault(0)->h.time_ns, 2000);
	assert_int_equal(trace_stats(t)->faults_inferred, 0);
}

static void svm_exits_only(void **state)
{
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, HLT);
	assert_int_equal(tap->n, 3);
	assert_int_equal(tap->rec[1].h.type, AEGISHV_REC_FAULT);
	assert_int_equal(tap->rec[2].exit.reason, 0x78);
	assert_int_equal(fault(0)->gpa, 0x4000);
	assert_int_equal(fault(0)->code, 0x100000006);
	assert_int_equal(fault(0)->rip, 0x1000);
	assert_int_equal(fault(0)->h.time_ns, 1000);
	assert_int_equal(fault(0)->h.seq, 1);
	assert_int_equal(fault(0)->access, AEGISHV_ACCESS_WRITE);
	assert_int_equal(fault(0)->flags, 0);
}

static void vmx_exits_only(void **state)
{
	feed("vm1", 1, 0, EPT);
	trace_end(t, NULL, 0);
	assert_int_equal(faults(), 1);
	assert_int_equal(fault(0)->flags, AEGISHV_FAULT_NO_GPA);
	assert_int_equal(fault(0)->gpa, 0);
	assert_int_equal(fault(0)->access, AEGISHV_ACCESS_WRITE);
}

/* Another thread's lines between an exit and its fault are no answer. */
static void threads_interleave(void **state)
{
	feed("vm1", 1, 0, NPF);
	feed("vm2", 2, 0, NPF);
	feed("vm2", 2, 0, FAULT);
	feed("vm1", 1, 0, FAULT);
	trace_end(t, NULL, 0);
	assert_int_equal(tap_count(tap, AEGISHV_REC_EXIT), 2);
	assert_int_equal(faults(), 2);
	assert_int_equal(fault(0)->h.vm, 2);
	assert_int_equal(fault(1)->h.vm, 1);
}

/* With fault lines in the trace an exit without one was no fault of KVM's own. */
static void lines_decide(void **state)
{
	int i;

	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, FAULT);
	for (i = 0; i < 100; i++)
		feed("vm1", 1, 0, NPF);
	trace_end(t, NULL, 0);
	assert_int_equal(faults(), 1);
}

/* After many exits without a line each exit is a fault at once. */
static void exits_decide(void **state)
{
	int i;

	for (i = 0; i < 100; i++)
		feed("vm1", 1, 0, NPF);
	assert_int_equal(faults(), 100);
	assert_int_equal(trace_stats(t)->faults_inferred, 100);
	/* Someone switches kvm_page_fault on: the last exit's fault is known. */
	feed("vm1", 1, 0, FAULT);
	assert_int_equal(faults(), 100);
	assert_int_equal(trace_stats(t)->merged, 1);
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, FAULT);
	assert_int_equal(faults(), 101);
}

static void new_header(void **state)
{
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, FAULT);
	text("# tracer: nop\n");
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, NPF);
	text("# tracer: nop\n");
	assert_int_equal(faults(), 3);
	assert_int_equal(trace_stats(t)->faults_inferred, 2);
}

static void known_to_have_lines(void **state)
{
	teardown(state);
	start((struct trace_opts){ .page_faults = true });
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, ENTRY);
	feed("vm1", 1, 0, NPF);
	feed("vm1", 1, 0, FAULT);
	trace_end(t, NULL, 0);
	assert_int_equal(faults(), 1);
}

static void many_wait(void **state)
{
	uint32_t i;

	for (i = 1; i <= 1000; i++)
		feed("vm1", i, 0, NPF);
	for (i = 1000; i; i -= 2)
		feed("vm1", i, 0, FAULT);
	trace_end(t, NULL, 0);
	assert_int_equal(faults(), 500);
}

static void same_name_two_vms(void **state)
{
	feed("CPU 0/KVM", 11, 10, ENTRY);
	feed("CPU 0/KVM", 21, 20, ENTRY);
	feed("CPU 1/KVM", 12, 10, ENTRY);
	assert_int_equal(tap->rec[0].h.vm, 1);
	assert_int_equal(tap->rec[1].h.vm, 2);
	assert_int_equal(tap->rec[2].h.vm, 1);
	assert_string_equal(tap_vm_name(tap, 1), "tgid-10");
	assert_string_equal(tap_vm_name(tap, 2), "tgid-20");
}

static void threads_are_vms_without_process(void **state)
{
	feed("CPU 0/KVM", 11, 0, ENTRY);
	feed("CPU 0/KVM", 21, 0, ENTRY);
	feed("web", 31, 0, ENTRY);
	feed("web", 32, 0, ENTRY);
	assert_string_equal(tap_vm_name(tap, 1), "tid-11");
	assert_string_equal(tap_vm_name(tap, 2), "tid-21");
	assert_string_equal(tap_vm_name(tap, 3), "web");
	assert_string_equal(tap_vm_name(tap, 4), "web-32");
}

/* The column may say (-------) now and the process later. */
static void process_known_later(void **state)
{
	feed("CPU 0/KVM", 11, 0, ENTRY);
	feed("CPU 0/KVM", 11, 10, ENTRY);
	feed("CPU 1/KVM", 12, 10, ENTRY);
	feed("CPU 0/KVM", 11, 0, ENTRY);
	assert_int_equal(tap->rec[1].h.vm, 2);
	assert_int_equal(tap->rec[2].h.vm, 2);
	assert_int_equal(tap->rec[3].h.vm, 2);
}

/* The first thread of a process has its number. */
static void first_thread(void **state)
{
	feed("vmm", 10, 0, ENTRY);
	feed("vmm", 11, 10, ENTRY);
	feed("vmm", 10, 10, ENTRY);
	feed("vmm", 11, 0, ENTRY);
	assert_int_equal(tap->n, 4);
	assert_int_equal(tap->rec[0].h.vm, 1);
	assert_int_equal(tap->rec[1].h.vm, 1);
	assert_int_equal(tap->rec[2].h.vm, 1);
	assert_int_equal(tap->rec[3].h.vm, 1);
}

static uint32_t half(void *arg, uint32_t tid)
{
	(*(unsigned int *)arg)++;
	return tid / 2;
}

static void process_looked_up_once(void **state)
{
	unsigned int asked = 0;

	teardown(state);
	start((struct trace_opts){ .tgid = half, .arg = &asked });
	feed("a", 10, 0, ENTRY);
	feed("a", 11, 0, ENTRY);
	feed("a", 10, 0, ENTRY);
	feed("a", 20, 0, ENTRY);
	assert_int_equal(asked, 3);
	assert_int_equal(tap->rec[1].h.vm, 1);
	assert_int_equal(tap->rec[2].h.vm, 1);
	assert_int_equal(tap->rec[3].h.vm, 2);
}

/* A million threads: bounded, counted, and what was known before is not lost. */
static void a_million_threads(void **state)
{
	uint32_t i;

	for (i = 1; i <= 1000000; i++)
		feed("vm", i, 0, ENTRY);
	assert_int_equal(tap->n, 1000000);
	assert_int_equal(trace_stats(t)->records, 1000000);
	assert_int_equal(trace_stats(t)->overflow_records, 1000000 - TRACE_VMS_MAX);
	assert_string_equal(tap_vm_name(tap, TRACE_VMS_MAX + 1), "overflow");
	feed("vm", 1, 0, NPF);
	assert_int_equal(trace_stats(t)->overflow_records, 1000000 - TRACE_VMS_MAX);
	assert_int_equal(vmtab_alive(tap->metrics.vms), TRACE_VMS_MAX + 1);
}

static bool odd(void *arg, uint32_t id)
{
	return id % 2;
}

static void sweep(void **state)
{
	uint32_t i;

	teardown(state);
	start((struct trace_opts){ .vm_events = true });
	for (i = 1; i <= TRACE_VMS_MAX; i++)
		feed("vm", i, 0, i == 2 ? HLT : ENTRY);
	assert_int_equal(tap_nth(tap, AEGISHV_REC_VM, 0)->vm.event, AEGISHV_VM_BIRTH);
	assert_int_equal(tap_nth(tap, AEGISHV_REC_VM, 0)->vm.found, 1);
	tap->n = 0;
	trace_sweep(t, odd, NULL);
	assert_int_equal(tap->n, TRACE_VMS_MAX / 2);
	assert_int_equal(tap->rec[0].vm.event, AEGISHV_VM_DEATH);
	assert_int_equal(tap->rec[0].vm.tgid, 2);
	assert_int_equal(tap->rec[0].vm.exits, 1);
	assert_int_equal(tap->rec[1].vm.exits, 0);
	tap->n = 0;
	feed("vm", 1, 0, ENTRY);
	assert_int_equal(tap->rec[0].h.vm, 1);
	feed("vm", 2, 0, ENTRY);
	assert_int_equal(tap->rec[1].h.type, AEGISHV_REC_VM);
	assert_int_equal(tap->rec[2].h.vm, TRACE_VMS_MAX + 1);
	assert_int_equal(trace_stats(t)->overflow_records, 0);
	assert_int_equal(tap->metrics.seq_holes, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(line_follows), T(svm_exits_only), T(vmx_exits_only), T(threads_interleave),
		T(lines_decide), T(exits_decide), T(new_header), T(known_to_have_lines),
		T(many_wait), T(same_name_two_vms), T(threads_are_vms_without_process),
		T(process_known_later), T(first_thread), T(process_looked_up_once), T(a_million_threads),
		T(sweep),
	};

	return cmocka_run_group_tests_name("trace_vm", tests, NULL, NULL);
}
