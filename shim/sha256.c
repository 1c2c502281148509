// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SHA-256 by libsodium. No state.
 */
#include "sha256.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

void sha256_hex(char *hex, const void *data, size_t len)
{
	unsigned char sum[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sum, data, len);
	sodium_bin2hex(hex, SHA256_HEX, sum, sizeof(sum));
}

bool sha256_parse(char *hex, const char *text)
{
	size_t i;

	while (isspace((unsigned char)*text))
		text++;
	for (i = 0; i < SHA256_HEX - 1; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return false;
		hex[i] = tolower((unsigned char)text[i]);
	}
	hex[i] = '\0';
	return !text[i] || isspace((unsigned char)text[i]);
}
