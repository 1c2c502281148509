/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of stats that is about files.
 */
#ifndef AHV_SHIM_FILES_VIEW_H
#define AHV_SHIM_FILES_VIEW_H

#include <cjson/cJSON.h>
#include "snap.h"

void files_print(const struct snap *s);

/* Rules that were met, cgroups and inodes that were denied. */
void files_print_details(const struct snap *s);
cJSON *files_json(const struct snap *s, bool detailed);

#endif
