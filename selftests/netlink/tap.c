// SPDX-License-Identifier: GPL-2.0-only
/* TAP on stdout, one line at a time, so that what came before a crash is seen. */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned int count, failed;

bool ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", passed ? "ok" : "not ok", ++count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts("");
	fflush(stdout);
	failed += !passed;
	return passed;
}

bool is(long long got, long long want, const char *what)
{
	if (!ok(got == want, "%s", what))
		note("got %lld, want %lld", got, want);
	return got == want;
}

void note(const char *fmt, ...)
{
	va_list ap;

	fputs("# ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	puts("");
	fflush(stdout);
}

int tap_done(void)
{
	printf("1..%u\n", count);
	return failed != 0;
}
