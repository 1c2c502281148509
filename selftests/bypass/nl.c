// SPDX-License-Identifier: GPL-2.0-only
/*
 * As little of a netlink client as the tests need, without a library: the
 * program is static, to run in a chroot and in any root.
 */
#include "bypass.h"

#include <linux/aegishv_genl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

static int sock = -1;
static uint16_t family;
static uint32_t seq;
static union {
	struct nlmsghdr h;
	char bytes[32768];
} out, in_;

char nl_words[160];

static void begin(uint16_t type, uint8_t cmd, uint8_t version, int flags)
{
	struct genlmsghdr *g = NLMSG_DATA(&out.h);

	memset(&out, 0, NLMSG_HDRLEN + GENL_HDRLEN);
	out.h.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
	out.h.nlmsg_type = type;
	out.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	out.h.nlmsg_seq = ++seq;
	g->cmd = cmd;
	g->version = version;
}

static void put(uint16_t type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(out.bytes + out.h.nlmsg_len);

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	memset((char *)a + NLA_HDRLEN, 0, NLA_ALIGN(len));
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	out.h.nlmsg_len += NLA_ALIGN(a->nla_len);
}

static void put_u32(uint16_t type, uint32_t v)
{
	put(type, &v, sizeof(v));
}

static const struct nlattr *next(const struct nlattr *a)
{
	return (const void *)((const char *)a + NLA_ALIGN(a->nla_len));
}

static const void *find(const void *attrs, size_t len, uint16_t type)
{
	const char *end = (const char *)attrs + len;
	const struct nlattr *a;

	for (a = attrs; (const char *)(a + 1) <= end && a->nla_len >= NLA_HDRLEN; a = next(a))
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a + 1;
	return NULL;
}

static void take_words(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	const char *text = NULL;

	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		text = find(e + 1, h->nlmsg_len - NLMSG_HDRLEN - sizeof(*e), NLMSGERR_ATTR_MSG);
	snprintf(nl_words, sizeof(nl_words), "%s", text ? text : strerror(-e->error));
}

