// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages on stderr, each with one write so that lines of two threads do not
 * mix. What comes from outside was made printable by the caller or is here.
 */
#include "log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "text.h"

#define MSG_MAX		2048
#define LIMIT_NS	60000000000ULL

static enum log_level threshold = LOG_LEVEL_INFO;
static bool as_json;
static const char *program = "aegishv";

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_init(const char *name)
{
	program = name;
}

const char *log_program(void)
{
	return program;
}

bool log_set_level(const char *name)
{
	int i;

	for (i = LOG_LEVEL_DEBUG; i <= LOG_LEVEL_ERROR; i++) {
		if (!strcmp(name, level_names[i])) {
			threshold = i;
			return true;
		}
	}
	return false;
}

bool log_set_format(const char *name)
{
	if (strcmp(name, "text") && strcmp(name, "json"))
		return false;
	as_json = !strcmp(name, "json");
	return true;
}

static char *put_stamp(char *p)
{
	struct timespec now;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	p += strftime(p, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	p += sprintf(p, ".%03ldZ", now.tv_nsec / 1000000);
	return p;
}

static void emit(enum log_level level, const char *msg, size_t len)
{
	char line[MSG_MAX * PUT_JSON_EXPAND + 256];
	char *p = line;

	if (as_json) {
		p = put_lit(p, "{\"time\":\"");
		p = put_stamp(p);
		p = put_lit(p, "\",\"level\":\"");
		p = put_bytes(p, level_names[level], strlen(level_names[level]));
		p = put_lit(p, "\",\"message\":\"");
		p = put_json(p, msg, len);
		p = put_lit(p, "\"}\n");
	} else {
		p += snprintf(p, 128, "%.64s: ", program);
		if (level != LOG_LEVEL_INFO)
			p += sprintf(p, "%s: ", level_names[level]);
		p = put_bytes(p, msg, len);
		*p++ = '\n';
	}
	while (write(STDERR_FILENO, line, p - line) < 0 && errno == EINTR)
		;
}

static void vlog(enum log_level level, const char *fmt, va_list ap)
{
	char msg[MSG_MAX];
	int n;

	if (level < threshold)
		return;
	n = vsnprintf(msg, sizeof(msg), fmt, ap);
	if (n < 0)
		return;
	emit(level, msg, (size_t)n < sizeof(msg) ? (size_t)n : sizeof(msg) - 1);
}

#define DEFINE_LOG(name, level)				\
void name(const char *fmt, ...)				\
{							\
	int saved = errno;				\
	va_list ap;					\
							\
	va_start(ap, fmt);				\
	vlog(level, fmt, ap);				\
	va_end(ap);					\
	errno = saved;					\
}

DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_warn, LOG_LEVEL_WARN)
DEFINE_LOG(log_error, LOG_LEVEL_ERROR)

bool log_allowed(struct log_limit *limit, unsigned long long *unsaid)
{
	struct timespec ts;
	unsigned long long now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000000ULL + ts.tv_nsec;
	if (now < limit->next_ns) {
		limit->unsaid++;
		return false;
	}
	limit->next_ns = now + LIMIT_NS;
	*unsaid = limit->unsaid;
	limit->unsaid = 0;
	return true;
}
