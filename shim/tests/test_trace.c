// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trace text to records: every event in every format that kernels and
 * trace-cmd have printed it in.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <linux/kvm.h>
#include "tap.h"
#include "trace.h"

#define H	"       CPU 0/KVM-1234    [003] d..1.   102.000456: "
#define H_NS	102000456000ULL

struct fixture {
	struct tap *tap;
	struct trace_parser *t;
};

static int setup(void **state)
{
	static struct fixture f;
	struct trace_opts opts = { .name = "test" };

	f.tap = tap_new();
	opts.out = f.tap->p;
	f.t = trace_new(&opts);
	assert_non_null(f.t);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	trace_free(f->t);
	tap_free(f->tap);
	return 0;
}

static void feed(struct fixture *f, const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(trace_feed(f->t, text, len), len);
}

/* Feed one line that is one record of a type. */
static const union aegishv_rec_any *one(struct fixture *f, const char *text, unsigned int type)
{
	size_t before = f->tap->n;

	feed(f, text);
	assert_int_equal(trace_stats(f->t)->unreadable, 0);
	assert_int_equal(f->tap->n, before + 1);
	assert_int_equal(f->tap->rec[before].h.type, type);
	return &f->tap->rec[before];
}

static void exit_new(void **state)
{
	const struct aegishv_rec_exit *r = &one(*state, H
		"kvm_exit: vcpu 2 reason io rip 0xfff0 info1 0x0000000000110010 info2 0x0000000000001002 intr_info 0x80000b0e error_code 0x00000015\n",
		AEGISHV_REC_EXIT)->exit;

	assert_int_equal(r->h.len, sizeof(*r));
	assert_int_equal(r->h.cpu, 3);
	assert_int_equal(r->h.class_, AEGISHV_CLASS_TELEMETRY);
	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->h.seq, 0);
	assert_int_equal(r->h.time_ns, H_NS);
	assert_int_equal(r->h.vm, 1);
	assert_int_equal(r->h.vcpu, 2);
	assert_int_equal(r->reason, 0x7b);
	assert_int_equal(r->rip, 0xfff0);
	assert_int_equal(r->info1, 0x110010);
	assert_int_equal(r->info2, 0x1002);
	assert_int_equal(r->intr_info, 0x80000b0e);
	assert_int_equal(r->error_code, 0x15);
	assert_int_equal(r->tid, 1234);
}

/* A field more, as a newer kernel may print. */
static void exit_newer(void **state)
{
	const struct aegishv_rec_exit *r = &one(*state, H
		"kvm_exit: vcpu 0 reason HLT rip 0x1 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000 requests 0x0000000000000010\n",
		AEGISHV_REC_EXIT)->exit;

	assert_int_equal(r->h.isa, AEGISHV_ISA_VMX);
	assert_int_equal(r->reason, 12);
}

static void exit_5_4(void **state)
{
	const struct aegishv_rec_exit *r = &one(*state, H
		"kvm_exit: reason MSR_WRITE rip 0xffffffff8106a4a4 info 1a8 ffffffffffffffff\n",
		AEGISHV_REC_EXIT)->exit;

	assert_int_equal(r->h.isa, AEGISHV_ISA_VMX);
	assert_int_equal(r->h.vcpu, AEGISHV_VCPU_NONE);
	assert_int_equal(r->reason, 32);
	assert_int_equal(r->rip, 0xffffffff8106a4a4);
	assert_int_equal(r->info1, 0x1a8);
	assert_int_equal(r->info2, ~0ULL);
}

static void exit_trace_cmd(void **state)
{
	const struct aegishv_rec_exit *r = &one(*state,
		"            qemu-171   [001]   160.034119: kvm_exit:             reason EXIT_IOIO rip 0x1000 info 100000014 0\n",
		AEGISHV_REC_EXIT)->exit;

	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->reason, 0x7b);
	assert_int_equal(r->info1, 0x100000014);
	r = &one(*state,
		"            qemu-171   [001]   160.034119: kvm_exit:             reason UNKNOWN (1027) rip 0x1000 info 0 0\n",
		AEGISHV_REC_EXIT)->exit;
	assert_int_equal(r->reason, 0x403);
	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
}

static void exit_names_with_spaces(void **state)
{
	const struct aegishv_rec_exit *r = &one(*state, H
		"kvm_exit: vcpu 0 reason PF excp rip 0x10 info1 0x0000000000000002 info2 0x0000000000001000 intr_info 0x00000000 error_code 0x00000000\n",
		AEGISHV_REC_EXIT)->exit;

	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->reason, 0x4e);
	r = &one(*state, H
		"kvm_exit: vcpu 0 reason INVALID_STATE FAILED_VMENTRY rip 0x10 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n",
		AEGISHV_REC_EXIT)->exit;
	assert_int_equal(r->h.isa, AEGISHV_ISA_VMX);
	assert_int_equal(r->reason, 0x80000021);
}

