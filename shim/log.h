/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages for people, on stderr: text, or one JSON object a line with
 * --log-format=json. Any thread.
 */
#ifndef AHV_SHIM_LOG_H
#define AHV_SHIM_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
};

/* Name the program as it was called. */
void log_init(const char *program);

/* What it was called as, without directories. */
const char *log_program(void);

/* False: there is no such level (debug, info, warn, error). */
bool log_set_level(const char *name);

/* False: there is no such format (text, json). */
bool log_set_format(const char *name);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * struct log_limit - a message that may come often, said at most once in 60 s
 * @next_ns: CLOCK_MONOTONIC from which on it may be said again
 * @unsaid: how often it was not said
 */
struct log_limit {
	unsigned long long next_ns;
	unsigned long long unsaid;
};

/* Whether to say it now; @limit->unsaid is how often it was not, then 0. */
bool log_allowed(struct log_limit *limit, unsigned long long *unsaid);

#endif
