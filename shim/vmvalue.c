// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of settings of virtual machines, from text. See vmrules.h. No state.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <linux/aegishv_genl.h>
#include "../kmod/pure/detect.h"
#include "args.h"
#include "vmrules.h"
#include "words.h"

#define WHY	256
#define MAX_MS	86400000ULL

/* One word of a list: what is between commas, without blanks around it. */
struct word {
	char text[96];
	size_t at;
};

static bool next_word(const char *value, size_t *pos, struct word *w)
{
	size_t n;

	if (!value[*pos])
		return false;
	*pos += strspn(value + *pos, " \t");
	n = strcspn(value + *pos, ",");
	w->at = *pos;
	*pos += n + (value[*pos + n] == ',');
	while (n && (value[w->at + n - 1] == ' ' || value[w->at + n - 1] == '\t'))
		n--;
	if (n >= sizeof(w->text))
		n = sizeof(w->text) - 1;
	memcpy(w->text, value + w->at, n);
	w->text[n] = '\0';
	return true;
}

__attribute__((format(printf, 3, 4)))
static long bad(char *why, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY, fmt, ap);
	va_end(ap);
	return at;
}

static long duration(uint32_t *ms, const char *value, char *why)
{
	uint64_t ns;

	if (!args_duration(value, &ns) || ns / 1000000 > MAX_MS)
		return bad(why, 0, "not a time such as 500ms, 30s, 5m or 1h, at most 24h");
	*ms = ns / 1000000;
	return -1;
}

/* 20000/1s, 20000 (a second), off */
static long rate(struct aegishv_detect_rate *r, const char *value, char *why)
{
	const char *slash = strchr(value, '/');
	uint64_t count, ns = 1000000000;
	char number[32];

	if (!strcmp(value, "off")) {
		r->count = 0;
		return -1;
	}
	snprintf(number, sizeof(number), "%.*s", (int)(slash ? slash - value : 31), value);
	if (!args_u64(number, 1, UINT32_MAX, &count))
		return bad(why, 0, "not COUNT/TIME such as 20000/1s, and not off");
	if (slash && (!args_duration(slash + 1, &ns) || ns < 1000000 || ns / 1000000 > MAX_MS))
		return bad(why, slash + 1 - value, "not a time from 1ms to 24h");
	r->count = count;
	r->window_ms = ns / 1000000;
	return -1;
}

struct span_list {
	struct aegishv_detect_range *ranges;
	uint32_t *nr;
	uint64_t max;
	const char *what;
};

static long spans(const struct span_list *l, const char *value, char *why)
{
	uint64_t first, last;
	struct word w;
	size_t pos = 0;

	*l->nr = 0;
	if (!strcmp(value, "none"))
		return -1;
	while (next_word(value, &pos, &w)) {
		if (!args_span(w.text, &first, &last) || last > l->max)
			return bad(why, w.at, "'%s': not %s, nor FIRST-LAST of them", w.text, l->what);
		if (*l->nr == AEGISHV_DETECT_RANGES)
			return bad(why, w.at, "more than %d of them; make ranges of some",
				   AEGISHV_DETECT_RANGES);
		l->ranges[(*l->nr)++] = (struct aegishv_detect_range){ first, last };
	}
	return *l->nr ? -1 : bad(why, 0, "nothing is given; write none to allow none");
}

static long detectors(struct aegishv_detect_rules *r, const char *value, char *why)
{
	struct word w;
	size_t pos = 0;
	uint32_t d;

	r->detectors = !strcmp(value, "all") ? AHV_DETECT_ALL : 0;
	if (!strcmp(value, "all") || !strcmp(value, "none"))
		return -1;
	while (next_word(value, &pos, &w)) {
		for (d = 1; d < AEGISHV_DETECT_END; d++) {
			if (!strcmp(w.text, ahv_detector_name(d)))
				break;
		}
		if (d == AEGISHV_DETECT_END)
			return bad(why, w.at, "'%s': no detector; there are all, none, or of wx, wx_toggle, exit_burst, pio_storm, mmio_storm, hypercall, headless, cr0_wp, cr4_smep, cr4_smap, efer_nxe, nested",
				   w.text);
		r->detectors |= 1U << d;
	}
	return r->detectors ? -1 : bad(why, 0, "nothing is given; write none for none");
}

static bool add_quiet(struct aegishv_detect_rules *r, uint32_t isa, const char *name)
{
	uint32_t reason;

	if (r->nr_quiet == AEGISHV_DETECT_REASONS ||
	    !ahv_exit_find(isa, name, strlen(name), &reason))
		return false;
	r->quiet[r->nr_quiet++] = (struct aegishv_detect_reason){ isa, reason };
	return true;
}

