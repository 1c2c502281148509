/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a file is named in a rule set, and the compact table that says for almost
 * every file that no rule can concern it. No allocation, lock or clock: the
 * caller brings the storage.
 *
 * The table is a Bloom filter whose bits for one key lie in one 64-bit word, so
 * that a probe is one load. Bits are only ever set while it is in use.
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
 * @words: 2^(64 - @shift) words
 * @shift: what is left of a hash are the upper 64 - @shift bits; below 64
 */
struct ahv_filter {
	u64 *words;
	u32 shift;
};

/**
 * ahv_key_hash() - where a key stands in the table
 * @dev: kernel's device number
 * @ino: inode number
 * @kind: why; a constant, folded into the multiplier
 *
 * The generation is left out: the table answers before it is loaded.
 */
static __always_inline u64 ahv_key_hash(u32 dev, u64 ino, enum ahv_key_kind kind)
{
	/* Odd multipliers with well spread bits: 2^64 / phi and its successors. */
	const u64 mul = kind == AHV_KEY_INODE ? 0x9e3779b97f4a7c15ULL :
			kind == AHV_KEY_PARENT ? 0xbf58476d1ce4e5b9ULL :
						 0x94d049bb133111ebULL;
	u64 h = (ino ^ ((u64)dev << 32)) * mul;

	return h ^ (h >> 29);
}

/* Two bits of the word, by parts of the hash that the index does not use. */
static __always_inline u64 ahv_filter_bits(u64 hash)
{
	return (1ULL << (hash & 63)) | (1ULL << ((hash >> 6) & 63));
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
	u64 bits = ahv_filter_bits(hash);

	return (f->words[hash >> f->shift] & bits) == bits;
}

#endif
