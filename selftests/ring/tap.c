// SPDX-License-Identifier: GPL-2.0-only
/* TAP on stdout, flushed line by line: the machine may die in the next one. */
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

static int count, failed;

bool tap(bool good, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("%sok %d - ", good ? "" : "not ", ++count);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	failed += !good;
	return good;
}

void tap_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
}

void tap_skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++count, what, why);
}

int tap_done(void)
{
	printf("1..%d\n", count);
	return !!failed;
}
