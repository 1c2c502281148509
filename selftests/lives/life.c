// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM for tests that need many or need them soon: 8 KiB of memory, a real-mode
 * guest that writes N times to an I/O port and halts. N writes are N I/O exits,
 * then comes one HLT exit; the first fetch is one fault.
 */
#include "life.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define MEM_BYTES	0x2000
#define CODE_GPA	0x1000

static int kvm = -1;

static int complain(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return -1;
}

int life_open_kvm(void)
{
	if (kvm < 0)
		kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	return kvm < 0 ? complain("/dev/kvm") : 0;
}

static int add_memory(struct life *l)
{
	struct kvm_userspace_memory_region r = { .memory_size = MEM_BYTES };

	l->mem = mmap(NULL, MEM_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (l->mem == MAP_FAILED) {
		l->mem = NULL;
		return complain("guest memory");
	}
	r.userspace_addr = (uintptr_t)l->mem;
	return ioctl(l->vm, KVM_SET_USER_MEMORY_REGION, &r) ? complain("memory region") : 0;
}

static int add_vcpu(struct life *l, int i)
{
	l->vcpu[i] = ioctl(l->vm, KVM_CREATE_VCPU, i);
	if (l->vcpu[i] < 0)
		return complain("KVM_CREATE_VCPU");
	l->nr_vcpus++;
	l->run[i] = mmap(NULL, l->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, l->vcpu[i], 0);
	if (l->run[i] == MAP_FAILED) {
		l->run[i] = NULL;
		return complain("kvm_run");
	}
	return 0;
}

int life_make(struct life *l, int nr_vcpus)
{
	memset(l, 0, sizeof(*l));
	l->run_bytes = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	l->vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (l->vm < 0 || l->run_bytes < 0) {
		complain("KVM_CREATE_VM");
		return -1;
	}
	if (add_memory(l))
		goto end;
	for (int i = 0; i < nr_vcpus; i++)
		if (add_vcpu(l, i))
			goto end;
	return 0;
end:
	life_end(l);
	return -1;
}

static int set_start(int vcpu)
{
	struct kvm_regs regs = { .rip = CODE_GPA, .rflags = 2 };
	struct kvm_sregs s;

	if (ioctl(vcpu, KVM_GET_SREGS, &s))
		return complain("KVM_GET_SREGS");
	s.cs.base = 0;
	s.cs.selector = 0;
	if (ioctl(vcpu, KVM_SET_SREGS, &s) || ioctl(vcpu, KVM_SET_REGS, &regs))
		return complain("registers");
	return 0;
}

/* Runs the guest of this vCPU from its start: @writes port writes, then HLT. */
int life_run(struct life *l, int i, uint16_t writes)
{
	const uint8_t code[] = {
		0xba, 0x10, 0x00,			/* mov $0x10, %dx */
		0xb9, writes & 0xff, writes >> 8,	/* mov $writes, %cx */
		0xee,					/* 1: out %al, (%dx) */
		0xe2, 0xfd,				/* loop 1b */
		0xf4,					/* hlt */
	};

	memcpy(l->mem + CODE_GPA, code, sizeof(code));
	if (set_start(l->vcpu[i]))
		return -1;
	for (;;) {
		if (ioctl(l->vcpu[i], KVM_RUN, 0))
			return complain("KVM_RUN");
		if (l->run[i]->exit_reason == KVM_EXIT_HLT)
			return 0;
		if (l->run[i]->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "KVM_RUN: unexpected exit %u\n", l->run[i]->exit_reason);
			return -1;
		}
	}
}

void life_end(struct life *l)
{
	for (int i = 0; i < l->nr_vcpus; i++) {
		if (l->run[i])
			munmap(l->run[i], l->run_bytes);
		close(l->vcpu[i]);
	}
	close(l->vm);
	if (l->mem)
		munmap(l->mem, MEM_BYTES);
	l->nr_vcpus = 0;
}
