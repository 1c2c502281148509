// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sections about virtual machines: keeping, merging, writing. See vmrules.h; what
 * a value means is in vmvalue.c.
 */
#include "vmrules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "../kmod/pure/detect.h"

const char *const vmrules_keys[] = {
	[VMKEY_DETECT] = "detect",
	[VMKEY_COOLDOWN] = "cooldown",
	[VMKEY_WX_WINDOW] = "wx_window",
	[VMKEY_WX_TOGGLE] = "wx_toggle",
	[VMKEY_EXIT_BURST] = "exit_burst",
	[VMKEY_EXIT_BURST_IGNORE] = "exit_burst_ignore",
	[VMKEY_PIO_STORM] = "pio_storm",
	[VMKEY_PIO_IGNORE] = "pio_ignore",
	[VMKEY_MMIO_STORM] = "mmio_storm",
	[VMKEY_HYPERCALL_ALLOW] = "hypercall_allow",
	[VMKEY_HEADLESS_AFTER] = "headless_after",
	[VMKEY_WX] = "wx",
	[VMKEY_WX_ACTION] = "wx_action",
	[VMKEY_WX_GRANULARITY] = "wx_granularity",
	[VMKEY_WX_SCOPE] = "wx_scope",
	[VMKEY_SEAL_GPA] = "seal_gpa",
	[VMKEY_EXEC_TRAP_GPA] = "exec_trap_gpa",
	[VMKEY_EXEC_TRAP_REARM] = "exec_trap_rearm",
	[VMKEY_NR] = NULL,
};

void vmrules_free(struct vmrules *v)
{
	size_t i;
	int k;

	for (i = 0; i < v->nr; i++) {
		for (k = 0; k < VMKEY_NR; k++)
			free(v->sections[i].value[k]);
	}
	free(v->sections);
	memset(v, 0, sizeof(*v));
}

/* UUIDs in any case; names as they are. */
static bool same_name(const char *a, const char *b)
{
	return strlen(a) == 36 && a[8] == '-' ? !strcasecmp(a, b) : !strcmp(a, b);
}

const struct vm_section *vmrules_find(const struct vmrules *v, const char *name)
{
	size_t i;

	for (i = 0; i < v->nr; i++) {
		if (same_name(v->sections[i].name, name))
			return &v->sections[i];
	}
	return NULL;
}

struct vm_section *vmrules_section(struct vmrules *v, const char *name)
{
	struct vm_section *s = (struct vm_section *)vmrules_find(v, name);

	if (s)
		return s;
	s = realloc(v->sections, (v->nr + 1) * sizeof(*s));
	if (!s)
		return NULL;
	v->sections = s;
	s += v->nr++;
	memset(s, 0, sizeof(*s));
	memcpy(s->name, name, strnlen(name, sizeof(s->name) - 1));
	return s;
}

bool vmrules_set(struct vm_section *s, enum vm_key key, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return false;
	free(s->value[key]);
	s->value[key] = copy;
	return true;
}

bool vmrules_merge(struct vmrules *v, const struct vmrules *from)
{
	size_t i;
	int k;

	for (i = 0; i < from->nr; i++) {
		struct vm_section *s = vmrules_section(v, from->sections[i].name);

		if (!s)
			return false;
		s->line = from->sections[i].line;
		for (k = 0; k < VMKEY_NR; k++) {
			if (from->sections[i].value[k] &&
			    !vmrules_set(s, k, from->sections[i].value[k]))
				return false;
		}
	}
	return true;
}

void vmrules_defaults(struct vm_settings *to)
{
	memset(to, 0, sizeof(*to));
	ahv_detect_defaults(&to->detect);
}

/* Return: which keys it gives. */
static uint64_t take(const struct vm_section *s, struct vm_settings *to)
{
	uint64_t given = 0;
	char why[256];
	int k;

	for (k = 0; s && k < VMKEY_NR; k++) {
		if (!s->value[k])
			continue;
		given |= VMKEY_BIT(k);
		vmrules_value(to, k, s->value[k], why);
	}
	to->set |= given;
	return given;
}

bool vmrules_of(const struct vmrules *v, const char *name, const char *uuid,
		struct vm_settings *to)
{
	const struct vm_section *by_uuid = uuid && uuid[0] ? vmrules_find(v, uuid) : NULL;
	const struct vm_section *by_name = name && name[0] ? vmrules_find(v, name) : NULL;

	vmrules_defaults(to);
	take(vmrules_find(v, ""), to);
	to->own = take(by_name, to);
	to->own |= take(by_uuid, to);
	return by_name || by_uuid;
}

/* Everybody's first, the others as they came. */
void vmrules_print(FILE *f, const struct vmrules *v)
{
	size_t i;
	int k, named;

	for (named = 0; named < 2; named++) {
		for (i = 0; i < v->nr; i++) {
			const struct vm_section *s = &v->sections[i];

			if (!!s->name[0] != named)
				continue;
			fprintf(f, named ? "\n[vm %s]\n" : "\n[vm%s]\n", s->name);
			for (k = 0; k < VMKEY_NR; k++) {
				if (s->value[k])
					fprintf(f, "%s=%s\n", vmrules_keys[k], s->value[k]);
			}
		}
	}
}
