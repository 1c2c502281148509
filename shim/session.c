// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting up and taking down what events go through. session_metrics(),
 * session_healthy() and session_ready() run in the HTTP thread with a netlink
 * connection of their own; the rest in the reading thread.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "args.h"
#include "detector.h"
#include "guard.h"
#include "journal.h"
#include "sig.h"
#include "snap.h"
#include "vmtab.h"

#define STUCK_NS	10000000000ULL

static const char *const mode_names[] = { "live", "replay", "tracefs" };

uint64_t session_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int session_snap(struct session *s, struct genl **g, struct namer *namer, struct snap *snap)
{
	char why[256];
	int err;

	if (s->o.mode != SESSION_LIVE)
		return snap_stream(snap, &s->metrics);
	memset(snap, 0, sizeof(*snap));
	if (!*g)
		*g = genl_open(why);
	if (!*g) {
		snprintf(snap->why, sizeof(snap->why), "%s", why);
		return -ENOENT;
	}
	err = snap_live(snap, *g, namer);
	if (err) {
		genl_close(*g);	/* the module may come back under another number */
		*g = NULL;
	}
	return err;
}

static bool all_hooks(const struct genl_info *info, char *why)
{
	size_t used = 0;
	uint32_t i;

	for (i = 0; i < info->nr_hooks; i++) {
		const struct genl_hook *h = &info->hooks[i];

		if (!h->required || h->state == AEGISHV_HOOK_STATE_ATTACHED ||
		    h->state == AEGISHV_HOOK_STATE_IDLE || used >= HTTP_WHY)
			continue;
		used += snprintf(why + used, HTTP_WHY - used, "%shook %s is %s: %s", used ? "; " : "",
				 h->name, genl_state_name(h->state),
				 h->reason[0] ? h->reason : strerror(-h->err));
	}
	if (!info->healthy && !used)
		used = snprintf(why, HTTP_WHY, "the module says that it is not healthy");
	return !used;
}

/* What is to be denied must be denied. */
static bool files_ready(struct session *s, const struct genl_info *info, char *why)
{
	const char *lacks;
	char text[512];

	lacks = guard_lacks(s->http_genl, info, s->o.enforce, text);
	if (lacks)
		snprintf(why, HTTP_WHY, "%s", lacks);
	return !lacks;
}

static bool live_ready(struct session *s, char *why)
{
	struct genl_info info;
	char text[256];

	if (!s->http_genl)
		s->http_genl = genl_open(text);
	if (!s->http_genl) {
		snprintf(why, HTTP_WHY, "%s", text);
		return false;
	}
	if (genl_info(s->http_genl, &info)) {
		snprintf(why, HTTP_WHY, "the module does not answer: %s", genl_why(s->http_genl));
		genl_close(s->http_genl);
		s->http_genl = NULL;
		return false;
	}
	if (!files_ready(s, &info, why) || !all_hooks(&info, why))
		return false;
	snprintf(why, HTTP_WHY, "ready: module %s, every hook that is needed is attached",
		 info.module_version);
	return true;
}

static bool tracefs_is_ready(struct session *s, char *why)
{
	if (!__atomic_load_n(&s->tracing, __ATOMIC_RELAXED)) {
		snprintf(why, HTTP_WHY, "tracefs: KVM's exits and faults cannot be traced now; is kvm loaded?");
		return false;
	}
	snprintf(why, HTTP_WHY,
		 "tracefs: reading the kernel's trace without the module: counts are what tracing did not drop");
	return true;
}

static bool session_ready(void *arg, char *why)
{
	struct session *s = arg;
	int state = __atomic_load_n(&s->state, __ATOMIC_RELAXED);

	if (state == SESSION_STARTING) {
		snprintf(why, HTTP_WHY, "starting");
		return false;
	}
	switch (s->o.mode) {
	case SESSION_LIVE:
		return live_ready(s, why);
	case SESSION_REPLAY:
		snprintf(why, HTTP_WHY, "replay: %s; nothing is watched",
			 state == SESSION_FINISHED ? "all was read" : "reading");
		return true;
	default:
		return tracefs_is_ready(s, why);
	}
}

static bool session_healthy(void *arg, char *why)
{
	struct session *s = arg;
	uint64_t age = session_now_ns() - __atomic_load_n(&s->beat_ns, __ATOMIC_RELAXED);

	if (__atomic_load_n(&s->state, __ATOMIC_RELAXED) == SESSION_FINISHED)
		snprintf(why, HTTP_WHY, "ok: all was read");
	else if (s->o.mode == SESSION_REPLAY)
		snprintf(why, HTTP_WHY, "ok: reading");
	else if ((int64_t)age > (int64_t)STUCK_NS) {
		snprintf(why, HTTP_WHY, "the reading thread is stuck for %llu s",
			 (unsigned long long)age / 1000000000);
		return false;
	}
	return true;
}

