// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run: events from the module, a replay or tracefs to every output there is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cmd.h"
#include "enforce.h"
#include "harden.h"
#include "live.h"
#include "replay.h"
#include "session.h"
#include "sig.h"
#include "snap.h"
#include "tracefs.h"
#include "view.h"
#include "vmapply.h"

#define TRACEFS_POLL_MS	500
#define TABLE_ROWS	12

enum {
	OPT_JSONL, OPT_LISTEN, OPT_QUIET, OPT_REPLAY, OPT_TRACEFS, OPT_EXIT_EVENTS, OPT_RECORD,
	OPT_MAX_VM_SERIES, OPT_LEGACY, OPT_DURATION, OPT_LOG, OPT_SECCOMP, OPT_RULES, OPT_ENFORCE,
};

const struct cmd_opt run_opts[] = {
	[OPT_JSONL] = { "jsonl", 0, "FILE", "append events to FILE as JSON Lines; - is standard output" },
	[OPT_LISTEN] = { "listen", 0, "ADDR:PORT", "serve /metrics there (default 127.0.0.1:9108); none" },
	[OPT_QUIET] = { "quiet", 'q', NULL, "no live table and no summary" },
	[OPT_REPLAY] = { "replay", 0, "FILE", "read a recording or kernel trace text; - is standard input" },
	[OPT_TRACEFS] = { "tracefs", 0, "DIR", "read the kernel's tracing, mounted at DIR" },
	[OPT_EXIT_EVENTS] = { "exit-events", 0, "MODE", "off, all, full, sample:N, while this runs" },
	[OPT_RECORD] = { "record", 0, "FILE", "keep the raw events for a replay, too" },
	[OPT_MAX_VM_SERIES] = { "max-vm-series", 0, "N", "VMs with series of their own (default 100)" },
	[OPT_LEGACY] = { "legacy-names", 0, NULL, "add aegisbpf_* names to /metrics" },
	[OPT_DURATION] = { "duration", 0, "TIME", "end after TIME (30s, 5m, 1h); not with --replay" },
	[OPT_LOG] = { "log", 0, "SINK", "events as JSON Lines to stdout, journald, both" },
	[OPT_SECCOMP] = { "seccomp", 0, NULL, "then give up all system calls but the needed ones" },
	[OPT_RULES] = { "rules", 0, "FILE", "what to detect in VMs: [vm] sections of a policy file" },
	ENFORCE_OPTS(OPT_ENFORCE),
	{ 0 },
};

struct run {
	struct session_opts session;
	struct live_opts live;
	const char *replay;
	const char *tracefs;
	const char *listen;
	bool quiet;
	bool seccomp;
	const char *rules_file;
	struct vmrules rules;
	struct enforce enforce;
	struct session s;
	struct genl *genl;	/* for the table */
	struct namer namer;
	struct snap last;
	bool have_last;
	uint64_t last_ns;
	bool table;
};

static bool take_log(struct run *r, const char *sink)
{
	bool both = !strcmp(sink, "both");

	r->session.journal = both || !strcmp(sink, "journald");
	if (both || !strcmp(sink, "stdout"))
		r->session.jsonl = "-";
	return r->session.journal || !strcmp(sink, "stdout");
}

static int take_opt(struct cmd_ctx *c, struct run *r, int opt)
{
	uint64_t n;

	if (opt >= OPT_ENFORCE)
		return enforce_take(&r->enforce, c, OPT_ENFORCE, opt - OPT_ENFORCE);
	switch (opt) {
	case OPT_JSONL:
		r->session.jsonl = c->value;
		break;
	case OPT_LISTEN:
		r->listen = c->value;
		break;
	case OPT_QUIET:
		r->quiet = true;
		break;
	case OPT_REPLAY:
		r->replay = c->value;
		break;
	case OPT_TRACEFS:
		r->tracefs = c->value;
		break;
	case OPT_EXIT_EVENTS:
		r->live.set_exit_events = true;
		if (!args_exit_events(c->value, &r->live.exit_events, &r->live.sample))
			return cmd_bad_value(c, opt, "off, all, full or sample:N");
		break;
	case OPT_RECORD:
		r->session.record = c->value;
		break;
	case OPT_MAX_VM_SERIES:
		if (!args_u64(c->value, 0, 100000, &n))
			return cmd_bad_value(c, opt, "a number from 0 to 100000");
		r->session.max_vm_series = n;
		break;
	case OPT_LEGACY:
		r->session.legacy = true;
		break;
	case OPT_DURATION:
		if (!args_duration(c->value, &r->live.duration_ns))
			return cmd_bad_value(c, opt, "a time such as 30s, 500ms, 5m or 1h");
		break;
	case OPT_LOG:
		if (!take_log(r, c->value))
			return cmd_bad_value(c, opt, "stdout, journald or both");
		break;
	case OPT_SECCOMP:
		r->seccomp = true;
		break;
	case OPT_RULES:
		r->rules_file = c->value;
		break;
	}
	return 0;
}

