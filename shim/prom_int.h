/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What prom.c and prom_file.c share.
 */
#ifndef AHV_SHIM_PROM_INT_H
#define AHV_SHIM_PROM_INT_H

#include <stdio.h>
#include "prom.h"

struct page {
	FILE *f;
	struct prom *p;
	struct snap *s;
};

void prom_family(FILE *f, const char *name, const char *type, const char *help);

/* A family of one series; a counter when its name ends in _total. */
void prom_single(FILE *f, const char *name, const char *help, uint64_t value);

/* A label and its value, which is UTF-8. */
void prom_label(FILE *f, const char *name, const char *value);

void prom_files(struct page *g);
void prom_files_legacy(struct page *g);

#endif
