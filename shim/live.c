// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The live source: takes the device, names VMs as they come, drains the rings,
 * and at the end tells of losses that no record tells. The reading thread.
 */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include "args.h"
#include "cgpath.h"
#include "cgtab.h"
#include "rec.h"
#include "sig.h"
#include "vmapply.h"
#include "vmid.h"

#define SECOND_NS	1000000000ULL
#define CLOCK_EVERY_NS	(60 * SECOND_NS)
#define RETRY_MS	100

static void say_busy(struct live *l)
{
	struct genl_info info;

	if (!genl_info(l->genl, &info) && info.consumer_pid)
		log_error("%s: already read by process %u (%s); one reader at a time: stop that one first",
			  AEGISHV_DEVICE, info.consumer_pid, info.consumer_comm);
	else
		log_error("%s: already read by another process; one reader at a time",
			  AEGISHV_DEVICE);
}

static void say_open_error(struct live *l, int err, const char *why)
{
	switch (err) {
	case -EBUSY:
		say_busy(l);
		break;
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		log_error("%s: %s; the module is loaded, so look at udev and at 'dmesg | grep aegishv'",
			  AEGISHV_DEVICE, why[0] ? why : strerror(-err));
		break;
	case -EACCES:
	case -EPERM:
		log_error("%s: %s; reading events needs root (CAP_SYS_ADMIN)", AEGISHV_DEVICE,
			  strerror(-err));
		break;
	default:
		log_error("%s: %s", AEGISHV_DEVICE, why[0] ? why : strerror(-err));
	}
}

static int set_exit_events(struct live *l)
{
	struct genl_config c = {
		.set = GENL_CONFIG_EXIT_EVENTS,
		.exit_events = l->o.exit_events,
		.sample = l->o.sample,
	};

	if (!l->o.set_exit_events)
		return 0;
	if (l->o.sample)
		c.set |= GENL_CONFIG_SAMPLE;
	if (genl_config_get(l->genl, 0, &l->before) || genl_config_set(l->genl, &c)) {
		log_error("exit_events cannot be set: %s", genl_why(l->genl));
		return EXIT_FAIL;
	}
	l->changed = true;
	return 0;
}

int live_open(struct live *l, const struct live_opts *o)
{
	char why[256];
	int err;

	memset(l, 0, sizeof(*l));
	l->o = *o;
	l->rings.fd = l->epoll_fd = -1;
	l->genl = genl_open(why);
	if (!l->genl) {
		log_error("%s; without it: 'run --tracefs /sys/kernel/tracing', 'run --replay FILE'", why);
		return EXIT_FAIL;
	}
	err = ring_open(&l->rings, AEGISHV_DEVICE, why);
	if (err)
		say_open_error(l, err, why);
	else if (!set_exit_events(l))
		return 0;
	live_close(l);
	return EXIT_FAIL;
}

static void put_back_exit_events(struct live *l)
{
	if (!l->changed)
		return;
	l->changed = false;
	l->before.set &= GENL_CONFIG_EXIT_EVENTS;
	if (l->before.exit_events == AEGISHV_EXIT_EVENTS_SAMPLE)
		l->before.set |= GENL_CONFIG_SAMPLE;
	if (genl_config_set(l->genl, &l->before))
		log_warn("exit_events cannot be put back: %s", genl_why(l->genl));
}

void live_close(struct live *l)
{
	put_back_exit_events(l);
	if (l->rings.fd >= 0)
		ring_close(&l->rings);
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	genl_close(l->genl);
	l->genl = NULL;
	vmrules_free(&l->stored);
}

/* A VM's process. */
struct vmm {
	uint32_t tgid;
	const char *comm;
};

static void note_clock(struct live *l)
{
	struct aegishv_rec_clock rec = {
		.h = { .type = AEGISHV_REC_CLOCK, .len = sizeof(rec), .vcpu = AEGISHV_VCPU_NONE },
	};
	struct timespec real;

	rec.h.time_ns = session_now_ns();
	clock_gettime(CLOCK_REALTIME, &real);
	rec.real_ns = real.tv_sec * SECOND_NS + real.tv_nsec;
	pipeline_record(l->s->pipe, &rec.h);
	l->clock_due_ns = rec.h.time_ns + CLOCK_EVERY_NS;
}

/* The policy may have been applied anew meanwhile. */
static const struct vmrules *rules_now(struct live *l)
{
	struct timespec at;

	if (l->o.rules)
		return l->o.rules;
	at = vmapply_stored_at();
	if (at.tv_sec == l->stored_at.tv_sec && at.tv_nsec == l->stored_at.tv_nsec)
		return &l->stored;
	l->stored_at = at;
	vmrules_free(&l->stored);
	vmapply_stored(&l->stored);
	return &l->stored;
}

static void apply_rules(struct live *l, uint32_t vm, const struct vmid *who)
{
	const struct vmrules *rules = rules_now(l);

	if (rules->nr)
		vmapply_vm(l->genl, rules, vm, who);
}

static void name_vm(struct live *l, uint32_t vm, const struct vmm *vmm, bool birth)
{
	struct aegishv_rec_name rec = {
		.h = { .type = AEGISHV_REC_NAME, .len = sizeof(rec), .vm = vm,
		       .vcpu = AEGISHV_VCPU_NONE },
	};
	struct vmid id;

	vmid_lookup(&id, "/proc", vmm->tgid, vmm->comm);
	if (birth)
		apply_rules(l, vm, &id);
	rec.h.time_ns = session_now_ns();
	memcpy(rec.name, id.name, strnlen(id.name, sizeof(rec.name)));
	pipeline_record(l->s->pipe, &rec.h);
}