static int check_opts(struct run *r)
{
	if (r->replay && r->tracefs) {
		log_error("run: --replay and --tracefs are two sources; choose one");
		return EXIT_USAGE;
	}
	if (r->replay && (r->live.set_exit_events || r->live.duration_ns)) {
		log_error("run: --exit-events and --duration are for live events, not for --replay");
		return EXIT_USAGE;
	}
	if ((r->replay || r->tracefs) && enforce_any(&r->enforce)) {
		log_error("run: what is denied is decided by the module: not with --replay or --tracefs");
		return EXIT_USAGE;
	}
	if (r->tracefs && r->live.set_exit_events && r->live.exit_events != AEGISHV_EXIT_EVENTS_ALL &&
	    r->live.exit_events != AEGISHV_EXIT_EVENTS_FULL) {
		log_error("run: with --tracefs every exit is an event: --exit-events all or full");
		return EXIT_USAGE;
	}
	if (enforce_check(&r->enforce))
		return EXIT_USAGE;
	/* As the older program has it: a watch over files tells its events. */
	if (!r->session.jsonl && !r->session.journal &&
	    (r->enforce.audit || r->enforce.enforce || !strcmp(log_program(), "aegisbpf")))
		r->session.jsonl = "-";
	r->session.enforce = r->enforce.enforce;
	r->session.mode = r->replay ? SESSION_REPLAY : r->tracefs ? SESSION_TRACEFS : SESSION_LIVE;
	if (!r->listen)
		r->listen = r->replay ? "none" : HTTP_LISTEN;
	r->session.listen = strcmp(r->listen, "none") ? r->listen : NULL;
	r->table = !r->quiet && isatty(STDOUT_FILENO) &&
		   !(r->session.jsonl && !strcmp(r->session.jsonl, "-"));
	return 0;
}

static void draw(struct run *r, FILE *f, const struct snap *now, double seconds)
{
	struct view v = {
		.f = f,
		.colour = view_colour(f),
		.rows = TABLE_ROWS,
		.seconds = seconds,
		.prev = seconds > 0 && r->have_last ? &r->last : NULL,
		.now = now,
	};

	view_line(&v);
	fputc('\n', f);
	if (now->nr_vms) {
		view_vms(&v);
		fputc('\n', f);
	}
	if (now->nr_counts)
		view_counts(&v);
	fflush(f);
}

static void tick(void *arg)
{
	struct run *r = arg;
	uint64_t now_ns = session_now_ns();
	struct snap now;

	enforce_tick(&r->enforce);
	if (!r->table)
		return;
	if (session_snap(&r->s, &r->genl, &r->namer, &now)) {
		snap_free(&now);
		return;
	}
	namer_update(&r->namer, &now, 0);
	fputs("\033[H\033[J", stdout);
	draw(r, stdout, &now, (now_ns - r->last_ns) / 1e9);
	if (r->have_last)
		snap_free(&r->last);
	r->last = now;
	r->have_last = true;
	r->last_ns = now_ns;
}

static void summary(struct run *r)
{
	struct metrics *m = &r->s.metrics;
	struct out_stats st = { 0 };
	struct snap snap;

	if (r->quiet)
		return;
	if (!session_snap(&r->s, &r->genl, &r->namer, &snap))
		draw(r, stderr, &snap, 0);
	snap_free(&snap);
	if (r->s.out)
		out_stats(r->s.out, &st);
	fprintf(stderr, "\nread: %s exits, %s faults, %s VM events",
		view_number(count_read(&m->records[AEGISHV_REC_EXIT])),
		view_number(count_read(&m->records[AEGISHV_REC_FAULT])),
		view_number(count_read(&m->records[AEGISHV_REC_VM])));
	fprintf(stderr, "; lost: %s; unreadable: %s",
		view_number(m->lost[0] + m->lost[1] + m->lost_trace), view_number(m->unreadable));
	if (r->s.out)
		fprintf(stderr, "; written: %s lines, %s dropped", view_number(st.lines),
			view_number(st.dropped));
	fputc('\n', stderr);
}

