// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See vmapply.h. One thread, its own struct genl.
 */
#include "vmapply.h"

#include <errno.h>
#include <stddef.h>
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

static const struct {
	enum vm_key key;
	unsigned int config;
	unsigned int vm;
	size_t setting;
	size_t now;
	size_t own;
} wx_keys[] = {
#define WX_KEY(KEY, member, own) \
	{ VMKEY_ ## KEY, AEGISHV_A_CONFIG_ ## KEY, AEGISHV_A_VM_ ## KEY, \
	  offsetof(struct vm_settings, member), offsetof(struct genl_config, member), \
	  offsetof(struct genl_vm_wx, own) }
	WX_KEY(WX, wx, wx),
	WX_KEY(WX_ACTION, wx_action, action),
	WX_KEY(WX_GRANULARITY, wx_granularity, granularity),
	WX_KEY(WX_SCOPE, wx_scope, scope),
};

#define NR_WX_KEYS	(sizeof(wx_keys) / sizeof(wx_keys[0]))
#define VMKEYS_WX	(VMKEY_BIT(VMKEY_WX) | VMKEY_BIT(VMKEY_WX_ACTION) | \
			 VMKEY_BIT(VMKEY_WX_GRANULARITY) | VMKEY_BIT(VMKEY_WX_SCOPE))

static uint32_t *at(const void *of, size_t offset)
{
	return (uint32_t *)((char *)of + offset);
}

static int set_all(struct genl *g, const struct vmrules *v, enum vmapply rest)
{
	struct genl_config c = { 0 }, now;
	struct vm_settings s;
	size_t i;

	vmrules_of(v, NULL, NULL, &s);
	if (genl_config_get(g, 0, &now))
		memset(&now, 0, sizeof(now));
	if (rest != VMAPPLY_KEEP || s.set & VMKEYS_DETECT) {
		c.set |= GENL_CONFIG_DETECT;
		c.detect = s.detect;
	}
	for (i = 0; i < NR_WX_KEYS; i++) {
		if (!(s.set & VMKEY_BIT(wx_keys[i].key)) &&
		    !(rest == VMAPPLY_RESET && *at(&now, wx_keys[i].now)))
			continue;
		c.set |= GENL_CONFIG(wx_keys[i].config);
		*at(&c, wx_keys[i].now) = *at(&s, wx_keys[i].setting);
	}
	return c.set ? set(g, &c, "settings of every VM") : 0;
}

/* What a section about this VM says; with reset, that there is none counts too. */
static int set_detect(struct genl *g, uint32_t id, const struct vm_settings *s,
		      bool named, bool reset)
{
	struct genl_config c = { .set = GENL_CONFIG_VM | GENL_CONFIG_DETECT, .vm = id };
	char what[32];

	named = named && s->set & VMKEYS_DETECT;
	if (!named && !reset)
		return 0;
	c.detect = s->detect;
	c.detect_drop = !named;
	snprintf(what, sizeof(what), "VM %u", id);
	return set(g, &c, what);
}

static void take_ranges(struct genl_vm_change *c, const struct vm_settings *s)
{
	uint32_t i;

	for (i = 0; i < s->nr_seal; i++)
		c->to.seals[i] = (struct genl_range){ s->seal[i].start, s->seal[i].end };
	for (i = 0; i < s->nr_trap; i++)
		c->to.traps[i] = (struct genl_range){ s->trap[i].start, s->trap[i].end };
	c->to.nr_seals = s->nr_seal;
	c->to.nr_traps = s->nr_trap;
}

/* What a VM is to have of its own. With reset that is all, else what is named. */
static void take_wx(struct genl_vm_change *c, const struct vm_settings *s, bool reset)
{
	size_t i;

	if (!(s->own & VMKEYS_WX))
		return;
	for (i = 0; i < NR_WX_KEYS; i++) {
		if (!reset && !(s->own & VMKEY_BIT(wx_keys[i].key)))
			continue;
		c->set |= GENL_VM(wx_keys[i].vm);
		*at(&c->to, wx_keys[i].own) = *at(s, wx_keys[i].setting);
	}
}

static bool says_none(const struct vm_settings *s, enum vm_key key, uint32_t nr)
{
	return s->set & VMKEY_BIT(key) && !nr;
}

/*
 * Ranges are each VM's own, wherever in the file they stand. They come on top of
 * those that the VM has, whoever asked for these, until it is said that there are
 * to be none.
 */
static int set_memory(struct genl *g, uint32_t id, const struct vm_settings *s, bool reset)
{
	struct genl_vm_change c = { .id = id };
	struct genl_vm_wx now;

	if (genl_vm_wx(g, id, &now))
		memset(&now, 0, sizeof(now));
	take_wx(&c, s, reset);
	if (reset && !c.set && now.own)
		c.set |= GENL_VM(AEGISHV_A_VM_WX_INHERIT);
	if (now.nr_seals && (reset || says_none(s, VMKEY_SEAL_GPA, s->nr_seal)))
		c.set |= GENL_VM(AEGISHV_A_VM_UNSEAL);
	if (now.nr_traps && (reset || says_none(s, VMKEY_EXEC_TRAP_GPA, s->nr_trap)))
		c.set |= GENL_VM(AEGISHV_A_VM_UNTRAP);
	if ((s->set & VMKEY_BIT(VMKEY_EXEC_TRAP_REARM) && s->nr_trap) || (reset && now.rearm_ms)) {
		c.set |= GENL_VM(AEGISHV_A_VM_TRAP_REARM_MS);
		c.to.rearm_ms = s->rearm_ms;
	}
	take_ranges(&c, s);
	if (!c.set && !s->nr_seal && !s->nr_trap)
		return 0;
	switch (genl_vm_set(g, &c)) {
	case 0:
	case -ENOENT:
		return 0;
	}
	log_error("VM %u: %s", id, genl_why(g));
	return EXIT_FAIL;
}

static int set_vm(struct genl *g, const struct vmrules *v, uint32_t id,
		  const struct vmid *who, enum vmapply rest)
{
	struct vm_settings s;
	bool named = vmrules_of(v, who->name, who->uuid, &s);

	return set_detect(g, id, &s, named, rest != VMAPPLY_KEEP) ||
	       set_memory(g, id, &s, rest == VMAPPLY_RESET) ? EXIT_FAIL : 0;
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

int vmapply_all(struct genl *g, const struct vmrules *v, enum vmapply rest)
{
	struct each e = { 0 };
	int status = set_all(g, v, rest);
	size_t i;

	if (genl_vms(g, note_vm, &e) || e.nomem) {
		log_error("the VMs that run: %s", e.nomem ? strerror(ENOMEM) : genl_why(g));
		status = EXIT_FAIL;
	}
	for (i = 0; i < e.nr; i++) {
		struct vmid who;

		vmid_lookup(&who, "/proc", e.vms[i].tgid, e.vms[i].comm);
		if (set_vm(g, v, e.vms[i].id, &who, rest))
			status = EXIT_FAIL;
	}
	free(e.vms);
	return status;
}

int vmapply_vm(struct genl *g, const struct vmrules *v, uint32_t id, const struct vmid *who)
{
	return set_vm(g, v, id, who, VMAPPLY_KEEP);
}
