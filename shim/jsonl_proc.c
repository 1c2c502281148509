// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines about processes: denials, executions, forks, ends. Denials come in
 * storms from one process or its children, so what a process has to say of
 * itself is kept as text. No format strings, no allocation. The reading thread
 * only.
 */
#include <string.h>
#include <linux/aegishv_genl.h>
#include "jsonl_int.h"
#include "rec.h"

#define KNOWN_PROCS	64	/* a power of two */
#define HEAD_MAX	352	/* ten numbers of 20 digits and their keys, whole blocks */
#define TAIL_MAX	224	/* a comm of 16 bytes, three numbers and their keys */

/* From here on a block record tells of file and rule, before it of the process. */
#define RECORD_FILE	offsetof(struct aegishv_rec_block, ino)

/* What lines say of a process: the text before the cgroup and behind the file. */
struct known_proc {
	struct aegishv_proc proc;
	size_t head_len;
	size_t tail_len;
	char head[HEAD_MAX];
	char tail[TAIL_MAX];
};

static struct known_proc known[KNOWN_PROCS];

#define KNOWN_FILES	16	/* a power of two */
#define KNOWN_TEXT	256	/* bytes of paths */
#define FILE_MAX	(2 * PUT_JSON_EXPAND * KNOWN_TEXT + 160)
#define RULE_MAX	288

/* What lines say of a file and of the rule, by the bytes of the record that tell it. */
struct known_file {
	size_t len;
	size_t file_len;
	size_t rule_len;
	char bytes[sizeof(struct aegishv_rec_block) - RECORD_FILE + KNOWN_TEXT];
	char file[FILE_MAX];
	char rule[RULE_MAX];
};

static struct known_file known_files[KNOWN_FILES];

static const char *const ops[] = {
#define AHV_OP(op, name) [op] = name,
#include "../kmod/pure/names.def"
};

static const char *const actions[] = {
#define AHV_ACTION(action, name) [action] = name,
#include "../kmod/pure/names.def"
};

static const char *const kinds[] = {
#define AHV_RULE_KIND(kind, name) [kind] = name,
#include "../kmod/pure/names.def"
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))
#define PUT_KEY(p, key, v) put_u64(put_lit(p, ",\"" key "\":"), v)

/* A process for good: its number may come back, number and start time do not. */
static char *put_exec_id(char *p, uint64_t start_ns, uint32_t pid)
{
	p = put_u64(p, start_ns);
	*p++ = '-';
	p = put_u64(p, pid);
	*p++ = '"';
	return p;
}

static char *make_head(char *p, const struct aegishv_proc *proc)
{
	p = PUT_KEY(p, "pid", proc->pid);
	p = PUT_KEY(p, "ppid", proc->ppid);
	p = PUT_KEY(p, "start_time", proc->start_ns);
	p = put_lit(p, ",\"exec_id\":\"");
	p = put_exec_id(p, proc->start_ns, proc->pid);
	p = PUT_KEY(p, "parent_start_time", proc->parent_start_ns);
	p = put_lit(p, ",\"parent_exec_id\":\"");
	p = put_exec_id(p, proc->parent_start_ns, proc->ppid);
	return PUT_KEY(p, "cgid", proc->cgid);
}

static char *make_tail(char *p, const struct aegishv_proc *proc)
{
	p = put_lit(p, ",\"comm\":\"");
	p = put_field(p, proc->comm, sizeof(proc->comm));
	p = put_lit(p, "\",\"tid\":");
	p = put_u64(p, proc->tid);
	p = PUT_KEY(p, "uid", proc->uid);
	return PUT_KEY(p, "gid", proc->gid);
}

