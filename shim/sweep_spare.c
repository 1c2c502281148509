// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who a sweep does not signal: process 1, this program and whoever reads the
 * rings, the break-glass cgroup, cgroups that the policy allows. Kernel threads
 * hold no descriptors. Main thread.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "args.h"
#include "cgpath.h"
#include "genl_policy.h"
#include "log.h"
#include "sweep_int.h"

static char *path_of(uint64_t cgid)
{
	char path[4096];

	return cgpath_of(cgid, path, sizeof(path)) > 0 ? strdup(path) : NULL;
}

static void add(struct sparing *s, const struct policy_rule *r)
{
	char *path = r->cgid ? path_of(r->cgid) : r->path ? strdup(r->path) : NULL;
	char **more;

	if (!path)
		return;		/* a cgroup that is gone has no processes */
	more = realloc(s->paths, (s->nr + 1) * sizeof(*more));
	if (!more) {
		s->nomem = true;
		free(path);
		return;
	}
	s->paths = more;
	s->paths[s->nr++] = path;
}

int sparing_make(struct sparing *s, struct genl *g)
{
	struct policy rules = { 0 };
	struct genl_config cfg = { 0 };
	struct genl_info info;
	int status = 0;
	size_t i;

	memset(s, 0, sizeof(*s));
	s->self = getpid();
	if (genl_info(g, &info) || genl_config_get(g, 0, &cfg) || genl_rules(g, &rules)) {
		log_error("sweep: %s; nobody was signalled", genl_why(g));
		status = EXIT_FAIL;
	}
	s->reader = status ? 0 : info.consumer_pid;
	if (!status && cfg.break_glass)
		s->break_glass = path_of(cfg.break_glass);
	for (i = 0; i < rules.nr; i++) {
		if (rules.rules[i].kind == AEGISHV_RULE_KIND_ALLOW_CGROUP)
			add(s, &rules.rules[i]);
	}
	policy_free(&rules);
	if (s->nomem) {
		log_error("sweep: there is no memory left; nobody was signalled");
		status = EXIT_FAIL;
	}
	return status;
}

void sparing_free(struct sparing *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		free(s->paths[i]);
	free(s->paths);
	free(s->break_glass);
	memset(s, 0, sizeof(*s));
}

static bool cgroup_of(int pid, char *path, size_t size)
{
	char name[64], line[4096];
	bool found = false;
	size_t n;
	FILE *f;

	if (cgpath_mount(path, size))
		return false;
	n = strlen(path);
	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	f = fopen(name, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		found = !strncmp(line, "0::", 3);
		if (found)
			snprintf(path + n, size - n, "%s", line + 3);
	}
	if (f)
		fclose(f);
	return found;
}

static bool below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

enum sweep_answer sparing_of(const struct sparing *s, int pid)
{
	char path[8192];
	size_t i;

	if (pid == 1 || pid == s->self || pid == s->reader)
		return SWEEP_SURVIVOR;
	if (!cgroup_of(pid, path, sizeof(path)))
		return SWEEP_REPORTED;
	if (s->break_glass && below(path, s->break_glass))
		return SWEEP_SURVIVOR;
	for (i = 0; i < s->nr; i++) {
		if (below(path, s->paths[i]))
			return SWEEP_EXEMPT;
	}
	return SWEEP_REPORTED;
}
