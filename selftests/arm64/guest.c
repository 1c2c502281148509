// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM on arm64 whose every exit is known: its guest stores to as many pages of
 * memory as it is told, then to a device as often as it is told, and once to
 * another device to end. It runs on one CPU, with interrupts of the host the
 * only exits that are not its own.
 *
 * usage: guest PAGES STORES
 */
#include <err.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define RAM		0x40000000UL
#define RAM_BYTES	(64UL << 20)
#define DATA		(RAM + (1UL << 20))
#define DEVICE		0x10000000UL
#define THE_END		0x20000000UL
#define CORE(field)	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | \
			 offsetof(struct kvm_regs, field) / 4)

extern const char code[], code_end[];
/* x0 pages, x1 their address, x2 stores, x3 device, x4 the end */
asm(".pushsection .rodata\n"
    ".balign 8\n"
    ".globl code, code_end\n"
    "code:\n"
    "1:	cbz x0, 2f\n"
    "	str x0, [x1]\n"
    "	add x1, x1, #4096\n"
    "	sub x0, x0, #1\n"
    "	b 1b\n"
    "2:	cbz x2, 3f\n"
    "	str x2, [x3]\n"
    "	sub x2, x2, #1\n"
    "	b 2b\n"
    "3:	str x2, [x4]\n"
    "	b .\n"
    "code_end:\n"
    ".popsection\n");

static void set_reg(int vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = { id, (uintptr_t)&value };

	if (ioctl(vcpu, KVM_SET_ONE_REG, &reg))
		err(1, "KVM_SET_ONE_REG");
}

static void add_ram(int vm)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = RAM,
		.memory_size = RAM_BYTES,
	};
	void *ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ram == MAP_FAILED)
		err(1, "mmap");
	madvise(ram, RAM_BYTES, MADV_NOHUGEPAGE);
	memcpy(ram, code, code_end - code);
	region.userspace_addr = (uintptr_t)ram;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		err(1, "KVM_SET_USER_MEMORY_REGION");
}

static int add_vcpu(int vm, uint64_t pages, uint64_t stores)
{
	int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	struct kvm_vcpu_init init;

	if (vcpu < 0 || ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) ||
	    ioctl(vcpu, KVM_ARM_VCPU_INIT, &init))
		err(1, "vCPU");
	set_reg(vcpu, CORE(regs.pc), RAM);
	set_reg(vcpu, CORE(regs.regs[0]), pages);
	set_reg(vcpu, CORE(regs.regs[1]), DATA);
	set_reg(vcpu, CORE(regs.regs[2]), stores);
	set_reg(vcpu, CORE(regs.regs[3]), DEVICE);
	set_reg(vcpu, CORE(regs.regs[4]), THE_END);
	return vcpu;
}

int main(int argc, char **argv)
{
	uint64_t pages = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	uint64_t stores = argc > 2 ? strtoull(argv[2], NULL, 0) : 0, seen = 0;
	int kvm = open("/dev/kvm", O_RDWR), vm, vcpu;
	struct kvm_run *run;

	if (kvm < 0)
		err(1, "/dev/kvm");
	if (pages > (RAM + RAM_BYTES - DATA) / 4096)
		errx(2, "at most %lu pages", (RAM + RAM_BYTES - DATA) / 4096);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm < 0)
		err(1, "KVM_CREATE_VM");
	add_ram(vm);
	vcpu = add_vcpu(vm, pages, stores);
	run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		   MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED)
		err(1, "mmap");
	for (;;) {
		if (ioctl(vcpu, KVM_RUN, 0))
			err(1, "KVM_RUN");
		if (run->exit_reason != KVM_EXIT_MMIO)
			errx(1, "the guest ended with exit %u", run->exit_reason);
		if (run->mmio.phys_addr == THE_END)
			break;
		seen++;
	}
	if (seen != stores)
		errx(1, "%lu stores were seen, not %lu", seen, stores);
	return 0;
}
