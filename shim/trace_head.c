// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The columns of a trace line before the event: COMM-TID (TGID) [CPU] FLAGS
 * TIME: as the kernel and trace-cmd print them, and those of the kernel's
 * latency format. A thread may be called anything, so the name is what is in
 * front of the first "-TID" with which all the rest is right; the kernel and
 * trace-cmd put that "-" in column 17, which is tried first. No state.
 */
#include "trace_int.h"

#define COMM_COLUMN	16	/* "%16s-%-7d" */
#define COMM_FAR	96	/* no name ends behind this, with a file's name before it */
#define NS_PER_S	1000000000ULL
#define NS_PER_US	1000ULL

static const uint32_t pow10[10] = {
	1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1,
};

/* SECONDS.FRACTION: or a counter and a colon. */
static const char *time_column(struct scan *s, __u64 *time_ns)
{
	__u64 whole, fraction = 0;
	const char *dot;
	size_t digits;

	if (!scan_dec(s, &whole))
		return "no time stamp";
	if (scan_char(s, ':')) {
		*time_ns = whole;
		return NULL;
	}
	dot = s->p;
	if (!scan_char(s, '.') || !scan_dec(s, &fraction))
		return "the time stamp is not SECONDS.FRACTION";
	digits = s->p - dot - 1;
	if (digits > 9 || whole > (UINT64_MAX - NS_PER_S) / NS_PER_S) {
		s->p = dot;
		return "the time stamp is out of range";
	}
	if (!scan_char(s, ':'))
		return "no : after the time stamp";
	*time_ns = whole * NS_PER_S + fraction * pow10[digits];
	return NULL;
}

/* "(    117) " or "(-------) "; absent without the record-tgid option. */
static const char *tgid_column(struct scan *s, uint32_t *tgid)
{
	*tgid = 0;
	if (!scan_char(s, '('))
		return NULL;
	scan_spaces(s);
	if (!scan_lit(s, "-------") && !scan_dec32(s, tgid))
		return "no process in ( )";
	if (!scan_char(s, ')'))
		return "no ) after the process";
	scan_spaces(s);
	return NULL;
}

static bool flags_column(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && *s->p != ' ' && s->p - start < 12)
		s->p++;
	return s->p > start;
}

static const char *cpu_range(struct scan *s, uint32_t cpu)
{
	if (cpu < TRACE_CPUS_MAX)
		return NULL;
	s->p--;
	return "no machine has that many CPUs";
}

/* " %4lldus%c: " of the kernel; else as time_column() */
static const char *latency_time(struct scan *s, __u64 *time_ns)
{
	const char *start = s->p;
	__u64 us;

	if (!scan_dec(s, &us) || !scan_lit(s, "us")) {
		s->p = start;
		return time_column(s, time_ns);
	}
	if (us > UINT64_MAX / NS_PER_US)
		return "the time stamp is out of range";
	*time_ns = us * NS_PER_US;
	if (s->p < s->end && *s->p != ':')
		s->p++;
	return scan_char(s, ':') ? NULL : "no : after the time stamp";
}

/* "%3d" and the flags without a space, then the time */
static const char *latency_columns(struct scan *s, struct trace_head *h)
{
	const char *why;

	if (!scan_dec32(s, &h->cpu))
		return "no [CPU]";
	why = cpu_range(s, h->cpu);
	if (why)
		return why;
	if (!flags_column(s))
		return "no flags after the CPU";
	scan_spaces(s);
	return latency_time(s, &h->time_ns);
}

/* All that is behind "COMM-". */
static const char *columns(struct scan *s, struct trace_head *h)
{
	const char *why;

	if (!scan_dec32(s, &h->tid))
		return "no thread number after -";
	if (!scan_char(s, ' '))
		return "no space after the thread number";
	scan_spaces(s);
	why = tgid_column(s, &h->tgid);
	if (why)
		return why;
	if (!scan_char(s, '['))
		return latency_columns(s, h);
	if (!scan_dec32(s, &h->cpu) || !scan_char(s, ']'))
		return "no CPU in [ ]";
	why = cpu_range(s, h->cpu);
	if (why)
		return why;
	scan_spaces(s);
	if (!scan_is_digit(s)) {
		flags_column(s);
		scan_spaces(s);
	}
	return time_column(s, &h->time_ns);
}

/* Try each "-": the name may have some. Remember how far the best one came. */
static const char *search(struct scan *s, struct trace_head *h)
{
	const char *line = s->p, *far = s->p;
	const char *why = "the line does not start with COMM-TID [CPU]";
	struct scan at = *s;
	const char *dash, *found;

	for (dash = line; dash < s->end && dash - line < COMM_FAR; dash++) {
		if (*dash != '-' || dash == line)
			continue;
		at.p = dash + 1;
		found = columns(&at, h);
		if (!found) {
			h->comm = line;
			h->comm_len = dash - line;
			s->p = at.p;
			return NULL;
		}
		if (at.p > far && at.p > dash + 1) {
			far = at.p;
			why = found;
		}
	}
	s->p = far;
	return why;
}

const char *trace_head(struct scan *s, struct trace_head *h)
{
	const char *line = s->p;
	const char *dash = line + COMM_COLUMN;

	if (s->end - line > COMM_COLUMN && *dash == '-') {
		s->p = dash + 1;
		if (!columns(s, h)) {
			h->comm = line;
			h->comm_len = dash - line;
			return NULL;
		}
		s->p = line;
	}
	return search(s, h);
}
