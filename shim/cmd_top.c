// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * top: VMs and exit reasons with their rates. ncurses only decides where the
 * cursor is and what a key was; the tables are those of view.c, drawn into
 * memory first. Plain text with -b or where there is no terminal.
 */
#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "ask.h"
#include "cmd.h"
#include "session.h"
#include "sig.h"
#include "view.h"

enum { OPT_BATCH, OPT_ITERATIONS, OPT_DELAY };

const struct cmd_opt top_opts[] = {
	[OPT_BATCH] = { "batch", 'b', NULL, "plain text, one table after the other" },
	[OPT_ITERATIONS] = { "iterations", 'n', "N", "end after N tables" },
	[OPT_DELAY] = { "delay", 'd', "TIME", "between tables (default 1s)" },
	{ 0 },
};

struct top {
	bool batch;
	uint64_t iterations;
	uint64_t delay_ns;
	struct genl *g;
	struct namer namer;
	struct snap prev;
	uint64_t prev_ns;
	bool have_prev;
};

/* A table as text; NULL when memory is short or the module is gone. */
static char *table(struct top *t, unsigned int rows, size_t *len)
{
	struct snap now;
	uint64_t now_ns = session_now_ns();
	int err = snap_live(&now, t->g, &t->namer);
	char *text = NULL;
	struct view v = {
		.rows = rows,
		.seconds = t->have_prev ? (now_ns - t->prev_ns) / 1e9 : 0,
		.prev = t->have_prev ? &t->prev : NULL,
		.now = &now,
	};

	if (err) {
		log_error("%s", now.why[0] ? now.why : strerror(-err));
		snap_free(&now);
		return NULL;
	}
	namer_update(&t->namer, &now, 0);
	v.f = open_memstream(&text, len);
	if (v.f) {
		view_line(&v);
		fputc('\n', v.f);
		view_vms(&v);
		fputc('\n', v.f);
		view_counts(&v);
		fclose(v.f);
	}
	if (t->have_prev)
		snap_free(&t->prev);
	t->prev = now;
	t->prev_ns = now_ns;
	t->have_prev = true;
	return text;
}

static void pause_for(uint64_t ns)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&ts, NULL);
}

static int batch(struct top *t)
{
	uint64_t i;

	for (i = 0; (!t->iterations || i < t->iterations) && !sig_stop(); i++) {
		size_t len;
		char *text;

		if (i)
			pause_for(t->delay_ns);
		text = table(t, 0, &len);
		if (!text)
			return EXIT_FAIL;
		printf("%s\n", text);
		free(text);
		if (cmd_finish())
			return EXIT_FAIL;
	}
	return EXIT_OK;
}

static void paint(const char *text)
{
	int row = 0;

	erase();
	while (*text && row < LINES) {
		size_t n = strcspn(text, "\n");

		mvaddnstr(row++, 0, text, n < (size_t)COLS * 4 ? (int)n : COLS * 4);
		text += n + (text[n] == '\n');
	}
	refresh();
}

static int interactive(struct top *t)
{
	int status = EXIT_OK;
	uint64_t i;

	setlocale(LC_ALL, "");
	if (!initscr())
		return batch(t);
	cbreak();
	noecho();
	curs_set(0);
	timeout(t->delay_ns / 1000000 ? t->delay_ns / 1000000 : 1);
	for (i = 0; (!t->iterations || i < t->iterations) && !sig_stop(); i++) {
		unsigned int rows = LINES > 8 ? (LINES - 6) / 2 : 1;
		size_t len;
		char *text = table(t, rows, &len);
		int key;

		if (!text) {
			status = EXIT_FAIL;
			break;
		}
		paint(text);
		free(text);
		key = getch();
		if (key == 'q' || key == 'Q' || key == 27)
			break;
	}
	endwin();
	return status;
}

static int parse(struct cmd_ctx *c, struct top *t)
{
	int opt;

	while ((opt = cmd_opt(c)) >= 0) {
		if (opt == OPT_BATCH)
			t->batch = true;
		if (opt == OPT_ITERATIONS && !args_u64(c->value, 1, UINT64_MAX, &t->iterations))
			return cmd_bad_value(c, opt, "a number from 1");
		if (opt == OPT_DELAY && !args_duration(c->value, &t->delay_ns))
			return cmd_bad_value(c, opt, "a time such as 500ms or 2s");
	}
	if (opt != CMD_END)
		return cmd_status(opt);
	return cmd_check_args(c, 0, 0);
}

int cmd_top(struct cmd_ctx *c)
{
	struct top t = { .delay_ns = 1000000000 };
	int status = parse(c, &t);

	if (status >= 0)
		return status;
	t.g = ask_open();
	if (!t.g)
		return EXIT_FAIL;
	if (sig_init()) {
		genl_close(t.g);
		log_error("signals cannot be handled");
		return EXIT_FAIL;
	}
	status = t.batch || !isatty(STDOUT_FILENO) ? batch(&t) : interactive(&t);
	if (t.have_prev)
		snap_free(&t.prev);
	namer_free(&t.namer);
	genl_close(t.g);
	return status;
}
