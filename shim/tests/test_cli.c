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

static void policies(void **state)
{
	assert_int_equal(aegishv("policy lint /no/such/file"), 1);
	assert_non_null(strstr(err, "/no/such/file: No such file"));
	assert_int_equal(aegishv("policy lint"), 2);
	assert_int_equal(aegishv("policy lnit x"), 2);
	assert_non_null(strstr(err, "did you mean 'lint'"));
	assert_int_equal(aegishv("policy lint x --reset"), 2);
	assert_int_equal(aegishv("policy apply x --fix"), 2);
	assert_int_equal(aegishv("policy apply x --sweep=maim"), 2);
	assert_non_null(strstr(err, "kill or term"));
	assert_int_equal(aegishv("policy lint - --out - <<X\nversion=1\n[deny_path]\n/b\n/a\n/b\nX"), 0);
	assert_string_equal(out, "version=1\n\n[deny_path]\n/a\n/b\n");
	assert_non_null(strstr(err, "1 entries are there twice"));
	assert_int_equal(aegishv("policy lint - --json <<X\nversion=1\n[deny_ip]\n10.0.0.1\nX"), 0);
	assert_non_null(strstr(out, "\"warnings\":1"));
	assert_non_null(strstr(err, "standard input:2:1: section [deny_ip] is not supported"));
	assert_int_equal(aegishv("policy apply - <<X\nversion=1\n[deny_ip]\n10.0.0.1\nX"), 1);
	assert_non_null(strstr(err, "nothing was changed"));
	assert_int_equal(aegishv("policy lint - <<X\nversion=1\n[deny_path]\nrelative\nX"), 1);
	assert_non_null(strstr(err, "standard input:3:1: the path is not absolute"));
}

static void checksums(void **state)
{
	assert_int_equal(aegishv("policy apply --sha256 12 - </dev/null"), 1);
	assert_non_null(strstr(err, "64 hexadecimal digits"));
	assert_int_equal(aegishv("policy apply --sha256-file /no/such - </dev/null"), 1);
	assert_non_null(strstr(err, "/no/such: No such file"));
	assert_int_equal(aegishv("policy apply --sha256 $(printf '%064d' 0) - </dev/null"), 1);
	assert_non_null(strstr(err, "not the file that was meant"));
	setenv("AEGIS_POLICY_SHA256_FILE", "/no/such", 1);
	assert_int_equal(aegishv("policy apply - </dev/null"), 1);
	assert_non_null(strstr(err, "/no/such: No such file"));
	unsetenv("AEGIS_POLICY_SHA256_FILE");
}

static void files(void **state)
{
	setenv("AEGISHV_STATE_DIR", "/no/such/dir", 1);
	assert_int_equal(aegishv("block add"), 2);
	assert_int_equal(aegishv("block ad /x"), 2);
	assert_non_null(strstr(err, "did you mean 'add'"));
	assert_int_equal(aegishv("block add 1:0"), 2);
	assert_non_null(strstr(err, "block add: 1:0: no inode number"));
	assert_int_equal(aegishv("block add --inode /no/such/file"), 2);
	assert_int_equal(aegishv("block add --dir /"), 2);
	assert_int_equal(aegishv("block add --dir --inode /x"), 2);
	assert_int_equal(aegishv("block list --dir"), 2);
	assert_int_equal(aegishv("allow add cgid:x"), 2);
	assert_int_equal(aegishv("allow clear"), 2);
	assert_int_equal(aegishv("restore"), 0);
	assert_non_null(strstr(err, "nothing to restore"));
	assert_int_equal(aegishv("policy rollback"), 1);
	assert_int_equal(aegishv("explain - <<X\n{\"type\":\"exec\"}\nX"), 1);
	assert_int_equal(aegishv("explain - <<X\n{\"type\":\"block\",\"path\":\"/x\"}\nX"), 0);
	assert_non_null(strstr(out, "no rule of"));
	unsetenv("AEGISHV_STATE_DIR");
}

static void enforcing(void **state)
{
	assert_int_equal(aegishv("run --audit --enforce"), 2);
	assert_int_equal(aegishv("run --enforce --enforce-signal hup"), 2);
	assert_non_null(strstr(err, "term, kill, int or none"));
	assert_int_equal(aegishv("run --enforce --enforce-signal=kill"), 2);
	assert_non_null(strstr(err, "--allow-sigkill"));
	assert_int_equal(aegishv("run --enforce-signal=term"), 2);
	assert_int_equal(aegishv("run --enforce --kill-escalation-threshold=0"), 2);
	assert_int_equal(aegishv("run --enforce --kill-escalation-window-seconds=x"), 2);
	assert_int_equal(aegishv("run --enforce --deadman 2"), 2);
	assert_int_equal(aegishv("run --enforce --storm 10"), 2);
	assert_int_equal(aegishv("run --log=syslog"), 2);
	assert_int_equal(aegishv("run --break-glass /no/such"), 2);
	assert_int_equal(aegishv("run --replay x --enforce"), 2);
	assert_int_equal(aegishv("config set file_mode=loud"), 2);
	assert_non_null(strstr(err, "audit or enforce"));
	assert_int_equal(aegishv("config set file_mod=audit"), 2);
	assert_non_null(strstr(err, "did you mean 'file_mode'"));
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
		cmocka_unit_test(policies), cmocka_unit_test(checksums), cmocka_unit_test(files),
		cmocka_unit_test(enforcing), cmocka_unit_test(replay_to_a_full_disk),
	};

	return RUN(tests);
}
