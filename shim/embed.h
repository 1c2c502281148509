/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are part of the program.
 */
#ifndef AHV_SHIM_EMBED_H
#define AHV_SHIM_EMBED_H

/* schema/event.schema.json */
extern const char embed_schema[];
extern const char embed_schema_end[];

#endif
