// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm show: the detectors that are on for a VM, and what each goes by.
 */
#include <stdio.h>
#include <string.h>
#include "../kmod/pure/detect.h"
#include "ask.h"
#include "cmd_vm.h"

/* Where a list of words goes: onto a line, or into an array. */
struct list {
	cJSON *array;
	unsigned int n;
};

static void list_begin(struct list *l, cJSON *o, const char *name)
{
	*l = (struct list){ .array = o ? cJSON_AddArrayToObject(o, name) : NULL };
	if (!o)
		printf("  %-12s ", name);
}

static void list_add(struct list *l, const char *word)
{
	if (l->array)
		cJSON_AddItemToArray(l->array, cJSON_CreateString(word));
	else
		printf("%s%s", l->n ? "," : "", word);
	l->n++;
}

static void list_end(struct list *l, const char *after)
{
	if (!l->array)
		printf("%s%s\n", l->n ? "" : "none", after);
}

static void show_ms(cJSON *o, const char *name, uint32_t ms)
{
	char key[32];

	snprintf(key, sizeof(key), "%s_ms", name);
	if (o)
		json_u64(o, key, ms);
	else
		printf("  %-12s %ums\n", name, ms);
}

static void show_rate(cJSON *o, const char *name, const struct aegishv_detect_rate *r)
{
	cJSON *rate = o ? cJSON_AddObjectToObject(o, name) : NULL;

	if (rate) {
		json_u64(rate, "count", r->count);
		json_u64(rate, "window_ms", r->window_ms);
	} else if (r->count) {
		printf("  %-12s %u/%ums\n", name, r->count, r->window_ms);
	} else {
		printf("  %-12s off\n", name);
	}
}

static void show_spans(cJSON *o, const char *name, const struct aegishv_detect_range *r,
		       uint32_t n)
{
	struct list l;
	char text[32];
	uint32_t i;

	list_begin(&l, o, name);
	for (i = 0; i < n && i < AEGISHV_DETECT_RANGES; i++) {
		if (r[i].first == r[i].last)
			snprintf(text, sizeof(text), "%u", r[i].first);
		else
			snprintf(text, sizeof(text), "%u-%u", r[i].first, r[i].last);
		list_add(&l, text);
	}
	list_end(&l, "");
}

/* A reason has the same name on several architectures. */
static bool named_before(const struct aegishv_detect_rules *r, uint32_t i, const char *name)
{
	while (i--) {
		const char *other = ahv_exit_name(r->quiet[i].isa, r->quiet[i].reason);

		if (other && !strcmp(other, name))
			return true;
	}
	return false;
}

static void show_quiet(cJSON *o, const struct aegishv_detect_rules *r)
{
	struct list l;
	uint32_t i;

	list_begin(&l, o, "exit_burst_ignore");
	for (i = 0; i < r->nr_quiet && i < AEGISHV_DETECT_REASONS; i++) {
		const char *name = ahv_exit_name(r->quiet[i].isa, r->quiet[i].reason);

		if (name && !named_before(r, i, name))
			list_add(&l, name);
	}
	list_end(&l, "");
}

static bool is_on(const struct aegishv_detect_rules *r, uint32_t detector)
{
	return r->detectors & 1U << detector;
}

static void show_settings(cJSON *o, const struct aegishv_detect_rules *r)
{
	show_ms(o, "cooldown", r->cooldown_ms);
	if (is_on(r, AEGISHV_DETECT_WX))
		show_ms(o, "wx_window", r->wx_window_ms);
	if (is_on(r, AEGISHV_DETECT_WX_TOGGLE))
		show_rate(o, "wx_toggle", &r->toggle);
	if (is_on(r, AEGISHV_DETECT_EXIT_BURST)) {
		show_rate(o, "exit_burst", &r->burst);
		show_quiet(o, r);
	}
	if (is_on(r, AEGISHV_DETECT_PIO_STORM)) {
		show_rate(o, "pio_storm", &r->pio);
		show_spans(o, "pio_ignore", r->ports, r->nr_ports);
	}
	if (is_on(r, AEGISHV_DETECT_MMIO_STORM))
		show_rate(o, "mmio_storm", &r->mmio);
	if (is_on(r, AEGISHV_DETECT_HYPERCALL))
		show_spans(o, "hypercall_allow", r->hypercalls, r->nr_hypercalls);
	if (is_on(r, AEGISHV_DETECT_HEADLESS))
		show_ms(o, "headless_after", r->headless_ms);
}

void vm_show_detect(cJSON *o, const struct genl_config *cfg)
{
	const struct aegishv_detect_rules *r = &cfg->detect;
	struct list l;
	uint32_t d;

	list_begin(&l, o, "detect");
	for (d = 1; d < AEGISHV_DETECT_END; d++) {
		if (is_on(r, d))
			list_add(&l, ahv_detector_name(d));
	}
	list_end(&l, cfg->own_detect ? " (its own)" : "");
	if (o)
		cJSON_AddBoolToObject(o, "own_detect", cfg->own_detect);
	if (l.n)
		show_settings(o, r);
}
