// SPDX-License-Identifier: GPL-2.0-only
/*
 * poltest AREA: one area of the tests of policies over netlink, TAP on stdout.
 * The module is loaded and nobody else changes the policy; files are made below
 * the working directory's p/.
 */
#include "poltest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void make(const char *path)
{
	char dir[4096];

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash = strchr(dir + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(dir, 0755);
		*slash = '/';
	}
	if (path[strlen(path) - 1] != '/')
		close(open(path, O_CREAT | O_WRONLY, 0644));
}

bool refused(const struct nlc_answer *a, int err, const char *text, const char *what)
{
	bool right = a->err == err && strstr(a->text, text) && (*text || !*a->text);

	if (!ok(right, "%s", what))
		note("errno %d, want %d; \"%s\", want \"%s\"", a->err, err, a->text, text);
	return right;
}

uint64_t memory(struct nlc *c)
{
	struct nlc_info info;

	return nlc_get_info(c, &info) ? 0 : info.memory;
}

static const struct {
	const char *name;
	void (*fn)(struct nlc *c);
} areas[] = {
	{ "txn", test_txn },
	{ "rules", test_rules },
	{ "refuse", test_refuse },
	{ "dump", test_dump },
	{ "race", test_race },
	{ "limits", test_limits },
	{ "bulk", test_bulk },
};

int main(int argc, char **argv)
{
	struct nlc c;

	if (argc != 2) {
		fprintf(stderr, "usage: poltest txn|rules|refuse|dump|race|limits|bulk\n");
		return 2;
	}
	if (nlc_connect(&c)) {
		fprintf(stderr, "poltest: no netlink family %s: load aegishv.ko first\n",
			AEGISHV_GENL_NAME);
		return 1;
	}
	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++)
		if (!strcmp(argv[1], areas[i].name))
			areas[i].fn(&c);
	nlc_close(&c);
	return tap_done();
}
