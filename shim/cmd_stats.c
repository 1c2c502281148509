// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stats, metrics and snapshot: all counts once, for people, Prometheus and
 * programs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "ask.h"
#include "cmd.h"
#include "files_view.h"
#include "prom.h"
#include "view.h"
#include "wfile.h"

enum { OPT_OUT, OPT_DETAILED, OPT_MAX_VM_SERIES, OPT_LEGACY };

#define OUT_OPT { "out", 'o', "FILE", "write to FILE, whole or not at all" }

const struct cmd_opt snapshot_opts[] = {
	[OPT_OUT] = OUT_OPT,
	{ 0 },
};

const struct cmd_opt metrics_opts[] = {
	[OPT_OUT] = OUT_OPT,
	[OPT_DETAILED] = { "detailed", 0, NULL, "every VM, CPU, rule, cgroup and inode" },
	[OPT_MAX_VM_SERIES] = { "max-vm-series", 0, "N", "VMs with series of their own (default 100)" },
	[OPT_LEGACY] = { "legacy-names", 0, NULL, "add aegisbpf_* names" },
	{ 0 },
};

const struct cmd_opt stats_opts[] = {
	{ "detailed", 0, NULL, "every VM, ring, rule, cgroup and inode" },
	{ 0 },
};

static cJSON *json_all(const struct snap *s, bool detailed)
{
	cJSON *o = ask_json_counts(s);
	cJSON *vms = cJSON_AddArrayToObject(o, "vms");
	size_t i;

	for (i = 0; i < s->nr_vms; i++)
		cJSON_AddItemToArray(vms, ask_json_vm(&s->vms[i]));
	json_u64(o, "vms_seen", s->info.vms_total);
	json_u64(o, "unattributed", s->info.unattributed);
	json_u64(o, "module_memory_bytes", s->info.memory_bytes);
	cJSON_AddItemToObject(o, "files", files_json(s, detailed));
	cJSON_AddItemToObject(o, "ring", ask_json_rings(s, detailed));
	return o;
}

static void add_time(cJSON *o)
{
	struct timespec now;
	char text[40];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + 19, sizeof(text) - 19, ".%09ldZ", now.tv_nsec);
	cJSON_AddStringToObject(o, "time", text);
}

static int snapshot(const char *path, const struct snap *s)
{
	cJSON *o = json_all(s, true);
	char *text, *line;
	int status;

	add_time(o);
	cJSON_AddStringToObject(o, "kernel", s->info.kernel);
	cJSON_AddStringToObject(o, "isa", genl_isa_name(s->info.isa));
	text = cJSON_PrintUnformatted(o);
	cJSON_Delete(o);
	if (!text || asprintf(&line, "%s\n", text) < 0) {
		free(text);
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAIL;
	}
	free(text);
	status = wfile_replace(path, line, strlen(line));
	free(line);
	return status;
}

int cmd_snapshot(struct cmd_ctx *c)
{
	const char *path = NULL;
	struct genl *g;
	struct snap s;
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0)
		path = c->value;
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 0, 0);
	if (status >= 0)
		return status;
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = ask_snap(g, &s);
	if (!status)
		status = snapshot(path, &s);
	snap_free(&s);
	genl_close(g);
	return status;
}

static int metrics(const char *path, struct prom *p, struct snap *s)
{
	size_t len;
	char *text = prom_render(p, s, s->info.healthy, &len);
	int status;

	if (!text) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAIL;
	}
	status = wfile_replace(path, text, len);
	free(text);
	return status;
}

int cmd_metrics(struct cmd_ctx *c)
{
	struct prom p = { .mode = "module", .max_vm_series = PROM_VM_SERIES };
	const char *path = NULL;
	struct genl *g;
	struct snap s;
	uint64_t n;
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0) {
		if (opt == OPT_OUT)
			path = c->value;
		p.detailed |= opt == OPT_DETAILED;
		p.legacy |= opt == OPT_LEGACY;
		if (opt == OPT_MAX_VM_SERIES) {
			if (!args_u64(c->value, 0, 100000, &n))
				return cmd_bad_value(c, opt, "a number from 0 to 100000");
			p.max_vm_series = n;
		}
	}
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 0, 0);
	if (status >= 0)
		return status;
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = ask_snap(g, &s);
	if (!status && p.detailed)
		status = ask_details(g, &s);
	if (!status)
		status = metrics(path, &p, &s);
	snap_free(&s);
	namer_free(&p.namer);
	genl_close(g);
	return status;
}

static void print_rings(const struct snap *s)
{
	size_t i;

	puts("\n  CPU       BYTES        USED         RECORDS  LOST TELEMETRY  LOST ALERTS     WAKE-UPS");
	for (i = 0; i < s->nr_rings; i++) {
		const struct genl_ring *r = &s->rings[i];

		printf("%5u %11u %11u %15s", r->cpu, r->bytes, r->used, view_number(r->records));
		printf(" %15s %12s %12s\n", view_number(r->lost[0]), view_number(r->lost[1]),
		       view_number(r->wakeups));
	}
}

static int stats(struct cmd_ctx *c, const struct snap *s, bool detailed)
{
	struct view v = {
		.f = stdout, .colour = view_colour(stdout), .rows = detailed ? 0 : 20, .now = s,
	};

	if (c->json)
		return json_print(json_all(s, detailed));
	view_line(&v);
	files_print(s);
	if (s->nr_vms) {
		putchar('\n');
		view_vms(&v);
	}
	if (s->nr_counts) {
		putchar('\n');
		view_counts(&v);
	}
	if (detailed)
		files_print_details(s);
	if (detailed)
		print_rings(s);
	return cmd_finish();
}

int cmd_stats(struct cmd_ctx *c)
{
	bool detailed = false;
	struct genl *g;
	struct snap s;
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0)
		detailed = true;
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 0, 0);
	if (status >= 0)
		return status;
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = ask_snap(g, &s);
	if (!status && detailed)
		status = ask_details(g, &s);
	if (!status)
		status = stats(c, &s, detailed);
	snap_free(&s);
	genl_close(g);
	return status;
}