static long quiet(struct aegishv_detect_rules *r, const char *value, char *why)
{
	struct word w;
	size_t pos = 0;
	uint32_t isa;

	r->nr_quiet = 0;
	memset(r->quiet, 0, sizeof(r->quiet));
	while (strcmp(value, "none") && next_word(value, &pos, &w)) {
		bool found = false;

		for (isa = AEGISHV_ISA_VMX; isa <= AEGISHV_ISA_ARM64; isa++)
			found |= add_quiet(r, isa, w.text);
		if (!found)
			return bad(why, w.at, "'%s': not an exit reason as 'aegishv stats' shows them, or more than %d of them",
				   w.text, AEGISHV_DETECT_REASONS);
	}
	return -1;
}

static long word_of(uint32_t *to, const char *const *words, const char *value, char *why)
{
	char list[128] = "";
	size_t n = 0;
	int i;

	if (words_find(words, value, to))
		return -1;
	for (i = 0; words[i] && n < sizeof(list); i++)
		n += snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);
	return bad(why, 0, "'%.64s': there are %s", value, list);
}

/* START-END of guest-physical memory: whole pages, the last byte belongs to it. */
static long memory(struct vm_range *ranges, uint32_t *nr, const char *value, char *why)
{
	struct word w;
	size_t pos = 0;

	*nr = 0;
	while (strcmp(value, "none") && next_word(value, &pos, &w)) {
		struct vm_range r;

		if (!strcmp(w.text, "none"))
			return bad(why, w.at, "none stands alone: no range goes with it");
		if (!args_range(w.text, &r.start, &r.end))
			return bad(why, w.at, "'%s': not START-END, the first and the last byte, such as 0x1000000-0x1ffffff", w.text);
		if (r.start & 4095 || (r.end & 4095) != 4095)
			return bad(why, w.at, "'%s': not whole pages: START ends in 000 and END, the last byte, in fff", w.text);
		if (*nr == VMRULES_RANGES)
			return bad(why, w.at, "more than %d ranges", VMRULES_RANGES);
		ranges[(*nr)++] = r;
	}
	return -1;
}

static long detect_value(struct aegishv_detect_rules *r, enum vm_key key, const char *value,
			 char *why)
{
	const struct span_list ports = { r->ports, &r->nr_ports, 0xffff, "a port" };
	const struct span_list calls = { r->hypercalls, &r->nr_hypercalls, UINT32_MAX,
					 "the number of a hypercall" };

	switch (key) {
	case VMKEY_DETECT:
		return detectors(r, value, why);
	case VMKEY_COOLDOWN:
		return duration(&r->cooldown_ms, value, why);
	case VMKEY_WX_WINDOW:
		return duration(&r->wx_window_ms, value, why);
	case VMKEY_HEADLESS_AFTER:
		return duration(&r->headless_ms, value, why);
	case VMKEY_WX_TOGGLE:
		return rate(&r->toggle, value, why);
	case VMKEY_EXIT_BURST:
		return rate(&r->burst, value, why);
	case VMKEY_PIO_STORM:
		return rate(&r->pio, value, why);
	case VMKEY_MMIO_STORM:
		return rate(&r->mmio, value, why);
	case VMKEY_EXIT_BURST_IGNORE:
		return quiet(r, value, why);
	case VMKEY_PIO_IGNORE:
		return spans(&ports, value, why);
	default:
		return spans(&calls, value, why);
	}
}

long vmrules_value(struct vm_settings *to, enum vm_key key, const char *value, char *why)
{
	if (key < VMKEY_END_OF_DETECT)
		return detect_value(&to->detect, key, value, why);
	switch (key) {
	case VMKEY_WX:
		return word_of(&to->wx, words_wx, value, why);
	case VMKEY_WX_ACTION:
		return word_of(&to->wx_action, words_wx_action, value, why);
	case VMKEY_WX_GRANULARITY:
		return word_of(&to->wx_granularity, words_wx_granularity, value, why);
	case VMKEY_WX_SCOPE:
		return word_of(&to->wx_scope, words_wx_scope, value, why);
	case VMKEY_SEAL_GPA:
		return memory(to->seal, &to->nr_seal, value, why);
	case VMKEY_EXEC_TRAP_GPA:
		return memory(to->trap, &to->nr_trap, value, why);
	default:
		to->rearm_ms = 0;
		return strcmp(value, "never") ? duration(&to->rearm_ms, value, why) : -1;
	}
}
