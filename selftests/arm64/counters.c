// SPDX-License-Identifier: GPL-2.0-only
/* Prints the module's counters of the host: kind, name and value, a line each. */
#include "bypass.h"

static void show(const char *kind, const char *name, uint64_t value)
{
	printf("%s %s %llu\n", kind, name, (unsigned long long)value);
}

int main(void)
{
	int err = nl_open() ?: nl_counters(show);

	if (err)
		fprintf(stderr, "counters: %s\n", nl_words[0] ? nl_words : strerror(-err));
	return err ? 1 : 0;
}
