// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trace text, line by line: what is an event, what is a comment, what says
 * that events were lost, what is none of these. See trace.h.
 */
#include "trace_int.h"

#include <stdio.h>
#include <stdlib.h>

struct trace_parser *trace_new(const struct trace_opts *opts)
{
	struct trace_parser *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->o = *opts;
	t->next_vm = 1;
	t->wait_first = TRACE_NONE;
	t->wait_last = TRACE_NONE;
	trace_fault_all(t);
	return t;
}

void trace_free(struct trace_parser *t)
{
	free(t);
}

const struct trace_stats *trace_stats(const struct trace_parser *t)
{
	return &t->stats;
}

static void unreadable(struct trace_parser *t, size_t column, const char *why)
{
	char where[512];

	t->stats.unreadable++;
	snprintf(where, sizeof(where), "%s:%llu:%zu", t->o.name,
		 (unsigned long long)t->stats.lines, column);
	pipeline_unreadable(t->o.out, where, why);
}

/* "[LOST 1234 EVENTS]", trace-cmd: "[1234 EVENTS DROPPED]"; the count may be absent */
static const char *lost(struct trace_parser *t, struct scan *s, uint32_t cpu)
{
	__u64 count = 0;

	if (cpu >= TRACE_CPUS_MAX)
		return "no machine has that many CPUs";
	if (scan_lit(s, " [LOST ")) {
		if (scan_is_digit(s) && (!scan_dec(s, &count) || !scan_char(s, ' ')))
			return "no number of events after LOST";
		if (!scan_lit(s, "EVENTS]"))
			return "no EVENTS after LOST";
	} else {
		if (!scan_lit(s, " ["))
			return "neither an event nor a report of lost events";
		if (scan_is_digit(s) && (!scan_dec(s, &count) || !scan_char(s, ' ')))
			return "no number of events before DROPPED";
		if (!scan_lit(s, "EVENTS DROPPED]"))
			return "neither an event nor a report of lost events";
	}
	t->stats.lost_reports++;
	t->stats.lost_events += count;
	pipeline_lost_upstream(t->o.out, cpu, count);
	return NULL;
}

/* What trace-cmd prints first: "version = 6", "cpus=2", "CPU 1 is empty" */
static bool is_preamble(struct scan s)
{
	__u64 n;

	if (scan_lit(&s, "cpus=") || scan_lit(&s, "version = "))
		return scan_dec(&s, &n) && s.p == s.end;
	return scan_lit(&s, "CPU ") && scan_dec(&s, &n) && scan_lit(&s, " is empty") &&
	       s.p == s.end;
}

/* " => function" lines and their headings, below the event they belong to. */
static bool is_stack(struct scan s)
{
	scan_spaces(&s);
	return scan_lit(&s, "=> ");
}

static bool is_comment(struct trace_parser *t, struct scan s)
{
	if (scan_lit(&s, "# tracer:")) {
		trace_fault_all(t);
		return true;
	}
	if (scan_char(&s, '#'))
		return true;
	if (is_preamble(s))
		return true;
	scan_spaces(&s);
	return s.p == s.end;
}

/* A line without the columns of an event; why it has none, at @far. */
static const char *plain_line(struct trace_parser *t, struct scan *s, const char *why,
			      const char *far)
{
	struct scan at = *s;
	uint32_t cpu;

	if (is_comment(t, at)) {
		t->stats.comments++;
		return NULL;
	}
	if (is_stack(at)) {
		t->stats.other++;
		return NULL;
	}
	if (scan_lit(&at, "CPU:") && scan_dec32(&at, &cpu)) {
		why = lost(t, &at, cpu);
		far = at.p;
	}
	s->p = far;
	return why;
}

static void line(struct trace_parser *t, const char *p, size_t len, const char *limit)
{
	struct scan s = { p, p + len, limit };
	struct trace_head h;
	const char *why;

	t->stats.lines++;
	if (len && p[len - 1] == '\r')
		s.end--;
	if (s.p < s.end && *p == '#') {
		plain_line(t, &s, NULL, p);
		return;
	}
	why = trace_head(&s, &h);
	if (!why) {
		why = trace_event(t, &s, &h);
	} else {
		const char *far = s.p;

		s.p = p;
		why = plain_line(t, &s, why, far);
	}
	if (why)
		unreadable(t, s.p - p + 1, why);
}

static void long_line(struct trace_parser *t)
{
	t->stats.lines++;
	unreadable(t, TRACE_LINE_MAX + 1, "the line is longer than 65536 bytes");
}

size_t trace_feed(struct trace_parser *t, const char *buf, size_t len)
{
	const char *p = buf, *end = buf + len, *newline;

	while ((newline = memchr(p, '\n', end - p))) {
		if (t->skip)
			t->skip = false;
		else if (newline - p > TRACE_LINE_MAX)
			long_line(t);
		else
			line(t, p, newline - p, end);
		p = newline + 1;
	}
	if (t->skip)
		return len;
	if (end - p > TRACE_LINE_MAX) {
		long_line(t);
		t->skip = true;
		return len;
	}
	return p - buf;
}

void trace_end(struct trace_parser *t, const char *rest, size_t len)
{
	if (len && !t->skip)
		line(t, rest, len, rest + len);
	t->skip = false;
	trace_fault_all(t);
}
