/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where lines go: a file that is appended to, a pipe, standard output. Lines
 * are collected and written in large pieces. A line is written whole or not at
 * all, and what could not be written is counted and said in the stream itself
 * as soon as there is room again. One thread, except out_stats().
 */
#ifndef AHV_SHIM_OUT_H
#define AHV_SHIM_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUT_BUFFER	(1U << 20)	/* waits here while nothing can be written */
#define OUT_WRITE	(1U << 16)	/* written at once */

struct out;

/**
 * enum out_mode - what to do when the file takes no more
 * @OUT_LIVE: keep OUT_BUFFER bytes, drop and count lines beyond, never wait
 * @OUT_WAIT: wait for room; give up on an error
 */
enum out_mode {
	OUT_LIVE,
	OUT_WAIT,
};

/**
 * struct out_stats - counters, to be read from any thread
 * @lines: lines accepted
 * @dropped: lines that found no room
 * @errors: writes that failed
 * @bytes: bytes written
 */
struct out_stats {
	uint64_t lines;
	uint64_t dropped;
	uint64_t errors;
	uint64_t bytes;
};

/**
 * out_open() - open a file for appending
 * @path: the file, "-" for standard output
 * @mode: what to do when it takes no more
 *
 * Return: the output, or NULL with errno set.
 */
struct out *out_open(const char *path, enum out_mode mode);

/**
 * out_take() - write to a descriptor
 * @fd: a stream, not blocking; belongs to the output, closed in any case
 * @name: what it is called in messages
 *
 * Return: the output, or NULL with errno set.
 */
struct out *out_take(int fd, const char *name);

/**
 * out_close() - write what can be written and close
 * @o: the output, or NULL
 *
 * A last line that was written in part is taken back where the file allows it.
 *
 * Return: 0, or a negative errno when lines were lost.
 */
int out_close(struct out *o);

/**
 * out_reserve() - room for a line
 * @o: the output
 * @max: most bytes the line can have
 *
 * Return: where to write it, or NULL when there is no room; the line is
 * counted as dropped then.
 */
char *out_reserve(struct out *o, size_t max);

/**
 * out_commit() - the line is there
 * @o: the output
 * @len: its bytes, newline included; 0 takes the reservation back
 */
void out_commit(struct out *o, size_t len);

/**
 * out_flush() - write what waits
 * @o: the output
 *
 * Return: 0, or a negative errno; -EAGAIN when an earlier error is too recent
 * to try again.
 */
int out_flush(struct out *o);

/**
 * out_reopen() - open the file by its name again, for logrotate
 * @o: the output
 *
 * When that fails, the file that was open stays open.
 *
 * Return: 0 or a negative errno.
 */
int out_reopen(struct out *o);

/* The error that nothing can be written for: 0 or a negative errno. */
int out_error(const struct out *o);

void out_stats(const struct out *o, struct out_stats *stats);

#endif