static bool same(const struct aegishv_proc *a, const struct aegishv_proc *b)
{
	uint64_t x[8], y[8], differ = 0;
	int i;

	static_assert(sizeof(x) == sizeof(*a), "all of it is compared");
	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (i = 0; i < 8; i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

static const struct known_proc *know(const struct aegishv_proc *proc)
{
	struct known_proc *k = &known[proc->tid % KNOWN_PROCS];

	if (k->head_len && same(&k->proc, proc))
		return k;
	k->proc = *proc;
	k->head_len = make_head(k->head, proc) - k->head;
	k->tail_len = make_tail(k->tail, proc) - k->tail;
	return k;
}

static char *put_flags(char *p, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} names[] = {
#define AHV_BLOCK_FLAG(flag, name) { flag, name },
#include "../kmod/pure/names.def"
	};
	const char *comma = "";
	size_t i;

	p = put_lit(p, ",\"flags\":[");
	for (i = 0; i < NR(names) && flags; i++) {
		if (!(flags & names[i].flag))
			continue;
		p = put_str(p, comma);
		*p++ = '"';
		p = put_str(p, names[i].name);
		*p++ = '"';
		comma = ",";
	}
	*p++ = ']';
	return p;
}

static char *put_paths(char *p, const struct aegishv_rec_block *r)
{
	const char *inside;
	size_t len;

	p = put_lit(p, ",\"path\":\"");
	inside = p;
	p = put_json(p, r->text, r->path_len);
	len = p - inside;
	p = put_lit(p, "\",\"resolved_path\":\"");
	if (r->flags & AEGISHV_BLOCK_SAME_PATH)
		p = put_bytes(p, inside, len);
	else
		p = put_json(p, r->text + r->path_len, r->host_len);
	*p++ = '"';
	return p;
}

static char *put_file(char *p, const struct aegishv_rec_block *r)
{
	p = put_paths(p, r);
	p = PUT_KEY(p, "ino", r->ino);
	p = PUT_KEY(p, "dev", r->dev);
	p = put_lit(p, ",\"action\":");
	return put_name_of(p, actions, NR(actions), r->action);
}

static char *put_rule(char *p, const struct aegishv_rec_block *r)
{
	p = put_lit(p, ",\"op\":");
	p = put_name_of(p, ops, NR(ops), r->op);
	p = PUT_KEY(p, "rule", r->rule);
	p = put_lit(p, ",\"rule_kind\":");
	p = put_name_of(p, kinds, NR(kinds), r->kind);
	p = PUT_KEY(p, "gen", r->gen);
	p = PUT_KEY(p, "generation", r->generation);
	return r->flags ? put_flags(p, r->flags) : put_lit(p, ",\"flags\":[]");
}

/* Kept text of a file with short names; NULL for others. */
static const struct known_file *know_file(const struct aegishv_rec_block *r)
{
	struct known_file *k = &known_files[(r->ino ^ r->rule) % KNOWN_FILES];
	const char *bytes = (const char *)r + RECORD_FILE;
	size_t text = (size_t)r->path_len + r->host_len;
	size_t len = sizeof(*r) - RECORD_FILE + text;

	if (text > KNOWN_TEXT)
		return NULL;
	if (k->len == len && !memcmp(k->bytes, bytes, len))
		return k;
	k->len = len;
	memcpy(k->bytes, bytes, len);
	k->file_len = put_file(k->file, r) - k->file;
	k->rule_len = put_rule(k->rule, r) - k->rule;
	return k;
}

static char *put_program(char *p, const struct aegishv_rec_proc *r)
{
	p = put_lit(p, ",\"path\":\"");
	p = put_json(p, r->text, r->path_len);
	*p++ = '"';
	return p;
}

static char *put_who(char *p, const struct known_proc *proc, const struct cgtab_entry *cgroup)
{
	p = put_blocks(p, proc->head, proc->head_len);
	return cgroup ? put_blocks(p, cgroup->frag, cgroup->len) : p;
}

static char *put_block(char *p, const struct aegishv_rec_block *r,
		       const struct cgtab_entry *cgroup, struct jsonl_clock *clock)
{
	const struct known_proc *proc = know(&r->proc);
	const struct known_file *file = know_file(r);

	p = put_lit(p, "{\"type\":\"block\"");
	p = jsonl_head(p, &r->h, clock);
	p = put_who(p, proc, cgroup);
	p = file ? put_blocks(p, file->file, file->file_len) : put_file(p, r);
	p = put_blocks(p, proc->tail, proc->tail_len);
	p = file ? put_blocks(p, file->rule, file->rule_len) : put_rule(p, r);
	return put_lit(p, "}\n");
}

static size_t at_most(size_t v, size_t max)
{
	return v < max ? v : max;
}

size_t jsonl_bound(const struct aegishv_hdr *rec, const struct cgtab_entry *cgroup)
{
	size_t fixed = JSONL_SHORT_MAX + (cgroup ? cgroup->len : 0);
	size_t text = rec->len - rec_min_len(rec->type);

	switch (rec->type) {
	case AEGISHV_REC_BLOCK:
		/* One path can be written twice. */
		return fixed + PUT_JSON_EXPAND * at_most(2 * text, 2 * REC_PATH_MAX);
	case AEGISHV_REC_EXEC:
		return fixed + PUT_JSON_EXPAND * at_most(text, REC_PATH_MAX);
	}
	return fixed;
}

size_t jsonl_proc_record(char *dst, const struct aegishv_hdr *rec,
			 const struct cgtab_entry *cgroup, struct jsonl_clock *clock)
{
	const struct aegishv_rec_proc *r = (const struct aegishv_rec_proc *)rec;
	const struct known_proc *proc;
	char *p;

	if (rec->type == AEGISHV_REC_BLOCK)
		return put_block(dst, (const struct aegishv_rec_block *)rec, cgroup, clock) - dst;
	proc = know(&r->proc);
	p = put_lit(dst, "{\"type\":\"");
	p = put_str(p, rec_type_name(rec->type));
	*p++ = '"';
	p = jsonl_head(p, rec, clock);
	p = put_who(p, proc, cgroup);
	if (rec->type == AEGISHV_REC_EXEC)
		p = put_program(p, r);
	p = put_blocks(p, proc->tail, proc->tail_len);
	if (rec->type == AEGISHV_REC_PEXIT)
		p = PUT_KEY(p, "status", r->status);
	p = put_lit(p, "}\n");
	return p - dst;
}
