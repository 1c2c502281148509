// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State files. The checksum file names the old and the new policy while one
 * takes the place of the other, so that a power cut in between leaves a pair
 * that belongs together. Main thread.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "args.h"
#include "log.h"
#include "policy_file.h"
#include "sha256.h"

static void place(char *path, const struct state *s, const char *env, const char *name)
{
	const char *own = getenv(env);

	if (own && *own)
		snprintf(path, STATE_PATH + 32, "%s", own);
	else
		snprintf(path, STATE_PATH + 32, "%s/%s", s->dir, name);
}

void state_paths(struct state *s)
{
	const char *dir = getenv("AEGISHV_STATE_DIR");

	memset(s, 0, sizeof(*s));
	s->lock = -1;
	s->next.mode = 0600;
	snprintf(s->dir, sizeof(s->dir), "%s", dir && *dir ? dir : STATE_DIR);
	place(s->applied, s, "AEGIS_POLICY_APPLIED_PATH", "policy.applied");
	place(s->prev, s, "AEGIS_POLICY_APPLIED_PREV_PATH", "policy.applied.prev");
	place(s->hash, s, "AEGIS_POLICY_APPLIED_HASH_PATH", "policy.applied.sha256");
}

int state_lock(struct state *s)
{
	char path[STATE_PATH + 32];

	state_paths(s);
	if (mkdir(s->dir, 0700) && errno != EEXIST) {
		log_error("%s: cannot be made: %s; what is applied would not survive a reboot", s->dir,
			  strerror(errno));
		return EXIT_FAIL;
	}
	snprintf(path, sizeof(path), "%s/lock", s->dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0 || flock(s->lock, LOCK_EX)) {
		log_error("%s: %s", path, strerror(errno));
		state_unlock(s);
		return EXIT_FAIL;
	}
	return 0;
}

void state_unlock(struct state *s)
{
	state_abort(s);
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

/* Whether the checksum file, where there is one, knows the text. */
static bool known_sum(const struct state *s, const char *text, size_t len)
{
	char want[SHA256_HEX], sum[SHA256_HEX];
	char *lines, *line, *save;
	size_t n;
	bool ok = false;

	if (wfile_read(s->hash, 65536, &n, &lines))
		return true;
	sha256_hex(sum, text, len);
	for (line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		ok |= sha256_parse(want, line) && !strcmp(want, sum);
	free(lines);
	return ok;
}

int state_load(const struct state *s, const char *path, struct policy *p)
{
	struct policy_file_opts o = { .ignore_unsupported = true };
	size_t len;
	char *text;
	int err = wfile_read(path, POLICY_FILE_MAX, &len, &text);

	if (err == -ENOENT)
		return err;
	if (err) {
		log_error("%s: %s", path, strerror(-err));
		return err;
	}
	if (path == s->applied && !known_sum(s, text, len)) {
		log_error("%s: its checksum is not that of %s: somebody changed one of them; look at it, then apply it as a file: 'aegishv policy apply FILE --reset'",
			  path, s->hash);
		err = -EBADMSG;
	} else if (!policy_file_parse(p, path, text, len, &o)) {
		err = -EINVAL;
	}
	free(text);
	return err;
}

bool state_has_rules(const struct state *s)
{
	FILE *f = fopen(s->applied, "re");
	char *line = NULL;
	bool rules = false;
	size_t size = 0;

	/* Sections are only written for rules. */
	while (f && !rules && getline(&line, &size, f) > 0)
		rules = line[0] == '[';
	free(line);
	if (f)
		fclose(f);
	return rules;
}

int state_stage(struct state *s, const struct policy *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int err = -ENOMEM;

	if (f) {
		fputs("# Written by aegishv: the policy that was applied last.\n", f);
		policy_print(f, p);
		if (!fclose(f)) {
			sha256_hex(s->sum, text, len);
			err = wfile_stage(&s->next, s->applied, text, len);
		}
	}
	free(text);
	if (err)
		log_error("%s: cannot be written: %s; nothing was changed", s->applied, strerror(-err));
	return err ? EXIT_FAIL : 0;
}

static int write_sums(const struct state *s, const char *sum, const char *old)
{
	struct wfile w = { .mode = 0600 };
	char text[2 * SHA256_HEX + 64];
	int n = snprintf(text, sizeof(text), "%s  policy.applied\n", sum);
	int err;

	if (old)
		snprintf(text + n, sizeof(text) - n, "%s  policy.applied\n", old);
	err = wfile_stage(&w, s->hash, text, strlen(text));
	return err ? err : wfile_publish(&w);
}

static int publish(struct state *s)
{
	struct wfile prev = { .mode = 0600 };
	char old[SHA256_HEX];
	char *text = NULL;
	size_t len;
	int err = wfile_read(s->applied, POLICY_FILE_MAX, &len, &text);
	bool had = !err;

	if (had) {
		sha256_hex(old, text, len);
		err = wfile_stage(&prev, s->prev, text, len);
		if (!err)
			err = wfile_publish(&prev);
	}
	free(text);
	if (!err || err == -ENOENT)
		err = write_sums(s, s->sum, had ? old : NULL);
	if (!err)
		err = wfile_publish(&s->next);
	if (!err && had)
		err = write_sums(s, s->sum, NULL);
	return err ? err : wfile_sync_dir(s->dir);
}

int state_publish(struct state *s)
{
	int err = publish(s);

	if (err)
		log_error("%s: %s; the policy is in force, and will not be after a reboot: make room and apply it again",
			  s->applied, strerror(-err));
	state_abort(s);
	return err ? EXIT_FAIL : 0;
}

void state_abort(struct state *s)
{
	wfile_abort(&s->next);
}
