// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walk over all processes. A process is held by a pidfd while it is looked
 * at, so that a signal reaches the one that was seen. Main thread.
 */
#include "sweep.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "args.h"
#include "log.h"
#include "rules_view.h"
#include "sweep_int.h"

bool sweep_parse(const char *value, enum sweep_what *what)
{
	*what = !value ? SWEEP_REPORT : !strcmp(value, "kill") ? SWEEP_KILL :
		!strcmp(value, "term") ? SWEEP_TERM : SWEEP_NONE;
	return *what != SWEEP_NONE;
}

void sweep_free(struct sweep *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		free(s->hits[i].path);
	free(s->hits);
	s->hits = NULL;
	s->nr = 0;
}

static enum sweep_answer answer(const struct sweep *s, const struct sparing *spare, int pid,
				int pidfd)
{
	enum sweep_answer a = sparing_of(spare, pid);

	if (s->what < SWEEP_TERM || a != SWEEP_REPORTED)
		return a;
	if (syscall(SYS_pidfd_send_signal, pidfd, s->what == SWEEP_KILL ? SIGKILL : SIGTERM, NULL, 0))
		return SWEEP_GONE;
	return SWEEP_SIGNALLED;
}

static void process(struct sweep *s, const struct targets *t, const struct sparing *spare, int pid)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0);
	size_t first = s->nr, i;
	enum sweep_answer a;

	if (pidfd < 0)
		return;
	s->processes++;
	if (!sweep_process(s, t, pid))
		s->unreadable++;
	if (s->nr > first) {
		a = answer(s, spare, pid, pidfd);
		for (i = first; i < s->nr; i++)
			s->hits[i].answer = a;
	}
	close(pidfd);
}

static int walk(struct sweep *s, const struct targets *t, const struct sparing *spare)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d) {
		log_error("/proc: %s", strerror(errno));
		return EXIT_FAIL;
	}
	while ((e = readdir(d))) {
		int pid = atoi(e->d_name);

		if (pid > 0 && pid != spare->self)
			process(s, t, spare, pid);
	}
	closedir(d);
	return 0;
}

static void check_mode(struct sweep *s, struct genl *g, bool dry_run)
{
	struct genl_info info;

	if (s->what < SWEEP_TERM)
		return;
	if (!dry_run && !genl_info(g, &info) && info.file_mode == AEGISHV_FILE_MODE_ENFORCE)
		return;
	log_warn("sweep: %s: who holds something is reported, not signalled",
		 dry_run ? "a dry run" : "the mode is audit");
	s->what = SWEEP_REPORT;
}

int sweep_run(struct sweep *s, struct genl *g, const struct policy *rules, bool dry_run)
{
	struct sparing spare;
	struct targets t;
	int status = sparing_make(&spare, g);

	check_mode(s, g, dry_run);
	if (!status && !targets_make(&t, rules)) {
		log_error("sweep: %s", strerror(ENOMEM));
		status = EXIT_FAIL;
	}
	if (!status) {
		status = walk(s, &t, &spare);
		targets_free(&t);
	}
	sparing_free(&spare);
	if (s->nomem)
		log_error("sweep: %s; the list is not complete", strerror(ENOMEM));
	return s->nomem ? EXIT_FAIL : status;
}

static const char *const answers[] = {
	[SWEEP_REPORTED] = "reported", [SWEEP_SIGNALLED] = "signalled", [SWEEP_GONE] = "gone",
	[SWEEP_SURVIVOR] = "survivor", [SWEEP_EXEMPT] = "exempt",
};

void sweep_print(const struct sweep *s)
{
	char held[24], path[4 * POLICY_PATH_MAX + 1];
	size_t i;

	printf("open already: %zu of %zu processes looked at cannot be read; %zu things are held\n",
	       s->unreadable, s->processes, s->nr);
	for (i = 0; i < s->nr; i++) {
		const struct sweep_hit *h = &s->hits[i];
		size_t n = h->path ? strlen(h->path) : 0;

		snprintf(held, sizeof(held), h->fd >= 0 ? "%s %d" : "%s", h->held, h->fd);
		policy_escape(path, h->path ? h->path : "", n < POLICY_PATH_MAX ? n : POLICY_PATH_MAX);
		printf("  %-9s  %7d %-16s %-8s %s  [%s ", answers[h->answer], h->pid, h->comm, held,
		       path, rules_kind(h->rule->kind));
		policy_print_rule(stdout, h->rule);
		puts("]");
	}
}

cJSON *sweep_json(const struct sweep *s)
{
	cJSON *o = cJSON_CreateObject(), *list;
	size_t i;

	cJSON_AddNumberToObject(o, "processes", s->processes);
	cJSON_AddNumberToObject(o, "unreadable", s->unreadable);
	list = cJSON_AddArrayToObject(o, "held");
	for (i = 0; i < s->nr; i++) {
		const struct sweep_hit *h = &s->hits[i];
		cJSON *k = cJSON_CreateObject();

		cJSON_AddNumberToObject(k, "pid", h->pid);
		rules_json_path(k, "comm", h->comm);
		cJSON_AddStringToObject(k, "held", h->held);
		if (h->fd >= 0)
			cJSON_AddNumberToObject(k, "fd", h->fd);
		if (h->path)
			rules_json_path(k, "path", h->path);
		cJSON_AddItemToObject(k, "rule", rules_json_rule(h->rule));
		cJSON_AddStringToObject(k, "answer", answers[h->answer]);
		cJSON_AddItemToArray(list, k);
	}
	return o;
}
