// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of W^X, seals and execution traps. The reading thread only.
 */
#include <linux/aegishv_genl.h>
#include "jsonl_int.h"
#include "metrics.h"
#include "words.h"

/* The write before; absent where it is not known. */
static char *put_write(char *p, const struct aegishv_rec_wx *r)
{
	if (!r->write_ns)
		return p;
	p = put_lit(p, ",\"write\":{\"time_ns\":");
	p = put_u64(p, r->write_ns);
	p = put_lit(p, ",\"vcpu\":");
	p = put_u64(p, r->write_vcpu);
	p = put_lit(p, ",\"rip\":\"");
	p = put_hexfield(p, r->write_rip);
	p = put_lit(p, ",\"cpl\":");
	p = put_u64(p, r->write_cpl);
	*p++ = '}';
	return p;
}

/* The guest's own mapping, where the rule looks at it. */
static char *put_mapping(char *p, const struct aegishv_rec_wx *r)
{
	if (r->rule != AEGISHV_WX_WRITE_EXEC)
		return p;
	p = put_lit(p, ",\"mapping\":\"");
	if (r->flags & AEGISHV_WX_NO_PAGING)
		p = put_lit(p, "none");
	else if (r->flags & AEGISHV_WX_MAP_UNKNOWN)
		p = put_lit(p, "unknown");
	else if (r->flags & AEGISHV_WX_MAP_WRITABLE)
		p = put_lit(p, "writable");
	else if (r->flags & AEGISHV_WX_MAP_DIRTY)
		p = put_lit(p, "dirty");
	else
		p = put_lit(p, "clean");
	*p++ = '"';
	return p;
}

char *jsonl_wx(char *p, const struct aegishv_rec_wx *r)
{
	p = put_tid(p, r->tid);
	p = put_lit(p, ",\"rule\":");
	p = put_name_of(p, words_wx_rule, AEGISHV_WX_TRAP + 1, r->rule);
	p = put_lit(p, ",\"answer\":");
	p = put_name_of(p, words_wx_action, AEGISHV_WX_ACTION_KILL + 1, r->answer);
	p = put_lit(p, ",\"mode\":");
	p = put_name_of(p, words_wx, AEGISHV_WX_MODE_ENFORCE + 1, r->mode);
	p = put_lit(p, ",\"access\":\"");
	p = put_str(p, access_name(access_index(r->access)));
	p = put_lit(p, "\",\"gpa\":\"");
	p = put_hexfield(p, r->gpa);
	p = put_lit(p, ",\"rip\":\"");
	p = put_hexfield(p, r->rip);
	p = put_lit(p, ",\"cpl\":");
	p = put_u64(p, r->cpl);
	p = put_lit(p, ",\"cr3\":\"");
	p = put_hexfield(p, r->cr3);
	if (r->flags & AEGISHV_WX_EMULATED)
		p = put_lit(p, ",\"emulated\":true");
	p = put_mapping(p, r);
	p = put_write(p, r);
	p = put_lit(p, ",\"flips\":");
	p = put_u64(p, r->flips);
	p = put_lit(p, ",\"held\":");
	return put_u64(p, r->held);
}
