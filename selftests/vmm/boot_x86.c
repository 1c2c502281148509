// SPDX-License-Identifier: GPL-2.0-only
/*
 * The 64-bit boot protocol of Linux, Documentation/arch/x86/boot.rst: kernel
 * and initial RAM disk are copied to where the setup header wants them, the
 * zero page says where things are, and the vCPU starts in long mode with the
 * first 4 GiB mapped one to one. There is no ACPI, no PCI and no firmware.
 */
#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot_x86.h"

#define GDT_GPA		0x1000ULL
#define TABLES_GPA	0x2000ULL	/* PML4, PDPT and four PDs */
#define ZERO_PAGE_GPA	0x10000ULL
#define CMDLINE_GPA	0x20000ULL
#define LOW_END		0x9fc00ULL	/* conventional memory ends */
#define HIGH_START	0x100000ULL
#define STACK_GPA	0x8000ULL
#define BOOT_CS		0x10		/* selectors the protocol demands */
#define BOOT_DS		0x18

#define CMDLINE "console=ttyS0 pci=off acpi=off noapic nokaslr reboot=k panic=-1 " \
	"tsc=reliable no_timer_check mitigations=off noxsave 8250.nr_uarts=1"

struct image {
	uint8_t *p;
	size_t bytes;
};

static int map_file(const char *path, struct image *img)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		vmm_error("%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	img->bytes = st.st_size;
	img->p = st.st_size ? mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (img->p != MAP_FAILED)
		return 0;
	vmm_error("%s: cannot map it: %s", path, st.st_size ? strerror(errno) : "it is empty");
	return -1;
}

static int check_kernel(const char *path, const struct image *img)
{
	const struct setup_header *h = (const void *)(img->p + offsetof(struct boot_params, hdr));

	if (img->bytes < sizeof(struct boot_params) || h->header != 0x53726448 ||
	    h->boot_flag != 0xaa55) {
		vmm_error("%s: not a Linux bzImage; give the file that /boot/vmlinuz names", path);
		return -1;
	}
	if (h->version < 0x020c || !(h->xloadflags & XLF_KERNEL_64)) {
		vmm_error("%s: has no 64-bit entry (boot protocol %u.%u); give an amd64 kernel",
			  path, h->version >> 8, h->version & 0xff);
		return -1;
	}
	return 0;
}

static void add_e820(struct boot_params *bp, uint64_t from, uint64_t to)
{
	struct boot_e820_entry *e = &bp->e820_table[bp->e820_entries++];

	e->addr = from;
	e->size = to - from;
	e->type = 1;	/* usable RAM */
}

static int load_kernel(struct boot *b, const struct image *k, struct boot_params *bp)
{
	size_t setup = ((bp->hdr.setup_sects ? bp->hdr.setup_sects : 4) + 1) * 512;
	uint64_t to = bp->hdr.pref_address;

	if (setup >= k->bytes || to + bp->hdr.init_size > b->bytes) {
		vmm_error("kernel needs %llu MiB of guest memory; give more --mem",
			  (unsigned long long)(to + bp->hdr.init_size) >> 20);
		return -1;
	}
	memcpy(b->ram + to, k->p + setup, k->bytes - setup);
	b->entry = to + 0x200;
	return 0;
}

static int load_initrd(struct boot *b, const char *path, struct boot_params *bp)
{
	uint64_t end = bp->hdr.initrd_addr_max + 1ULL, from;
	struct image img;

	if (map_file(path, &img))
		return -1;
	if (end > b->bytes)
		end = b->bytes;
	from = img.bytes < end ? (end - img.bytes) & ~(VMM_PAGE - 1) : 0;
	if (from < bp->hdr.pref_address + bp->hdr.init_size) {
		vmm_error("%s: %zu MiB do not fit beside the kernel; give more --mem", path,
			  img.bytes >> 20);
		munmap(img.p, img.bytes);
		return -1;
	}
	memcpy(b->ram + from, img.p, img.bytes);
	bp->hdr.ramdisk_image = from;
	bp->hdr.ramdisk_size = img.bytes;
	munmap(img.p, img.bytes);
	return 0;
}

