// SPDX-License-Identifier: GPL-2.0-only
/* Prints the module's counters of the host: kind, name or number, and value, a line each. */
#include "bypass.h"

static void show(const struct nl_counter *c)
{
	printf("%s ", c->kind);
	if (c->name)
		printf("%s ", c->name);
	else
		printf("%u ", c->reason);
	printf("%llu\n", (unsigned long long)c->value);
}

int main(void)
{
	int err = nl_open() ?: nl_counters(show);

	if (err)
		fprintf(stderr, "counters: %s\n", nl_words[0] ? nl_words : strerror(-err));
	return err ? 1 : 0;
}
