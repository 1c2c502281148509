/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which guest page may be written and which executed: the state machine behind
 * wx=, seals and execution traps.
 *
 * A page is written or executed, not both. Each change of mind is a flip; one
 * that flips too often is granted both for a while, so that a guest whose code
 * writes to its own page gets on. What is remembered has a bound: the page that
 * was longest not touched is forgotten first.
 *
 * Nothing here allocates, locks or reads a clock: the caller gives memory and
 * time, and keeps two callers apart.
 */
#ifndef AHV_PURE_WX_H
#define AHV_PURE_WX_H

#include "types.h"
#include <linux/aegishv.h>

#define AHV_WX_ALL	(AEGISHV_ACCESS_READ | AEGISHV_ACCESS_WRITE | AEGISHV_ACCESS_EXEC)
#define AHV_WX_CHUNK	64	/* pages whose entries are one piece of memory */
#define AHV_WX_CHUNKS	256
#define AHV_WX_PAGES	(AHV_WX_CHUNK * AHV_WX_CHUNKS)
#define AHV_WX_HEADS	4096	/* a power of two */
#define AHV_WX_GONE	512	/* pieces of memory for what was forgotten, at most */
#define AHV_WX_GONE_UNITS	32768	/* of which each is about so many */
#define AHV_WX_GRANTS	128
#define AHV_WX_RANGES	32

enum ahv_wx_state { AHV_WX_FRESH, AHV_WX_WRITABLE, AHV_WX_EXECUTABLE };

/**
 * struct ahv_wx_page - what is known of a page
 * @unit: its number; pages, or regions of 2 MiB
 * @write_ns: when it was written last, as far as faults show
 * @met_ns: when its trap was met; 0 for not since it was armed
 * @grant_ns: it may be both until then
 * @write_rip: instruction of that write
 * @since: flips are counted from here on, in units of 2^20 ns
 * @told: when an event was last told of it, likewise; 0 for never
 * @thrash: when it was last told that it flips too often, likewise
 * @flips: changes of mind since @since
 * @write_vcpu: vCPU of that write
 * @next: in its hash chain; a number of an entry from 1, 0 for none
 * @newer: in order of use
 * @older: likewise
 * @write_cpl: privilege level of that write
 * @state: enum ahv_wx_state
 * @stale: a mapping was left as it was; it must go at the next fault
 */
struct ahv_wx_page {
	u64 unit;
	u64 write_ns;
	u64 met_ns;
	u64 grant_ns;
	u64 write_rip;
	u32 since;
	u32 told;
	u32 thrash;
	u16 flips;
	u16 write_vcpu;
	u16 next;
	u16 newer;
	u16 older;
	u8 write_cpl;
	u8 state : 4;
	u8 stale : 1;
};

/**
 * struct ahv_wx_limits - what counts as what
 * @window_ns: an execution so long after the write is none of its; 0 for never
 * @flip_ns: flips are counted over this
 * @grant_ns: a page that flips too often may be both for this long
 * @quiet_ns: a page is told of once in this
 * @rearm_ns: a trap that was met is armed again after this; 0 for never
 * @flips: so many are too many
 */
struct ahv_wx_limits {
	u64 window_ns;
	u64 flip_ns;
	u64 grant_ns;
	u64 quiet_ns;
	u64 rearm_ns;
	u32 flips;
};

/**
 * struct ahv_wx_ranges - memory by page number
 * @n: how many
 * @r: first and last page of each
 */
struct ahv_wx_ranges {
	u32 n;
	struct { u64 first, last; } r[AHV_WX_RANGES];
};

/**
 * struct ahv_wx - a VM
 * @on: pages are writable or executable; without, only seals and traps count
 * @nr: entries in use
 * @nr_chunks: pieces of memory given
 * @newest: entry that was used last
 * @oldest: entry that was not used for longest
 * @nr_grants: entries of @grants
 * @forgotten: entries that made room for others
 * @lim: the limits
 * @seals: never written
 * @traps: execution is told
 * @grants: units with a grant or a trap that was met, and when that ends
 * @chunks: memory of entries
 * @gone: AHV_WX_GONE pieces of memory with a bit for each unit that was written
 *	when it was forgotten, but for those with numbers beyond
 * @heads: hash chains
 */
