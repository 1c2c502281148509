// SPDX-License-Identifier: GPL-2.0-only
/* Starts aegishv-vmm and reads the JSON lines that it prints. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

static struct count *find(struct counts *c, const char *name)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (!strcmp(c->c[i].name, name))
			return &c->c[i];
	return NULL;
}

void counts_add(struct counts *c, const char *name, uint64_t n)
{
	struct count *k = find(c, name);

	if (!k) {
		if (c->n == MAX_COUNTS) {
			fprintf(stderr, "# more than %u names\n", MAX_COUNTS);
			abort();
		}
		k = &c->c[c->n++];
		snprintf(k->name, sizeof(k->name), "%s", name);
	}
	k->n += n;
}

bool counts_have(const struct counts *c, const char *name)
{
	return find((struct counts *)c, name);
}

uint64_t counts_get(const struct counts *c, const char *name)
{
	const struct count *k = find((struct counts *)c, name);

	return k ? k->n : 0;
}

uint64_t counts_sum(const struct counts *c)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < c->n; i++)
		sum += c->c[i].n;
	return sum;
}

static void read_counts(const cJSON *o, const char *key, struct counts *c)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(o, key))
		counts_add(c, e->string, (uint64_t)e->valuedouble);
}

static double number(const cJSON *o, const char *key)
{
	const cJSON *e = cJSON_GetObjectItemCaseSensitive(o, key);

	return cJSON_IsNumber(e) ? e->valuedouble : 0;
}

static void read_tally(const cJSON *o, struct tally *t)
{
	read_counts(o, "exits", &t->exits);
	read_counts(o, "faults", &t->faults);
	read_counts(o, "fault_flags", &t->flags);
	read_counts(o, "uexits", &t->uexits);
	t->has_flags = true;
	t->tid = number(o, "tid");
	t->id = number(o, "id");
}

static void read_truth(const cJSON *o, struct truth *t)
{
	const cJSON *e, *vcpus = cJSON_GetObjectItemCaseSensitive(o, "vcpus");
	const cJSON *state = cJSON_GetObjectItemCaseSensitive(o, "state");

	memset(t, 0, sizeof(*t));
	t->pid = number(o, "pid");
	if (cJSON_IsString(state))
		snprintf(t->state, sizeof(t->state), "%s", state->valuestring);
	read_tally(o, &t->vm);
	cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(o, "host_exits"))
		counts_add(&t->host_exits, e->valuestring, 0);
	if (!cJSON_IsArray(vcpus))
		return;
	cJSON_ArrayForEach(e, vcpus)
		if (t->vcpus < MAX_VCPUS)
			read_tally(e, &t->vcpu[t->vcpus++]);
}

int guest_start(struct guest_run *g, char *const argv[])
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		return -errno;
	g->pid = fork();
	if (g->pid < 0)
		return -errno;
	if (!g->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		execv(argv[0], argv);
		fprintf(stderr, "# %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	g->in = in[1];
	g->out = fdopen(out[0], "r");
	return g->out ? 0 : -errno;
}

/* The next line that the VMM prints. */
int guest_read(struct guest_run *g, struct truth *t)
{
	char *line = NULL;
	size_t room = 0;
	cJSON *o;

	if (getline(&line, &room, g->out) < 0) {
		free(line);
		return -EPIPE;
	}
	o = cJSON_Parse(line);
	free(line);
	if (!o)
		return -EINVAL;
	read_truth(o, t);
	cJSON_Delete(o);
	return 0;
}

/* Lets the VM go; returns the VMM's exit status, or -1 when it did not exit by itself. */
int guest_end(struct guest_run *g)
{
	int status;

	close(g->in);
	if (waitpid(g->pid, &status, 0) < 0)
		status = -1;
	fclose(g->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
