// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz harness without libFuzzer: every file given, and RUNS inputs
 * made from them by a generator that is the same each time, so that a failure
 * comes back. Usage: PROGRAM RUNS FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_INPUT	8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 0x9e3779b97f4a7c15ULL;

static uint32_t random32(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 32) % below;
}

static size_t load(const char *name, uint8_t *buf)
{
	FILE *f = fopen(name, "rb");
	size_t n;

	if (!f) {
		perror(name);
		exit(1);
	}
	n = fread(buf, 1, SIZE_MAX_INPUT, f);
	fclose(f);
	return n;
}

/* A part of the input moved, a byte set, a bit flipped, the end cut off. */
static size_t mutate(uint8_t *buf, size_t n)
{
	uint32_t from = random32(n), to = random32(n), len = random32(64) + 1;

	switch (random32(5)) {
	case 0:
		buf[to] = random32(256);
		return n;
	case 1:
		buf[to] ^= 1 << random32(8);
		return n;
	case 2:
		return random32(n) + 1;
	case 3:
		buf[to] = "\n -[]():.0x9\xff"[random32(13)];
		return n;
	default:
		if (from + len > n || to + len > n)
			return n;
		memmove(buf + to, buf + from, len);
		return n;
	}
}

static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

int main(int argc, char **argv)
{
	static uint8_t buf[SIZE_MAX_INPUT];
	long i, runs = argc > 1 ? atol(argv[1]) : 0;
	size_t n;
	int f;

	if (argc < 3) {
		fprintf(stderr, "Usage: %s RUNS FILE...\n", argv[0]);
		return 2;
	}
	for (f = 2; f < argc; f++)
		run(buf, load(argv[f], buf));
	for (i = 0; i < runs; i++) {
		n = load(argv[2 + random32(argc - 2)], buf);
		for (f = random32(8); f >= 0 && n; f--)
			n = mutate(buf, n);
		run(buf, n);
	}
	printf("%s: %d files and %ld inputs made from them\n", argv[0], argc - 2, runs);
	return 0;
}
