/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What run and record set up and take down: outputs, counters, pipeline, HTTP.
 * The reading thread owns it; the HTTP thread sees counters, @beat_ns, @state.
 */
#ifndef AHV_SHIM_SESSION_H
#define AHV_SHIM_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include "http.h"
#include "log.h"
#include "metrics.h"
#include "out.h"
#include "pipeline.h"
#include "prom.h"
#include "recfile.h"
#include "vmrules.h"

enum session_mode {
	SESSION_LIVE,
	SESSION_REPLAY,
	SESSION_TRACEFS,
};

enum session_state {
	SESSION_STARTING,
	SESSION_READING,
	SESSION_FINISHED,
};

/**
 * struct session_opts - as asked for
 * @mode: where events come from
 * @jsonl: file for JSON Lines, "-" for standard output, NULL for none
 * @journal: to the journal, too
 * @enforce: it is not ready unless the mode is enforce
 * @record: file for a recording, NULL for none
 * @replace: the recording may overwrite a file
 * @isa: enum aegishv_isa for the recording, 0 when not known
 * @listen: address for HTTP, NULL for none
 * @max_vm_series: VMs with series of their own
 * @legacy: aegisbpf_* names too
 * @rules: what to look for in a stream; NULL: nothing, or live: the module looks
 */
struct session_opts {
	enum session_mode mode;
	const char *jsonl;
	bool journal;
	bool enforce;
	const char *record;
	bool replace;
	uint32_t isa;
	const char *listen;
	uint32_t max_vm_series;
	bool legacy;
	const struct vmrules *rules;
};

struct session {
	struct session_opts o;
	struct metrics metrics;
	struct out *out;
	struct out *also;		/* with both, the journal */
	struct recfile *rec;
	struct detector *detector;
	struct pipeline *pipe;
	struct prom prom;
	struct http *http;
	struct genl *http_genl;		/* the HTTP thread's */
	uint64_t beat_ns;		/* when the reading thread was last seen */
	int state;
	bool tracing;			/* tracefs: exits and faults are seen now */
	struct log_limit said_record;
};

/**
 * session_open() - set up
 * @s: to be filled in; session_close() it only after success
 * @o: what was asked for
 *
 * What fails is said on stderr.
 *
 * Return: 0 or an exit status.
 */
int session_open(struct session *s, const struct session_opts *o);

/* Take down; returns EXIT_FAIL when output was lost, said on stderr. */
int session_close(struct session *s);

/* The reading thread is alive; handles SIGHUP. Call at least once a second. */
void session_beat(struct session *s);
void session_state(struct session *s, enum session_state state);

/* Counts now; *g is opened when needed. Returns 0 or a negative errno. */
struct genl;
struct snap;
struct namer;
int session_snap(struct session *s, struct genl **g, struct namer *namer, struct snap *snap);

uint64_t session_now_ns(void);

#endif
