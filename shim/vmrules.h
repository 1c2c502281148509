/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of a policy file that are about virtual machines:
 *
 *	[vm]			every VM
 *	[vm web-01]		one, by its name or UUID, on top of that
 *	detect=all		detectors, see detect in aegishv(8)
 *	exit_burst=20000/1s	so many within so long
 *	wx=enforce
 *	seal_gpa=0x1000000-0x1ffffff
 *
 * one setting a line, KEY=VALUE. Values are kept as text, in their place in the
 * file, and looked at twice: when they are read and when somebody wants to know
 * what holds for a VM. One thread.
 */
#ifndef AHV_SHIM_VMRULES_H
#define AHV_SHIM_VMRULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/aegishv.h>

#define VMRULES_NAME	128	/* with the NUL */
#define VMRULES_VALUE	512	/* likewise */
#define VMRULES_RANGES	16

enum vm_key {
	VMKEY_DETECT,
	VMKEY_COOLDOWN,
	VMKEY_WX_WINDOW,
	VMKEY_WX_TOGGLE,
	VMKEY_EXIT_BURST,
	VMKEY_EXIT_BURST_IGNORE,
	VMKEY_PIO_STORM,
	VMKEY_PIO_IGNORE,
	VMKEY_MMIO_STORM,
	VMKEY_HYPERCALL_ALLOW,
	VMKEY_HEADLESS_AFTER,
	VMKEY_END_OF_DETECT,
	VMKEY_WX = VMKEY_END_OF_DETECT,
	VMKEY_WX_ACTION,
	VMKEY_WX_GRANULARITY,
	VMKEY_WX_SCOPE,
	VMKEY_SEAL_GPA,
	VMKEY_EXEC_TRAP_GPA,
	VMKEY_EXEC_TRAP_REARM,
	VMKEY_NR,
};

/* Names of the keys, ended by NULL; index: enum vm_key. */
extern const char *const vmrules_keys[];

/**
 * struct vm_section - one section
 * @name: name or UUID, empty for every VM
 * @line: of the file, 0 when it is from nowhere
 * @value: by enum vm_key; NULL: not given
 */
struct vm_section {
	char name[VMRULES_NAME];
	unsigned int line;
	char *value[VMKEY_NR];
};

/* All zeros is none. */
struct vmrules {
	struct vm_section *sections;
	size_t nr;
};

struct vm_range {
	uint64_t start;
	uint64_t end;
};

/**
 * struct vm_settings - what holds for a VM
 * @set: which keys were given, by bit of enum vm_key
 * @own: those of them that a section about this VM gave
 * @detect: rules of the detectors; defaults where no key was given
 * @wx: enum aegishv_wx_mode
 * @wx_action: enum aegishv_wx_action
 * @wx_granularity: enum aegishv_wx_granularity
 * @wx_scope: enum aegishv_wx_scope
 * @rearm_ms: of execution traps
 * @nr_seal: ranges in @seal
 * @nr_trap: ranges in @trap
 * @seal: sealed memory, first and last byte
 * @trap: memory with execution traps
 */
struct vm_settings {
	uint64_t set;
	uint64_t own;
	struct aegishv_detect_rules detect;
	uint32_t wx;
	uint32_t wx_action;
	uint32_t wx_granularity;
	uint32_t wx_scope;
	uint32_t rearm_ms;
	uint32_t nr_seal;
	uint32_t nr_trap;
	struct vm_range seal[VMRULES_RANGES];
	struct vm_range trap[VMRULES_RANGES];
};

#define VMKEY_BIT(key)	(1ULL << (key))
#define VMKEYS_DETECT	(VMKEY_BIT(VMKEY_END_OF_DETECT) - 1)

void vmrules_free(struct vmrules *v);

/* The section of a name, made when there is none; NULL when memory is short. */
struct vm_section *vmrules_section(struct vmrules *v, const char *name);
const struct vm_section *vmrules_find(const struct vmrules *v, const char *name);

/* Replace the value of a key; false when memory is short. */
bool vmrules_set(struct vm_section *s, enum vm_key key, const char *value);

/* Put all of another's settings on top; false when memory is short. */
bool vmrules_merge(struct vmrules *v, const struct vmrules *from);

/**
 * vmrules_value() - look at one value
 * @to: what it sets is set here
 * @key: whose
 * @value: the text
 * @why: 256 bytes, what is wrong with it
 *
 * Return: -1 when nothing is, else where in @value it makes no sense.
 */
long vmrules_value(struct vm_settings *to, enum vm_key key, const char *value, char *why);

/* Nothing given: what the kernel does for a VM that nobody speaks of. */
void vmrules_defaults(struct vm_settings *to);

/**
 * vmrules_of() - what holds for a VM
 * @v: the rules
 * @name: its name, or NULL for what holds for every VM
 * @uuid: its UUID, or NULL
 * @to: where to put it
 *
 * Return: whether there is a section for this VM.
 */
bool vmrules_of(const struct vmrules *v, const char *name, const char *uuid,
		struct vm_settings *to);

/* Write as sections of a policy file. */
void vmrules_print(FILE *f, const struct vmrules *v);

#endif
