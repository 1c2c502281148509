/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether files that are to be denied are denied.
 */
#ifndef AHV_SHIM_GUARD_H
#define AHV_SHIM_GUARD_H

#include <stdbool.h>
#include "genl.h"

#define GUARD_TEXT	512

/**
 * guard_lacks() - what is missing
 * @g: connection
 * @info: the module's
 * @enforce: this program was told to enforce
 * @text: where to say it, %GUARD_TEXT bytes
 *
 * Return: NULL when nothing is, else @text.
 */
const char *guard_lacks(struct genl *g, const struct genl_info *info, bool enforce, char *text);

#endif
