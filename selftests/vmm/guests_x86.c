// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of x86 scripts, each with what N units of it cause on one vCPU.
 * All memory is there and in 4 KiB pages before the guest starts, so a first
 * access to a page is one stage-2 fault, and a later one is none: KVM maps
 * what it may for reading, writing and executing at once. Interrupts of the
 * host cause exits of their own, at any time: they are in nobody's truth.
 */
#include "vmm.h"

#define CODE(n)	.code = guest_##n, .end = guest_##n##_end
#define DECLARE(n) extern const uint8_t guest_##n[], guest_##n##_end[]

DECLARE(portio); DECLARE(portin); DECLARE(mmio);
DECLARE(mmioread); DECLARE(cpuid); DECLARE(msr); DECLARE(hypercall);
DECLARE(hlt); DECLARE(touchread); DECLARE(touchwrite); DECLARE(touchexec);
DECLARE(wx); DECLARE(forget); DECLARE(wsplit); DECLARE(flip); DECLARE(flipout); DECLARE(dirty);
DECLARE(shutdown); DECLARE(spin); DECLARE(load); DECLARE(idle);
DECLARE(real); DECLARE(ud); DECLARE(walk); DECLARE(wx64);
DECLARE(wxpaged);
DECLARE(keep); DECLARE(copykeep); DECLARE(straddle); DECLARE(across);
DECLARE(copy); DECLARE(copysplit); DECLARE(copydeny); DECLARE(vmmwrite);
DECLARE(stepwx); DECLARE(stepsplit);
DECLARE(vmsave); DECLARE(vmsavesplit); DECLARE(vmrun); DECLARE(vmrunsplit); DECLARE(vmexit);
DECLARE(npwrite);
DECLARE(patch); DECLARE(wxdeny); DECLARE(selfwrite); DECLARE(wxrace); DECLARE(relay);
DECLARE(known); DECLARE(protect); DECLARE(tamper); DECLARE(nested); DECLARE(alone);

static void add(struct truth *t, enum cause c, uint64_t n)
{
	t->exits[c] += n;
}

static void add_uexit(struct truth *t, unsigned int reason, uint64_t n)
{
	t->uexits[reason] += n;
}

static void add_io(struct truth *t, uint64_t n)
{
	add(t, CAUSE_IO, n);
	add_uexit(t, KVM_EXIT_IO, n);
}

static void add_fault(struct truth *t, enum access a, uint64_t n)
{
	add(t, CAUSE_FAULT, n);
	t->faults[a] += n;
}

static void add_hlt(struct truth *t, uint64_t n)
{
	add(t, CAUSE_HLT, n);
	add_uexit(t, KVM_EXIT_HLT, n);
}

static void add_mmio(struct truth *t, enum access a, uint64_t n)
{
	if (!n)
		return;
	add(t, CAUSE_MMIO_FIRST, 1);
	add(t, CAUSE_MMIO_AGAIN, n - 1);
	t->faults[a] += arch_mmio_again_is_fault() ? n : 1;
	add_uexit(t, KVM_EXIT_MMIO, n);
}

/* The script's page is fetched, PORT_READY written. */
static void start(struct truth *t)
{
	add_fault(t, ACCESS_EXEC, 1);
	add_io(t, 1);
}

/* As start(), and PORT_DONE and the last hlt. */
static void frame(struct truth *t)
{
	start(t);
	add_io(t, 1);
	add_hlt(t, 1);
}

static void truth_idle(uint64_t n, struct truth *t)
{
	(void)n;
	frame(t);
}

static void truth_spin(uint64_t n, struct truth *t)
{
	(void)n;
	start(t);
}

static void truth_io(uint64_t n, struct truth *t)
{
	frame(t);
	add_io(t, n);
}

static void truth_mmio(uint64_t n, struct truth *t)
{
	frame(t);
	add_mmio(t, ACCESS_WRITE, n);
}

static void truth_mmioread(uint64_t n, struct truth *t)
{
	frame(t);
	add_mmio(t, ACCESS_READ, n);
}

static void truth_cpuid(uint64_t n, struct truth *t)
{
	frame(t);
	add(t, CAUSE_CPUID, n);
}

