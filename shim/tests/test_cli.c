// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program itself: exit statuses, where messages go, what it suggests.
 * Nothing here needs the module or rights.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cm.h"
#include "cmd.h"

static char out[262144], err[65536];

static void slurp(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = fread(buf, 1, size - 1, f);

	buf[n] = '\0';
	fclose(f);
	unlink(path);
}

/* Exit status of the program with these arguments, in a shell's words. */
static int aegishv(const char *args)
{
	char o[] = "/tmp/aegishv-out-XXXXXX", e[] = "/tmp/aegishv-err-XXXXXX";
	const char *bin = getenv("AEGISHV_BIN");
	char cmd[4096];
	int status;

	close(mkstemp(o));
	close(mkstemp(e));
	snprintf(cmd, sizeof(cmd), "{ '%s' %s\n} >%s 2>%s", bin ? bin : "build/shim/aegishv",
		 args, o, e);
	status = system(cmd);
	slurp(o, out, sizeof(out));
	slurp(e, err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void usage(void **state)
{
	assert_int_equal(aegishv(""), 2);
	assert_non_null(strstr(err, "Usage:"));
	assert_string_equal(out, "");
	assert_int_equal(aegishv("help"), 0);
	assert_non_null(strstr(out, "Usage:"));
	assert_string_equal(err, "");
	assert_int_equal(aegishv("--version"), 0);
	assert_int_equal(aegishv("--help"), 0);
}

static void every_command_has_help(void **state)
{
	const struct cmd *c;
	char args[128];

	for (c = commands; c->name; c++) {
		snprintf(args, sizeof(args), "help %s", c->name);
		assert_int_equal(aegishv(args), 0);
		assert_non_null(strstr(out, c->brief));
		snprintf(args, sizeof(args), "%s --help", c->name);
		assert_int_equal(aegishv(args), 0);
		snprintf(args, sizeof(args), "%s --no-such-option", c->name);
		assert_int_equal(aegishv(args), 2);
		assert_non_null(strstr(err, "--no-such-option"));
	}
}

static void wrong_words(void **state)
{
	assert_int_equal(aegishv("rnu"), 2);
	assert_non_null(strstr(err, "did you mean 'run'"));
	assert_int_equal(aegishv("run --jsnol x"), 2);
	assert_non_null(strstr(err, "did you mean --jsonl"));
	assert_int_equal(aegishv("run --exit-events sometimes"), 2);
	assert_non_null(strstr(err, "sample:N"));
	assert_int_equal(aegishv("run --replay a --tracefs b"), 2);
	assert_int_equal(aegishv("run --max-vm-series -1"), 2);
	assert_int_equal(aegishv("run extra"), 2);
	assert_int_equal(aegishv("record"), 2);
	assert_int_equal(aegishv("vm shwo 1"), 2);
	assert_non_null(strstr(err, "did you mean 'show'"));
	assert_int_equal(aegishv("--log-level loud run"), 2);
	assert_int_equal(aegishv("--log-format=xml run"), 2);
	assert_int_equal(aegishv("run --quiet=yes"), 2);
	assert_int_equal(aegishv("run --jsonl"), 2);
	assert_non_null(strstr(err, "needs a value"));
}

static void schema(void **state)
{
	assert_int_equal(aegishv("dump-schemas | python3 -m json.tool"), 0);
	assert_non_null(strstr(out, "draft/2020-12/schema"));
}

static void messages_as_json(void **state)
{
	aegishv("--log-format=json run --replay /no/such/file");
	assert_non_null(strstr(err, "\"level\":\"error\""));
	assert_int_equal(aegishv("run --replay /no/such/file --log-format json"), 1);
	assert_int_equal(err[0], '{');
}

static void completion(void **state)
{
	assert_int_equal(aegishv("completion bash > /tmp/aegishv-comp-$PPID; bash -n /tmp/aegishv-comp-$PPID; s=$?; rm /tmp/aegishv-comp-$PPID; exit $s"), 0);
	assert_int_equal(aegishv("completion fish"), 2);
	assert_int_equal(aegishv("completion bash"), 0);
	assert_non_null(strstr(out, "--exit-events"));
}

static void replay_to_a_full_disk(void **state)
{
	if (access("/dev/full", W_OK))
		skip();
	assert_int_equal(aegishv("dump-schemas > /dev/full"), 1);
	assert_non_null(strstr(err, "No space left"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usage), cmocka_unit_test(every_command_has_help),
		cmocka_unit_test(wrong_words), cmocka_unit_test(schema),
		cmocka_unit_test(messages_as_json), cmocka_unit_test(completion),
		cmocka_unit_test(replay_to_a_full_disk),
	};

	return RUN(tests);
}
