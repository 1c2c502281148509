// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness of the reader of recordings. The first byte chooses in
 * what pieces the rest arrives; the outcome must not depend on it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "recfile.h"
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(struct recread *r, const uint8_t *data, size_t size, size_t piece)
{
	size_t start = 0, have = 0;
	long done = 0;

	while (have < size && done >= 0) {
		char *copy;

		have = size - have < piece ? size : have + piece;
		copy = malloc(have - start);
		memcpy(copy, data + start, have - start);
		done = recread_feed(r, copy, have - start);
		free(copy);
		if (done < 0)
			return done;
		CHECK(done % 8 == 0 && (size_t)done <= have - start);
		start += done;
	}
	return recread_end(r, size - start);
}

static int run(const uint8_t *data, size_t size, size_t piece, struct recread_stats *stats)
{
	struct recread *r = recread_new(NULL, "fuzz");
	int ret;

	CHECK(r);
	sink_reset(false);
	ret = feed(r, data, size, piece);
	*stats = *recread_stats(r);
	CHECK(stats->records == sink.records);
	CHECK(stats->unreadable + (stats->truncated && !ret ? 1 : 0) >= sink.unreadable);
	CHECK(stats->bytes + stats->truncated <= size);
	if (!ret)
		CHECK(stats->bytes + stats->truncated == size);
	else
		CHECK(recread_error(r)[0] && (ret == -EPROTO || ret == -EBADMSG));
	recread_free(r);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recread_stats whole, pieces;
	int ret;

	if (!size)
		return 0;
	ret = run(data + 1, size - 1, size, &whole);
	if (data[0] && size < 4096) {
		CHECK(run(data + 1, size - 1, data[0], &pieces) == ret);
		CHECK(!memcmp(&whole, &pieces, sizeof(whole)));
	}
	return 0;
}
