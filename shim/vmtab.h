/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the shim knows of VMs by number: name, counters, the piece of JSON that
 * every line of theirs carries. The reading thread looks up and adds; any
 * thread walks. The lock guards adding, removing and renaming, not the
 * counters. The last VMTAB_DEAD dead VMs are kept, since other CPUs' rings may
 * still hold records of theirs; after that nothing of them stays.
 */
#ifndef AHV_SHIM_VMTAB_H
#define AHV_SHIM_VMTAB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_NAME_MAX	128	/* bytes of a name, with the NUL */
#define VM_FRAG_MAX	(VM_NAME_MAX * 6 + 64)	/* whole PUT_BLOCKs */
#define VMTAB_DEAD	1024
#define VMTAB_MAX	65536

struct vmtab;

/**
 * struct vm_entry - one VM
 * @id: VM number
 * @named: the name was given, not made up
 * @dead: its end was seen
 * @frag_len: bytes of @frag
 * @exits: exit records seen
 * @faults: fault records seen
 * @name: printable UTF-8
 * @frag: ,"vm":"NAME","vm_id":ID
 */
struct vm_entry {
	uint32_t id;
	bool named;
	bool dead;
	uint16_t frag_len;
	uint64_t exits;
	uint64_t faults;
	char name[VM_NAME_MAX];
	char frag[VM_FRAG_MAX];
};

struct vmtab *vmtab_new(void);
void vmtab_free(struct vmtab *t);

/**
 * vmtab_get() - the entry of a VM, made up when there is none
 * @t: the table
 * @id: VM number
 *
 * Return: the entry, never NULL; beyond %VMTAB_MAX VMs one that is only good
 * until the next call.
 */
struct vm_entry *vmtab_get(struct vmtab *t, uint32_t id);

/**
 * vmtab_name() - name a VM
 * @t: the table
 * @e: its entry
 * @name: bytes of any kind
 * @len: how many
 */
void vmtab_name(struct vmtab *t, struct vm_entry *e, const char *name, size_t len);

/**
 * vmtab_dead() - note the end of a VM
 * @t: the table
 * @e: its entry, which may be gone after this call
 */
void vmtab_dead(struct vmtab *t, struct vm_entry *e);

/**
 * vmtab_walk() - call a function for every VM, in no order, under the lock
 * @t: the table
 * @fn: the function; must not call back into the table
 * @arg: its first argument
 */
void vmtab_walk(struct vmtab *t, void (*fn)(void *arg, const struct vm_entry *e),
		void *arg);

/**
 * vmtab_gone() - counts of VMs that are no longer in the table
 * @t: the table
 * @exits: where to put their exits
 * @faults: where to put their faults
 */
void vmtab_gone(struct vmtab *t, uint64_t *exits, uint64_t *faults);

/* VMs in the table that are not dead. */
uint32_t vmtab_alive(struct vmtab *t);

#endif