static int set_cmdline(struct boot *b, const char *append, struct boot_params *bp)
{
	size_t room = bp->hdr.cmdline_size + 1;
	int n = snprintf((char *)b->ram + CMDLINE_GPA, room, "%s %s", CMDLINE,
			 append ? append : "");

	if (n < 0 || (size_t)n >= room) {
		vmm_error("--append: the kernel's command line holds %zu bytes, shorten it", room - 1);
		return -1;
	}
	bp->hdr.cmd_line_ptr = CMDLINE_GPA;
	return 0;
}

int boot_load(struct boot *b, const struct options *o)
{
	struct boot_params *bp = (void *)(b->ram + ZERO_PAGE_GPA);
	struct image k;
	int ret = map_file(o->kernel, &k);

	if (ret)
		return ret;
	ret = check_kernel(o->kernel, &k);
	if (!ret) {
		memcpy(&bp->hdr, k.p + offsetof(struct boot_params, hdr), sizeof(bp->hdr));
		bp->hdr.type_of_loader = 0xff;
		bp->hdr.loadflags |= CAN_USE_HEAP;
		add_e820(bp, 0, LOW_END);
		add_e820(bp, HIGH_START, b->bytes);
		ret = load_kernel(b, &k, bp);
	}
	if (!ret && o->initrd)
		ret = load_initrd(b, o->initrd, bp);
	if (!ret)
		ret = set_cmdline(b, o->append, bp);
	b->zero_page = ZERO_PAGE_GPA;
	munmap(k.p, k.bytes);
	return ret;
}

/* 4 GiB one to one, in 2 MiB pages. */
static void fill_tables(const struct boot *b)
{
	uint64_t *pml4 = (uint64_t *)(b->ram + TABLES_GPA);
	uint64_t *pdpt = pml4 + 512, *pd = pdpt + 512;

	pml4[0] = (TABLES_GPA + VMM_PAGE) | 3;
	for (uint64_t i = 0; i < 4; i++)
		pdpt[i] = (TABLES_GPA + (2 + i) * VMM_PAGE) | 3;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = (i << 21) | 0x83;
}

static void set_segments(const struct boot *b, struct kvm_sregs *s)
{
	struct kvm_segment code = { .limit = 0xffffffff, .selector = BOOT_CS, .present = 1,
				    .type = 11, .s = 1, .g = 1, .l = 1 };
	struct kvm_segment data = { .limit = 0xffffffff, .selector = BOOT_DS, .present = 1,
				    .type = 3, .s = 1, .g = 1, .db = 1 };
	uint64_t *gdt = (uint64_t *)(b->ram + GDT_GPA);

	gdt[BOOT_CS / 8] = 0x00af9b000000ffffULL;
	gdt[BOOT_DS / 8] = 0x00cf93000000ffffULL;
	s->gdt.base = GDT_GPA;
	s->gdt.limit = 4 * 8 - 1;
	s->cs = code;
	s->ds = s->es = s->fs = s->gs = s->ss = data;
}

int boot_vcpu(const struct boot *b, struct vcpu *v)
{
	struct kvm_regs r = { .rflags = 2, .rip = b->entry, .rsi = b->zero_page,
			      .rsp = STACK_GPA };
	struct kvm_sregs s;

	fill_tables(b);
	if (ioctl(v->fd, KVM_GET_SREGS, &s))
		return -errno;
	set_segments(b, &s);
	s.cr0 = 0x80000011;	/* PG, ET, PE */
	s.cr3 = TABLES_GPA;
	s.cr4 = 0x20;		/* PAE */
	s.efer = 0x500;		/* LMA, LME */
	if (ioctl(v->fd, KVM_SET_SREGS, &s) || ioctl(v->fd, KVM_SET_REGS, &r))
		return -errno;
	return 0;
}