/* Sends what was put together; calls back for the answer; returns 0 or -errno. */
static int talk(void (*on)(const void *attrs, size_t len, void *arg), void *arg)
{
	if (send(sock, &out, out.h.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		int n = recv(sock, &in_, sizeof(in_), 0);
		struct nlmsghdr *h = &in_.h;

		if (n < 0)
			return -errno;
		for (; NLMSG_OK(h, (unsigned int)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR) {
				take_words(h);
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
			}
			if (on)
				on((char *)NLMSG_DATA(h) + GENL_HDRLEN,
				   h->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, arg);
		}
	}
}

struct want {
	uint16_t attr;
	uint64_t value;
};

static void take_u16(const void *attrs, size_t len, void *arg)
{
	struct want *w = arg;
	const uint16_t *v = find(attrs, len, w->attr);

	if (v)
		w->value = *v;
}

static void take_u32(const void *attrs, size_t len, void *arg)
{
	struct want *w = arg;
	const uint32_t *v = find(attrs, len, w->attr);

	if (v)
		w->value = *v;
}

void nl_close(void)
{
	if (sock >= 0)
		close(sock);
	sock = -1;
}

int nl_open(void)
{
	struct want id = { .attr = CTRL_ATTR_FAMILY_ID };
	int on = 1, err;

	nl_close();
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0)
		return -errno;
	setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	begin(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	put(CTRL_ATTR_FAMILY_NAME, AEGISHV_GENL_NAME, sizeof(AEGISHV_GENL_NAME));
	err = talk(take_u16, &id);
	family = id.value;
	return err;
}

static void ask(uint8_t cmd)
{
	begin(family, cmd, AEGISHV_GENL_VERSION, 0);
}

int nl_set(const struct setting *s, int n)
{
	ask(AEGISHV_CMD_CONFIG_SET);
	for (; n--; s++) {
		if (s->attr == AEGISHV_A_CONFIG_DEADMAN_REFRESH)
			put(s->attr, NULL, 0);
		else
			put_u32(s->attr, s->value);
	}
	return talk(NULL, NULL);
}

int nl_set_u64(uint16_t attr, uint64_t value)
{
	ask(AEGISHV_CMD_CONFIG_SET);
	put(attr, &value, sizeof(value));
	return talk(NULL, NULL);
}

static void take_info(const void *attrs, size_t len, void *arg)
{
	const uint32_t *healthy = find(attrs, len, AEGISHV_A_INFO_HEALTHY);
	const uint32_t *mode = find(attrs, len, AEGISHV_A_INFO_FILE_MODE);
	const char *why = find(attrs, len, AEGISHV_A_INFO_FILE_REVERTED);
	struct nl_info *i = arg;

	i->healthy = healthy ? *healthy : 0;
	i->file_mode = mode ? *mode : UINT32_MAX;
	snprintf(i->reverted, sizeof(i->reverted), "%s", why ?: "");
}

int nl_info(struct nl_info *i)
{
	memset(i, 0, sizeof(*i));
	ask(AEGISHV_CMD_INFO_GET);
	return talk(take_info, i);
}

static void put_rule(const struct rule *r)
{
	uint32_t start = out.h.nlmsg_len;
	struct nlattr *nest;

	put(AEGISHV_A_POLICY_RULE | NLA_F_NESTED, NULL, 0);
	put_u32(AEGISHV_A_RULE_KIND, r->kind);
	if (r->path)
		put(AEGISHV_A_RULE_PATH, r->path, strlen(r->path));
	if (r->cgroup)
		put(AEGISHV_A_RULE_CGROUP, &r->cgroup, sizeof(r->cgroup));
	if (r->flags)
		put_u32(AEGISHV_A_RULE_FLAGS, r->flags);
	nest = (void *)(out.bytes + start);
	nest->nla_len = out.h.nlmsg_len - start;
}

int nl_apply(const struct rule *rules, int n)
{
	struct want txn = { .attr = AEGISHV_A_POLICY_TXN };
	int err;

	ask(AEGISHV_CMD_POLICY_BEGIN);
	put(AEGISHV_A_POLICY_RESET, NULL, 0);
	err = talk(take_u32, &txn);
	if (err)
		return err;
	if (n) {
		ask(AEGISHV_CMD_POLICY_ADD);
		put_u32(AEGISHV_A_POLICY_TXN, txn.value);
		for (; n--; rules++)
			put_rule(rules);
		err = talk(NULL, NULL);
	}
	ask(err ? AEGISHV_CMD_POLICY_ABORT : AEGISHV_CMD_POLICY_COMMIT);
	put_u32(AEGISHV_A_POLICY_TXN, txn.value);
	return err ?: talk(NULL, NULL);
}

struct numbers {
	uint64_t *values;
	int max;
};

static void take_numbers(const void *attrs, size_t len, void *arg)
{
	struct numbers *n = arg;
	const char *end = (const char *)attrs + len;
	const struct nlattr *a;

	for (a = attrs; (const char *)(a + 1) <= end && a->nla_len >= NLA_HDRLEN; a = next(a)) {
		if (a->nla_type > n->max)
			continue;
		if (a->nla_len == NLA_HDRLEN + 8)
			memcpy(&n->values[a->nla_type], a + 1, 8);
		else if (a->nla_len == NLA_HDRLEN + 4)
			n->values[a->nla_type] = *(uint32_t *)(a + 1);
	}
}

int nl_policy(uint64_t *values, int max)
{
	struct numbers n = { .values = values, .max = max };

	memset(values, 0, (max + 1) * sizeof(*values));
	ask(AEGISHV_CMD_POLICY_GET);
	return talk(take_numbers, &n);
}

static void take_counters(const void *attrs, size_t len, void *arg)
{
	const char *end = (const char *)attrs + len;
	void (**on)(const struct nl_counter *c) = arg;
	const struct nlattr *a;

	for (a = attrs; (const char *)(a + 1) <= end && a->nla_len >= NLA_HDRLEN; a = next(a)) {
		size_t n = a->nla_len - NLA_HDRLEN;
		struct nl_counter c;

		if ((a->nla_type & NLA_TYPE_MASK) != AEGISHV_A_COUNTERS_COUNTER)
			continue;
		c.kind = find(a + 1, n, AEGISHV_A_COUNTER_KIND);
		c.name = find(a + 1, n, AEGISHV_A_COUNTER_NAME);
		c.reason = *(const uint32_t *)find(a + 1, n, AEGISHV_A_COUNTER_REASON);
		c.value = *(const uint64_t *)find(a + 1, n, AEGISHV_A_COUNTER_VALUE);
		(*on)(&c);
	}
}

int nl_counters(void (*on)(const struct nl_counter *c))
{
	ask(AEGISHV_CMD_COUNTERS_GET);
	return talk(take_counters, &on);
}
