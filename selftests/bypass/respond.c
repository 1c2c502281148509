// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a rule is met: prints TAP.
 *
 *	respond [TEST]...	answers signals reverts settings paths lineage losses;
 *				refuses where the module has hook=off
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "events.h"

static int tests, failures;

void check(int good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
	failures += !good;
}

void check_number(long long got, long long want, const char *what)
{
	check(got == want, what);
	if (got != want)
		printf("# got %lld, want %lld\n", got, want);
}

void check_text(const char *got, const char *want, const char *what)
{
	check(!strcmp(got, want), what);
	if (strcmp(got, want))
		printf("# got  %s\n# want %s\n", got, want);
}

int configure(uint16_t attr, uint32_t value)
{
	struct setting s = { attr, value };
	int err = nl_set(&s, 1);

	if (err)
		printf("# setting %u was refused: %s\n", attr, nl_words);
	return err;
}

int refused(const struct setting *s, int n, const char *words)
{
	if (nl_set(s, n) && strstr(nl_words, words))
		return 1;
	printf("# it said: %s\n", nl_words);
	return 0;
}

void rules(uint32_t kind, const char *path)
{
	struct rule r[2] = { { kind, path, 0, 0 }, extra_rule };

	if (nl_apply(r, path ? 1 + !!extra_rule.kind : 0))
		printf("# the rules were refused: %s\n", nl_words);
}

static void act(const struct offence *o, int *err)
{
	int i;

	if (o->ignore)
		signal(o->ignore, SIG_IGN);
	if (o->cgroup && join_cgroup(o->cgroup))
		_exit(99);
	for (i = 0; i < (o->opens ?: 1); i++) {
		if (i && o->pause_us)
			usleep(o->pause_us);
		*err = o->instead ? o->instead(o->env) : open_and_read(FILE_);
	}
	_exit(0);
}

struct outcome offend(const struct offence *o)
{
	struct outcome out = {};
	int *err = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	fflush(stdout);
	*err = -ECHILD;
	pid = fork();
	if (!pid)
		act(o, err);
	waitpid(pid, &out.status, 0);
	out.pid = pid;
	out.err = *err;
	munmap(err, 4096);
	events_read();
	return out;
}

struct outcome offend_once(void)
{
	struct offence o = {};

	return offend(&o);
}

static const struct {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "answers", test_answers },
	{ "signals", test_signals },
	{ "reverts", test_reverts },
	{ "settings", test_settings },
	{ "paths", test_paths },
	{ "lineage", test_lineage },
	{ "losses", test_losses },
	{ "refuses", test_refuses },	/* only when it is named: with hook=off */
};

/* Every part starts from the same. */
static void start_anew(void)
{
	struct setting s[] = {
		{ AEGISHV_A_CONFIG_FILE_MODE, AEGISHV_FILE_MODE_AUDIT },
		{ AEGISHV_A_CONFIG_SIGNAL, AEGISHV_SIGNAL_NONE },
		{ AEGISHV_A_CONFIG_STORM_DENIALS, 0 },
		{ AEGISHV_A_CONFIG_DEADMAN_S, 0 },
	};

	if (nl_set(s, 4) || nl_apply(NULL, 0))
		printf("# cannot start anew: %s\n", nl_words);
	memset(&extra_rule, 0, sizeof(extra_rule));
	run_quiet((const char *[]){ "rm", "-rf", BASE, NULL });
	mkdir(BASE, 0755);
	write_file(FILE_, SECRET);
	events_drop();
}

static int wanted(const char *name, char **list)
{
	if (!*list)
		return strcmp(name, "refuses");
	for (; *list; list++)
		if (!strcmp(*list, name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	size_t i;

	(void)argc;
	if (nl_open() || events_open()) {
		fputs("respond: no /dev/aegishv to be had: load aegishv.ko first\n", stderr);
		return 1;
	}
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!wanted(parts[i].name, argv + 1))
			continue;
		printf("# %s\n", parts[i].name);
		start_anew();
		parts[i].run();
	}
	start_anew();
	printf("1..%d\n", tests);
	return failures != 0;
}
