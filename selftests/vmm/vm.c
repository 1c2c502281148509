// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and unmaking a VM: its memory, its vCPUs. Memory is private, written
 * once beforehand and, unless --huge asks for them, kept from transparent huge
 * pages, so that the host maps it in 4 KiB pages and has no reason to take one
 * away while the guest runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm.h"

static int open_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		if (ioctl(fd, KVM_GET_API_VERSION, 0) == KVM_API_VERSION)
			return fd;
		close(fd);
		vmm_error("/dev/kvm: not the KVM API version %d that this program was built for",
			  KVM_API_VERSION);
		return -1;
	}
	if (errno == EACCES)
		vmm_error("/dev/kvm: %s; run as root or as a member of group kvm",
			  strerror(errno));
	else
		vmm_error("/dev/kvm: %s; load kvm_amd or kvm_intel (modprobe), and enable virtualization in the firmware or, inside a VM, nested virtualization",
			  strerror(errno));
	return -1;
}

static size_t region_bytes(const struct vm *vm, unsigned int id)
{
	uint64_t units = vm->g->pages ? vm->o->count + id : 0;
	uint64_t bytes = (units * vm->g->pages + vm->g->fixed_pages) * VMM_PAGE;

	return (bytes + ARCH_REGION - 1) / ARCH_REGION * ARCH_REGION;
}

uint8_t *vm_vcpu_pages(struct vm *vm, const struct vcpu *v, uint64_t *gpa)
{
	size_t off = 0;

	for (unsigned int i = 0; i < v->id; i++)
		off += region_bytes(vm, i);
	*gpa = ARCH_PAGES_GPA + off;
	return vm->pages + off;
}

/* With room for huge pages, the address is as far into one as the guest's is. */
static uint8_t *map_bytes(const struct vm *vm, uint64_t gpa, size_t bytes)
{
	size_t room = vm->o->huge ? VMM_HUGE_PAGE : 0;
	uint8_t *p = mmap(NULL, bytes + room, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (p == MAP_FAILED || !room)
		return p;
	before = (gpa - (uintptr_t)p) % room;
	munmap(p + before + bytes, room - before);
	if (before)
		munmap(p, before);
	return p + before;
}

uint8_t *vm_map(struct vm *vm, uint32_t slot, uint64_t gpa, size_t bytes)
{
	struct kvm_userspace_memory_region r = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = bytes,
	};
	uint8_t *p = map_bytes(vm, gpa, bytes);

	if (p == MAP_FAILED) {
		vmm_error("%zu MiB of guest memory: %s; ask for less", bytes >> 20, strerror(errno));
		return NULL;
	}
	/* -EINVAL: a kernel without huge pages, which is what is mostly wanted */
	madvise(p, bytes, vm->o->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	r.userspace_addr = (uint64_t)(uintptr_t)p;
	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &r)) {
		vmm_error("KVM_SET_USER_MEMORY_REGION of %zu MiB at 0x%llx: %s", bytes >> 20,
			  (unsigned long long)gpa, strerror(errno));
		munmap(p, bytes);
		return NULL;
	}
	return p;
}

static void prefault(uint8_t *p, size_t bytes, bool code)
{
	for (size_t off = 0; off < bytes; off += VMM_PAGE) {
		*(volatile uint8_t *)(p + off) = 0;
		if (code) {
			arch_fill_code(p + off);
			p[off + VMM_PAGE - 1] = ARCH_PREFIX;
		}
	}
}

/* Only the pages that a script touches; regions are rounded up. */
static void prefault_pages(struct vm *vm)
{
	bool code = vm->g->flags & GUEST_FILL_CODE;

	for (unsigned int i = 0; i < vm->o->vcpus; i++) {
		uint64_t units = vm->g->pages ? vm->o->count + i : 0;
		uint64_t gpa;

		prefault(vm_vcpu_pages(vm, &vm->vcpu[i], &gpa),
			 (units * vm->g->pages + vm->g->fixed_pages) * VMM_PAGE, code);
	}
}

