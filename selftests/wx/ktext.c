// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the Linux guest: prints a sum over the text of the kernel that it
 * runs on, read through /proc/kcore. Root, since /proc/kallsyms hides addresses.
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t symbol(const char *want)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[512], name[256];
	uint64_t at, found = 0;

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 " %*c %255s", &at, name) == 2 && !strcmp(name, want))
			found = at;
	}
	if (f)
		fclose(f);
	return found;
}

/* Where an address is in the file; 0 for nowhere. */
static uint64_t offset_of(int fd, uint64_t at)
{
	Elf64_Ehdr e;
	Elf64_Phdr p;

	if (pread(fd, &e, sizeof(e), 0) != sizeof(e))
		return 0;
	for (unsigned int i = 0; i < e.e_phnum; i++) {
		if (pread(fd, &p, sizeof(p), e.e_phoff + i * sizeof(p)) != sizeof(p))
			return 0;
		if (p.p_type == PT_LOAD && at >= p.p_vaddr && at - p.p_vaddr < p.p_filesz)
			return p.p_offset + at - p.p_vaddr;
	}
	return 0;
}

int main(void)
{
	uint64_t start = symbol("_text"), end = symbol("_etext"), at, sum = 0;
	int fd = open("/proc/kcore", O_RDONLY);
	uint64_t from = fd < 0 || !start ? 0 : offset_of(fd, start);
	static uint64_t words[8192];

	if (!from || end <= start) {
		fprintf(stderr, "ktext: no text found: %#" PRIx64 " to %#" PRIx64 "\n", start, end);
		return 1;
	}
	for (at = start; at < end; at += sizeof(words)) {
		if (pread(fd, words, sizeof(words), from + (at - start)) != sizeof(words)) {
			perror("ktext: /proc/kcore");
			return 1;
		}
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			sum = (sum << 1 | sum >> 63) ^ words[i];
	}
	printf("text: %" PRIx64 " bytes sum %016" PRIx64 "\n", end - start, sum);
	return 0;
}
