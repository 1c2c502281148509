// SPDX-License-Identifier: GPL-2.0-only
/*
 * What follows when a page was used against wx, a seal or a trap: whether that
 * is an attack or what every system does, the answer, and the record.
 *
 * On the vCPU's thread, preemption off.
 */
#include <linux/sched/signal.h>
#include "event.h"
#include "kvm/stage2.h"
#include "pure/since.h"

/* Records of one VM: so many at once, and so many a second. */
#define BURST		128
#define PER_SECOND	32

/* What is found out about an event before it is told. */
struct finding {
	const struct ahv_wx_verdict *verdict;
	u8 map;
	u8 answer;
};

static bool may_tell(struct ahv_s2 *s2, u64 now_ns)
{
	u64 earned = div_u64(ahv_since(now_ns, s2->tokens_ns) * PER_SECOND, NSEC_PER_SEC);

	if (!s2->tokens_ns || earned >= BURST) {
		s2->tokens = BURST;
		s2->tokens_ns = now_ns;
	} else if (earned) {
		s2->tokens = min_t(u32, BURST, s2->tokens + earned);
		s2->tokens_ns = now_ns;
	}
	if (!s2->tokens)
		return false;
	s2->tokens--;
	return true;
}

static void fill(struct aegishv_rec_wx *rec, const struct ahv_s2_fault *f,
		 const struct finding *x)
{
	const struct ahv_wx_verdict *verdict = x->verdict;

	rec->gpa = f->gpa;
	rec->rip = f->a.rip;
	rec->cr3 = ahv_guest_cr3(f->vcpu);
	rec->write_ns = verdict->write_ns;
	rec->write_rip = verdict->write_rip;
	rec->write_vcpu = verdict->write_vcpu;
	rec->flips = verdict->flips;
	rec->tid = current->pid;
	rec->rule = verdict->rule;
	rec->answer = x->answer;
	rec->mode = READ_ONCE(f->v->vm->wx.mode);
	rec->access = f->access;
	rec->cpl = f->a.cpl;
	rec->write_cpl = verdict->write_cpl;
	rec->flags = x->map | (verdict->no_writer ? AEGISHV_WX_NO_WRITER : 0) |
		     (f->emulated ? AEGISHV_WX_EMULATED : 0);
	rec->rsvd = 0;
}

/*
 * One record, unless the page or the VM was told of too often just now. What
 * stops a VM is always told: it happens once a vCPU until somebody resumes it.
 */
static void tell(struct ahv_s2_fault *f, const struct finding *x)
{
	struct ahv_s2 *s2 = f->s2;
	struct aegishv_rec_wx *rec;
	u32 held = 0;
	bool now;

	ahv_s2_lock_with_memory(s2);
	now = x->answer >= AEGISHV_WX_ACTION_PAUSE ||
	      (!x->verdict->quiet && may_tell(s2, f->a.now_ns));
	if (now) {
		held = s2->held;
		s2->held = 0;
		if (x->verdict->rule != AEGISHV_WX_TRAP || x->answer == AEGISHV_WX_ACTION_DENY)
			ahv_wx_told(&s2->wx, f->a.unit, f->a.now_ns);
	} else {
		s2->held++;
		f->v->counts.wx[AEGISHV_WX_COUNT_HELD]++;
	}
	raw_spin_unlock(&s2->lock);
	if (!now)
		return;
	rec = ahv_event_begin(AEGISHV_REC_WX, sizeof(*rec), AEGISHV_CLASS_ALERT, f->v);
	if (!rec)
		return;
	fill(rec, f, x);
	rec->held = held;
	ahv_event_end(&rec->h, AEGISHV_CLASS_ALERT);
}

void ahv_s2_tell_thrash(struct ahv_s2_fault *f, const struct ahv_wx_verdict *verdict)
{
	struct ahv_wx_verdict thrash = *verdict;
	struct finding x = { .verdict = &thrash, .answer = AEGISHV_WX_ACTION_LOG };

	f->v->counts.wx[AEGISHV_WX_COUNT_THRASH]++;
	tell(f, &x);
}

