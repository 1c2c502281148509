/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 of files, in hexadecimal.
 */
#ifndef AHV_SHIM_SHA256_H
#define AHV_SHIM_SHA256_H

#include <stdbool.h>
#include <stddef.h>

#define SHA256_HEX	65	/* with the NUL */

void sha256_hex(char *hex, const void *data, size_t len);

/* The first word of @text as a checksum in lower case; false when it is none. */
bool sha256_parse(char *hex, const char *text);

#endif
