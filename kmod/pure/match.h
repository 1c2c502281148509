/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a file is named in a rule set, and the compact table that says for almost
 * every file that no rule can concern it. No allocation, lock or clock: the
 * caller brings the storage.
 *
 * The table has one bit for each key, and room for 64 times as many: so few are
 * set that one probe is enough. Bits are only ever set while it is in use.
 */
#ifndef AHV_MATCH_H
#define AHV_MATCH_H

#include "types.h"

/**
 * struct ahv_fid - a file, for as long as it exists
 * @ino: inode number
 * @dev: kernel's device number of its file system (s_dev)
 * @gen: generation of the inode
 */
struct ahv_fid {
	u64 ino;
	u32 dev;
	u32 gen;
};

/**
 * enum ahv_key_kind - why an inode is in the table
 * @AHV_KEY_INODE: it is denied
 * @AHV_KEY_PARENT: it is a directory in which names are denied
 * @AHV_KEY_DIR: it is a directory below which all is denied
 */
enum ahv_key_kind {
	AHV_KEY_INODE,
	AHV_KEY_PARENT,
	AHV_KEY_DIR,
};

/**
 * struct ahv_filter - the compact table
 * @words: 2^(64 - @shift) bits
 * @shift: of a hash, the upper 64 - @shift bits are the position; 32 to 58
 */
struct ahv_filter {
	u64 *words;
	u32 shift;
};

/**
 * ahv_key_hash() - spread a key over 64 bits
 * @dev: kernel's device number
 * @ino: inode number
 * @kind: why; a constant, which chooses the multiplier
 *
 * The upper bits are the good ones. The generation is left out: the table
 * answers before it is loaded.
 */
static __always_inline u64 ahv_key_hash(u32 dev, u64 ino, enum ahv_key_kind kind)
{
	/*
	 * Odd, with well spread bits: 2^64 / phi, and two from MurmurHash3's
	 * finalizers. The device's, from MurmurHash2, keeps file systems apart that
	 * put a number of their own into the upper half of their inode numbers.
	 */
	const u64 mul = kind == AHV_KEY_INODE ? 0x9e3779b97f4a7c15ULL :
			kind == AHV_KEY_PARENT ? 0xff51afd7ed558ccdULL :
						 0xc4ceb9fe1a85ec53ULL;

	return (ino ^ dev * 0x5bd1e995ULL) * mul;
}

/**
 * ahv_filter_has() - whether a key may be in the table
 * @f: the table
 * @hash: ahv_key_hash() of the key
 *
 * Return: false when it certainly is not.
 */
static __always_inline bool ahv_filter_has(const struct ahv_filter *f, u64 hash)
{
	u64 pos = hash >> f->shift;

	return f->words[pos >> 6] >> (pos & 63) & 1;
}

/**
 * ahv_filter_bit() - the word and the bit of a key
 * @f: the table
 * @hash: ahv_key_hash() of the key
 * @bit: where to put the bit
 *
 * Return: the word, in which the caller sets the bit.
 */
static __always_inline u64 *ahv_filter_bit(const struct ahv_filter *f, u64 hash, u64 *bit)
{
	u64 pos = hash >> f->shift;

	*bit = 1ULL << (pos & 63);
	return &f->words[pos >> 6];
}

#define AHV_FILTER_MAX_SHIFT	49	/* 4 KiB */
#define AHV_FILTER_MIN_SHIFT	32	/* 512 MiB */

u32 ahv_filter_shift(u64 keys);
u64 ahv_filter_bytes(u32 shift);

#define AHV_PATH_MAX	4095

/**
 * struct ahv_path_parts - an absolute path, taken apart
 * @dir_len: bytes of the directory's path, which ends in a slash
 * @name: where the last name begins
 * @name_len: its length
 */
struct ahv_path_parts {
	u32 dir_len;
	u32 name;
	u32 name_len;
};

const char *ahv_path_problem(const char *path, u64 len);
bool ahv_path_split(const char *path, u32 len, struct ahv_path_parts *s);

#endif