static void truth_msr(uint64_t n, struct truth *t)
{
	frame(t);
	add(t, CAUSE_MSR_READ, n);
	add(t, CAUSE_MSR_WRITE, n);
}

static void truth_hypercall(uint64_t n, struct truth *t)
{
	frame(t);
	add(t, CAUSE_HYPERCALL, n);
}

static void truth_hlt(uint64_t n, struct truth *t)
{
	frame(t);
	add_hlt(t, n);
}

static void truth_read(uint64_t n, struct truth *t)
{
	frame(t);
	add_fault(t, ACCESS_READ, n);
}

static void truth_write(uint64_t n, struct truth *t)
{
	frame(t);
	add_fault(t, ACCESS_WRITE, n);
}

static void truth_exec(uint64_t n, struct truth *t)
{
	frame(t);
	add_fault(t, ACCESS_EXEC, n);
}

static void truth_wsplit(uint64_t n, struct truth *t)
{
	truth_exec(n, t);
	add_fault(t, ACCESS_WRITE, n);
}

static void truth_flip(uint64_t n, struct truth *t)
{
	(void)n;
	truth_write(1, t);
}

static void truth_flipout(uint64_t n, struct truth *t)
{
	truth_flip(n, t);
	add_io(t, n);
}

/* Its directory is written, then walked. */
static void truth_wxpaged(uint64_t n, struct truth *t)
{
	truth_write(n + 1, t);
	add(t, CAUSE_CR0, 1);
	add(t, CAUSE_CR4, 1);
}

/*
 * Without the instructions of nested virtualization, which cause an exit or not
 * as the processor can, and its guest's exits.
 */
static void truth_vmcb(uint64_t n, struct truth *t)
{
	truth_wxpaged(n, t);
	add(t, CAUSE_MSR_READ, 1);
	add(t, CAUSE_MSR_WRITE, 2);
}

/* A copy from a device: KVM writes. */
static void truth_copy(uint64_t n, struct truth *t)
{
	truth_exec(n, t);
	add_mmio(t, ACCESS_READ, n);
}

static void truth_copydeny(uint64_t n, struct truth *t)
{
	truth_copy(n, t);
	add_fault(t, ACCESS_WRITE, 1);
	add_io(t, n);
}

static void truth_vmmwrite(uint64_t n, struct truth *t)
{
	truth_exec(n, t);
	add_io(t, n);
}

/* What else it causes is no instruction's: events that cannot be delivered. */
static void truth_step(uint64_t n, struct truth *t)
{
	(void)n;
	truth_write(1, t);
}

/* With every execution, or every write, refused. */
static void truth_deny(uint64_t n, struct truth *t)
{
	truth_write(n + 1, t);
	add_io(t, n);
}

/* With every write but the first refused. */
static void truth_keep(uint64_t n, struct truth *t)
{
	truth_write(n + 1, t);
	add_io(t, n - 1);
}

static void truth_copykeep(uint64_t n, struct truth *t)
{
	truth_copy(n, t);
	add_fault(t, ACCESS_WRITE, 1);
	add_io(t, n - 1);
}

/* An instruction on two pages. */
static void truth_straddle(uint64_t n, struct truth *t)
{
	truth_write(2 * n, t);
}

static void truth_across(uint64_t n, struct truth *t)
{
	truth_exec(2 * n, t);
}

/* vCPU 0 writes the page, the others execute it; who comes first maps it. */
static void truth_race(uint64_t n, struct truth *t)
{
	truth_flip(n, t);
}

static void truth_dirty(uint64_t n, struct truth *t)
{
	truth_write(2 * n, t);
	add_io(t, 1);
	t->present += n;
}

static void truth_shutdown(uint64_t n, struct truth *t)
{
	(void)n;
	start(t);
	add(t, CAUSE_SHUTDOWN, 1);
	add_uexit(t, KVM_EXIT_SHUTDOWN, 1);
}

/* CPUID until told to stop; how many it were nobody counted. */
static void truth_alone(uint64_t n, struct truth *t)
{
	add(t, CAUSE_CPUID, n);
	add_fault(t, ACCESS_EXEC, 1);
}

static void truth_load(uint64_t n, struct truth *t)
{
	start(t);
	add(t, CAUSE_CPUID, n);
	add_mmio(t, ACCESS_WRITE, n);
	add_io(t, n);
}

