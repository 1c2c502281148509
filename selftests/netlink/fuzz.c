// SPDX-License-Identifier: GPL-2.0-only
/*
 * nlfuzz COUNT [SEED]: sends COUNT messages to the family, well-formed, mutated
 * and random, as root; the same seed gives the same messages. They go in
 * datagrams of several, and what comes back is thrown away. From time to time,
 * and at the end, plain questions must be answered and make sense.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mutate.h"
#include "nlc.h"

#define BATCH		16
#define CHECK_EVERY	20000
#define DATAGRAM_BYTES	(32 << 10)	/* far more than a batch needs */

static int fail(const char *what, unsigned long long at)
{
	fprintf(stderr, "nlfuzz: %s, after %llu messages\n", what, at);
	return 1;
}

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* The configuration is one that could have been set. */
static bool valid(const struct nlc_config *c)
{
	return c->exit_events <= AEGISHV_EXIT_EVENTS_FULL && c->sample >= 1 &&
	       c->counters <= AEGISHV_COUNTERS_ALL && power_of_two(c->ring_bytes) &&
	       c->ring_bytes >= 64 << 10 && c->ring_bytes <= 64 << 20 &&
	       c->watermark >= 1 && c->watermark <= c->ring_bytes - c->ring_bytes / 8 &&
	       c->deadline >= 100 && c->deadline <= 10000000;
}

static int ask(struct nlc *c, int cmd, int flags)
{
	struct nlc_answer a = { 0 };

	return nlc_ask(c, nlc_new(c, cmd, flags, NULL), &a);
}

/* All eight transactions may be open. */
static bool policy_is_broken(struct nlc *c)
{
	int begun = ask(c, AEGISHV_CMD_POLICY_BEGIN, NLM_F_ACK);

	return ask(c, AEGISHV_CMD_POLICY_GET, NLM_F_ACK) ||
	       ask(c, AEGISHV_CMD_RULE_GET, NLM_F_DUMP) ||
	       ask(c, AEGISHV_CMD_DENIAL_GET, NLM_F_DUMP) || (begun && begun != -EBUSY);
}

static int check(unsigned long long at)
{
	static struct nlc_vm vms[256];
	struct nlc_config cfg;
	struct nlc_rings rings;
	struct nlc_info info;
	struct nlc c;

	if (nlc_connect(&c))
		return fail("the family cannot be reached", at);
	if (nlc_get_config(&c, &cfg) || !valid(&cfg))
		return fail("the configuration is not a valid one", at);
	if (nlc_get_info(&c, &info) || !info.isa)
		return fail("info does not answer, or knows no KVM", at);
	if (nlc_dump_vms(&c, vms, 256) < 0)
		return fail("VMs cannot be dumped", at);
	if (nlc_get_rings(&c, &rings) || rings.bytes != (uint64_t)cfg.ring_bytes * rings.n)
		return fail("the rings are not what the configuration says", at);
	if (policy_is_broken(&c))
		return fail("the policy in force cannot be read, or changed", at);
	nlc_close(&c);
	return 0;
}

/* The number of a transaction that began, for messages to come. */
static void look_for_txn(struct mutate *m, struct nlmsghdr *h, int n)
{
	for (; nlmsg_ok(h, n); h = nlmsg_next(h, &n)) {
		struct genlmsghdr *g = nlmsg_data(h);
		struct nlattr *txn;

		if (h->nlmsg_type != m->family || g->cmd != AEGISHV_CMD_POLICY_BEGIN)
			continue;
		txn = nla_find(genlmsg_attrdata(g, 0), genlmsg_attrlen(g, 0),
			       AEGISHV_A_POLICY_TXN);
		if (txn)
			m->txn = nla_get_u32(txn);
	}
}

/* All that has come; little of it is of interest. */
static void drain(struct mutate *m, int fd)
{
	static uint8_t junk[64 << 10] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT)) >= 0 || errno == ENOBUFS)
		if (n > 0)
			look_for_txn(m, (void *)junk, n);
}

static int send_all(struct nlc *c, struct mutate *m, unsigned long long count)
{
	static uint8_t datagram[DATAGRAM_BYTES] __attribute__((aligned(4)));
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = nl_socket_get_fd(c->sock);
	unsigned long long checked = 0;

	for (unsigned long long i = 0; i < count; i += BATCH) {
		size_t len = 0;

		for (int k = 0; k < BATCH; k++)
			len += mutate_message(m, datagram + len);
		/* The kernel may refuse a datagram whole: that is an input, too. */
		if (sendto(fd, datagram, len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
			m->unsent++;
		drain(m, fd);
		if (i - checked >= CHECK_EVERY) {
			if (check(i))
				return 1;
			checked = i;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long long count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct mutate m;
	struct nlc c;

	if (argc < 2) {
		fprintf(stderr, "usage: nlfuzz COUNT [SEED]\n");
		return 2;
	}
	if (nlc_connect(&c))
		return fail("no netlink family: load aegishv.ko first", 0);
	mutate_init(&m, seed, c.family);
	printf("nlfuzz: seed %llu, %llu messages\n", (unsigned long long)seed, count);
	fflush(stdout);
	if (send_all(&c, &m, count) || check(count))
		return 1;
	printf("nlfuzz: sent; %llu plain, %llu mutated, %llu random, %llu datagrams refused whole; transaction %u was the last\n",
	       m.plain, m.mutated, m.random, m.unsent, m.txn);
	nlc_close(&c);
	return 0;
}
