/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the text of a guest's kernel is, by the guest's own page tables: the
 * executable mappings around the address that system calls enter at, and the
 * guest-physical memory behind them.
 *
 * Who looks into the page tables is the caller's business. Nothing here
 * allocates, locks or reads a clock.
 */
#ifndef AHV_PURE_KTEXT_H
#define AHV_PURE_KTEXT_H

#include "types.h"
#include "wx.h"

#define AHV_KTEXT_BYTES	(1ULL << 30)	/* the room that Linux has for its image */
#define AHV_KTEXT_MAPS	32768		/* mappings looked at: 128 MiB of 4 KiB */

#define AHV_KTEXT_EXEC	0x1
#define AHV_KTEXT_WRITE	0x2
#define AHV_KTEXT_USER	0x4

/**
 * struct ahv_ktext_map - a mapping of the guest
 * @gva: its first byte
 * @gpa: there
 * @bytes: how long it is
 * @rights: set of AHV_KTEXT_EXEC, AHV_KTEXT_WRITE, AHV_KTEXT_USER
 */
struct ahv_ktext_map {
	u64 gva;
	u64 gpa;
	u64 bytes;
	u32 rights;
};

/**
 * enum ahv_ktext_look - what the page tables have at an address
 * @AHV_KTEXT_NONE: nothing
 * @AHV_KTEXT_THERE: a mapping
 * @AHV_KTEXT_UNKNOWN: a table could not be read
 */
enum ahv_ktext_look {
	AHV_KTEXT_NONE,
	AHV_KTEXT_THERE,
	AHV_KTEXT_UNKNOWN,
};

/**
 * enum ahv_ktext_result - what became of a search
 * @AHV_KTEXT_FOUND: it is there
 * @AHV_KTEXT_NO_KERNEL: the entry is not in the upper half of addresses
 * @AHV_KTEXT_NO_TEXT: the entry is not executable for a kernel alone
 * @AHV_KTEXT_WRITABLE: the guest may write to it
 * @AHV_KTEXT_TOO_LONG: it is longer than any kernel's
 * @AHV_KTEXT_SCATTERED: it is in more than AHV_WX_RANGES places
 * @AHV_KTEXT_UNREAD: a table could not be read
 */
enum ahv_ktext_result {
	AHV_KTEXT_FOUND,
	AHV_KTEXT_NO_KERNEL,
	AHV_KTEXT_NO_TEXT,
	AHV_KTEXT_WRITABLE,
	AHV_KTEXT_TOO_LONG,
	AHV_KTEXT_SCATTERED,
	AHV_KTEXT_UNREAD,
};

/**
 * struct ahv_ktext - a search
 * @look: finds the mapping of an address
 * @arg: for @look
 * @text: what was found, with FOUND
 * @writable_gpa: what can be written, with WRITABLE
 * @looked: mappings looked at
 */
struct ahv_ktext {
	enum ahv_ktext_look (*look)(void *arg, u64 gva, struct ahv_ktext_map *m);
	void *arg;
	struct ahv_wx_ranges text;
	u64 writable_gpa;
	u32 looked;
};

/**
 * ahv_ktext_find() - the memory of a kernel's text
 * @k: @k->look and @k->arg are set, the rest is 0
 * @entry: an address in the text
 *
 * Return: what became of it.
 */
enum ahv_ktext_result ahv_ktext_find(struct ahv_ktext *k, u64 entry);

#endif