static void truth_ud(uint64_t n, struct truth *t)
{
	frame(t);
	add(t, CAUSE_UD, n);
}

/*
 * Hardware walks four tables to the script, then one new page table for each
 * unit; a walk counts as a write, AMD APM volume 2, section 15.25.6.
 */
static void truth_walk(uint64_t n, struct truth *t)
{
	frame(t);
	add_fault(t, ACCESS_WRITE, 4 + n);
	add_fault(t, ACCESS_READ, 1);
	t->walk += 4 + n;
}

static void truth_wx64(uint64_t n, struct truth *t)
{
	truth_walk(n, t);
	t->faults[ACCESS_READ]--;
	t->faults[ACCESS_WRITE]++;
}

/* In long mode hardware walks four tables to the script. */
static void frame_long(struct truth *t)
{
	frame(t);
	add_fault(t, ACCESS_WRITE, 4);
	t->walk += 4;
}

/* Bits of CR0, CR4 and EFER set, others cleared and set again N times. */
static void truth_protect(uint64_t n, struct truth *t)
{
	frame_long(t);
	add(t, CAUSE_CR0, 1);
	add(t, CAUSE_CR4, 1 + 2 * n);
	add(t, CAUSE_MSR_WRITE, 1);
	add(t, CAUSE_CPUID, n);
}

static void truth_tamper(uint64_t n, struct truth *t)
{
	frame_long(t);
	add(t, CAUSE_CR0, 2 * n);
	add(t, CAUSE_CR4, 3 * n);
	add(t, CAUSE_MSR_WRITE, 2 * n);
	add(t, CAUSE_CPUID, n);
}

static void truth_nested(uint64_t n, struct truth *t)
{
	frame_long(t);
	add(t, CAUSE_MSR_WRITE, 1);
	add(t, CAUSE_NESTED, n);
}

#define MANY	(1ULL << 31)
#define PAGES	100000ULL

