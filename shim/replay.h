/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay of a file, recording or trace text, through the pipeline. Memory does
 * not grow with the file. Single threaded.
 */
#ifndef AHV_SHIM_REPLAY_H
#define AHV_SHIM_REPLAY_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include "recfile.h"
#include "trace.h"

struct pipeline;

/**
 * struct replay_result - what was replayed
 * @recording: it was a recording; else trace text
 * @bytes: bytes read
 * @trace: of trace text
 * @rec: of a recording
 */
struct replay_result {
	bool recording;
	uint64_t bytes;
	struct trace_stats trace;
	struct recread_stats rec;
};

/**
 * struct replay_opts - how to replay
 * @quiet: no progress and no summary
 * @guest_events: of trace text, what a guest did that detectors look at
 * @stop: replay ends early, without an error, once this is not 0; or NULL
 * @result: filled in unless NULL
 */
struct replay_opts {
	bool quiet;
	bool guest_events;
	const volatile sig_atomic_t *stop;
	struct replay_result *result;
};

/**
 * replay_file() - replay a file
 * @path: the file; "-" is standard input
 * @p: where records go; flushed
 * @o: options
 *
 * Lines and records that make no sense are told to the pipeline and do not
 * end the replay. What went wrong, progress (on a terminal) and the summary
 * go to stderr.
 *
 * Return: 0, or -errno: the file could not be read, -EPROTO: it is nothing
 * that can be replayed, -EBADMSG: it is damaged such that the rest could not
 * be read.
 */
int replay_file(const char *path, struct pipeline *p, const struct replay_opts *o);

#endif