struct ahv_wx {
	bool on;
	u32 nr;
	u32 nr_chunks;
	u16 newest;
	u16 oldest;
	u32 nr_grants;
	u64 forgotten;
	struct ahv_wx_limits lim;
	struct ahv_wx_ranges seals;
	struct ahv_wx_ranges traps;
	struct { u64 unit, until_ns; } grants[AHV_WX_GRANTS];
	struct ahv_wx_page *chunks[AHV_WX_CHUNKS];
	u64 **gone;
	u16 heads[AHV_WX_HEADS];
};

/**
 * struct ahv_wx_access - a stage-2 fault
 * @now_ns: time
 * @unit: page
 * @rip: instruction
 * @vcpu: who
 * @cpl: its privilege level
 * @present: there was a mapping, which forbade it
 */
struct ahv_wx_access {
	u64 now_ns;
	u64 unit;
	u64 rip;
	u32 vcpu;
	u8 cpl;
	bool present;
};

/**
 * struct ahv_wx_verdict - what follows from a fault
 * @rule: enum aegishv_wx_rule, 0 for none
 * @quiet: this page was told of a moment ago
 * @drop: mappings of the page must go before it is mapped anew
 * @nr_also: in @also
 * @flipped: it changed its mind
 * @no_writer: who wrote it is not known any more
 * @write_cpl: of the last write; this and the rest without @no_writer
 * @write_vcpu: there
 * @flips: of the page lately
 * @also: others whose mappings must go: their grant or rest had to make room
 * @write_ns: there
 * @write_rip: there
 */
struct ahv_wx_verdict {
	u8 rule;
	bool quiet;
	bool drop;
	u8 nr_also;
	bool flipped;
	bool no_writer;
	u8 write_cpl;
	u32 write_vcpu;
	u32 flips;
	u64 also[2];
	u64 write_ns;
	u64 write_rip;
};

void ahv_wx_init(struct ahv_wx *t);
/* How many pieces of memory it has. */
u32 ahv_wx_chunks(const struct ahv_wx *t);
/* Forget all pages; memory, limits and ranges stay. */
void ahv_wx_reset(struct ahv_wx *t);

/**
 * ahv_wx_wants_chunk() - whether the next page would cost another its place
 * @t: the VM
 *
 * Without memory it does; and that this one was written is forgotten, too, where
 * there is none for that.
 *
 * Return: whether ahv_wx_give_chunk() would help.
 */
bool ahv_wx_wants_chunk(const struct ahv_wx *t);

/**
 * ahv_wx_give_chunk() - memory for AHV_WX_CHUNK entries
 * @t: the VM, which wants it
 * @chunk: the memory, of any content
 */
void ahv_wx_give_chunk(struct ahv_wx *t, struct ahv_wx_page *chunk);

/**
 * ahv_wx_may() - what a mapping of a page may allow now
 * @t: the VM
 * @unit: the page
 * @now_ns: time
 *
 * Return: set of AEGISHV_ACCESS_*, always with READ.
 */
u8 ahv_wx_may(const struct ahv_wx *t, u64 unit, u64 now_ns);

/**
 * ahv_wx_keep() - what a mapping that is there already may become
 * @t: the VM
 * @unit: the page
 * @old: what it allows now
 * @may: what it may, from ahv_wx_may()
 *
 * A permission is not taken away under vCPUs that may hold it in their TLBs:
 * then the mapping stays as it is, and goes at the next fault.
 *
 * Return: @may or @old.
 */
u8 ahv_wx_keep(struct ahv_wx *t, u64 unit, u8 old, u8 may);

/**
 * ahv_wx_write() - a write fault
 * @t: the VM
 * @a: the fault
 * @v: where to put what follows
 *
 * With rule SEAL nothing has changed, and the write is to be refused.
 */