const struct guest arch_guests[] = {
	{ .name = "portio", CODE(portio), .count = 1000, .max_count = MANY, .truth = truth_io,
	  .what = "N writes to an I/O port" },
	{ .name = "portin", CODE(portin), .count = 1000, .max_count = MANY, .truth = truth_io,
	  .what = "N reads from an I/O port" },
	{ .name = "real", CODE(real), .mode = MODE_REAL16, .count = 1000, .max_count = MANY,
	  .truth = truth_io, .what = "N writes to an I/O port in real mode" },
	{ .name = "mmio", CODE(mmio), .count = 1000, .max_count = MANY, .truth = truth_mmio,
	  .what = "N writes to an address without memory" },
	{ .name = "mmioread", CODE(mmioread), .count = 1000, .max_count = MANY,
	  .truth = truth_mmioread, .what = "N reads from an address without memory" },
	{ .name = "cpuid", CODE(cpuid), .count = 1000, .max_count = MANY, .truth = truth_cpuid,
	  .what = "N CPUID, handled inside the kernel" },
	{ .name = "msr", CODE(msr), .count = 1000, .max_count = MANY, .truth = truth_msr,
	  .what = "N RDMSR and N WRMSR" },
	{ .name = "hypercall", CODE(hypercall), .count = 1000, .max_count = MANY,
	  .truth = truth_hypercall, .what = "N hypercalls" },
	{ .name = "hlt", CODE(hlt), .count = 1000, .max_count = MANY, .truth = truth_hlt,
	  .what = "N HLT" },
	{ .name = "ud", CODE(ud), .mode = MODE_REAL16, .count = 1000, .max_count = MANY,
	  .truth = truth_ud, .what = "N invalid opcodes that the guest handles" },
	{ .name = "touchread", CODE(touchread), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_read, .what = "reads N fresh pages" },
	{ .name = "touchwrite", CODE(touchwrite), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_write, .what = "writes N fresh pages" },
	{ .name = "touchexec", CODE(touchexec), .count = 100, .max_count = PAGES, .pages = 1,
	  .flags = GUEST_FILL_CODE, .truth = truth_exec, .what = "executes N fresh pages" },
	{ .name = "wx", CODE(wx), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_write, .what = "writes, then executes each of N fresh pages" },
	{ .name = "forget", CODE(forget), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_write, .what = "writes N fresh pages, then executes the first" },
	{ .name = "wxpaged", CODE(wxpaged), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_wxpaged, .what = "... with page tables" },
	{ .name = "wsplit", CODE(wsplit), .count = 100, .max_count = PAGES, .pages = 2,
	  .flags = GUEST_FILL_CODE, .truth = truth_wsplit,
	  .what = "writes N fresh pages and executes N others" },
	{ .name = "flip", CODE(flip), .count = 100, .max_count = MANY, .fixed_pages = 1,
	  .truth = truth_flip, .what = "writes and executes one page N times in turn" },
	{ .name = "flipout", CODE(flipout), .count = 100, .max_count = MANY, .fixed_pages = 1,
	  .truth = truth_flipout, .what = "... and tells the VMM each time" },
	{ .name = "patch", CODE(patch), .count = 100, .max_count = PAGES, .pages = 1,
	  .flags = GUEST_FILL_CODE, .truth = truth_exec,
	  .what = "executes, patches and executes again each of N fresh pages" },
	{ .name = "wxdeny", CODE(wxdeny), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_deny,
	  .what = "as wx, and is refused each time, which it handles" },
	{ .name = "copy", CODE(copy), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_copy, .what = "as wx, but KVM's emulator writes" },
	{ .name = "copysplit", CODE(copysplit), .count = 100, .max_count = PAGES, .pages = 2,
	  .flags = GUEST_FILL_CODE, .truth = truth_copy, .what = "as wsplit, but KVM's emulator writes" },
	{ .name = "copydeny", CODE(copydeny), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_copydeny,
	  .what = "as copy, and is refused each time, which it handles" },
	{ .name = "keep", CODE(keep), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_keep,
	  .what = "as wxdeny, but refused each write but the first, and finds the pages unchanged" },
	{ .name = "copykeep", CODE(copykeep), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_copykeep, .what = "... by KVM's emulator" },
	{ .name = "vmmwrite", CODE(vmmwrite), .count = 100, .max_count = PAGES, .pages = 1,
	  .flags = GUEST_FILL_CODE, .truth = truth_vmmwrite,
	  .what = "executes N pages, has the VMM write there, executes them again" },
	{ .name = "stepwx", CODE(stepwx), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .truth = truth_step,
	  .what = "as wx, but steps there without vectors, so that KVM executes" },
	{ .name = "stepsplit", CODE(stepsplit), .count = 100, .max_count = PAGES, .pages = 1,
	  .fixed_pages = 1, .flags = GUEST_FILL_CODE, .truth = truth_step,
	  .what = "... and does not write" },
	{ .name = "vmsave", CODE(vmsave), .count = 100, .max_count = 500, .pages = 1,
	  .fixed_pages = 1, .flags = GUEST_FILL_CODE, .truth = truth_vmcb,
	  .what = "AMD: as copydeny, but KVM writes by VMSAVE" },
	{ .name = "vmsavesplit", CODE(vmsavesplit), .count = 100, .max_count = 500, .pages = 2,
	  .fixed_pages = 1, .flags = GUEST_FILL_CODE, .truth = truth_vmcb,
	  .what = "... and others are executed" },
	{ .name = "vmrun", CODE(vmrun), .count = 100, .max_count = 500, .pages = 1,
	  .fixed_pages = 1, .flags = GUEST_FILL_CODE, .truth = truth_vmcb,
	  .what = "AMD: as vmsave, by VMRUN of what is no guest" },
	{ .name = "vmrunsplit", CODE(vmrunsplit), .count = 100, .max_count = 500, .pages = 2,
	  .fixed_pages = 1, .flags = GUEST_FILL_CODE, .truth = truth_vmcb,
	  .what = "... and others are executed" },
	{ .name = "vmexit", CODE(vmexit), .count = 100, .max_count = 500, .pages = 1,
	  .fixed_pages = 2, .truth = truth_vmcb,
	  .what = "AMD: runs a guest of its own that is as wx" },
	{ .name = "npwrite", CODE(npwrite), .count = 100, .max_count = 500, .pages = 1,
	  .fixed_pages = 3, .truth = truth_vmcb,
	  .what = "AMD: runs one with nested paging, which writes N pages" },
	{ .name = "selfwrite", CODE(selfwrite), .count = 100, .max_count = MANY, .truth = truth_idle,
	  .what = "writes N times to the page that it executes" },
	{ .name = "straddle", CODE(straddle), .count = 10, .max_count = PAGES, .pages = 2,
	  .truth = truth_straddle,
	  .what = "writes, then executes N instructions on two pages each, which write both" },
	{ .name = "across", CODE(across), .count = 10, .max_count = PAGES, .pages = 2,
	  .flags = GUEST_FILL_CODE, .truth = truth_across,
	  .what = "executes N instructions on two fresh pages each" },
	{ .name = "wxrace", CODE(wxrace), .count = 100, .max_count = MANY, .fixed_pages = 1,
	  .flags = GUEST_FILL_CODE, .truth = truth_race,
	  .what = "vCPU 0 writes one page N times, the others execute it meanwhile" },
	{ .name = "relay", CODE(relay), .count = 8, .max_count = MANY, .fixed_pages = 2,
	  .flags = GUEST_PAIR, .truth = truth_race,
	  .what = "vCPU 0 writes one page, vCPU 1 executes it, N times in turn" },
	{ .name = "dirty", CODE(dirty), .count = 100, .max_count = PAGES, .pages = 1,
	  .truth = truth_dirty, .what = "writes N pages, again after dirty logging began" },
	{ .name = "walk", CODE(walk), .mode = MODE_LONG64, .count = 100, .max_count = 256, .pages = 1,
	  .fixed_pages = 1, .truth = truth_walk,
	  .what = "64-bit: N reads through N page tables never walked before" },
	{ .name = "wx64", CODE(wx64), .mode = MODE_LONG64, .count = 1, .max_count = 256, .pages = 1,
	  .fixed_pages = 1, .truth = truth_wx64,
	  .what = "64-bit: writes, then executes a page N times, each time by another address" },
	{ .name = "known", CODE(known), .count = 1000, .max_count = MANY,
	  .truth = truth_hypercall, .what = "N hypercalls that KVM knows" },
	{ .name = "protect", CODE(protect), .mode = MODE_LONG64, .count = 10, .max_count = 256,
	  .pages = 1, .fixed_pages = 1, .truth = truth_protect,
	  .what = "64-bit: sets WP, SMEP, SMAP and NXE, then changes PGE N times" },
	{ .name = "tamper", CODE(tamper), .mode = MODE_LONG64, .count = 1, .max_count = 256,
	  .pages = 1, .fixed_pages = 1, .truth = truth_tamper,
	  .what = "64-bit: sets WP, SMEP, SMAP and NXE, and clears each again, N times" },
	{ .name = "nested", CODE(nested), .mode = MODE_LONG64, .count = 10, .max_count = 256,
	  .pages = 1, .fixed_pages = 1, .truth = truth_nested,
	  .what = "64-bit, AMD: N instructions of nested virtualization" },
	{ .name = "alone", CODE(alone),
	  .flags = GUEST_NO_COUNT | GUEST_ENDLESS | GUEST_SILENT | GUEST_UNHEARD,
	  .truth = truth_alone, .what = "CPUID, no device at all, until told to stop" },
	{ .name = "shutdown", CODE(shutdown), .flags = GUEST_NO_COUNT, .truth = truth_shutdown,
	  .what = "a triple fault" },
	{ .name = "idle", CODE(idle), .flags = GUEST_NO_COUNT | GUEST_HOLDS, .truth = truth_idle,
	  .what = "halts; the VM lives until told to stop" },
	{ .name = "spin", CODE(spin), .flags = GUEST_NO_COUNT | GUEST_ENDLESS | GUEST_SILENT,
	  .truth = truth_spin,
	  .what = "loops without an exit until told to stop" },
	{ .name = "load", CODE(load), .flags = GUEST_NO_COUNT | GUEST_ENDLESS, .truth = truth_load,
	  .what = "CPUID, MMIO and port writes in turn until told to stop" },
};

const unsigned int arch_nr_guests = sizeof(arch_guests) / sizeof(arch_guests[0]);