static int run_replay(struct run *r)
{
	struct replay_result result = { 0 };
	struct replay_opts o = {
		.quiet = r->quiet, .guest_events = r->rules_file, .stop = sig_stop_flag(), .result = &result,
	};
	int err;

	session_state(&r->s, SESSION_READING);
	err = replay_file(r->replay, r->s.pipe, &o);
	session_state(&r->s, SESSION_FINISHED);
	if (r->s.out && out_error(r->s.out)) {
		log_error("%s: %s", r->session.jsonl ? r->session.jsonl : "the journal",
			  strerror(-out_error(r->s.out)));
		return EXIT_FAIL;
	}
	return err ? EXIT_FAIL : EXIT_OK;
}

/* With a server, what was replayed stays to be scraped until a signal. */
static void serve(struct run *r)
{
	if (!r->s.http || sig_stop())
		return;
	log_info("all was read; serving until SIGTERM or Ctrl-C");
	while (!sig_stop()) {
		session_beat(&r->s);
		sleep(1);
	}
}

static int run_tracefs(struct run *r)
{
	uint64_t end = session_now_ns() + r->live.duration_ns;
	struct tracefs_opts o = {
		.dir = r->tracefs,
		.guest = r->rules_file,
		.all = r->live.set_exit_events && r->live.exit_events == AEGISHV_EXIT_EVENTS_FULL,
	};
	char err[TRACEFS_ERR_LEN];
	struct tracefs *t = tracefs_open(&o, r->s.pipe, err);
	int status = EXIT_OK;
	int ret;

	if (!t) {
		log_error("%s", err);
		return EXIT_FAIL;
	}
	log_warn("reading %s: without the module counts are what tracing did not drop",
		 tracefs_path(t));
	session_state(&r->s, SESSION_READING);
	while (!sig_stop() && (!r->live.duration_ns || session_now_ns() < end)) {
		__atomic_store_n(&r->s.tracing, tracefs_ready(t), __ATOMIC_RELAXED);
		session_beat(&r->s);
		ret = tracefs_poll(t, TRACEFS_POLL_MS);
		pipeline_flush(r->s.pipe);
		if (session_now_ns() - r->last_ns > 1000000000ULL)
			tick(r);
		if (ret && ret != -EINTR) {
			log_error("%s: %s", tracefs_path(t), strerror(-ret));
			status = EXIT_FAIL;
			break;
		}
	}
	tracefs_close(t);
	session_state(&r->s, SESSION_FINISHED);
	return status;
}

static int run_live(struct run *r)
{
	struct genl_info info;
	struct live l;
	int status;

	r->live.rules = r->rules_file ? &r->rules : NULL;
	r->live.tick = tick;
	r->live.tick_arg = r;
	status = live_open(&l, &r->live);
	if (status)
		return status;
	if (!genl_info(l.genl, &info))
		r->session.isa = info.isa;
	status = session_open(&r->s, &r->session);
	if (!status) {
		status = enforce_start(&r->enforce);
		if (!status && r->rules_file)
			status = vmapply_all(l.genl, &r->rules, VMAPPLY_DETECTORS);
		if (!status && r->seccomp)
			status = harden();
		if (!status)
			status = live_run(&l, &r->s);
		enforce_stop(&r->enforce);
		live_close(&l);
		summary(r);
		return session_close(&r->s) || status;
	}
	live_close(&l);
	return status;
}

static int run_other(struct run *r)
{
	int status;

	r->session.rules = r->rules_file ? &r->rules : NULL;
	status = session_open(&r->s, &r->session);
	if (status)
		return status;
	if (r->seccomp)
		status = harden();
	if (!status)
		status = r->replay ? run_replay(r) : run_tracefs(r);
	pipeline_flush(r->s.pipe);
	summary(r);
	if (r->replay && !status)
		serve(r);
	return session_close(&r->s) || status;
}

int cmd_run(struct cmd_ctx *c)
{
	struct run r = { .session = { .max_vm_series = PROM_VM_SERIES } };
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0) {
		status = take_opt(c, &r, opt);
		if (status)
			return status;
	}
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 0, 0);
	if (status < 0)
		status = check_opts(&r);
	if (status)
		return status;
	if (sig_init()) {
		log_error("signals cannot be handled: %s", strerror(errno));
		return EXIT_FAIL;
	}
	if (r.rules_file && !vmapply_read(&r.rules, r.rules_file))
		return EXIT_FAIL;
	status = r.session.mode == SESSION_LIVE ? run_live(&r) : run_other(&r);
	if (r.have_last)
		snap_free(&r.last);
	namer_free(&r.namer);
	vmrules_free(&r.rules);
	genl_close(r.genl);
	return status;
}
