// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arguments to values. No state; nothing is printed here, since the caller
 * knows which option it was.
 */
#include "args.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <linux/aegishv_genl.h>

static bool number(const char *s, uint64_t *v, const char **end)
{
	char *e;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*v = strtoull(s, &e, 10);
	*end = e;
	return !errno;
}

bool args_u64(const char *s, uint64_t min, uint64_t max, uint64_t *v)
{
	const char *end;

	return number(s, v, &end) && !*end && *v >= min && *v <= max;
}

/* Decimal or 0x; a 0 in front of a number is not octal. */
static const char *any_number(const char *s, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return NULL;
	errno = 0;
	*v = strtoull(s, &end, s[0] == '0' && (s[1] | ' ') == 'x' ? 16 : 10);
	return errno ? NULL : end;
}

bool args_span(const char *s, uint64_t *first, uint64_t *last)
{
	s = any_number(s, first);
	if (!s)
		return false;
	*last = *first;
	if (*s == '-')
		s = any_number(s + 1, last);
	return s && !*s && *first <= *last;
}

bool args_range(const char *s, uint64_t *start, uint64_t *end)
{
	return strchr(s, '-') && args_span(s, start, end);
}

bool args_bytes(const char *s, uint32_t *v)
{
	const char *end;
	unsigned int shift = 0;
	uint64_t n;

	if (!number(s, &n, &end))
		return false;
	if (*end) {
		switch (toupper((unsigned char)*end++)) {
		case 'K':
			shift = 10;
			break;
		case 'M':
			shift = 20;
			break;
		case 'G':
			shift = 30;
			break;
		default:
			return false;
		}
	}
	if (*end || n > UINT32_MAX >> shift)
		return false;
	*v = n << shift;
	return true;
}

bool args_duration(const char *s, uint64_t *ns)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{ "", 1000000000ULL }, { "s", 1000000000ULL }, { "ms", 1000000ULL },
		{ "m", 60000000000ULL }, { "h", 3600000000000ULL },
	};
	const char *end;
	uint64_t n;
	size_t i;

	if (!number(s, &n, &end) || !n)
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].unit) && n <= UINT64_MAX / 2 / units[i].ns) {
			*ns = n * units[i].ns;
			return true;
		}
	}
	return false;
}

bool args_exit_events(const char *s, uint32_t *mode, uint32_t *sample)
{
	uint64_t n;

	*sample = 0;
	if (!strcmp(s, "off")) {
		*mode = AEGISHV_EXIT_EVENTS_OFF;
	} else if (!strcmp(s, "all")) {
		*mode = AEGISHV_EXIT_EVENTS_ALL;
	} else if (!strcmp(s, "full")) {
		*mode = AEGISHV_EXIT_EVENTS_FULL;
	} else if (!strncmp(s, "sample:", 7) && args_u64(s + 7, 1, UINT32_MAX, &n)) {
		*mode = AEGISHV_EXIT_EVENTS_SAMPLE;
		*sample = n;
	} else {
		return false;
	}
	return true;
}

static bool listen6(const char *host, uint16_t port, struct sockaddr_storage *addr,
		    socklen_t *len)
{
	struct sockaddr_in6 *a = (struct sockaddr_in6 *)addr;

	a->sin6_family = AF_INET6;
	a->sin6_port = htons(port);
	*len = sizeof(*a);
	return inet_pton(AF_INET6, host, &a->sin6_addr) == 1;
}

static bool listen4(const char *host, uint16_t port, struct sockaddr_storage *addr,
		    socklen_t *len)
{
	struct sockaddr_in *a = (struct sockaddr_in *)addr;

	a->sin_family = AF_INET;
	a->sin_port = htons(port);
	*len = sizeof(*a);
	return !*host || inet_pton(AF_INET, host, &a->sin_addr) == 1;
}

bool args_listen(const char *s, struct sockaddr_storage *addr, socklen_t *len)
{
	const char *colon = strrchr(s, ':');
	char host[64];
	uint64_t port;
	size_t n;

	memset(addr, 0, sizeof(*addr));
	if (!colon || !args_u64(colon + 1, 0, 65535, &port))
		return false;
	n = colon - s;
	if (n >= sizeof(host))
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	if (n >= 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		return listen6(host + 1, port, addr, len);
	}
	return listen4(host, port, addr, len);
}

/* Letters to add, take away, change or swap with a neighbour (Damerau). */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][32];
	size_t la = strlen(a), lb = strlen(b);
	size_t i, j;

	if (la > 31 || lb > 31)
		return SIZE_MAX;
	for (j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (i = 1; i <= la; i++) {
		size_t *row = rows[i % 3], *up = rows[(i - 1) % 3];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);

			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    rows[(i - 2) % 3][j - 2] + 1 < best)
				best = rows[(i - 2) % 3][j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[la % 3][lb];
}

const char *args_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	size_t least = SIZE_MAX;
	size_t len = strlen(word);

	for (; *words; words++) {
		size_t d = distance(word, *words);

		/* What starts with the word is meant, however much is missing. */
		if (len >= 2 && !strncmp(word, *words, len))
			d = 0;
		if (d < least) {
			least = d;
			best = *words;
		}
	}
	return least <= 1 + len / 3 ? best : NULL;
}
