/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what was typed: numbers, settings, addresses, and what it may have
 * meant when it is nothing we know.
 */
#ifndef AHV_SHIM_ARGS_H
#define AHV_SHIM_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum { EXIT_OK = 0, EXIT_FAIL = 1, EXIT_USAGE = 2 };

/* A decimal number of at least @min and at most @max, and nothing else. */
bool args_u64(const char *s, uint64_t min, uint64_t max, uint64_t *v);

/* Bytes with an optional K, M or G (powers of 1024). */
bool args_bytes(const char *s, uint32_t *v);

/* Time with an optional ms, s, m or h (seconds without), as nanoseconds. */
bool args_duration(const char *s, uint64_t *ns);

/* off, all, full, sample:N. @sample is 0 where none was given. */
bool args_exit_events(const char *s, uint32_t *mode, uint32_t *sample);

/* ADDRESS:PORT, [ADDRESS]:PORT, :PORT; names are not looked up. */
bool args_listen(const char *s, struct sockaddr_storage *addr, socklen_t *len);

/* N or FIRST-LAST, decimal or 0x. */
bool args_span(const char *s, uint64_t *first, uint64_t *last);

/* START-END, first and last byte. */
bool args_range(const char *s, uint64_t *start, uint64_t *end);

/**
 * args_nearest() - what was meant
 * @word: what was typed
 * @words: what there is, ended by NULL
 *
 * Return: the nearest of them, or NULL when none is near.
 */
const char *args_nearest(const char *word, const char *const *words);

#endif
