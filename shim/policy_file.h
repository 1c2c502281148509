/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files as people give them: read, checked against a checksum, parsed,
 * findings said on stderr as FILE:LINE:COLUMN.
 */
#ifndef AHV_SHIM_POLICY_FILE_H
#define AHV_SHIM_POLICY_FILE_H

#include <stdbool.h>
#include "policy.h"

/**
 * struct policy_file_opts - how
 * @lint: unsupported sections are warnings, and everything is said
 * @ignore_unsupported: they are passed over, and said
 * @sha256: checksum the file must have, or NULL
 * @sha256_file: file that has it, or NULL
 * @errors: findings that refuse the file
 * @warnings: other findings
 */
struct policy_file_opts {
	bool lint;
	bool ignore_unsupported;
	const char *sha256;
	const char *sha256_file;
	size_t errors;
	size_t warnings;
};

/* False: refused, and said why. */
bool policy_file_parse(struct policy *p, const char *name, const char *text, size_t len,
		       struct policy_file_opts *o);
bool policy_file_read(struct policy *p, const char *path, struct policy_file_opts *o);

#endif
