// SPDX-License-Identifier: GPL-2.0-only
/*
 * Size of the compact table, and entering keys; what a path in a rule must look
 * like. No allocation, lock or clock.
 */
#include "match.h"

/* One bit of a table for each this many. */
#define SPARSE	64

/**
 * ahv_filter_shift() - how large a table is to be
 * @keys: how many keys it will hold
 *
 * Return: &ahv_filter.shift: room for 64 bits a key, one page at least.
 */
u32 ahv_filter_shift(u64 keys)
{
	u32 shift = AHV_FILTER_MAX_SHIFT;

	while (shift > AHV_FILTER_MIN_SHIFT && 1ULL << (64 - shift) < keys * SPARSE)
		shift--;
	return shift;
}

/**
 * ahv_filter_bytes() - bytes of a table
 * @shift: &ahv_filter.shift
 */
u64 ahv_filter_bytes(u32 shift)
{
	return 1ULL << (64 - shift - 3);
}

/**
 * ahv_path_problem() - why a rule cannot have a path
 * @path: the path, without a NUL at its end
 * @len: its length
 *
 * Return: what is wrong with it, a constant string; NULL for nothing.
 */
const char *ahv_path_problem(const char *path, u64 len)
{
	u64 i;

	if (!len)
		return "path: it is empty";
	if (path[0] != '/')
		return "path: it is not absolute: begin it with /";
	if (len > AHV_PATH_MAX)
		return "path: it is longer than 4095 bytes";
	for (i = 0; i < len; i++)
		if (!path[i])
			return "path: it contains a NUL";
	return NULL;
}

/**
 * ahv_path_split() - the directory and the name in it
 * @path: an absolute path
 * @len: its length
 * @s: where to put both
 *
 * Return: false when the path ends in no name: the root, "." or "..".
 */
bool ahv_path_split(const char *path, u32 len, struct ahv_path_parts *s)
{
	u32 start;

	while (len > 1 && path[len - 1] == '/')
		len--;
	start = len;
	while (start && path[start - 1] != '/')
		start--;
	s->name = start;
	s->name_len = len - start;
	s->dir_len = start;
	if (!start || !s->name_len)
		return false;
	if (path[start] != '.')
		return true;
	return !(s->name_len == 1 || (s->name_len == 2 && path[start + 1] == '.'));
}
