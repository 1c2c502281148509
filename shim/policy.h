/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rule sets and policy files.
 *
 *	version=1
 *	[deny_path]	/usr/bin/malware	a name, and the file that has it
 *	[deny_inode]	259:12345		DEV:INO or DEV:INO:GENERATION
 *	[deny_dir]	/srv/secret		a directory and all below it
 *	[allow_cgroup]	/sys/fs/cgroup/a	a path, or cgid:NUMBER
 *
 * one entry a line; [protect_path], [protect_inode] and [protect_dir] are the
 * same as their deny_ sections, and refuse unlink, rename, link, chmod, chown,
 * utimes and setxattr, too. [vm] and [vm NAME] are in vmrules.h. Comments are lines that start with # or ;. In a
 * path, \\ is a backslash, \n a newline, \t a tab and \xNN any byte. One thread.
 */
#ifndef AHV_SHIM_POLICY_H
#define AHV_SHIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/aegishv_genl.h>
#include "vmrules.h"

#define POLICY_PATH_MAX		4096	/* with the NUL */
#define POLICY_FILE_MAX		(1UL << 30)

/**
 * struct policy_rule - one rule
 * @kind: enum aegishv_rule_kind
 * @flags: enum aegishv_rule_flag
 * @has_gen: the generation was given
 * @gen: generation of the inode
 * @dev: device, as stat(2) encodes it
 * @line: of the file, 0 when it is from nowhere
 * @column: of the entry in its line
 * @id: the kernel's number, 0 when it has none yet
 * @ino: inode number; 0 for a rule with a path
 * @cgid: cgroup v2 id; 0 for a rule with a path
 * @hits: how often it was met
 * @path: any bytes but NUL, terminated; NULL for a rule without
 * @path_len: bytes of @path
 */
struct policy_rule {
	uint8_t kind;
	uint8_t flags;
	bool has_gen;
	uint32_t gen;
	uint32_t dev;
	uint32_t line;
	uint32_t column;
	uint32_t id;
	uint64_t ino;
	uint64_t cgid;
	uint64_t hits;
	const char *path;
	size_t path_len;
};

struct policy_chunk;

/**
 * struct policy - rules
 * @rules: them
 * @nr: how many
 * @size: for how many there is room
 * @chunks: where their paths are
 * @vms: sections about virtual machines
 * @nomem: something is missing for want of memory
 */
struct policy {
	struct policy_rule *rules;
	size_t nr;
	size_t size;
	struct policy_chunk *chunks;
	struct vmrules vms;
	bool nomem;
};

/* All zeros is an empty policy. */
void policy_free(struct policy *p);

/* Add a copy; false when memory is short. */
bool policy_add(struct policy *p, const struct policy_rule *r);
bool policy_add_all(struct policy *p, const struct policy *from);

/* Order of two rules: by section, then by what they are about; 0: the same. */
int policy_cmp(const struct policy_rule *a, const struct policy_rule *b);

/**
 * policy_normalise() - sort, and drop what is there twice
 * @p: the rules; of two that differ in protect alone, the one with it stays
 *
 * Return: how many were dropped.
 */
size_t policy_normalise(struct policy *p);

/* The same rule of a normalised policy, or NULL. */
const struct policy_rule *policy_find(const struct policy *p, const struct policy_rule *r);

/* How many of a kind. */
size_t policy_count(const struct policy *p, unsigned int kind);

enum policy_level {
	POLICY_ERROR,
	POLICY_UNSUPPORTED,	/* a section that a newer or another program knows */
	POLICY_WARNING,
};

/**
 * struct policy_reader - how to parse
 * @say: told of each finding: where, and what, why and the way out in one line
 * @arg: first argument of @say
 * @errors: findings, by enum policy_level
 */
struct policy_reader {
	void (*say)(void *arg, enum policy_level level, const unsigned int at[2],
		    const char *text);
	void *arg;
	size_t errors[3];
};

/**
 * policy_parse() - read a policy file's text
 * @p: rules are added to it
 * @text: any bytes
 * @len: how many
 * @r: what to do about findings
 *
 * Return: whether there were no errors; unsupported sections are none.
 */
bool policy_parse(struct policy *p, const char *text, size_t len, struct policy_reader *r);

/* Write as a policy file, in the order of the rules, which is to be normalised. */
void policy_print(FILE *f, const struct policy *p);

/* One entry as a line of a policy file has it, for people too. */
void policy_print_rule(FILE *f, const struct policy_rule *r);

/* The section that a rule belongs in. */
const char *policy_section(const struct policy_rule *r);

/**
 * policy_escape() - bytes of a path as a policy file has them
 * @dst: where; 4 * @len + 1 bytes, terminated
 * @s: the bytes
 * @len: how many
 */
void policy_escape(char *dst, const char *s, size_t len);

/**
 * policy_unescape() - the way back
 * @dst: where; @len bytes
 * @s: text of a policy file
 * @len: bytes of @s
 * @bad: where in @s it makes no sense
 *
 * Return: bytes in @dst; -1 with *@bad set.
 */
long policy_unescape(char *dst, const char *s, size_t len, size_t *bad);

/* One entry of a section; false with a text in @why (256 bytes) and its column. */
struct policy_entry {
	const char *text;
	size_t len;
	uint8_t kind;
	uint8_t flags;
	char why[256];
	char warn[256];
	size_t column;		/* within text, from 0 */
};

bool policy_parse_entry(struct policy *p, struct policy_entry *e, struct policy_rule *r);

#endif
