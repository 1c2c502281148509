// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the family refuses: each with its errno and words in the extended ack,
 * and with the configuration as it was before. Where the kernel's own generic
 * netlink answers before the module is asked, there may be no words.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "nltest.h"

#define INFO		AEGISHV_CMD_INFO_GET
#define CONFIG		AEGISHV_CMD_CONFIG_GET
#define SET		AEGISHV_CMD_CONFIG_SET
#define VM		AEGISHV_CMD_VM_GET
#define COUNTERS	AEGISHV_CMD_COUNTERS_GET
#define RING		AEGISHV_CMD_RING_GET

#define NO_VM		4000000000U
#define UNKNOWN_CMD	200
#define CORE		""	/* the kernel's own refusal, which has no words */

static const struct refusal {
	const char *what;
	int cmd;
	int flags;		/* NLM_F_ACK when 0 */
	int err;
	const char *text;	/* in the extended ack */
	struct nlc_attr attrs[4];
} refusals[] = {
	{ "a setting without anything to set", SET, 0, -EINVAL, "nothing to change", { { 0 } } },
	{ "an unknown attribute", SET, 0, -EINVAL, "nknown attribute", { { 77, 4, 1 } } },
	{ "an unknown attribute beside a good one", SET, 0, -EINVAL, "nknown attribute",
	  { U32(CONFIG_DEADLINE_US, 5000), { 77, 4, 1 } } },
	{ "an attribute that is only in answers", CONFIG, 0, -EINVAL, "attribute",
	  { U32(CONFIG_RING_BYTES, 65536) } },
	{ "exit-events of no byte", SET, 0, -EINVAL, "length", { { AEGISHV_A_CONFIG_EXIT_EVENTS, 0, 0 } } },
	{ "exit-events of 2 bytes", SET, 0, -EINVAL, "length", { { AEGISHV_A_CONFIG_EXIT_EVENTS, 2, 1 } } },
	{ "exit-events of 8 bytes", SET, 0, -EINVAL, "length", { { AEGISHV_A_CONFIG_EXIT_EVENTS, 8, 1 } } },
	{ "exit-events of 200 bytes", SET, 0, -EINVAL, "length", { { AEGISHV_A_CONFIG_EXIT_EVENTS, 200, 1 } } },
	{ "ring-bytes of 8 bytes", SET, 0, -EINVAL, "length", { { AEGISHV_A_CONFIG_RING_BYTES, 8, 65536 } } },
	{ "inherit with a payload", SET, 0, -ERANGE, "policy",
	  { { AEGISHV_A_CONFIG_INHERIT, 4, 1 }, U32(CONFIG_VM, 1) } },
	{ "an integer marked as a nest", SET, 0, -EINVAL, "NESTED",
	  { { AEGISHV_A_CONFIG_EXIT_EVENTS | NLA_F_NESTED, 4, 1 } } },
	{ "exit-events=4", SET, 0, -ERANGE, "range", { U32(CONFIG_EXIT_EVENTS, 4) } },
	{ "exit-events=4294967295", SET, 0, -ERANGE, "range", { U32(CONFIG_EXIT_EVENTS, ~0U) } },
	{ "sample=0", SET, 0, -ERANGE, "range",
	  { U32(CONFIG_EXIT_EVENTS, AEGISHV_EXIT_EVENTS_SAMPLE), U32(CONFIG_SAMPLE, 0) } },
	{ "counters=2", SET, 0, -ERANGE, "range", { U32(CONFIG_COUNTERS, 2) } },
	{ "vm=0", SET, 0, -ERANGE, "range", { U32(CONFIG_VM, 0), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "deadline-us=99", SET, 0, -ERANGE, "range", { U32(CONFIG_DEADLINE_US, 99) } },
	{ "deadline-us=10000001", SET, 0, -EINVAL, "deadline-us", { U32(CONFIG_DEADLINE_US, 10000001) } },
	{ "ring-bytes=0", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 0) } },
	{ "ring-bytes=32768", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 32768) } },
	{ "ring-bytes=65537", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 65537) } },
	{ "ring-bytes=98304", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 98304) } },
	{ "ring-bytes=134217728", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 128U << 20) } },
	{ "ring-bytes=2147483648", SET, 0, -EINVAL, "ring-bytes", { U32(CONFIG_RING_BYTES, 1U << 31) } },
	{ "watermark-bytes=0", SET, 0, -EINVAL, "watermark-bytes", { U32(CONFIG_WATERMARK_BYTES, 0) } },
	{ "a watermark beyond what telemetry may fill", SET, 0, -EINVAL, "watermark-bytes",
	  { U32(CONFIG_RING_BYTES, 65536), U32(CONFIG_WATERMARK_BYTES, 57345) } },
	{ "a watermark of 4 GiB", SET, 0, -EINVAL, "watermark-bytes", { U32(CONFIG_WATERMARK_BYTES, ~0U) } },
	{ "rings smaller than the watermark", SET, 0, -EINVAL, "watermark-bytes",
	  { U32(CONFIG_RING_BYTES, 65536), U32(CONFIG_WATERMARK_BYTES, 65536) } },
	{ "vm with nothing for it", SET, 0, -EINVAL, "vm:", { U32(CONFIG_VM, 1) } },
	{ "vm with ring-bytes", SET, 0, -EINVAL, "vm:",
	  { U32(CONFIG_VM, 1), U32(CONFIG_RING_BYTES, 131072), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "vm with counters", SET, 0, -EINVAL, "vm:",
	  { U32(CONFIG_VM, 1), U32(CONFIG_COUNTERS, 1), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "vm with watermark-bytes", SET, 0, -EINVAL, "vm:",
	  { U32(CONFIG_VM, 1), U32(CONFIG_WATERMARK_BYTES, 4096), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "vm with deadline-us", SET, 0, -EINVAL, "vm:",
	  { U32(CONFIG_VM, 1), U32(CONFIG_DEADLINE_US, 4096), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "inherit without vm", SET, 0, -EINVAL, "inherit:", { FLAG(CONFIG_INHERIT) } },
	{ "inherit with exit-events", SET, 0, -EINVAL, "inherit:",
	  { U32(CONFIG_VM, 1), FLAG(CONFIG_INHERIT), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "inherit with sample", SET, 0, -EINVAL, "inherit:",
	  { U32(CONFIG_VM, 1), FLAG(CONFIG_INHERIT), U32(CONFIG_SAMPLE, 5) } },
	{ "sample with exit-events=all", SET, 0, -EINVAL, "sample:",
	  { U32(CONFIG_EXIT_EVENTS, 1), U32(CONFIG_SAMPLE, 5) } },
	{ "sample while exit-events is off", SET, 0, -EINVAL, "sample:", { U32(CONFIG_SAMPLE, 5) } },
	{ "sample for a VM without exit-events", SET, 0, -EINVAL, "vm:",
	  { U32(CONFIG_VM, 1), U32(CONFIG_SAMPLE, 5) } },
	{ "an unknown VM", SET, 0, -ENOENT, "vm:", { U32(CONFIG_VM, NO_VM), U32(CONFIG_EXIT_EVENTS, 1) } },
	{ "an unknown VM with inherit", SET, 0, -ENOENT, "vm:", { U32(CONFIG_VM, NO_VM), FLAG(CONFIG_INHERIT) } },
	{ "a good setting beside one out of range", SET, 0, -ERANGE, "range",
	  { U32(CONFIG_DEADLINE_US, 5000), U32(CONFIG_EXIT_EVENTS, 9) } },
	{ "a good setting beside one that the module refuses", SET, 0, -EINVAL, "ring-bytes",
	  { U32(CONFIG_EXIT_EVENTS, 1), U32(CONFIG_RING_BYTES, 1), U32(CONFIG_DEADLINE_US, 5000) } },

	{ "a program that needs a newer module", INFO, 0, -EOPNOTSUPP, "older",
	  { U32(INFO_API_VERSION, AEGISHV_API_VERSION + 1) } },
	{ "api-version of 2 bytes", INFO, 0, -EINVAL, "length", { { AEGISHV_A_INFO_API_VERSION, 2, 1 } } },
	{ "the configuration of an unknown VM", CONFIG, 0, -ENOENT, "vm:", { U32(CONFIG_VM, NO_VM) } },
	{ "no VM's number", VM, 0, -EINVAL, "id:", { { 0 } } },
	{ "an unknown VM's number", VM, 0, -ENOENT, "id:", { U32(VM_ID, NO_VM) } },
	{ "VM 0", VM, 0, -ERANGE, "range", { U32(VM_ID, 0) } },
	{ "counters of an unknown VM", COUNTERS, 0, -ENOENT, "vm:", { U32(COUNTERS_VM, NO_VM) } },
	{ "counters of a vCPU of no VM", COUNTERS, 0, -EINVAL, "vcpu:", { U32(COUNTERS_VCPU, 0) } },
	{ "no ring's CPU", RING, 0, -EINVAL, "cpu:", { { 0 } } },
	{ "the ring of CPU 9999", RING, 0, -ENXIO, "cpu:", { U32(RING_CPU, 9999) } },
	{ "the ring of CPU 4294967295", RING, 0, -ENXIO, "cpu:", { U32(RING_CPU, ~0U) } },
	{ "a dump of one VM", VM, NLM_F_DUMP, -EINVAL, "dump", { U32(VM_ID, 1) } },
	{ "a dump of one ring", RING, NLM_F_DUMP, -EINVAL, "dump", { U32(RING_CPU, 0) } },
	{ "a dump with an unknown attribute", VM, NLM_F_DUMP, -EINVAL, "attribute", { { 77, 4, 1 } } },

	{ "a dump of what has none", INFO, NLM_F_DUMP, -EOPNOTSUPP, CORE, { { 0 } } },
	{ "an unknown command", UNKNOWN_CMD, 0, -EOPNOTSUPP, CORE, { { 0 } } },
	{ "the number of a notification", AEGISHV_CMD_VM_BIRTH_NTF, 0, -EOPNOTSUPP, CORE, { { 0 } } },
};

static void check(struct nlc *c, const struct refusal *r, const struct nlc_config *before)
{
	struct nlc_answer a = { 0 };
	bool good;

	nlc_ask(c, nlc_new(c, r->cmd, r->flags ?: NLM_F_ACK, r->attrs), &a);
	good = a.err == r->err && strstr(a.text, r->text) && !a.messages && same_config(c, before);
	if (!ok(good, "refused: %s", r->what))
		note("errno %d, want %d; words '%s', want '%s'; %u objects", a.err, r->err,
		     a.text, r->text, a.messages);
}

/* ---- messages that are no messages ---- */

static struct nl_msg *good_set(struct nlc *c)
{
	const struct nlc_attr attrs[] = { U32(CONFIG_DEADLINE_US, 5000), { 0 } };

	return nlc_new(c, SET, NLM_F_ACK, attrs);
}

static void broken(struct nlc *c, struct nl_msg *msg, int err, const char *what)
{
	struct nlc_config before;
	struct nlc_answer a = { 0 };
	uint32_t seq = c->seq;

	nlc_get_config(c, &before);
	c->seq = seq + 1;	/* nlc_get_config() used it up */
	nlmsg_hdr(msg)->nlmsg_seq = c->seq;
	nlc_ask(c, msg, &a);
	if (!ok(a.err == err && same_config(c, &before), "refused: %s", what))
		note("errno %d, want %d; words '%s'", a.err, err, a.text);
	c->seq++;
}

static void broken_headers(struct nlc *c)
{
	struct nl_msg *msg = good_set(c);

	((struct genlmsghdr *)nlmsg_data(nlmsg_hdr(msg)))->reserved = 1;
	broken(c, msg, -EINVAL, "a reserved field that is not 0");
	msg = good_set(c);
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_EXCL;
	broken(c, msg, -EINVAL, "a flag that means nothing here");
	msg = good_set(c);
	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN + 2;
	broken(c, msg, -EINVAL, "a message that ends inside its header");
}

static void broken_attributes(struct nlc *c)
{
	struct nl_msg *msg = good_set(c);
	struct nlattr *a = genlmsg_attrdata(nlmsg_data(nlmsg_hdr(msg)), 0);

	a->nla_len = 2000;
	broken(c, msg, -EINVAL, "an attribute that reaches beyond the message");
	msg = good_set(c);
	a = genlmsg_attrdata(nlmsg_data(nlmsg_hdr(msg)), 0);
	a->nla_len = 3;
	broken(c, msg, -EINVAL, "an attribute shorter than its header");
	msg = good_set(c);
	memset((char *)nlmsg_tail(nlmsg_hdr(msg)), 0, 4);
	nlmsg_hdr(msg)->nlmsg_len += 3;
	broken(c, msg, -EINVAL, "three bytes after the last attribute");
	msg = good_set(c);
	nlmsg_hdr(msg)->nlmsg_len -= 2;
	broken(c, msg, -EINVAL, "a message cut off inside its attribute");
}

/* Longer than any attribute says, and longer than a socket sends at all. */
static void oversized(struct nlc *c)
{
	struct nl_msg *msg = good_set(c);
	static const char junk[60000];
	struct nlc_answer a = { 0 };

	if (nla_put(msg, AEGISHV_A_CONFIG_RING_BYTES, sizeof(junk), junk))
		abort();
	broken(c, msg, -EINVAL, "an attribute of 60000 bytes");

	/* A length beyond what was sent: the kernel drops it, the next is answered. */
	msg = good_set(c);
	{
		struct nlmsghdr *h = nlmsg_hdr(msg);
		unsigned int len = h->nlmsg_len;

		h->nlmsg_len = 1 << 20;
		nl_sendto(c->sock, h, len);
	}
	nlmsg_free(msg);
	nlc_ask(c, nlc_new(c, INFO, NLM_F_ACK, NULL), &a);
	ok(!a.err && a.messages == 1, "a length beyond what was sent harms nobody");
}

static void accepted(struct nlc *c)
{
	const struct nlc_attr version[] = { U32(INFO_API_VERSION, AEGISHV_API_VERSION), { 0 } };
	struct nlc_answer a = { 0 };

	nlc_ask(c, nlc_new(c, INFO, NLM_F_ACK, version), &a);
	ok(!a.err && a.messages == 1, "info for a program of the module's own version");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, COUNTERS, NLM_F_ACK, NULL), &a);
	ok(!a.err && a.messages == 1, "counters of the host");
	memset(&a, 0, sizeof(a));
	nlc_ask(c, nlc_new(c, RING, NLM_F_DUMP, NULL), &a);
	ok(!a.err && a.messages >= 1, "dump of the rings");
}

void test_refuse(struct nlc *c)
{
	struct nlc_config before;

	accepted(c);
	nlc_get_config(c, &before);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		check(c, &refusals[i], &before);
	broken_headers(c);
	broken_attributes(c);
	oversized(c);
	ok(same_config(c, &before), "after all this the configuration is as before");
}
