/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spellings of the enumerations of linux/aegishv_genl.h, as options, settings
 * and JSON have them.
 */
#ifndef AHV_SHIM_WORDS_H
#define AHV_SHIM_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* By value, ended by NULL. */
extern const char *const words_file_mode[];
extern const char *const words_signal[];
extern const char *const words_deny_mode[];
extern const char *const words_proc_events[];
extern const char *const words_counters[];
extern const char *const words_wx_rule[];
extern const char *const words_wx[];
extern const char *const words_wx_action[];
extern const char *const words_wx_granularity[];
extern const char *const words_wx_scope[];

bool words_find(const char *const *words, const char *s, uint32_t *v);

/* "?" for a value that is not known. */
const char *words_name(const char *const *words, uint32_t v);

#endif