static char *session_metrics(void *arg, size_t *len)
{
	struct session *s = arg;
	char why[HTTP_WHY];
	struct snap snap;
	char *text;
	int err;

	err = session_snap(s, &s->http_genl, &s->prom.namer, &snap);
	text = prom_render(&s->prom, err ? NULL : &snap, !err && session_ready(s, why), len);
	snap_free(&snap);
	return text;
}

static void tap(void *arg, const struct aegishv_hdr *rec)
{
	struct session *s = arg;
	unsigned long long unsaid;
	int err = recfile_write(s->rec, rec);

	if (err && log_allowed(&s->said_record, &unsaid))
		log_warn("%s: %s; records wait, then they are dropped and counted", s->o.record,
			 strerror(-err));
}

static int open_outputs(struct session *s)
{
	char err[RECFILE_ERR_LEN];

	if (s->o.jsonl) {
		s->out = out_open(s->o.jsonl, s->o.mode == SESSION_REPLAY ? OUT_WAIT : OUT_LIVE);
		if (!s->out) {
			log_error("%s: %s%s", s->o.jsonl, strerror(errno),
				  errno == ENXIO ? "; nobody reads this pipe" :
				  errno == ENOENT ? "; make its directory first" : "");
			return EXIT_FAIL;
		}
	}
	if (s->o.journal) {
		s->also = journal_open();
		if (!s->also)
			return EXIT_FAIL;
		if (!s->out) {
			s->out = s->also;
			s->also = NULL;
		}
	}
	if (s->o.record) {
		s->rec = recfile_create(s->o.record, s->o.isa, s->o.replace, err);
		if (!s->rec) {
			log_error("%s", err);
			return EXIT_FAIL;
		}
	}
	return 0;
}

static int open_pipeline(struct session *s)
{
	struct pipeline_opts po = {
		.out = s->out,
		.also = s->also,
		.metrics = &s->metrics,
		.tap = s->rec ? tap : NULL,
		.tap_arg = s,
	};

	s->metrics.vms = vmtab_new();
	if (s->o.rules) {
		s->detector = detector_new(s->o.rules);
		po.detector = s->detector;
	}
	if (s->metrics.vms && (s->detector || !s->o.rules))
		s->pipe = pipeline_new(&po);
	if (!s->pipe) {
		log_error("%s", strerror(ENOMEM));
		return EXIT_FAIL;
	}
	s->prom.mode = mode_names[s->o.mode];
	s->prom.metrics = &s->metrics;
	s->prom.out = s->out;
	s->prom.max_vm_series = s->o.max_vm_series;
	s->prom.legacy = s->o.legacy;
	return 0;
}

static int open_http(struct session *s)
{
	struct http_ops ops = {
		.metrics = session_metrics,
		.healthy = session_healthy,
		.ready = session_ready,
		.arg = s,
	};
	char why[HTTP_WHY];

	if (!s->o.listen)
		return 0;
	s->beat_ns = session_now_ns();
	s->http = http_start(s->o.listen, &ops, why);
	if (!s->http) {
		log_error("--listen %s: %s", s->o.listen, why);
		return EXIT_FAIL;
	}
	log_info("serving /metrics, /healthz and /readyz on %s (port %u)", s->o.listen,
		 http_port(s->http));
	return 0;
}

int session_open(struct session *s, const struct session_opts *o)
{
	int status;

	memset(s, 0, sizeof(*s));
	s->o = *o;
	status = open_outputs(s);
	if (!status)
		status = open_pipeline(s);
	if (!status)
		status = open_http(s);
	if (status)
		session_close(s);
	return status;
}

int session_close(struct session *s)
{
	int status = 0;
	int err;

	http_stop(s->http);
	genl_close(s->http_genl);
	pipeline_free(s->pipe);
	detector_free(s->detector);
	if (s->rec) {
		uint64_t dropped = recfile_dropped(s->rec);

		err = recfile_close(s->rec);
		if (err || dropped) {
			log_error("%s: %s; %llu records are missing", s->o.record,
				  strerror(err ? -err : EIO), (unsigned long long)dropped);
			status = EXIT_FAIL;
		}
	}
	if (out_close(s->out))
		status = EXIT_FAIL;
	if (out_close(s->also))
		status = EXIT_FAIL;
	namer_free(&s->prom.namer);
	vmtab_free(s->metrics.vms);
	return status;
}

static void reopen(struct session *s)
{
	int err;

	if (!s->out || !s->o.jsonl)
		return;
	err = out_reopen(s->out);
	if (err)
		log_error("%s: cannot be opened again: %s; still writing to the file that was open",
			  s->o.jsonl, strerror(-err));
	else
		log_info("%s: opened again", s->o.jsonl);
}

void session_beat(struct session *s)
{
	__atomic_store_n(&s->beat_ns, session_now_ns(), __ATOMIC_RELAXED);
	if (sig_reopen())
		reopen(s);
}

void session_state(struct session *s, enum session_state state)
{
	__atomic_store_n(&s->state, state, __ATOMIC_RELAXED);
}
