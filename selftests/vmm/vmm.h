/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small VMM whose guests cause a number of VM exits and stage-2 faults that
 * is known beforehand. main.c parses, vm.c runs a VM, report.c says what it
 * provably caused; guests_ARCH.c, guests_ARCH.S and ARCH.c are the only files
 * that know an architecture.
 */
#ifndef VMM_H
#define VMM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define VMM_PAGE	4096ULL
#define VMM_HUGE_PAGE	(2UL << 20)
#define VMM_MAX_VCPUS	64

/* What a guest causes; report.c gives it the name that the kernel prints. */
enum cause {
	CAUSE_IO, CAUSE_CPUID, CAUSE_MSR_READ, CAUSE_MSR_WRITE,
	CAUSE_HYPERCALL, CAUSE_HLT, CAUSE_UD, CAUSE_SHUTDOWN,
	CAUSE_CR0, CAUSE_CR4, CAUSE_NESTED,
	CAUSE_FAULT,		/* stage-2 fault on memory */
	CAUSE_MMIO_FIRST,	/* first access to an address without memory */
	CAUSE_MMIO_AGAIN,	/* later ones: a fault on SVM, a misconfig on VMX */
	NR_CAUSES
};

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC, NR_ACCESSES };

#define NR_UEXITS	64	/* KVM_EXIT_* that are counted */

/**
 * struct truth - what one vCPU causes, no more and no less
 * @exits: VM exits by cause
 * @faults: stage-2 faults by access, those on MMIO included
 * @present: how many of @faults find a mapping that forbids the access
 * @walk: how many of @faults are on the guest's own page tables
 * @uexits: returns of KVM_RUN to the VMM, by KVM_EXIT_*
 */
struct truth {
	uint64_t exits[NR_CAUSES];
	uint64_t faults[NR_ACCESSES];
	uint64_t present;
	uint64_t walk;
	uint64_t uexits[NR_UEXITS];
};

enum cpu_mode { MODE_FLAT32, MODE_REAL16, MODE_LONG64 };

#define GUEST_ENDLESS	(1U << 0)	/* runs until told to stop */
#define GUEST_HOLDS	(1U << 1)	/* the VM stays until told to stop */
#define GUEST_FILL_CODE	(1U << 2)	/* its pages hold code before it starts */
#define GUEST_NO_COUNT	(1U << 3)	/* --count means nothing to it */
#define GUEST_SILENT	(1U << 4)	/* its loop never leaves the guest by itself */
#define GUEST_UNHEARD	(1U << 5)	/* nor does it say that it runs */
#define GUEST_PAIR	(1U << 6)	/* two vCPUs that wait for each other */

/**
 * struct guest - a named script
 * @name: what the user types
 * @what: one line for --list
 * @code: first byte of the script
 * @end: the byte after its last
 * @mode: state of the CPU when it starts
 * @flags: GUEST_*
 * @pages: pages of memory one unit of @count touches
 * @fixed_pages: pages it touches whatever the count
 * @count: units of work when the user gives none
 * @max_count: most units a vCPU can do
 * @truth: add what @n units cause to @t, which is zero
 */
struct guest {
	const char *name;
	const char *what;
	const uint8_t *code;
	const uint8_t *end;
	enum cpu_mode mode;
	unsigned int flags;
	unsigned int pages;
	unsigned int fixed_pages;
	uint64_t count;
	uint64_t max_count;
	void (*truth)(uint64_t n, struct truth *t);
};

struct options {
	const struct guest *guest;
	const char *name;	/* of the process, or NULL */
	uint64_t count;
	unsigned int vcpus;
	unsigned long repeat;
	bool json, hold, time, huge;
	/* the Linux guest */
	const char *kernel, *initrd, *append, *console;
	unsigned long mem_mib;
};

struct vm;