static int map_memory(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->o->vcpus; i++)
		vm->pages_bytes += region_bytes(vm, i);
	if (vm->pages_bytes > ARCH_MMIO_GPA - ARCH_PAGES_GPA) {
		vmm_error("%s: --count %llu on %u vCPUs needs %zu MiB of guest memory, the most is %llu MiB; give less of either",
			  vm->g->name, (unsigned long long)vm->o->count, vm->o->vcpus,
			  vm->pages_bytes >> 20, (ARCH_MMIO_GPA - ARCH_PAGES_GPA) >> 20);
		return -1;
	}
	vm->low_bytes = arch_low_bytes(vm->o);
	vm->low = vm_map(vm, 0, ARCH_LOW_GPA, vm->low_bytes);
	if (!vm->low)
		return -1;
	prefault(vm->low, vm->low_bytes, false);
	if (!vm->pages_bytes)
		return 0;
	vm->pages = vm_map(vm, 1, ARCH_PAGES_GPA, vm->pages_bytes);
	if (!vm->pages)
		return -1;
	prefault_pages(vm);
	return 0;
}

int vcpu_create(struct vcpu *v)
{
	int bytes = ioctl(v->vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	v->fd = ioctl(v->vm->fd, KVM_CREATE_VCPU, (unsigned long)v->id);
	if (v->fd < 0 || bytes < 0) {
		vmm_error("KVM_CREATE_VCPU of vCPU %u: %s; give fewer --vcpus", v->id,
			  strerror(errno));
		return -1;
	}
	v->run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		vmm_error("mmap of vCPU %u: %s", v->id, strerror(errno));
		return -1;
	}
	v->run_bytes = bytes;
	return 0;
}

static int create_vcpus(struct vm *vm)
{
	for (unsigned int i = 0; i < vm->o->vcpus; i++) {
		struct vcpu *v = &vm->vcpu[i];
		int ret;

		v->count = vm->o->count + i;
		if (vcpu_create(v))
			return -1;
		ret = vm->g ? arch_vcpu_init(v) : 0;
		if (ret) {
			vmm_error("first state of vCPU %u: %s", i, strerror(-ret));
			return -1;
		}
	}
	return 0;
}

static void vm_clear(struct vm *vm, const struct options *o)
{
	memset(vm, 0, sizeof(*vm));
	vm->o = o;
	vm->g = o->guest;
	vm->kvm = vm->fd = vm->wake = -1;
	for (unsigned int i = 0; i < VMM_MAX_VCPUS; i++) {
		vm->vcpu[i].vm = vm;
		vm->vcpu[i].id = i;
		vm->vcpu[i].fd = -1;
	}
	pthread_mutex_init(&vm->lock, NULL);
	pthread_cond_init(&vm->cond, NULL);
}

/* On failure the caller still calls vm_destroy(). */
int vm_create(struct vm *vm, const struct options *o)
{
	vm_clear(vm, o);
	vm->kvm = open_kvm();
	if (vm->kvm < 0)
		return -1;
	vm->wake = eventfd(0, EFD_CLOEXEC);
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0 || vm->wake < 0) {
		vmm_error("KVM_CREATE_VM: %s", strerror(errno));
		return -1;
	}
	if (!vm->g)
		return 0;
	if (map_memory(vm) || arch_vm_init(vm))
		return -1;
	return create_vcpus(vm);
}

void vm_destroy(struct vm *vm)
{
	for (unsigned int i = 0; i < VMM_MAX_VCPUS; i++) {
		if (vm->vcpu[i].run)
			munmap(vm->vcpu[i].run, vm->vcpu[i].run_bytes);
		if (vm->vcpu[i].fd >= 0)
			close(vm->vcpu[i].fd);
	}
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->low)
		munmap(vm->low, vm->low_bytes);
	if (vm->pages)
		munmap(vm->pages, vm->pages_bytes);
	if (vm->wake >= 0)
		close(vm->wake);
	if (vm->kvm >= 0)
		close(vm->kvm);
	pthread_cond_destroy(&vm->cond);
	pthread_mutex_destroy(&vm->lock);
}
