/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a policy file to a policy in force, and what is told about it.
 */
#ifndef AHV_SHIM_APPLY_FILE_H
#define AHV_SHIM_APPLY_FILE_H

#include "apply.h"
#include "policy_file.h"
#include "sweep.h"

/**
 * struct apply_file - how
 * @path: the file, "-" for standard input
 * @read: how it is read
 * @reset: these rules alone
 * @dry_run: change nothing
 * @sweep: what to do about what is open already
 * @json: tell as JSON
 * @silent: tell nothing
 */
struct apply_file {
	const char *path;
	struct policy_file_opts read;
	bool reset;
	bool dry_run;
	enum sweep_what sweep;
	bool json;
	bool silent;
};

/* An exit status. */
int apply_file(struct apply_file *f);

/* Tell what a change came to, on standard output. */
int apply_report(const struct apply *a, bool json);

#endif