static void name_known(void *arg, const struct genl_vm *vm)
{
	const struct vmm vmm = { vm->tgid, vm->comm };

	name_vm(arg, vm->id, &vmm, false);
}

static void note_cgroup(struct live *l, uint64_t cgid)
{
	union {
		struct aegishv_rec_cgroup rec;
		char bytes[sizeof(struct aegishv_rec_cgroup) + CGTAB_PATH_MAX];
	} u = {
		.rec.h = { .type = AEGISHV_REC_CGROUP, .vcpu = AEGISHV_VCPU_NONE },
		.rec.cgid = cgid,
	};
	long n = cgpath_of(cgid, u.rec.text, CGTAB_PATH_MAX);

	u.rec.path_len = n > 0 ? n : 0;
	u.rec.h.len = (sizeof(u.rec) + u.rec.path_len + 7) & ~7U;
	u.rec.h.time_ns = session_now_ns();
	pipeline_record(l->s->pipe, &u.rec.h);
}

static void on_record(void *arg, const struct aegishv_hdr *rec)
{
	const struct aegishv_rec_vm *vm = (const struct aegishv_rec_vm *)rec;
	const struct aegishv_proc *proc = rec_proc(rec);
	char comm[AEGISHV_COMM_LEN + 1];
	struct live *l = arg;

	if (proc && !pipeline_knows_cgroup(l->s->pipe, proc->cgid))
		note_cgroup(l, proc->cgid);
	if (rec->type == AEGISHV_REC_VM && vm->event == AEGISHV_VM_BIRTH) {
		const struct vmm vmm = { vm->tgid, comm };

		snprintf(comm, sizeof(comm), "%.*s", AEGISHV_COMM_LEN, vm->comm);
		name_vm(l, rec->vm, &vmm, true);
	}
	l->events++;
	pipeline_record(l->s->pipe, rec);
}

static void on_problem(void *arg, const struct aegishv_hdr *near, const char *text)
{
	struct live *l = arg;

	log_error("%s", text);
	pipeline_problem(l->s->pipe, near, text);
}

static void drain(struct live *l)
{
	const struct ring_sink sink = { on_record, on_problem, l };

	ring_drain(&l->rings, &sink);
	pipeline_flush(l->s->pipe);
	if (l->s->rec)
		recfile_flush(l->s->rec);
}

static void tell_tail_losses(struct live *l)
{
	struct aegishv_rec_lost lost;
	uint32_t i;

	for (i = 0; i < l->rings.nr; i++) {
		if (ring_tail_loss(&l->rings.rings[i], &lost))
			pipeline_record(l->s->pipe, &lost.h);
	}
}

static int open_epoll(struct live *l)
{
	struct epoll_event dev = { .events = EPOLLIN, .data.fd = l->rings.fd };
	struct epoll_event sig = { .events = EPOLLIN, .data.fd = sig_fd() };

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll_fd < 0 || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->rings.fd, &dev) ||
	    epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, sig_fd(), &sig)) {
		log_error("epoll: %s", strerror(errno));
		return EXIT_FAIL;
	}
	return 0;
}

static bool reached(const struct live *l, uint64_t end)
{
	if (l->o.max_events && l->events >= l->o.max_events)
		return true;
	return l->o.duration_ns && session_now_ns() >= end;
}

/* Milliseconds until something is to be done though nothing happens. */
static int timeout_ms(const struct live *l, uint64_t tick, uint64_t end)
{
	uint64_t now = session_now_ns();
	uint64_t until = tick;

	if (l->o.duration_ns && end < until)
		until = end;
	if (l->s->out && out_error(l->s->out))
		return RETRY_MS;
	return until > now ? (until - now) / 1000000 + 1 : 0;
}

static void ticks(struct live *l, uint64_t *tick)
{
	uint64_t now = session_now_ns();

	if (now >= l->clock_due_ns)
		note_clock(l);
	if (now < *tick)
		return;
	*tick = now + SECOND_NS;
	if (l->o.tick)
		l->o.tick(l->o.tick_arg);
}

static int loop(struct live *l)
{
	uint64_t end = session_now_ns() + l->o.duration_ns;
	uint64_t tick = session_now_ns() + SECOND_NS;
	struct epoll_event ev[2];

	while (!sig_stop() && !reached(l, end)) {
		if (epoll_wait(l->epoll_fd, ev, 2, timeout_ms(l, tick, end)) < 0 &&
		    errno != EINTR) {
			log_error("epoll: %s", strerror(errno));
			return EXIT_FAIL;
		}
		sig_clear();
		session_beat(l->s);
		drain(l);
		ticks(l, &tick);
	}
	return 0;
}

int live_run(struct live *l, struct session *s)
{
	int status;

	l->s = s;
	if (open_epoll(l))
		return EXIT_FAIL;
	note_clock(l);
	if (genl_vms(l->genl, name_known, l))
		log_warn("the VMs that run already have no names: %s", genl_why(l->genl));
	session_state(s, SESSION_READING);
	drain(l);
	status = loop(l);
	put_back_exit_events(l);
	drain(l);
	tell_tail_losses(l);
	pipeline_flush(s->pipe);
	session_state(s, SESSION_FINISHED);
	return status;
}
