// SPDX-License-Identifier: GPL-2.0-only
/* ahv-ring TEST: runs one test of the device, as root, with the module loaded. */
#include <stdio.h>
#include <string.h>

#include "ring.h"

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
	{ "mapping", test_mapping },
	{ "wake", test_wake },
	{ "torture", test_torture },
	{ "drain", test_drain },
};

int main(int argc, char **argv)
{
	for (unsigned int i = 0; argc == 2 && i < sizeof(tests) / sizeof(tests[0]); i++)
		if (!strcmp(argv[1], tests[i].name))
			return tests[i].run();
	fprintf(stderr, "usage: ahv-ring mapping | wake | torture | drain\n");
	return 2;
}
