// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See tap.h.
 */
#include "tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "vmtab.h"

static void keep(void *arg, const struct aegishv_hdr *rec)
{
	struct tap *tap = arg;
	size_t len = rec->len < sizeof(tap->rec[0]) ? rec->len : sizeof(tap->rec[0]);

	if (tap->n < TAP_MAX)
		memcpy(&tap->rec[tap->n], rec, len);
	tap->n++;
}

struct tap *tap_new(void)
{
	struct tap *tap = calloc(1, sizeof(*tap));
	struct pipeline_opts opts = { .tap = keep };

	assert_non_null(tap);
	tap->metrics.vms = vmtab_new();
	opts.metrics = &tap->metrics;
	opts.tap_arg = tap;
	tap->p = pipeline_new(&opts);
	assert_non_null(tap->p);
	return tap;
}

void tap_free(struct tap *tap)
{
	pipeline_free(tap->p);
	vmtab_free(tap->metrics.vms);
	free(tap);
}

const char *tap_vm_name(struct tap *tap, uint32_t vm)
{
	return vmtab_get(tap->metrics.vms, vm)->name;
}

size_t tap_count(const struct tap *tap, unsigned int type)
{
	size_t i, n = 0;

	for (i = 0; i < tap->n && i < TAP_MAX; i++)
		n += tap->rec[i].h.type == type;
	return n;
}

const union aegishv_rec_any *tap_nth(const struct tap *tap, unsigned int type, size_t n)
{
	size_t i;

	for (i = 0; i < tap->n && i < TAP_MAX; i++)
		if (tap->rec[i].h.type == type && !n--)
			return &tap->rec[i];
	fail_msg("no such record of type %u", type);
	return NULL;
}

const char *tap_file(const void *data, size_t len)
{
	static char name[64];
	int fd;

	snprintf(name, sizeof(name), "/tmp/aegishv-test-XXXXXX");
	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
	return name;
}

const char *tap_repo(const char *name)
{
	static char path[4096];
	const char *top = getenv("AEGISHV_TOP");

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", name);
	return path;
}