void ahv_wx_write(struct ahv_wx *t, const struct ahv_wx_access *a, struct ahv_wx_verdict *v);

/**
 * ahv_wx_exec() - an execution fault
 * @t: the VM
 * @a: the fault
 * @v: where to put what follows
 *
 * With a rule nothing has changed: to let the guest go on, ahv_wx_exec_allow().
 */
void ahv_wx_exec(struct ahv_wx *t, const struct ahv_wx_access *a, struct ahv_wx_verdict *v);

/**
 * ahv_wx_exec_allow() - let it execute after all
 * @t: the VM
 * @a: the fault
 * @v: where to put what follows; the rule may be THRASH
 */
void ahv_wx_exec_allow(struct ahv_wx *t, const struct ahv_wx_access *a,
		       struct ahv_wx_verdict *v);

/**
 * ahv_wx_arm() - traps that were met are armed again
 * @t: the VM
 *
 * For ranges that are trapped anew, of which is told anew; the mappings of the VM
 * are to go after this.
 */
void ahv_wx_arm(struct ahv_wx *t);

/**
 * ahv_wx_told() - an event was told of a page
 * @t: the VM
 * @unit: the page
 * @now_ns: time
 */
void ahv_wx_told(struct ahv_wx *t, u64 unit, u64 now_ns);

/**
 * ahv_wx_expired() - a grant or a rest of a trap that is over
 * @t: the VM
 * @now_ns: time
 * @unit: the page, whose mappings must go
 *
 * Return: whether there was one; ask again until there is none.
 */
bool ahv_wx_expired(struct ahv_wx *t, u64 now_ns, u64 *unit);

/**
 * ahv_wx_next_expiry() - when the next one is over
 * @t: the VM
 *
 * Return: the time, or 0 for none.
 */
u64 ahv_wx_next_expiry(const struct ahv_wx *t);

/**
 * ahv_wx_add_range() - more memory
 * @s: seals or traps
 * @first: its first page
 * @last: its last page
 *
 * Return: false when there is no room for it.
 */
bool ahv_wx_add_range(struct ahv_wx_ranges *s, u64 first, u64 last);

static inline bool ahv_wx_in(const struct ahv_wx_ranges *s, u64 page)
{
	u32 i;

	for (i = 0; i < s->n; i++)
		if (page >= s->r[i].first && page <= s->r[i].last)
			return true;
	return false;
}

/**
 * ahv_wx_count_name() - the name of a counter
 * @count: enum aegishv_wx_count
 *
 * Return: the name, or NULL.
 */
const char *ahv_wx_count_name(u32 count);

/**
 * enum ahv_wx_class - what an execution after a write is
 * @AHV_WX_CLASS_USER: a user program made its own code
 * @AHV_WX_CLASS_KERNEL: a kernel, or one without paging, did
 * @AHV_WX_CLASS_LOAD: a user program's code was loaded for it
 * @AHV_WX_CLASS_BOOT: a kernel was loaded
 */
enum ahv_wx_class {
	AHV_WX_CLASS_USER,
	AHV_WX_CLASS_KERNEL,
	AHV_WX_CLASS_LOAD,
	AHV_WX_CLASS_BOOT,
};

/**
 * struct ahv_wx_guest - what is seen of the guest at an execution
 * @cpl: privilege level
 * @paging: it has page tables on
 * @ran_paged: the VM had 64-bit page tables on at some time
 * @ran_user: the VM ran a user program at some time
 * @map: AEGISHV_WX_MAP_*: the mapping that it executes through
 */
struct ahv_wx_guest {
	u8 cpl;
	bool paging;
	bool ran_paged;
	bool ran_user;
	u8 map;
};

/**
 * ahv_wx_classify() - tell an attack from what every system does
 * @g: the guest
 *
 * Return: the class; LOAD and BOOT are only counted.
 */
enum ahv_wx_class ahv_wx_classify(const struct ahv_wx_guest *g);

#endif
