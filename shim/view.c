// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables on a stream. No state but view_number()'s buffers; one thread.
 */
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOLD	"\033[1m"
#define RED	"\033[31m"
#define NORMAL	"\033[0m"

bool view_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return isatty(fileno(f)) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

const char *view_number(uint64_t n)
{
	static char bufs[4][32];
	static unsigned int next;
	char *p = bufs[next++ % 4] + sizeof(bufs[0]) - 1;
	unsigned int digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = '0' + n % 10;
		n /= 10;
		digits++;
	} while (n);
	return p;
}

static void heading(const struct view *v, const char *text)
{
	fprintf(v->f, "%s%s%s\n", v->colour ? BOLD : "", text, v->colour ? NORMAL : "");
}

static const struct snap_vm *vm_before(const struct view *v, uint32_t id)
{
	size_t i;

	for (i = 0; v->prev && i < v->prev->nr_vms; i++) {
		if (v->prev->vms[i].id == id)
			return &v->prev->vms[i];
	}
	return NULL;
}

static uint64_t rate(const struct view *v, uint64_t now, uint64_t before)
{
	if (v->seconds <= 0 || now < before)
		return 0;
	return (now - before) / v->seconds + 0.5;
}

struct vm_row {
	const struct snap_vm *vm;
	uint64_t exits_s;
	uint64_t faults_s;
};

static int busier(const void *a, const void *b)
{
	const struct vm_row *ra = a, *rb = b;

	if (ra->exits_s != rb->exits_s)
		return ra->exits_s < rb->exits_s ? 1 : -1;
	if (ra->vm->exits != rb->vm->exits)
		return ra->vm->exits < rb->vm->exits ? 1 : -1;
	return ra->vm->id < rb->vm->id ? -1 : ra->vm->id > rb->vm->id;
}

static void print_vm(const struct view *v, const struct vm_row *r)
{
	const struct snap_vm *vm = r->vm;

	char pid[16] = "-", vcpus[16] = "-";

	if (v->now->live) {
		snprintf(pid, sizeof(pid), "%u", vm->tgid);
		snprintf(vcpus, sizeof(vcpus), "%u", vm->vcpus);
	}
	fprintf(v->f, "%5u  %-28.60s %8s %5s %15s %13s", vm->id, vm->who.name, pid, vcpus,
		view_number(vm->exits), view_number(vm->faults));
	if (v->prev)
		fprintf(v->f, " %11s %10s", view_number(r->exits_s), view_number(r->faults_s));
	fputs(vm->dead ? "  gone\n" : "\n", v->f);
}

void view_vms(const struct view *v)
{
	const struct snap *s = v->now;
	struct vm_row *rows = calloc(s->nr_vms + 1, sizeof(*rows));
	size_t i, n = s->nr_vms;

	if (!rows)
		return;
	for (i = 0; i < s->nr_vms; i++) {
		const struct snap_vm *before = vm_before(v, s->vms[i].id);

		rows[i].vm = &s->vms[i];
		rows[i].exits_s = rate(v, s->vms[i].exits, before ? before->exits : 0);
		rows[i].faults_s = rate(v, s->vms[i].faults, before ? before->faults : 0);
	}
	qsort(rows, n, sizeof(*rows), busier);
	heading(v, v->prev ?
		"   ID  NAME                          VMM PID vCPUS           EXITS        FAULTS     EXITS/S   FAULTS/S" :
		"   ID  NAME                          VMM PID vCPUS           EXITS        FAULTS");
	if (v->rows && n > v->rows)
		n = v->rows;
	for (i = 0; i < n; i++)
		print_vm(v, &rows[i]);
	if (n < s->nr_vms)
		fprintf(v->f, "       and %zu more\n", s->nr_vms - n);
	free(rows);
}

void view_counts(const struct view *v)
{
	const struct snap *s = v->now;
	size_t i, n = 0;

	heading(v, v->prev ?
		"KIND   REASON                                   COUNT     PER SECOND" :
		"KIND   REASON                                   COUNT");
	for (i = 0; i < s->nr_counts; i++) {
		const struct snap_count *c = &s->counts[i];

		if (v->rows && n++ >= v->rows)
			break;
		fprintf(v->f, "%-6s %-30s %15s", c->kind, c->name, view_number(c->value));
		if (v->prev)
			fprintf(v->f, " %14s",
				view_number(rate(v, c->value, snap_value(v->prev, c->kind, c->name))));
		fputc('\n', v->f);
	}
}

void view_line(const struct view *v)
{
	const struct snap *s = v->now;
	uint64_t lost = s->lost[0] + s->lost[1];
	size_t alive = 0, i;

	for (i = 0; i < s->nr_vms; i++)
		alive += !s->vms[i].dead;
	fprintf(v->f, "%zu VMs, %s exits", alive, view_number(snap_total(s, "exit")));
	if (v->prev)
		fprintf(v->f, " (%s/s)", view_number(rate(v, snap_total(s, "exit"),
							 snap_total(v->prev, "exit"))));
	fprintf(v->f, ", %s faults", view_number(snap_total(s, "fault")));
	if (v->prev)
		fprintf(v->f, " (%s/s)", view_number(rate(v, snap_total(s, "fault"),
							 snap_total(v->prev, "fault"))));
	fprintf(v->f, ", %s%s events lost%s\n", lost && v->colour ? RED : "", view_number(lost),
		lost && v->colour ? NORMAL : "");
}
