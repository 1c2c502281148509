// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record: the raw events of the rings to a file, for run --replay.
 */
#include <stdio.h>
#include <string.h>
#include "cmd.h"
#include "live.h"
#include "session.h"
#include "sig.h"
#include "view.h"

enum { OPT_DURATION, OPT_EVENTS, OPT_EXIT_EVENTS, OPT_REPLACE, OPT_QUIET };

const struct cmd_opt record_opts[] = {
	[OPT_DURATION] = { "duration", 0, "TIME", "end after TIME (30s, 5m, 1h)" },
	[OPT_EVENTS] = { "events", 0, "N", "end after N events, and what came with the last" },
	[OPT_EXIT_EVENTS] = { "exit-events", 0, "MODE", "off, all, full, sample:N, while this runs" },
	[OPT_REPLACE] = { "force", 'f', NULL, "overwrite FILE" },
	[OPT_QUIET] = { "quiet", 'q', NULL, "no summary" },
	{ 0 },
};

struct record {
	struct session_opts session;
	struct live_opts live;
	bool quiet;
};

static int take_opt(struct cmd_ctx *c, struct record *r, int opt)
{
	switch (opt) {
	case OPT_DURATION:
		if (!args_duration(c->value, &r->live.duration_ns))
			return cmd_bad_value(c, opt, "a time such as 30s, 500ms, 5m or 1h");
		break;
	case OPT_EVENTS:
		if (!args_u64(c->value, 1, UINT64_MAX, &r->live.max_events))
			return cmd_bad_value(c, opt, "a number from 1");
		break;
	case OPT_EXIT_EVENTS:
		r->live.set_exit_events = true;
		if (!args_exit_events(c->value, &r->live.exit_events, &r->live.sample))
			return cmd_bad_value(c, opt, "off, all, full or sample:N");
		break;
	case OPT_REPLACE:
		r->session.replace = true;
		break;
	case OPT_QUIET:
		r->quiet = true;
		break;
	}
	return 0;
}

static int record(struct record *r)
{
	struct genl_info info;
	struct session s;
	struct live l;
	int status = live_open(&l, &r->live);

	if (status)
		return status;
	if (!genl_info(l.genl, &info))
		r->session.isa = info.isa;
	status = session_open(&s, &r->session);
	if (!status) {
		status = live_run(&l, &s);
		if (!r->quiet)
			fprintf(stderr, "%s events in %s, %s lost in the rings\n",
				view_number(l.events), r->session.record,
				view_number(s.metrics.lost[0] + s.metrics.lost[1]));
		status = session_close(&s) || status;
	}
	live_close(&l);
	return status;
}

int cmd_record(struct cmd_ctx *c)
{
	struct record r = { 0 };
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0) {
		status = take_opt(c, &r, opt);
		if (status)
			return status;
	}
	if (opt != CMD_END)
		return cmd_status(opt);
	status = cmd_check_args(c, 1, 1);
	if (status >= 0)
		return status;
	r.session.record = c->args[0];
	if (sig_init()) {
		log_error("signals cannot be handled");
		return EXIT_FAIL;
	}
	return record(&r);
}
