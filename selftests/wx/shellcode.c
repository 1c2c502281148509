// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program of the Linux guest: writes code, makes it executable and jumps to
 * it ("attack"), or maps its own file and does nothing of the kind ("twin").
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* mov $42, %eax; ret */
static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };

static int attack(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	memcpy(p, code, sizeof(code));
	if (mprotect(p, 4096, PROT_READ | PROT_EXEC))
		return -1;
	return ((int (*)(void))p)();
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "attack"))
		printf("shellcode: %d\n", attack());
	else
		puts("twin: done");
	return 0;
}