struct vcpu {
	struct vm *vm;
	unsigned int id;
	int fd;
	struct kvm_run *run;
	size_t run_bytes;
	pthread_t thread;
	bool started;		/* thread exists */
	pid_t tid;
	uint64_t count;		/* units it shall do */
	uint64_t works;		/* port accesses to PORT_WORK seen */
	uint64_t uexits[NR_UEXITS];
	uint64_t start_ns, done_ns;
	bool arrived, done, ended, failed;
};

/**
 * struct vm - one VM and the threads that run it
 * @lock: guards the counts below and every vcpu's @arrived and @ended
 * @cond: one of them changed
 * @low: memory at ARCH_LOW_GPA: scripts, page tables
 * @pages: memory at ARCH_PAGES_GPA that the scripts touch
 * @stop: vCPUs leave at their next return from KVM_RUN
 */
struct vm {
	const struct options *o;
	const struct guest *g;
	int kvm, fd, wake;
	uint8_t *low, *pages;
	size_t low_bytes, pages_bytes;
	struct vcpu vcpu[VMM_MAX_VCPUS];
	pthread_mutex_t lock;
	pthread_cond_t cond;
	unsigned int arrived, ended, at_sync;
	bool go;
	atomic_bool stop;
};

/* report.c */
__attribute__((format(printf, 1, 2))) void vmm_error(const char *fmt, ...);
void report(const struct vm *vm, const char *state);
bool report_uexits_match(const struct vcpu *v);
uint64_t vcpu_units(const struct vcpu *v);

/* vm.c */
int vm_create(struct vm *vm, const struct options *o);
void vm_destroy(struct vm *vm);
uint8_t *vm_map(struct vm *vm, uint32_t slot, uint64_t gpa, size_t bytes);
uint8_t *vm_vcpu_pages(struct vm *vm, const struct vcpu *v, uint64_t *gpa);
int vcpu_create(struct vcpu *v);

/* run.c */
int vm_run(struct vm *vm);
void vm_stop(struct vm *vm);
int run_guest(const struct options *o);

/* wait.c */
#define RUN_KICK	SIGUSR1	/* takes a vCPU's thread out of KVM_RUN */

enum wait_result { WAIT_STOP, WAIT_WAKE, WAIT_STDIN, WAIT_TIMEOUT };
enum wait_stdin { STDIN_IGNORE, STDIN_STOPS, STDIN_GUEST };

int wait_init(void);
void wait_wake(struct vm *vm);
void wait_forget_stdin(void);
enum wait_result wait_event(int wake, enum wait_stdin in, int timeout_ms);
void run_set_kick(struct kvm_run *run);

/* ARCH.c: state of a CPU; guests_ARCH.c: the scripts and their truth */
#define ARCH_LOW_GPA	0x10000ULL
#define ARCH_PAGES_GPA	(4ULL << 20)
#define ARCH_MMIO_GPA	(768ULL << 20)	/* no memory from here on */
#define ARCH_PREFIX	0x3e		/* ds: before a jump it means nothing */
#define ARCH_REGION	(2ULL << 20)	/* each vCPU's own, so that no two share a stage-2 table */

extern const struct guest arch_guests[];
extern const unsigned int arch_nr_guests;

size_t arch_low_bytes(const struct options *o);
int arch_vm_init(struct vm *vm);
int arch_vcpu_init(struct vcpu *v);
int arch_set_cpuid(struct vcpu *v);
void arch_fill_code(uint8_t *page);
const char *arch_cause_name(enum cause c);
bool arch_mmio_again_is_fault(void);
bool arch_has_linux(void);
int run_linux(const struct options *o);

enum port_event {
	PORT_EVENT_NONE, PORT_EVENT_WORK, PORT_EVENT_READY, PORT_EVENT_SYNC,
	PORT_EVENT_PATCH, PORT_EVENT_WRONG, PORT_EVENT_DONE
};
enum port_event arch_port_event(const struct kvm_run *run);

#endif
