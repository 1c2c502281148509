// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The compact table that says of almost every file that no rule concerns it:
 * never no for one that was entered, seldom yes for any other, with inode
 * numbers as file systems give them; and what a path in a rule must look like.
 */
#include <stdlib.h>
#include <string.h>
#include "cm.h"
#include "../kmod/pure/match.h"

/*
 * At most 1 bit in 64 is set, so 1.6 % is what chance gives; patterns that meet
 * may do worse, but not by much.
 */
#define MAX_FALSE	0.04

struct table {
	struct ahv_filter f;
	u64 bytes;
};

static void table_make(struct table *t, u64 keys)
{
	t->f.shift = ahv_filter_shift(keys);
	t->bytes = ahv_filter_bytes(t->f.shift);
	t->f.words = calloc(1, t->bytes);
	assert_non_null(t->f.words);
}

static void enter(struct table *t, u64 hash)
{
	u64 bit, *word = ahv_filter_bit(&t->f, hash, &bit);

	assert_true(word >= t->f.words && word < t->f.words + t->bytes / 8);
	*word |= bit;
}

static void sizes(void **state)
{
	static const struct { u64 keys, bytes; } want[] = {
		{ 0, 4096 }, { 1, 4096 }, { 512, 4096 }, { 513, 8192 }, { 1000, 8192 },
		{ 65536, 512 << 10 }, { 1000000, 8 << 20 }, { 1 << 20, 8 << 20 },
		{ (1 << 20) + 1, 16 << 20 }, { 1ULL << 40, 512 << 20 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++)
		assert_int_equal(ahv_filter_bytes(ahv_filter_shift(want[i].keys)), want[i].bytes);
}

/* The n-th inode number of a file system. */
typedef u64 (*numbering)(u64 n);

static u64 one_after_the_other(u64 n) { return 2 + n; }		/* tmpfs, btrfs */
static u64 from_257(u64 n) { return 257 + n; }
static u64 of_ext4_groups(u64 n) { return 11 + n / 32 * 8192 + n % 32; }
static u64 every_64th(u64 n) { return 128 + n * 64; }
static u64 every_4096th(u64 n) { return n << 12; }
static u64 of_xfs_groups(u64 n) { return (n % 16) << 32 | (128 + n / 16); }
static u64 of_xfs_chunks(u64 n) { return (n % 4) << 36 | ((n / 4 / 64) << 14) | (n / 4 % 64); }
static u64 in_the_upper_half(u64 n) { return n << 32 | 1; }	/* overlayfs xino, kernfs */
static u64 down_from_the_top(u64 n) { return ~0ULL - n; }

static u64 at_random(u64 n)
{
	n = (n + 1) * 0xd1342543de82ef95ULL;
	n ^= n >> 32;
	n *= 0xd1342543de82ef95ULL;
	return n ^ n >> 29;
}

static const struct {
	const char *name;
	numbering ino;
} numberings[] = {
	{ "one after the other", one_after_the_other }, { "from 257", from_257 },
	{ "ext4 groups", of_ext4_groups }, { "every 64th", every_64th },
	{ "every 4096th", every_4096th }, { "xfs groups", of_xfs_groups },
	{ "xfs chunks", of_xfs_chunks }, { "upper half", in_the_upper_half },
	{ "down from the top", down_from_the_top }, { "at random", at_random },
};

#define NR_NUMBERINGS	(sizeof(numberings) / sizeof(*numberings))

static u64 hash(u32 dev, u64 ino, enum ahv_key_kind kind)
{
	switch (kind) {		/* the multiplier is a constant where it is used */
	case AHV_KEY_INODE:
		return ahv_key_hash(dev, ino, AHV_KEY_INODE);
	case AHV_KEY_PARENT:
		return ahv_key_hash(dev, ino, AHV_KEY_PARENT);
	default:
		return ahv_key_hash(dev, ino, AHV_KEY_DIR);
	}
}

/* How many of as many files that no rule names are taken for one. */
static double falsely(const struct table *t, numbering ino, u64 first, u64 n, u32 dev)
{
	u64 yes = 0;

	for (u64 i = 0; i < n; i++)
		for (enum ahv_key_kind k = AHV_KEY_INODE; k <= AHV_KEY_DIR; k++)
			yes += ahv_filter_has(&t->f, hash(dev, ino(first + i), k));
	return (double)yes / (3 * n);
}

static void check(const char *what, const char *who, double rate)
{
	if (rate > MAX_FALSE)
		fail_msg("%s, asked for %s: %.2f %% falsely", what, who, 100 * rate);
}

/* Keys of one kind and device; others of the same pattern, device and kind ask. */
static void false_answers(numbering ino, const char *name, u64 n, enum ahv_key_kind kind)
{
	const u32 dev = 0x800001, other_dev = 0x800002, minor = 0x2f;
	struct table t;

	table_make(&t, n);
	for (u64 i = 0; i < n; i++)
		enter(&t, hash(dev, ino(i), kind));
	for (u64 i = 0; i < n; i++)
		if (!ahv_filter_has(&t.f, hash(dev, ino(i), kind)))
			fail_msg("%s: number %lu is forgotten", name, (unsigned long)i);
	check(name, "what comes next", falsely(&t, ino, n, n + 5000, dev));
	check(name, "another device", falsely(&t, ino, 0, n + 5000, other_dev));
	check(name, "an anonymous device", falsely(&t, ino, 0, n + 5000, minor));
	for (size_t i = 0; i < NR_NUMBERINGS; i++)
		if (numberings[i].ino != ino)
			check(name, numberings[i].name,
			      falsely(&t, numberings[i].ino, 1 << 20, n + 5000, dev));
	free(t.f.words);
}

static void few_false_answers(void **state)
{
	static const u64 amounts[] = { 1, 100, 512, 10000, 300000 };

	for (size_t i = 0; i < NR_NUMBERINGS; i++)
		for (size_t a = 0; a < sizeof(amounts) / sizeof(*amounts); a++)
			false_answers(numberings[i].ino, numberings[i].name, amounts[a],
				      a % 3);
}

static void empty_knows_nothing(void **state)
{
	struct table t;

	table_make(&t, 0);
	for (size_t i = 0; i < NR_NUMBERINGS; i++)
		assert_true(falsely(&t, numberings[i].ino, 0, 1000, 5) == 0);
	enter(&t, 0);
	enter(&t, ~0ULL);
	assert_true(ahv_filter_has(&t.f, 0));
	assert_true(ahv_filter_has(&t.f, ~0ULL));
	assert_int_equal(t.f.words[0], 1);
	assert_int_equal(t.f.words[t.bytes / 8 - 1], 1ULL << 63);
	free(t.f.words);
}

static const char *problem(const char *path)
{
	return ahv_path_problem(path, strlen(path));
}

static void paths(void **state)
{
	char text[AHV_PATH_MAX + 2];

	assert_null(problem("/"));
	assert_null(problem("/usr/bin/malware"));
	assert_null(problem("/a\nb\xff\x01 "));
	assert_non_null(strstr(problem(""), "empty"));
	assert_non_null(strstr(problem("usr/bin"), "not absolute"));
	assert_non_null(strstr(ahv_path_problem("/a\0b", 4), "NUL"));
	assert_non_null(strstr(ahv_path_problem("/a", 3), "NUL"));
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	assert_null(ahv_path_problem(text, AHV_PATH_MAX));
	assert_non_null(strstr(ahv_path_problem(text, AHV_PATH_MAX + 1), "4095"));
}

static void splits(const char *path, const char *dir, const char *name)
{
	struct ahv_path_parts s;
	bool has = ahv_path_split(path, strlen(path), &s);

	assert_int_equal(has, name != NULL);
	if (!name)
		return;
	assert_int_equal(s.dir_len, strlen(dir));
	assert_memory_equal(path, dir, s.dir_len);
	assert_int_equal(s.name_len, strlen(name));
	assert_memory_equal(path + s.name, name, s.name_len);
}

static void parts(void **state)
{
	splits("/a", "/", "a");
	splits("/usr/bin/cat", "/usr/bin/", "cat");
	splits("//usr///cat", "//usr///", "cat");
	splits("/usr/cat///", "/usr/", "cat");
	splits("/a/...", "/a/", "...");
	splits("/a/.b", "/a/", ".b");
	splits("/a/..b", "/a/", "..b");
	splits("/a/../b", "/a/../", "b");
	splits("/", NULL, NULL);
	splits("///", NULL, NULL);
	splits("/a/.", NULL, NULL);
	splits("/a/..", NULL, NULL);
	splits("/a/../", NULL, NULL);
	splits("/.", NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(few_false_answers),
		cmocka_unit_test(empty_knows_nothing),
		cmocka_unit_test(paths),
		cmocka_unit_test(parts),
	};

	return RUN(tests);
}
