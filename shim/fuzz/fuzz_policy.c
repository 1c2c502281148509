// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer harness of policy files: any bytes are either refused with places
 * that exist, or make rules that, written out and read again, are the same.
 */
#include <stdlib.h>
#include <string.h>
#include "policy.h"
#include "sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bounds {
	size_t lines;
	size_t size;
};

static void say(void *arg, enum policy_level level, const unsigned int at[2], const char *text)
{
	const struct bounds *b = arg;

	CHECK(level <= POLICY_WARNING && strlen(text) > 10);
	CHECK(at[0] >= 1 && at[0] <= b->lines && at[1] >= 1 && at[1] <= b->size + 1);
}

static bool parse(struct policy *p, const char *text, size_t len)
{
	struct bounds b = { 1, len };
	struct policy_reader r = { .say = say, .arg = &b };
	size_t i;

	for (i = 0; i < len; i++)
		b.lines += text[i] == '\n';
	return policy_parse(p, text, len, &r);
}

static char *print(const struct policy *p, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	policy_print(f, p);
	fclose(f);
	return text;
}

static void check_rule(const struct policy_rule *r)
{
	CHECK(r->kind >= 1 && r->kind <= AEGISHV_RULE_KIND_ALLOW_CGROUP);
	if (r->path)
		CHECK(r->path[0] == '/' && r->path_len < POLICY_PATH_MAX &&
		      strlen(r->path) == r->path_len);
	else
		CHECK(r->ino || r->cgid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy first = { 0 }, second = { 0 };
	size_t i, len, again_len;
	char *text, *again;

	if (!parse(&first, (const char *)data, size))
		goto out;
	policy_normalise(&first);
	text = print(&first, &len);
	CHECK(parse(&second, text, len));
	CHECK(!policy_normalise(&second) && second.nr == first.nr);
	for (i = 0; i < first.nr; i++) {
		check_rule(&first.rules[i]);
		CHECK(!policy_cmp(&first.rules[i], &second.rules[i]));
		CHECK(policy_find(&first, &second.rules[i]) == &first.rules[i]);
		CHECK(first.rules[i].flags == second.rules[i].flags);
	}
	again = print(&second, &again_len);
	CHECK(len == again_len && !memcmp(text, again, len));
	free(again);
	free(text);
out:
	policy_free(&first);
	policy_free(&second);
	return 0;
}
