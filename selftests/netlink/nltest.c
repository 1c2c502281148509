// SPDX-License-Identifier: GPL-2.0-only
/*
 * nltest AREA: one area of the netlink family's tests, TAP on stdout. The module
 * and KVM are loaded; nobody else uses either.
 */
#include "nltest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool same_config(struct nlc *c, const struct nlc_config *before)
{
	struct nlc_config now;

	if (!nlc_get_config(c, &now) && !memcmp(&now, before, sizeof(now)))
		return true;
	note("exit-events %u->%u sample %u->%u counters %u->%u ring-bytes %u->%u watermark %u->%u deadline %u->%u",
	     before->exit_events, now.exit_events, before->sample, now.sample,
	     before->counters, now.counters, before->ring_bytes, now.ring_bytes,
	     before->watermark, now.watermark, before->deadline, now.deadline);
	return false;
}

static const struct {
	const char *name;
	void (*fn)(struct nlc *c);
} areas[] = {
	{ "refuse", test_refuse },
	{ "perm", test_perm },
	{ "notify", test_notify },
	{ "settings", test_settings },
	{ "resize", test_resize },
};

int main(int argc, char **argv)
{
	struct nlc c;

	if (argc < 2) {
		fprintf(stderr, "usage: nltest refuse|perm|notify|settings|resize | dump VMS\n");
		return 2;
	}
	if (nlc_connect(&c)) {
		fprintf(stderr, "nltest: no netlink family %s: load aegishv.ko first\n",
			AEGISHV_GENL_NAME);
		return 1;
	}
	if (!strcmp(argv[1], "dump"))
		test_dump(&c, argc > 2 ? atoi(argv[2]) : 520);
	for (size_t i = 0; i < sizeof(areas) / sizeof(*areas); i++)
		if (!strcmp(argv[1], areas[i].name))
			areas[i].fn(&c);
	nlc_close(&c);
	return tap_done();
}