/* Whose violation it is; the vCPU shows what it runs meanwhile. */
static enum ahv_wx_class look(struct ahv_s2_fault *f, struct finding *x)
{
	struct ahv_wx_guest g = {
		.cpl = f->a.cpl,
		.ran_paged = READ_ONCE(f->s2->ran_paged),
		.ran_user = READ_ONCE(f->s2->ran_user),
	};

	ahv_guest_look(f->vcpu, gpa_to_gfn(f->gpa), &g);
	x->map = g.map;
	return ahv_wx_classify(&g);
}

static u8 action_for(const struct ahv_s2_fault *f, u8 rule)
{
	const struct ahv_wx_settings *wx = &f->v->vm->wx;
	u8 action = READ_ONCE(wx->action);

	if (rule == AEGISHV_WX_SEAL)
		return max_t(u8, action, AEGISHV_WX_ACTION_DENY);
	if (READ_ONCE(wx->mode) != AEGISHV_WX_MODE_ENFORCE)
		return AEGISHV_WX_ACTION_LOG;
	if (f->a.cpl != 3 && READ_ONCE(wx->scope) == AEGISHV_WX_SCOPE_USER)
		return AEGISHV_WX_ACTION_LOG;
	return action;
}

/*
 * What a guest meets instead. Without its mapping KVM injects #GP by itself, and
 * a second one would be a double fault. Not so where it was to tell a hypervisor
 * in the guest that its own guest stopped: neither can go on then.
 */
static void refuse(struct ahv_s2_fault *f)
{
	bool nested = ahv_isa() == AEGISHV_ISA_SVM && ahv_guest_runs_nested(f->vcpu);

	if (f->mapped ? nested : f->emulated && f->access == AEGISHV_ACCESS_EXEC)
		ahv_guest_shut_down(f->vcpu);
	else if (!f->mapped)
		ahv_guest_inject_gp(f->vcpu);
}

/* Return: whether the instruction is not to be carried out. */
static bool act(struct ahv_s2_fault *f, const struct finding *x)
{
	bool seal = x->verdict->rule == AEGISHV_WX_SEAL;

	if (x->answer == AEGISHV_WX_ACTION_KILL) {
		kill_pid(task_tgid(current), SIGKILL, 1);
		return true;
	}
	if (x->answer == AEGISHV_WX_ACTION_PAUSE)
		ahv_s2_hold_all(f->v->vm);
	/* A sealed page is not written after the pause either. */
	if (x->answer == AEGISHV_WX_ACTION_DENY || seal) {
		f->v->counts.wx[AEGISHV_WX_COUNT_DENIED]++;
		refuse(f);
		return true;
	}
	return false;
}

static const u8 count_of[] = {
	[AEGISHV_WX_WRITE_EXEC] = AEGISHV_WX_COUNT_VIOLATION,
	[AEGISHV_WX_SEAL] = AEGISHV_WX_COUNT_SEAL,
	[AEGISHV_WX_TRAP] = AEGISHV_WX_COUNT_TRAP,
};

/**
 * ahv_s2_answer() - tell of an event and answer it
 * @f: the fault
 * @verdict: what it is
 *
 * Return: whether the access is refused.
 */
bool ahv_s2_answer(struct ahv_s2_fault *f, const struct ahv_wx_verdict *verdict)
{
	struct finding x = { .verdict = verdict };

	if (verdict->rule == AEGISHV_WX_WRITE_EXEC) {
		enum ahv_wx_class class = look(f, &x);

		if (class == AHV_WX_CLASS_LOAD || class == AHV_WX_CLASS_BOOT) {
			f->v->counts.wx[class == AHV_WX_CLASS_LOAD ? AEGISHV_WX_COUNT_LOAD :
								     AEGISHV_WX_COUNT_BOOT]++;
			return false;
		}
	}
	f->v->counts.wx[count_of[verdict->rule]]++;
	x.answer = action_for(f, verdict->rule);
	tell(f, &x);
	return act(f, &x);
}
