/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the parts of the program respond: the records of the ring, checks that
 * print TAP, and offenders, which are always processes of their own, since the
 * reader of the ring is spared.
 */
#ifndef BYPASS_EVENTS_H
#define BYPASS_EVENTS_H

#include <linux/aegishv.h>
#include <linux/aegishv_genl.h>

#include "bypass.h"

#define BASE	"/tmp/respond"
#define FILE_	BASE "/secret"

/* events.c */
int events_open(void);
void events_drop(void);		/* forget what was written so far */
int events_read(void);		/* what was written since; how many */
/* The @n-th record of a type, from 0, of process @pid or of any with 0; NULL for none. */
const void *event(uint16_t type, uint32_t pid, int n);
unsigned int events_of(uint16_t type, uint32_t pid);
uint64_t events_lost(void);
const char *block_path(const struct aegishv_rec_block *b);
const char *block_host_path(const struct aegishv_rec_block *b);

/* respond.c */
void check(int good, const char *what);
void check_number(long long got, long long want, const char *what);
void check_text(const char *got, const char *want, const char *what);
int configure(uint16_t attr, uint32_t value);
int refused(const struct setting *s, int n, const char *words);
void rules(uint32_t kind, const char *path);

struct offence {
	int opens;		/* how often it opens the file */
	int ignore;		/* a signal that it ignores */
	unsigned int pause_us;	/* between opens */
	const char *cgroup;	/* where it goes first */
	int (*instead)(struct env *e);	/* what it does instead of opening */
	struct env *env;
};

struct outcome {
	uint32_t pid;
	int status;		/* as wait(2) says */
	int err;		/* of the last open, when it lived to tell */
};

struct outcome offend(const struct offence *o);
struct outcome offend_once(void);

void test_answers(void);
void test_signals(void);
void test_reverts(void);
void test_settings(void);
void test_paths(void);
void test_lineage(void);
void test_losses(void);
void test_refuses(void);

#endif
