// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading policy files. AEGIS_POLICY_SHA256 and AEGIS_POLICY_SHA256_FILE stand
 * in for options that were not given. Main thread.
 */
#include "policy_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"
#include "sha256.h"
#include "wfile.h"

#define SHOWN	20

struct teller {
	const char *name;
	struct policy_file_opts *o;
};

static void say(void *arg, enum policy_level level, const unsigned int at[2], const char *text)
{
	const struct teller *t = arg;
	struct policy_file_opts *o = t->o;
	bool error = level == POLICY_ERROR ||
		     (level == POLICY_UNSUPPORTED && !o->lint && !o->ignore_unsupported);
	size_t n = error ? ++o->errors : ++o->warnings;

	if (n > SHOWN)
		return;
	if (error)
		log_error("%s:%u:%u: %s", t->name, at[0], at[1], text);
	else
		log_warn("%s:%u:%u: %s", t->name, at[0], at[1], text);
}

bool policy_file_parse(struct policy *p, const char *name, const char *text, size_t len,
		       struct policy_file_opts *o)
{
	struct teller t = { !strcmp(name, "-") ? "standard input" : name, o };
	struct policy_reader r = { .say = say, .arg = &t };

	o->errors = o->warnings = 0;
	policy_parse(p, text, len, &r);
	if (o->errors > SHOWN)
		log_error("%s: %zu more errors", t.name, o->errors - SHOWN);
	if (o->warnings > SHOWN)
		log_warn("%s: %zu more warnings", t.name, o->warnings - SHOWN);
	return !o->errors;
}

/* The checksum that is asked for; false after saying that it makes no sense. */
static bool wanted(const struct policy_file_opts *o, char *hex)
{
	const char *sum = o->sha256, *file = o->sha256_file;
	char *text = NULL;
	size_t len;
	bool ok;
	int err;

	hex[0] = '\0';
	if (!sum && !file) {
		sum = getenv("AEGIS_POLICY_SHA256");
		file = getenv("AEGIS_POLICY_SHA256_FILE");
	}
	if (sum && *sum) {
		ok = sha256_parse(hex, sum);
		if (!ok)
			log_error("SHA-256 '%s': not 64 hexadecimal digits", sum);
		return ok;
	}
	if (!file || !*file)
		return true;
	err = wfile_read(file, 65536, &len, &text);
	ok = !err && sha256_parse(hex, text);
	free(text);
	if (!ok)
		log_error("%s: %s", file, err ? strerror(-err) :
			  "it does not start with 64 hexadecimal digits, as sha256sum writes them");
	return ok;
}

static bool check_sum(const char *path, const char *text, size_t len, const char *want)
{
	char sum[SHA256_HEX];

	if (!*want)
		return true;
	sha256_hex(sum, text, len);
	if (!strcmp(sum, want))
		return true;
	log_error("%s: its SHA-256 is %s, not %s: it is not the file that was meant; nothing was changed",
		  path, sum, want);
	return false;
}

bool policy_file_read(struct policy *p, const char *path, struct policy_file_opts *o)
{
	char want[SHA256_HEX];
	char *text = NULL;
	size_t len;
	bool ok;
	int err;

	if (!o->lint && !wanted(o, want))
		return false;
	err = wfile_read(path, POLICY_FILE_MAX, &len, &text);
	if (err) {
		log_error("%s: %s", path, err == -EFBIG ? "larger than any policy (1 GiB)" :
			  strerror(-err));
		return false;
	}
	ok = (o->lint || check_sum(path, text, len, want)) &&
	     policy_file_parse(p, path, text, len, o);
	free(text);
	return ok;
}
