/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /metrics, /healthz, /readyz in a thread of their own.
 */
#ifndef AHV_SHIM_HTTP_H
#define AHV_SHIM_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LISTEN	"127.0.0.1:9108"
#define HTTP_WHY	512

struct http;

/**
 * struct http_ops - where the pages come from; called in the HTTP thread
 * @metrics: the page, to be freed; NULL when memory is short
 * @healthy: whether events are being read; @why gets one line, HTTP_WHY bytes
 * @ready: whether everything that was asked for works; @why likewise
 * @arg: first argument of each
 */
struct http_ops {
	char *(*metrics)(void *arg, size_t *len);
	bool (*healthy)(void *arg, char *why);
	bool (*ready)(void *arg, char *why);
	void *arg;
};

/**
 * http_start() - listen
 * @listen: ADDRESS:PORT, [ADDRESS]:PORT, or :PORT for all of IPv4
 * @ops: copied
 * @why: where to say what went wrong, HTTP_WHY bytes
 *
 * Return: the server, or NULL.
 */
struct http *http_start(const char *listen, const struct http_ops *ops, char *why);
void http_stop(struct http *h);

/* The port, which was chosen by the kernel where 0 was asked for. */
unsigned int http_port(const struct http *h);

#endif
