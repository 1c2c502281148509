// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State files: what is stored comes back, the one before too, a pair of policy
 * and checksum that does not belong together is refused, a power cut between
 * any two renames leaves one that does. And the sweep, on children of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cm.h"
#include "state.h"
#include "sweep_int.h"

static char dir[64];

static int setup(void **state)
{
	strcpy(dir, "/tmp/aegishv-state-XXXXXX");
	assert_non_null(mkdtemp(dir));
	setenv("AEGISHV_STATE_DIR", dir, 1);
	return 0;
}

static int teardown(void **state)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	unsetenv("AEGISHV_STATE_DIR");
	unsetenv("AEGIS_POLICY_APPLIED_PATH");
	return system(cmd);
}

static void put(struct policy *p, const char *path)
{
	struct policy_rule r = { .kind = AEGISHV_RULE_KIND_DENY_PATH, .path = path,
				 .path_len = strlen(path) };

	assert_true(policy_add(p, &r));
}

static void store(const char *path)
{
	struct policy p = { 0 };
	struct state s;

	put(&p, path);
	assert_int_equal(state_lock(&s), 0);
	assert_int_equal(state_stage(&s, &p), 0);
	assert_int_equal(state_publish(&s), 0);
	state_unlock(&s);
	policy_free(&p);
}

/* The one path of a stored policy, or its error. */
static int load(bool prev, char *path)
{
	struct policy p = { 0 };
	struct state s;
	int err;

	state_paths(&s);
	err = state_load(&s, prev ? s.prev : s.applied, &p);
	if (!err)
		strcpy(path, p.nr == 1 ? p.rules[0].path : "?");
	policy_free(&p);
	return err;
}

static void there_and_back(void **state)
{
	char path[64];
	struct state s;

	assert_int_equal(load(false, path), -ENOENT);
	state_paths(&s);
	assert_false(state_has_rules(&s));
	store("/a\nb");
	assert_int_equal(load(false, path), 0);
	assert_string_equal(path, "/a\nb");
	assert_int_equal(load(true, path), -ENOENT);
	assert_true(state_has_rules(&s));
	store("/second");
	assert_int_equal(load(false, path), 0);
	assert_string_equal(path, "/second");
	assert_int_equal(load(true, path), 0);
	assert_string_equal(path, "/a\nb");
}

static void write_to(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

static void checksum(void **state)
{
	char path[64];
	struct state s;

	store("/a");
	state_paths(&s);
	write_to(s.applied, "version=1\n[deny_path]\n/other\n");
	assert_int_equal(load(false, path), -EBADMSG);
	unlink(s.hash);
	assert_int_equal(load(false, path), 0);	/* whoever removes both is root anyway */
	write_to(s.applied, "version=1\n[deny_path]\nbroken\n");
	assert_int_equal(load(false, path), -EINVAL);
}

static void copy(const char *from, const char *to)
{
	char *text;
	size_t len;

	assert_int_equal(wfile_read(from, 1 << 20, &len, &text), 0);
	write_to(to, text);
	free(text);
}

/* As after a power cut: some of the renames of a store, in their order. */
static void power_cut(void **state)
{
	char old_policy[128], old_sum[128], both[256], path[64];
	struct state s;
	char *sums[2];
	size_t len;

	state_paths(&s);
	snprintf(old_policy, sizeof(old_policy), "%s/old", dir);
	snprintf(old_sum, sizeof(old_sum), "%s/oldsum", dir);
	store("/old");
	copy(s.applied, old_policy);
	copy(s.hash, old_sum);
	store("/new");
	assert_int_equal(wfile_read(s.hash, 4096, &len, &sums[0]), 0);
	assert_int_equal(wfile_read(old_sum, 4096, &len, &sums[1]), 0);
	snprintf(both, sizeof(both), "%s%s", sums[0], sums[1]);
	write_to(s.hash, both);
	assert_int_equal(load(false, path), 0);
	assert_string_equal(path, "/new");
	copy(old_policy, s.applied);
	assert_int_equal(load(false, path), 0);
	assert_string_equal(path, "/old");
	copy(old_sum, s.hash);
	assert_int_equal(load(false, path), 0);
	free(sums[0]);
	free(sums[1]);
}

static void refused_stage(void **state)
{
	struct policy p = { 0 };
	char path[128];
	struct state s;

	store("/a");
	put(&p, "/b");
	assert_int_equal(state_lock(&s), 0);
	snprintf(path, sizeof(path), "%s/no/such/place", dir);
	strcpy(s.applied, path);
	assert_int_equal(state_stage(&s, &p), 1);
	state_unlock(&s);
	assert_int_equal(load(false, path), 0);
	assert_string_equal(path, "/a");
	policy_free(&p);
}

static void own_path(void **state)
{
	char path[128], own[128];

	snprintf(own, sizeof(own), "%s/elsewhere", dir);
	setenv("AEGIS_POLICY_APPLIED_PATH", own, 1);
	store("/a");
	assert_int_equal(access(own, F_OK), 0);
	assert_int_equal(load(false, path), 0);
}

/* A child that holds things of @dir, until it is killed. */
static pid_t hold(const char *file, const char *mapped)
{
	int ready[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		int fd = open(mapped, O_RDONLY);

		dup2(open(file, O_RDONLY), 77);
		if (mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
			_exit(1);
		close(fd);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static const struct sweep_hit *hit(const struct sweep *s, const char *held, int fd)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		if (!strcmp(s->hits[i].held, held) && s->hits[i].fd == fd)
			return &s->hits[i];
	}
	return NULL;
}

static void sweeps(void **state)
{
	char file[128], sub[96], mapped[128];
	struct policy rules = { 0 };
	struct policy_rule r = { .kind = AEGISHV_RULE_KIND_DENY_DIR };
	struct sweep s = { .what = SWEEP_REPORT };
	struct targets t;
	pid_t pid;

	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(mapped, sizeof(mapped), "%s/sub/mapped", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_to(file, "text");
	write_to(mapped, "text");
	put(&rules, file);
	r.path = sub;
	r.path_len = strlen(sub);
	assert_true(policy_add(&rules, &r));
	pid = hold(file, mapped);
	unlink(mapped);
	assert_true(targets_make(&t, &rules));
	sweep_process(&s, &t, pid);
	assert_non_null(hit(&s, "fd", 77));
	assert_string_equal(hit(&s, "fd", 77)->path, file);
	assert_int_equal(hit(&s, "fd", 77)->rule->kind, AEGISHV_RULE_KIND_DENY_PATH);
	if (!geteuid())		/* mappings are root's to look at */
		assert_int_equal(hit(&s, "map", -1)->rule->kind, AEGISHV_RULE_KIND_DENY_DIR);
	assert_null(hit(&s, "cwd", -1));
	targets_free(&t);
	sweep_free(&s);
	policy_free(&rules);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(checksum, setup, teardown),
		cmocka_unit_test_setup_teardown(power_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_stage, setup, teardown),
		cmocka_unit_test_setup_teardown(own_path, setup, teardown),
		cmocka_unit_test_setup_teardown(sweeps, setup, teardown),
	};

	return RUN(tests);
}
