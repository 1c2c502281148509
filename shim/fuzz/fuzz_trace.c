// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness of the trace parser. The first byte chooses in what pieces
 * the rest arrives; lines, records and counters must add up.
 */
#include <stdlib.h>
#include <string.h>
#include "sink.h"
#include "trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t count_lines(const uint8_t *data, size_t size)
{
	uint64_t n = size && data[size - 1] != '\n';
	size_t i;

	for (i = 0; i < size; i++)
		n += data[i] == '\n';
	return n;
}

/* Each piece in memory of its own size, so that reading behind it is seen. */
static void feed(struct trace_parser *t, const uint8_t *data, size_t size, size_t piece)
{
	size_t start = 0, have = 0, done;
	char *copy;

	while (have < size) {
		have = size - have < piece ? size : have + piece;
		copy = malloc(have - start);
		memcpy(copy, data + start, have - start);
		done = trace_feed(t, copy, have - start);
		CHECK(done <= have - start && have - start - done <= TRACE_LINE_MAX + 1);
		free(copy);
		start += done;
	}
	copy = malloc(size - start + 1);
	memcpy(copy, data + start, size - start);
	copy = realloc(copy, size - start ? size - start : 1);
	trace_end(t, copy, size - start);
	free(copy);
}

static void run(const uint8_t *data, size_t size, size_t piece, struct trace_stats *stats)
{
	const struct trace_opts opts = { .name = "fuzz", .guest_events = true };
	struct trace_parser *t = trace_new(&opts);

	CHECK(t);
	sink_reset(true);
	feed(t, data, size, piece);
	*stats = *trace_stats(t);
	CHECK(stats->lines == count_lines(data, size));
	CHECK(stats->records == sink.records);
	CHECK(stats->unreadable == sink.unreadable);
	CHECK(stats->lost_reports == sink.lost_reports);
	CHECK(stats->records + stats->other + stats->comments + stats->unreadable +
	      stats->lost_reports + stats->merged - stats->faults_inferred == stats->lines);
	trace_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_stats whole, pieces;

	if (!size)
		return 0;
	run(data + 1, size - 1, size, &whole);
	if (data[0] && size < 4096) {
		run(data + 1, size - 1, data[0], &pieces);
		CHECK(!memcmp(&whole, &pieces, sizeof(whole)));
	}
	return 0;
}
