// SPDX-License-Identifier: GPL-2.0-only
/*
 * One message from a stream of random numbers (xorshift64*, G. Marsaglia 2003):
 * a third is well-formed, with attributes and values near those that mean
 * something; a third is such a one with bytes, lengths or types changed; the
 * rest is a valid header before noise. Costly requests are rare: another ring
 * size and a dump.
 */
#include "mutate.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "linux/aegishv_genl.h"

#define NR_CMDS		12	/* some more than there are */
#define NOISE_MAX	200

void mutate_init(struct mutate *m, uint64_t seed, int family)
{
	memset(m, 0, sizeof(*m));
	m->state = seed * 0x9e3779b97f4a7c15ULL + 1;
	m->family = family;
}

static uint64_t next(struct mutate *m)
{
	m->state ^= m->state >> 12;
	m->state ^= m->state << 25;
	m->state ^= m->state >> 27;
	return m->state * 0x2545f4914f6cdd1dULL;
}

static uint32_t below(struct mutate *m, uint32_t n)
{
	return (next(m) >> 33) % n;
}

/* Limits of what the family checks, their neighbours, and anything. */
static uint32_t value(struct mutate *m)
{
	static const uint32_t edges[] = {
		0, 1, 2, 3, 4, 5, 99, 100, 101, 1000, 4096, 32768, 57344, 57345, 65535, 65536,
		65537, 131072, 524288, 1 << 20, 10000000, 10000001, 1 << 26, 1 << 27,
		0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};

	if (below(m, 8) == 0)
		return next(m);
	return edges[below(m, sizeof(edges) / sizeof(*edges))];
}

static size_t put(uint8_t *to, uint16_t type, const void *data, uint16_t len)
{
	struct nlattr a = { .nla_len = NLA_HDRLEN + len, .nla_type = type };

	memcpy(to, &a, sizeof(a));
	memcpy(to + NLA_HDRLEN, data, len);
	memset(to + a.nla_len, 0, NLA_ALIGN(a.nla_len) - a.nla_len);
	return NLA_ALIGN(a.nla_len);
}

static size_t attribute(struct mutate *m, uint8_t cmd, uint8_t *to)
{
	uint16_t type = 1 + below(m, 9);
	uint32_t v = value(m);

	if (cmd == AEGISHV_CMD_CONFIG_SET && type == AEGISHV_A_CONFIG_INHERIT)
		return put(to, type, &v, 0);
	if (cmd == AEGISHV_CMD_CONFIG_SET && type == AEGISHV_A_CONFIG_RING_BYTES && below(m, 50))
		v = 65536 + 3;
	return put(to, type, &v, sizeof(v));
}

/* Returns its length; attributes begin after both headers. */
static size_t well_formed(struct mutate *m, uint8_t *to)
{
	uint8_t cmd = 1 + below(m, below(m, 20) ? 6 : NR_CMDS);
	struct genlmsghdr g = { .cmd = cmd, .version = AEGISHV_GENL_VERSION };
	struct nlmsghdr h = {
		.nlmsg_type = m->family,
		.nlmsg_flags = NLM_F_REQUEST | (below(m, 2) ? NLM_F_ACK : 0),
		.nlmsg_seq = next(m),
	};
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN;

	if (!below(m, 20))
		h.nlmsg_flags |= NLM_F_DUMP;
	for (uint32_t n = below(m, 5); n; n--)
		len += attribute(m, cmd, to + len);
	h.nlmsg_len = len;
	memcpy(to, &h, sizeof(h));
	memcpy(to + NLMSG_HDRLEN, &g, sizeof(g));
	return len;
}

/*
 * Changes bytes behind the netlink header, or the length in it. The type stays:
 * this is about our family, not about the kernel's others.
 */
static size_t mutated(struct mutate *m, uint8_t *to)
{
	static const uint8_t bytes[] = { 0, 1, 3, 4, 5, 0x7f, 0x80, 0xff };
	size_t len = well_formed(m, to);
	struct nlmsghdr *h = (void *)to;

	for (uint32_t n = 1 + below(m, 4); n; n--) {
		size_t at = NLMSG_HDRLEN + below(m, len - NLMSG_HDRLEN);

		to[at] = below(m, 2) ? bytes[below(m, sizeof(bytes))] : next(m);
	}
	if (!below(m, 4))
		h->nlmsg_len = NLMSG_HDRLEN + below(m, len - NLMSG_HDRLEN + 1);
	if (!below(m, 8))
		h->nlmsg_flags ^= 1 << below(m, 16);
	return NLMSG_ALIGN(h->nlmsg_len);
}

static size_t noise(struct mutate *m, uint8_t *to)
{
	size_t len = NLMSG_HDRLEN + below(m, NOISE_MAX);
	struct nlmsghdr h = {
		.nlmsg_len = len,
		.nlmsg_type = m->family,
		.nlmsg_flags = NLM_F_REQUEST | (next(m) & NLM_F_DUMP & -!below(m, 20)),
	};

	memcpy(to, &h, sizeof(h));
	for (size_t i = NLMSG_HDRLEN; i < NLMSG_ALIGN(len); i++)
		to[i] = next(m);
	if (len > NLMSG_HDRLEN)
		to[NLMSG_HDRLEN] = below(m, NR_CMDS);
	return NLMSG_ALIGN(len);
}

/* Returns how many bytes it is, padded to the next message. */
size_t mutate_message(struct mutate *m, uint8_t *to)
{
	switch (below(m, 3)) {
	case 0:
		m->plain++;
		return NLMSG_ALIGN(well_formed(m, to));
	case 1:
		m->mutated++;
		return mutated(m, to);
	default:
		m->random++;
		return noise(m, to);
	}
}
