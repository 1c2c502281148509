// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See vmapply.h. One thread, its own struct genl.
 */
#include "vmapply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "args.h"
#include "log.h"
#include "policy_file.h"
#include "state.h"

bool vmapply_read(struct vmrules *v, const char *path)
{
	struct policy_file_opts o = { .ignore_unsupported = true };
	struct policy p = { 0 };
	bool ok = policy_file_read(&p, path, &o);

	if (ok && p.nr)
		log_warn("%s: its %zu rules about files are not applied by --rules, only what it says of VMs",
			 path, p.nr);
	if (ok && (p.nomem || !vmrules_merge(v, &p.vms))) {
		log_error("%s", strerror(ENOMEM));
		ok = false;
	}
	policy_free(&p);
	return ok;
}

/* The program writes sections of VMs behind all others: the rest may be long. */
bool vmapply_stored(struct vmrules *v)
{
	struct policy_file_opts o = { .ignore_unsupported = true };
	struct policy p = { 0 };
	struct state s;
	char *text = NULL, *vms = NULL, *part;
	size_t len;
	bool ok = true;

	state_paths(&s);
	if (!wfile_read(s.applied, POLICY_FILE_MAX, &len, &text))
		vms = memmem(text, len, "\n[vm", 4);
	if (vms && asprintf(&part, "version=1%.*s", (int)(len - (vms - text)), vms) >= 0) {
		ok = policy_file_parse(&p, s.applied, part, strlen(part), &o) &&
		     vmrules_merge(v, &p.vms);
		policy_free(&p);
		free(part);
	}
	free(text);
	return ok;
}

struct timespec vmapply_stored_at(void)
{
	struct state s;
	struct stat st;

	state_paths(&s);
	memset(&st, 0, sizeof(st));
	stat(s.applied, &st);
	return st.st_mtim;
}

/* A VM may be gone by now, which is no error. */
static int set(struct genl *g, const struct genl_config *c, const char *what)
{
	int err = genl_config_set(g, c);

	if (!err || (err == -ENOENT && c->vm))
		return 0;
	log_error("%s: %s", what, genl_why(g));
	return EXIT_FAIL;
}

static int set_all(struct genl *g, const struct vmrules *v, bool reset)
{
	struct genl_config c = { 0 };
	struct vm_settings s;

	vmrules_of(v, NULL, NULL, &s);
	if (reset || s.set & VMKEYS_DETECT) {
		c.set |= GENL_CONFIG_DETECT;
		c.detect = s.detect;
	}
	return c.set ? set(g, &c, "settings of every VM") : 0;
}

/* What a section about this VM says; with reset, that there is none counts too. */
static int set_vm(struct genl *g, const struct vmrules *v, uint32_t id,
		  const struct vmid *who, bool reset)
{
	struct genl_config c = { .set = GENL_CONFIG_VM, .vm = id };
	bool named;
	struct vm_settings s;
	char what[VM_NAME_MAX + 32];

	named = vmrules_of(v, who->name, who->uuid, &s) && s.set & VMKEYS_DETECT;
	if (!named && !reset)
		return 0;
	c.set |= GENL_CONFIG_DETECT;
	c.detect = s.detect;
	c.detect_drop = !named;
	snprintf(what, sizeof(what), "VM %u (%s)", id, who->name);
	return set(g, &c, what);
}

struct each {
	struct genl_vm *vms;
	size_t nr;
	bool nomem;
};

/* A connection answers one request at a time: keep them, then set. */
static void note_vm(void *arg, const struct genl_vm *vm)
{
	struct each *e = arg;
	struct genl_vm *more = realloc(e->vms, (e->nr + 1) * sizeof(*more));

	e->nomem |= !more;
	if (!more)
		return;
	e->vms = more;
	e->vms[e->nr++] = *vm;
}

int vmapply_all(struct genl *g, const struct vmrules *v, bool reset)
{
	struct each e = { 0 };
	int status = set_all(g, v, reset);
	size_t i;

	if (genl_vms(g, note_vm, &e) || e.nomem) {
		log_error("the VMs that run: %s", e.nomem ? strerror(ENOMEM) : genl_why(g));
		status = EXIT_FAIL;
	}
	for (i = 0; i < e.nr; i++) {
		struct vmid who;

		vmid_lookup(&who, "/proc", e.vms[i].tgid, e.vms[i].comm);
		if (set_vm(g, v, e.vms[i].id, &who, reset))
			status = EXIT_FAIL;
	}
	free(e.vms);
	return status;
}

int vmapply_vm(struct genl *g, const struct vmrules *v, uint32_t id, const struct vmid *who)
{
	return set_vm(g, v, id, who, false);
}
