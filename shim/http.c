// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP on libmicrohttpd: one thread, few connections, GET and HEAD only. It
 * shares nothing with the reading thread but counters.
 */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "args.h"

#define CONNECTIONS	32
#define TIMEOUT_S	10
#define MEMORY_BYTES	(16 * 1024)

#define TEXT_PROM	"text/plain; version=0.0.4; charset=utf-8"
#define TEXT_PLAIN	"text/plain; charset=utf-8"

struct http {
	struct MHD_Daemon *daemon;
	struct http_ops ops;
	unsigned int port;
};

struct reply {
	unsigned int status;
	const char *type;
	char *text;		/* from malloc() */
	size_t len;
};

static void say(struct reply *r, unsigned int status, const char *text)
{
	r->status = status;
	r->type = TEXT_PLAIN;
	r->len = asprintf(&r->text, "%s\n", text);
}

static void probe(struct reply *r, struct http *h, bool (*fn)(void *arg, char *why))
{
	char why[HTTP_WHY] = "";
	bool ok = fn(h->ops.arg, why);

	say(r, ok ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, why[0] ? why : "ok");
}

static void route(struct reply *r, struct http *h, const char *url)
{
	if (!strcmp(url, "/metrics")) {
		r->status = MHD_HTTP_OK;
		r->type = TEXT_PROM;
		r->text = h->ops.metrics(h->ops.arg, &r->len);
		if (!r->text)
			say(r, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
	} else if (!strcmp(url, "/healthz")) {
		probe(r, h, h->ops.healthy);
	} else if (!strcmp(url, "/readyz")) {
		probe(r, h, h->ops.ready);
	} else {
		say(r, MHD_HTTP_NOT_FOUND, "not here: see /metrics, /healthz, /readyz");
	}
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version,
				  const char *data, size_t *size, void **state)
{
	struct MHD_Response *resp;
	struct reply r = { 0 };
	enum MHD_Result res;

	(void)version;
	(void)data;
	/* Headers come alone; a body is thrown away piece by piece. */
	if (!*state || *size) {
		*state = arg;
		*size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		say(&r, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD only");
	else
		route(&r, arg, url);
	if (!r.text)
		return MHD_NO;
	resp = MHD_create_response_from_buffer(r.len, r.text, MHD_RESPMEM_MUST_FREE);
	if (!resp) {
		free(r.text);
		return MHD_NO;
	}
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, r.type);
	if (r.status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(resp, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	res = MHD_queue_response(c, r.status, resp);
	MHD_destroy_response(resp);
	return res;
}

/* Opened here and not by the library, for the sake of the reason it failed. */
static int listen_on(const struct sockaddr_storage *addr, socklen_t len, char *why)
{
	int fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	if (fd < 0) {
		snprintf(why, HTTP_WHY, "no socket: %s", strerror(errno));
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (addr->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)addr, len) || listen(fd, CONNECTIONS)) {
		int err = errno;

		snprintf(why, HTTP_WHY, "%s%s", strerror(err),
			 err == EADDRINUSE ? "; another program has the port: choose another with --listen, or --listen none" :
			 err == EADDRNOTAVAIL ? "; this host has no such address" : "");
		close(fd);
		return -1;
	}
	return fd;
}

static unsigned int port_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	if (getsockname(fd, (struct sockaddr *)&a, &len))
		return 0;
	if (a.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return ntohs(((struct sockaddr_in *)&a)->sin_port);
}

struct http *http_start(const char *listen, const struct http_ops *ops, char *why)
{
	struct http *h = calloc(1, sizeof(*h));
	struct sockaddr_storage addr;
	socklen_t len;
	int fd;

	if (!h || !args_listen(listen, &addr, &len)) {
		snprintf(why, HTTP_WHY, "not ADDRESS:PORT, [IPV6]:PORT or none");
		free(h);
		return NULL;
	}
	fd = listen_on(&addr, len, why);
	if (fd < 0) {
		free(h);
		return NULL;
	}
	h->ops = *ops;
	h->port = port_of(fd);
	h->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL,
				     on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
				     MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
				     MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_S,
				     MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
				     MHD_OPTION_END);
	if (!h->daemon) {
		snprintf(why, HTTP_WHY, "the server thread did not start");
		close(fd);
		free(h);
		return NULL;
	}
	return h;
}

void http_stop(struct http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}

unsigned int http_port(const struct http *h)
{
	return h->port;
}
