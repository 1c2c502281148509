// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP server over real sockets on the loopback interface.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cm.h"
#include "http.h"

static bool up;

static char *metrics(void *arg, size_t *len)
{
	char *s = strdup("a_metric 1\n");

	*len = strlen(s);
	return s;
}

static bool healthy(void *arg, char *why)
{
	return true;
}

static bool ready(void *arg, char *why)
{
	snprintf(why, HTTP_WHY, "hook x is absent");
	return up;
}

static const struct http_ops ops = { metrics, healthy, ready, NULL };
static char answer[65536];

static int dial(unsigned int port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static const char *ask(unsigned int port, const char *request)
{
	int fd = dial(port);
	size_t used = 0;
	ssize_t n;

	assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	while ((n = read(fd, answer + used, sizeof(answer) - 1 - used)) > 0)
		used += n;
	answer[used] = '\0';
	close(fd);
	return answer;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void pages(void **state)
{
	char why[HTTP_WHY];
	struct http *h = http_start("127.0.0.1:0", &ops, why);
	unsigned int port;

	assert_non_null(h);
	port = http_port(h);
	assert_non_null(strstr(ask(port, GET("/metrics")), "200 OK"));
	assert_non_null(strstr(answer, "text/plain; version=0.0.4"));
	assert_non_null(strstr(answer, "\r\n\r\na_metric 1\n"));
	assert_non_null(strstr(ask(port, GET("/healthz")), "200 OK"));
	assert_non_null(strstr(ask(port, GET("/readyz")), "503 "));
	assert_non_null(strstr(answer, "hook x is absent"));
	up = true;
	assert_non_null(strstr(ask(port, GET("/readyz")), "200 OK"));
	assert_non_null(strstr(ask(port, GET("/")), "404 "));
	assert_non_null(strstr(ask(port, GET("/metrics/../..")), "404 "));
	assert_non_null(strstr(ask(port, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"), "405 "));
	ask(port, "nonsense\r\n\r\n");
	assert_non_null(strstr(ask(port, GET("/healthz")), "200 OK"));
	http_stop(h);
}

static void port_in_use(void **state)
{
	char why[HTTP_WHY], addr[64];
	struct http *h = http_start("127.0.0.1:0", &ops, why);

	snprintf(addr, sizeof(addr), "127.0.0.1:%u", http_port(h));
	assert_null(http_start(addr, &ops, why));
	assert_non_null(strstr(why, "another program has the port"));
	assert_null(http_start("9108", &ops, why));
	assert_null(http_start("203.0.113.7:0", &ops, why));
	assert_non_null(strstr(why, "no such address"));
	http_stop(h);
}

static void ipv6(void **state)
{
	char why[HTTP_WHY];
	struct http *h = http_start("[::1]:0", &ops, why);

	if (!h) {
		print_message("SKIP: no IPv6 here: %s\n", why);
		skip();
	}
	assert_true(http_port(h) > 0);
	http_stop(h);
}

/* Connections that never ask anything do not keep others out for ever. */
static void idle_connections_are_bounded(void **state)
{
	char why[HTTP_WHY];
	struct http *h = http_start("127.0.0.1:0", &ops, why);
	int fds[20], i;

	for (i = 0; i < 20; i++)
		fds[i] = dial(http_port(h));
	assert_non_null(strstr(ask(http_port(h), GET("/healthz")), "200 OK"));
	for (i = 0; i < 20; i++)
		close(fds[i]);
	http_stop(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages), cmocka_unit_test(port_in_use), cmocka_unit_test(ipv6),
		cmocka_unit_test(idle_connections_are_bounded),
	};

	return RUN(tests);
}