static void exit_without_name(void **state)
{
	const struct aegishv_rec_exit *r;

	one(*state, H "kvm_exit: vcpu 0 reason hlt rip 0x10 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n",
	    AEGISHV_REC_EXIT);
	r = &one(*state, H
		 "kvm_exit: vcpu 0 reason 0x8c rip 0x10 info1 0x0000000000000000 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n",
		 AEGISHV_REC_EXIT)->exit;
	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->reason, 0x8c);
}

static void entry(void **state)
{
	const struct aegishv_rec_entry *r = &one(*state, H "kvm_entry: vcpu 5, rip 0x7c00\n",
						 AEGISHV_REC_ENTRY)->entry;

	assert_int_equal(r->h.vcpu, 5);
	assert_int_equal(r->rip, 0x7c00);
	assert_int_equal(r->tid, 1234);
	r = &one(*state, H "kvm_entry: vcpu 5, rip 0x7c04[immediate exit]\n",
		 AEGISHV_REC_ENTRY)->entry;
	assert_int_equal(r->rip, 0x7c04);
	r = &one(*state, H "kvm_entry:             vcpu 5 rip 0x7c08\n", AEGISHV_REC_ENTRY)->entry;
	assert_int_equal(r->rip, 0x7c08);
	r = &one(*state, H "kvm_entry: vcpu 6\n", AEGISHV_REC_ENTRY)->entry;
	assert_int_equal(r->h.vcpu, 6);
	r = &one(*state, H "kvm_entry: PC: 0x0000000040080000\n", AEGISHV_REC_ENTRY)->entry;
	assert_int_equal(r->rip, 0x40080000);
}

static void uexit(void **state)
{
	const struct aegishv_rec_uexit *r = &one(*state,
		H "kvm_userspace_exit: reason KVM_EXIT_IO (2)\n", AEGISHV_REC_UEXIT)->uexit;

	assert_int_equal(r->reason, KVM_EXIT_IO);
	assert_int_equal(r->err, 0);
	r = &one(*state, H "kvm_userspace_exit: reason 0x25 (37)\n", AEGISHV_REC_UEXIT)->uexit;
	assert_int_equal(r->reason, 37);
	r = &one(*state, H "kvm_userspace_exit: reason restart (4)\n", AEGISHV_REC_UEXIT)->uexit;
	assert_int_equal(r->reason, KVM_EXIT_INTR);
	assert_int_equal(r->err, -EINTR);
	r = &one(*state, H "kvm_userspace_exit: reason error (14)\n", AEGISHV_REC_UEXIT)->uexit;
	assert_int_equal(r->err, -EFAULT);
}

static void page_fault(void **state)
{
	const struct aegishv_rec_fault *r = &one(*state, H
		"kvm_page_fault: vcpu 1 rip 0x101b address 0x0000000000004000 error_code 0x100000006\n",
		AEGISHV_REC_FAULT)->fault;

	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->h.vcpu, 1);
	assert_int_equal(r->gpa, 0x4000);
	assert_int_equal(r->rip, 0x101b);
	assert_int_equal(r->code, 0x100000006);
	assert_int_equal(r->access, AEGISHV_ACCESS_WRITE);
	assert_int_equal(r->flags, 0);
	assert_int_equal(r->tid, 1234);
}

/* The vCPU and rip of the exit before it; the first line already tells VMX from SVM. */
static void page_fault_5_10(void **state)
{
	const struct aegishv_rec_fault *r = &one(*state,
		H "kvm_page_fault: address fee00000 error_code 182\n", AEGISHV_REC_FAULT)->fault;

	assert_int_equal(r->h.isa, AEGISHV_ISA_VMX);
	assert_int_equal(r->gpa, 0xfee00000);
	assert_int_equal(r->access, AEGISHV_ACCESS_WRITE);
	one(*state, H "kvm_exit: vcpu 3 reason EPT_VIOLATION rip 0xabc info1 0x0000000000000184 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000\n",
	    AEGISHV_REC_EXIT);
	r = &one(*state, H "kvm_page_fault: address 1000 error_code 184\n",
		 AEGISHV_REC_FAULT)->fault;
	assert_int_equal(r->h.vcpu, 3);
	assert_int_equal(r->rip, 0xabc);
	assert_int_equal(r->access, AEGISHV_ACCESS_EXEC);
}

static void page_fault_svm_first(void **state)
{
	const struct aegishv_rec_fault *r = &one(*state,
		H "kvm_page_fault: address 1000 error_code 14\n", AEGISHV_REC_FAULT)->fault;

	assert_int_equal(r->h.isa, AEGISHV_ISA_SVM);
	assert_int_equal(r->access, AEGISHV_ACCESS_EXEC);
}

