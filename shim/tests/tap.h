/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of what comes before the pipeline: a pipeline whose records are
 * kept, and files to read.
 */
#ifndef AHV_SHIM_TESTS_TAP_H
#define AHV_SHIM_TESTS_TAP_H

#include <stddef.h>
#include "metrics.h"
#include "pipeline.h"

#define TAP_MAX	4096

/**
 * struct tap - a pipeline and what went through it
 * @p: the pipeline, without output
 * @metrics: its counters
 * @n: records seen, also those beyond %TAP_MAX
 * @rec: the first %TAP_MAX, cut to what is known of a type
 */
struct tap {
	struct pipeline *p;
	struct metrics metrics;
	size_t n;
	union aegishv_rec_any rec[TAP_MAX];
};

struct tap *tap_new(void);
void tap_free(struct tap *tap);

/* Name of a VM as the pipeline knows it. */
const char *tap_vm_name(struct tap *tap, uint32_t vm);

/* How many records of a type there are. */
size_t tap_count(const struct tap *tap, unsigned int type);

/* The nth record of a type, from 0; fails the test when there is none. */
const union aegishv_rec_any *tap_nth(const struct tap *tap, unsigned int type, size_t n);

/* A file with these bytes; the name is good until the next call. */
const char *tap_file(const void *data, size_t len);

/* A file of this repository, by its name from the top. */
const char *tap_repo(const char *name);

#endif
