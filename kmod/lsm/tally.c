// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is denied how often: by cgroup, and by inode. Tables of fixed size; what
 * finds no room near its place is counted together as "other".
 *
 * Counting: context of a check, lock-free. An entry is claimed once and stays,
 * so that counts never go back. Reading: any context.
 */
#include <linux/hash.h>
#include <linux/preempt.h>
#include "lsm.h"

#define BITS	12
#define ENTRIES	(1U << BITS)
#define PROBES	32	/* how far from its place a key may be */

enum state {
	FREE,
	CLAIMED,	/* its key is being written */
	READY,
};

struct entry {
	u64 key;
	u32 dev;
	u32 state;
	atomic64_t count;
};

/**
 * struct table - counts of one kind of key
 * @entry: open addressing
 * @other: counts of those that found no room
 */
struct table {
	struct entry entry[ENTRIES];
	atomic64_t other;
};

static struct table cgroups, inodes;

/* Whoever has claimed it runs with preemption off and writes two words. */
static u32 state_of(struct entry *e)
{
	u32 state;

	/* Pairs with the release in claim(). */
	while ((state = smp_load_acquire(&e->state)) == CLAIMED)
		cpu_relax();
	return state;
}

/* Make it ours, or find that somebody else did first. */
static bool claim(struct entry *e, u64 key, u32 dev)
{
	if (cmpxchg(&e->state, FREE, CLAIMED) != FREE)
		return state_of(e) == READY && e->key == key && e->dev == dev;
	e->key = key;
	e->dev = dev;
	/* Pairs with the acquires in state_of() and ahv_tally_get(). */
	smp_store_release(&e->state, READY);
	return true;
}

static void count(struct table *t, u64 key, u32 dev)
{
	u32 place = hash_64(key ^ (u64)dev << 40, BITS), i;
	struct entry *e;

	for (i = 0; i < PROBES; i++) {
		e = &t->entry[(place + i) % ENTRIES];
		if (state_of(e) == READY ? e->key == key && e->dev == dev : claim(e, key, dev))
			break;
	}
	atomic64_inc(i < PROBES ? &e->count : &t->other);
}

/**
 * ahv_tally_count() - one more denial
 * @cgroup: of the process
 * @dev: of the file
 * @ino: of the file
 */
void ahv_tally_count(u64 cgroup, u32 dev, u64 ino)
{
	preempt_disable_notrace();
	count(&cgroups, cgroup, 0);
	count(&inodes, ino, dev);
	preempt_enable_notrace();
}

/**
 * ahv_tally_get() - one entry, of cgroups first
 * @n: which, from 0
 * @t: where to put it; @t.count is 0 for one that is free
 *
 * Return: false behind the last.
 */
bool ahv_tally_get(u32 n, struct ahv_tally *t)
{
	struct entry *e;

	if (n >= 2 * ENTRIES)
		return false;
	e = &(n < ENTRIES ? &cgroups : &inodes)->entry[n % ENTRIES];
	*t = (struct ahv_tally){};
	/* Pairs with the release in claim(). */
	if (smp_load_acquire(&e->state) == READY) {
		t->key = e->key;
		t->dev = e->dev;
		t->count = atomic64_read(&e->count);
	}
	return true;
}

/**
 * ahv_tally_other() - what found no entry
 * @cgroup_denials: by cgroup
 * @inode_denials: by inode
 */
void ahv_tally_other(u64 *cgroup_denials, u64 *inode_denials)
{
	*cgroup_denials = atomic64_read(&cgroups.other);
	*inode_denials = atomic64_read(&inodes.other);
}
