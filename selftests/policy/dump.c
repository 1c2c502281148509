// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of many rules, in large and in small parts, with long paths, and with a
 * commit in the middle: then the dump says that it is not of one state.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "poltest.h"

#define MANY	5000

struct seen {
	uint8_t by_ino[MANY + 1];
	unsigned int twice, strange, paths;
	uint32_t last_id;
	bool in_order;
};

static void see(const struct pol_rule *r, void *arg)
{
	struct seen *s = arg;

	if (r->have & HAS(PATH))
		s->paths++;
	else if (!r->ino || r->ino > MANY)
		s->strange++;
	else if (s->by_ino[r->ino]++)
		s->twice++;
	s->in_order &= r->id > s->last_id;
	s->last_id = r->id;
}

static int stage_many(struct nlc *c, uint32_t txn)
{
	struct pol_rule r = BY_NUMBER(0x99, 0);
	int err = 0;

	for (int i = 0; i < MANY && !err; i += 500) {
		struct nl_msg *msg = pol_message(c, AEGISHV_CMD_POLICY_ADD, txn);
		struct nlc_answer a = { 0 };

		for (int k = 1; k <= 500; k++) {
			r.ino = i + k;
			pol_put(msg, &r);
		}
		err = nlc_ask(c, msg, &a);
	}
	return err;
}

static void all(struct nlc *c, int recv_bytes)
{
	struct seen s = { .in_order = true };
	struct nlc_answer a = { 0 };
	int n;

	/* the kernel's parts follow what a socket has ever received at once */
	nlc_reconnect(c);
	c->recv_bytes = recv_bytes;
	n = pol_dump(c, see, &s, &a);
	c->recv_bytes = 0;
	is(n, MANY + 8, "a dump has every rule");
	ok(!s.twice && !s.strange && s.paths == 8 && s.in_order,
	   "... once, in order (parts of %d bytes)", recv_bytes);
	ok(!a.interrupted, "... and is of one state");
	note("%u messages", a.messages);
}

/* Eight paths of 4095 bytes, most of them slashes. */
static int stage_long(struct nlc *c, uint32_t txn)
{
	static const char dir[] = "/tmp/p/dump";
	static char path[4096];
	struct pol_rule r = {
		.have = HAS(KIND) | HAS(PATH), .kind = PATH, .path = path, .path_len = 4095,
	};
	int err = 0;

	memset(path, '/', sizeof(path));
	memcpy(path, dir, strlen(dir));
	for (int i = 0; i < 8 && !err; i++) {
		path[4094] = '0' + i;
		err = pol_add(c, txn, &r);
	}
	return err;
}

struct part {
	int n;
	bool interrupted, end;
};

/* One datagram of a dump that was asked for. */
static void next_part(struct nlc *c, struct part *p)
{
	static uint8_t buf[64 << 10] __attribute__((aligned(8)));
	struct nlmsghdr *h = (void *)buf;
	int n = recv(nl_socket_get_fd(c->sock), buf, sizeof(buf), 0);

	for (; nlmsg_ok(h, n); h = nlmsg_next(h, &n)) {
		p->interrupted |= h->nlmsg_flags & NLM_F_DUMP_INTR;
		p->end |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
		p->n++;
	}
	p->end |= n < 0;
}

static void disturbed(struct nlc *c)
{
	struct part p = { 0 };
	struct nlc other;
	uint32_t txn = 0;

	nlc_connect(&other);
	nlc_reconnect(c);
	nlc_send(c, nlc_new(c, AEGISHV_CMD_RULE_GET, NLM_F_DUMP, NULL));
	next_part(c, &p);
	ok(!p.end && !p.interrupted, "a dump has begun");
	pol_begin(&other, false, &txn);
	is(pol_commit(&other, txn, NULL), 0, "another client commits");
	while (!p.end)
		next_part(c, &p);
	ok(p.interrupted, "the dump says that it was interrupted");
	nlc_close(&other);
}

static void nothing(struct nlc *c)
{
	pol_replace(c, NULL, 0);
	is(pol_dump(c, NULL, NULL, NULL), 0, "a dump of no rules");
}

void test_dump(struct nlc *c)
{
	uint32_t txn = 0;
	int err;

	make("/tmp/p/dump/");
	pol_begin(c, true, &txn);
	err = stage_long(c, txn) ?: stage_many(c, txn);
	is(err ?: pol_commit(c, txn, NULL), 0, "many rules, some with paths of 4095 bytes");
	all(c, 0);
	all(c, 32 << 10);
	all(c, 8192);
	disturbed(c);
	nothing(c);
}
