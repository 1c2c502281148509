/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks of host and module, with what to do about each that fails.
 */
#ifndef AHV_SHIM_CHECK_H
#define AHV_SHIM_CHECK_H

#include <stdbool.h>
#include "genl.h"

#define CHECKS_MAX	(GENL_HOOKS_MAX + 16)

enum check_result {
	CHECK_OK,
	CHECK_NOTE,	/* not as good as it could be; nothing that was asked for fails */
	CHECK_FAIL,
};

/**
 * struct check - one of them
 * @name: stable, for programs
 * @result: how it went
 * @text: what was found
 * @advice: what to do about it, empty for nothing
 */
struct check {
	char name[64];
	enum check_result result;
	char text[256];
	char advice[256];
};

/**
 * struct checks - all of them
 * @list: in the order they are printed
 * @nr: how many
 * @have_info: the module answered
 * @info: what it said
 */
struct checks {
	struct check list[CHECKS_MAX];
	int nr;
	bool have_info;
	struct genl_info info;
};

/* The module: loaded, versions, every hook, consumer, losses. */
void check_module(struct checks *c);

/* The host: rights, KVM, device, tracefs. */
void check_host(struct checks *c);

/* How many failed. */
int check_failures(const struct checks *c);

#endif
