// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vm list and show: the module's VM registry with names from the VMMs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ask.h"
#include "cmd_vm.h"
#include "view.h"

enum { OPT_KERNEL_TEXT };

const struct cmd_opt vm_opts[] = {
	[OPT_KERNEL_TEXT] = { "kernel-text", 0, NULL, "seal: the text of the kernel that the VM runs" },
	{ 0 },
};

const char *const vm_words[] = {
	"list", "show", "set", "seal", "unseal", "trap", "untrap", "pause", "resume", NULL,
};

static int print_list(struct cmd_ctx *c, const struct snap *s)
{
	struct view v = { .f = stdout, .colour = view_colour(stdout), .now = s };
	cJSON *list;
	size_t i;

	if (!c->json) {
		view_vms(&v);
		return cmd_finish();
	}
	list = cJSON_CreateArray();
	for (i = 0; i < s->nr_vms; i++)
		cJSON_AddItemToArray(list, ask_json_vm(&s->vms[i]));
	return json_print(list);
}

struct details {
	cJSON *vcpus;		/* with JSON */
	const struct snap_vm *vm;
	cJSON *o;
};

static void take_vcpus(void *arg, const struct genl_vm *vm)
{
	struct details *d = arg;
	uint32_t i;

	if (!d->o)
		printf("\n VCPU     THREAD           EXITS        FAULTS\n");
	for (i = 0; i < vm->nr_vcpus; i++) {
		const struct genl_vcpu *v = &vm->vcpu[i];
		cJSON *o;

		if (!d->o) {
			printf("%5u %10u %15s %13s\n", v->id, v->tid, view_number(v->exits),
			       view_number(v->faults));
			continue;
		}
		o = cJSON_CreateObject();
		cJSON_AddNumberToObject(o, "id", v->id);
		cJSON_AddNumberToObject(o, "tid", v->tid);
		json_u64(o, "exits", v->exits);
		json_u64(o, "faults", v->faults);
		cJSON_AddItemToArray(d->vcpus, o);
	}
	if (d->o)
		json_u64(d->o, "birth_ns", vm->birth_ns);
}

static void take_count(void *arg, const struct genl_counter *c)
{
	struct details *d = arg;
	cJSON *kind;

	if (!d->o) {
		printf("%-6s %-30s %15s\n", c->kind, c->name, view_number(c->value));
		return;
	}
	kind = cJSON_GetObjectItem(cJSON_GetObjectItem(d->o, "counters"), c->kind);
	if (!kind)
		kind = cJSON_AddObjectToObject(cJSON_GetObjectItem(d->o, "counters"), c->kind);
	json_u64(kind, c->name, c->value);
}

static void print_vm(const struct snap_vm *vm)
{
	char mode[32];

	printf("VM %u: %s\n", vm->id, vm->who.name);
	if (vm->who.uuid[0])
		printf("  uuid         %s\n", vm->who.uuid);
	printf("  VMM process  %u\n", vm->tgid);
	printf("  exit_events  %s%s\n", ask_exit_events(vm->exit_events, vm->sample, mode),
	       vm->own_setting ? " (its own)" : "");
	printf("  first seen   %s\n", vm->found ? "running, when the module was loaded" : "at its birth");
	printf("  exits        %s\n", view_number(vm->exits));
	printf("  faults       %s\n", view_number(vm->faults));
}

static int show(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm)
{
	struct genl_scope scope = { .vm = vm->id };
	struct details d = { .vm = vm };
	struct genl_vm_wx wx;
	struct genl_config cfg;
	int err = genl_vm_wx(g, vm->id, &wx);

	if (!err)
		err = genl_config_get(g, vm->id, &cfg);
	if (err) {
		log_error("VM %u: %s", vm->id, genl_why(g));
		return EXIT_FAIL;
	}
	if (c->json) {
		d.o = ask_json_vm(vm);
		d.vcpus = cJSON_AddArrayToObject(d.o, "vcpu");
		cJSON_AddObjectToObject(d.o, "counters");
		vm_json_wx(d.o, &wx);
	} else {
		print_vm(vm);
		vm_print_wx(&wx);
	}
	vm_show_detect(d.o, &cfg);
	err = genl_vm(g, vm->id, take_vcpus, &d);
	if (!err && !c->json)
		puts("\nKIND   REASON                                   COUNT");
	if (!err)
		err = genl_counters(g, &scope, take_count, &d);
	if (err) {
		log_error("VM %u: %s", vm->id, genl_why(g));
		cJSON_Delete(d.o);
		return EXIT_FAIL;
	}
	return d.o ? json_print(d.o) : cmd_finish();
}

/* What is done to a VM: the word, arguments that it needs and takes. */
static const struct verb {
	const char *word;
	int min, max;
	int (*fn)(struct cmd_ctx *c, struct genl *g, const struct snap_vm *vm);
} verbs[] = {
	{ "show", 2, 2, show },
	{ "set", 3, CMD_ARGS_MAX, vm_set },
	{ "seal", 3, CMD_ARGS_MAX, vm_ranges },
	{ "trap", 3, CMD_ARGS_MAX, vm_ranges },
	{ "unseal", 2, 2, vm_flag },
	{ "untrap", 2, 2, vm_flag },
	{ "pause", 2, 2, vm_flag },
	{ "resume", 2, 2, vm_flag },
};

static const struct verb *find_verb(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(verbs[i].word, word))
			return &verbs[i];
	}
	return NULL;
}

static int act(struct cmd_ctx *c, struct genl *g, const struct snap *s)
{
	const struct verb *verb = find_verb(c->args[0]);
	const struct snap_vm *vm;

	if (!verb)
		return print_list(c, s);
	vm = ask_vm(s, c->args[1]);
	return vm ? verb->fn(c, g, vm) : EXIT_FAIL;
}

static int check_words(struct cmd_ctx *c)
{
	const struct verb *verb = find_verb(c->args[0]);

	if (verb && vm_kernel_text)
		return cmd_check_args(c, 2, verb->max);
	if (verb)
		return cmd_check_args(c, verb->min, verb->max);
	if (strcmp(c->args[0], "list"))
		return cmd_unknown("vm", c->args[0], vm_words);
	return cmd_check_args(c, 1, 1);
}

int cmd_vm(struct cmd_ctx *c)
{
	struct genl *g;
	struct snap s;
	int opt, status;

	while ((opt = cmd_opt(c)) >= 0)
		vm_kernel_text |= opt == OPT_KERNEL_TEXT;
	if (opt != CMD_END)
		return cmd_status(opt);
	if (vm_kernel_text && (!c->nr_args || strcmp(c->args[0], "seal"))) {
		log_error("vm: --kernel-text goes with seal");
		return EXIT_USAGE;
	}
	if (!c->nr_args)
		c->args[c->nr_args++] = "list";
	status = check_words(c);
	if (status >= 0)
		return status;
	g = ask_open();
	if (!g)
		return EXIT_FAIL;
	status = ask_snap(g, &s);
	if (!status)
		status = act(c, g, &s);
	snap_free(&s);
	genl_close(g);
	return status;
}