static void arm64(void **state)
{
	const union aegishv_rec_any *r;

	r = one(*state, H "kvm_exit: IRQ: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000ffff80081234\n",
		AEGISHV_REC_EXIT);
	assert_int_equal(r->h.isa, AEGISHV_ISA_ARM64);
	assert_int_equal(r->exit.reason, 0);
	assert_int_equal(r->exit.rip, 0xffff80081234);
	r = one(*state, H "kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0x0000000040080010\n",
		AEGISHV_REC_EXIT);
	assert_int_equal(r->exit.reason, 0x124);
	r = one(*state, H "kvm_guest_fault: ipa 0x9000000, hsr 0x93820046, hxfar 0xffff000009000018, pc 0x0000000040080010\n",
		AEGISHV_REC_FAULT);
	assert_int_equal(r->h.isa, AEGISHV_ISA_ARM64);
	assert_int_equal(r->fault.gpa, 0x9000000);
	assert_int_equal(r->fault.code, 0x93820046);
	assert_int_equal(r->fault.access, AEGISHV_ACCESS_WRITE);
	assert_int_equal(r->fault.rip, 0x40080010);
	r = one(*state, H "kvm_exit: 0x3: HSR_EC: 0x0000 (UNKNOWN), PC: 0x0000000000000000\n",
		AEGISHV_REC_EXIT);
	assert_int_equal(r->exit.reason, 3);
	r = one(*state, H "kvm_guest_fault: ipa 0, hsr 0x82000007, hxfar 00000000, pc 0x0000000000000000\n",
		AEGISHV_REC_FAULT);
	assert_int_equal(r->fault.access, AEGISHV_ACCESS_EXEC);
}

/* Numbers count each CPU's records from 0. */
static void sequence(void **state)
{
	struct fixture *f = *state;

	feed(f, "            qemu-1     [000] .....     1.000001: kvm_entry: vcpu 0, rip 0x1\n"
		"            qemu-1     [002] .....     1.000002: kvm_entry: vcpu 0, rip 0x1\n"
		"            qemu-1     [000] .....     1.000003: kvm_entry: vcpu 0, rip 0x1\n");
	assert_int_equal(f->tap->rec[0].h.seq, 0);
	assert_int_equal(f->tap->rec[1].h.seq, 0);
	assert_int_equal(f->tap->rec[1].h.cpu, 2);
	assert_int_equal(f->tap->rec[2].h.seq, 1);
	assert_int_equal(f->tap->metrics.seq_holes, 0);
}

static void other_events(void **state)
{
	struct fixture *f = *state;

	feed(f, H "kvm_pio: pio_write at 0x10 size 1 count 1 val 0x0 \n"
		H "kvm_exit_like: vcpu 0\n"
		H "sched_switch: prev_comm=a-1 [000] 1.1: kvm_exit: ==> next_comm=b\n"
		H "<stack trace>\n"
		" => trace_event_raw_event_kvm_exit\n"
		" => svm_handle_exit\n");
	assert_int_equal(f->tap->n, 0);
	assert_int_equal(trace_stats(f->t)->other, 6);
	assert_int_equal(trace_stats(f->t)->unreadable, 0);
}

static void comments(void **state)
{
	struct fixture *f = *state;

	feed(f, "# tracer: nop\n#\n\n   \n##### CPU 2 buffer started ####\n"
		"cpus=8\nversion = 6\nCPU 3 is empty\n");
	assert_int_equal(trace_stats(f->t)->comments, 8);
	assert_int_equal(trace_stats(f->t)->unreadable, 0);
}

static void lost(void **state)
{
	struct fixture *f = *state;

	feed(f, "CPU:2 [LOST 1234 EVENTS]\nCPU:0 [LOST EVENTS]\n"
		"CPU:7 [204600 EVENTS DROPPED]\nCPU:1 [EVENTS DROPPED]\n");
	assert_int_equal(trace_stats(f->t)->lost_reports, 4);
	assert_int_equal(trace_stats(f->t)->lost_events, 1234 + 204600);
	assert_int_equal(f->tap->metrics.lost_trace, 1234 + 204600);
	assert_int_equal(f->tap->metrics.lost_trace_unknown, 2);
	assert_int_equal(trace_stats(f->t)->unreadable, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(exit_new), T(exit_newer), T(exit_5_4), T(exit_trace_cmd),
		T(exit_names_with_spaces), T(exit_without_name), T(entry), T(uexit),
		T(page_fault), T(page_fault_5_10), T(page_fault_svm_first), T(arm64),
		T(sequence), T(other_events), T(comments), T(lost),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
