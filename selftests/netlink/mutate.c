// SPDX-License-Identifier: GPL-2.0-only
/*
 * One message from a stream of random numbers (xorshift64*, G. Marsaglia 2003):
 * a third is well-formed, with attributes and values near those that mean
 * something; a third is such a one with bytes, lengths or types changed; the
 * rest is a valid header before noise. Costly requests are rare: another ring
 * size and a dump. Rules are about no file of the test machine.
 */
#include "mutate.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "linux/aegishv_genl.h"

#define NR_CMDS		(AEGISHV_CMD_MAX + 4)	/* some more than there are */
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

/* Where none of the machine's files are. */
#define NO_DEVICE	0x7ff00000

static size_t rule_path(struct mutate *m, uint8_t *to)
{
	static const char *const paths[] = {
		"/tmp/fuzz", "/tmp/none/fuzz", "/", "", "relative", "/tmp/../tmp/./fuzz//",
		"/sys/fs/cgroup", "/sys/fs/cgroup/none", "/proc/self/exe/x", "/tmp/\xff\x01\n",
		"/dev/null/x", "//////////////////////fuzz", "/tmp/..",
	};
	const char *path = paths[below(m, sizeof(paths) / sizeof(*paths))];

	/* sometimes with its NUL */
	return put(to, AEGISHV_A_RULE_PATH, path, strlen(path) + !below(m, 8));
}

static size_t rule_attribute(struct mutate *m, uint16_t type, uint8_t *to)
{
	uint64_t v = value(m);

	switch (type) {
	case AEGISHV_A_RULE_KIND:
		v = below(m, 6);
		break;
	case AEGISHV_A_RULE_PATH:
		return rule_path(m, to);
	case AEGISHV_A_RULE_DEV:
		v |= NO_DEVICE;
		break;
	case AEGISHV_A_RULE_FD:
		v = 1000 + below(m, 5);
		break;
	case AEGISHV_A_RULE_FLAGS:
		v &= 1;
		break;
	case AEGISHV_A_RULE_INO:
	case AEGISHV_A_RULE_CGROUP:
	case AEGISHV_A_RULE_HITS:
		return put(to, type, &v, 8);
	}
	return put(to, type, &v, 4);
}

/* What a rule of some kind has, and now and then something more. */
static size_t rule(struct mutate *m, uint8_t *to)
{
	static const uint16_t sets[][3] = {
		{ AEGISHV_A_RULE_PATH, AEGISHV_A_RULE_FLAGS }, { AEGISHV_A_RULE_PATH },
		{ AEGISHV_A_RULE_DEV, AEGISHV_A_RULE_INO }, { AEGISHV_A_RULE_FD },
		{ AEGISHV_A_RULE_DEV, AEGISHV_A_RULE_INO, AEGISHV_A_RULE_GEN },
		{ AEGISHV_A_RULE_CGROUP }, { AEGISHV_A_RULE_ID },
	};
	const uint16_t *set = sets[below(m, sizeof(sets) / sizeof(*sets))];
	size_t len = NLA_HDRLEN;
	struct nlattr a;

	if (below(m, 10))
		len += rule_attribute(m, AEGISHV_A_RULE_KIND, to + len);
	for (int i = 0; i < 3 && set[i]; i++)
		len += rule_attribute(m, set[i], to + len);
	if (!below(m, 10))
		len += rule_attribute(m, 1 + below(m, AEGISHV_A_RULE_MAX), to + len);
	a.nla_len = len;
	a.nla_type = AEGISHV_A_POLICY_RULE | (below(m, 10) ? NLA_F_NESTED : 0);
	memcpy(to, &a, sizeof(a));
	return len;
}

static size_t policy_attribute(struct mutate *m, uint8_t *to)
{
	uint32_t txn = below(m, 8) ? m->txn : value(m);

	switch (below(m, 4)) {
	case 0:
		return rule(m, to);
	case 1:
		return put(to, AEGISHV_A_POLICY_RESET, &txn, 0);
	default:
		return put(to, AEGISHV_A_POLICY_TXN, &txn, 4);
	}
}

static size_t attribute(struct mutate *m, uint8_t cmd, uint8_t *to)
{
	uint16_t type = 1 + below(m, cmd == AEGISHV_CMD_CONFIG_SET ? AEGISHV_A_CONFIG_MAX : 9);
	uint32_t v = value(m);

	if (cmd >= AEGISHV_CMD_POLICY_BEGIN && cmd <= AEGISHV_CMD_POLICY_GET && below(m, 8))
		return policy_attribute(m, to);
	if (cmd == AEGISHV_CMD_CONFIG_SET && (type == AEGISHV_A_CONFIG_INHERIT ||
					      type == AEGISHV_A_CONFIG_DEADMAN_REFRESH))
		return put(to, type, &v, 0);
	if (cmd == AEGISHV_CMD_CONFIG_SET && type == AEGISHV_A_CONFIG_BREAK_GLASS)
		return put(to, type, &(uint64_t){ v }, 8);
	if (cmd == AEGISHV_CMD_CONFIG_SET && type == AEGISHV_A_CONFIG_RING_BYTES && below(m, 50))
		v = 65536 + 3;
	return put(to, type, &v, sizeof(v));
}

/* Returns its length; attributes begin after both headers. */
static size_t well_formed(struct mutate *m, uint8_t *to)
{
	uint8_t cmd = 1 + below(m, below(m, 20) ? AEGISHV_CMD_DENIAL_GET : NR_CMDS);
	struct genlmsghdr g = { .cmd = cmd, .version = AEGISHV_GENL_VERSION };
	struct nlmsghdr h = {
		.nlmsg_type = m->family,
		.nlmsg_flags = NLM_F_REQUEST | (below(m, 2) ? NLM_F_ACK : 0),
		.nlmsg_seq = next(m),
	};
	size_t len = NLMSG_HDRLEN + GENL_HDRLEN;

	if (!below(m, 20))
		h.nlmsg_flags |= NLM_F_DUMP;
	if (cmd == AEGISHV_CMD_POLICY_ADD || cmd == AEGISHV_CMD_POLICY_DEL) {
		len += put(to + len, AEGISHV_A_POLICY_TXN, &m->txn, 4);
		for (uint32_t n = below(m, 4); n; n--)
			len += rule(m, to + len);
	}
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
