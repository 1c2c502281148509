// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a detector that was set off to an alert: what it says, and whether the
 * same was told lately. See detect.h. Any context; the caller serializes what
 * touches the VM.
 */
#include "detect.h"
#include "since.h"

static const char *const names[AEGISHV_DETECT_END] = {
#define AHV_DETECTOR(detector, name) [detector] = name,
#include "names.def"
};

const char *ahv_detector_name(u32 detector)
{
	return detector < AEGISHV_DETECT_END ? names[detector] : NULL;
}

/* A guest can write and execute as many pages as it has. */
static bool too_many_pages(const struct ahv_detect_at *at)
{
	struct ahv_detect_vm *vm = at->vm;

	if (!vm->page_alerts || ahv_since(at->now_ns, vm->pages_ns) >= at->set->cooldown_ns) {
		vm->pages_ns = at->now_ns;
		vm->page_alerts = 0;
	}
	return vm->page_alerts >= AHV_DETECT_PAGE_ALERTS;
}

static struct ahv_cool *cool_of(const struct ahv_detect_at *at, u32 detector)
{
	struct ahv_detect_vm *vm = at->vm;

	switch (detector) {
	case AEGISHV_DETECT_WX:
	case AEGISHV_DETECT_WX_TOGGLE:
		return &vm->pages[vm->hit_at].cool[detector - AEGISHV_DETECT_WX];
	case AEGISHV_DETECT_EXIT_BURST:
		return &vm->cool_exits[ahv_exit_slot(at->isa, at->reason)];
	default:
		return &vm->cool[detector];
	}
}

/* Whether to tell now, and then how often it happened since it was last told. */
static u64 due(const struct ahv_detect_at *at, u32 detector)
{
	struct ahv_cool *c = cool_of(at, detector);
	bool of_page = detector <= AEGISHV_DETECT_WX_TOGGLE;
	u64 count = c->held + 1;

	if ((c->told && (s64)(at->now_ns - c->until_ns) < 0) ||
	    (of_page && too_many_pages(at))) {
		c->held = count;
		return 0;
	}
	at->vm->page_alerts += of_page;
	c->told = true;
	c->held = 0;
	c->until_ns = at->now_ns + at->set->cooldown_ns;
	return count;
}

static void say_page(const struct ahv_detect_at *at, struct aegishv_rec_detect *rec)
{
	const struct ahv_detect_page *hit = &at->vm->hit;

	rec->gpa = hit->gfn << 12;
	rec->prev_rip = hit->last_rip;
	rec->prev_vcpu = hit->last_vcpu;
	if (rec->detector == AEGISHV_DETECT_WX) {
		rec->since_ns = ahv_since(at->now_ns, hit->last_ns);
		return;
	}
	rec->value = at->set->rules.toggle.count;
	rec->before = at->set->rules.toggle.count;
	rec->since_ns = at->set->toggle_ns;
}

static void say_rate(const struct ahv_burst *b, const struct ahv_burst_limit *l,
		     struct aegishv_rec_detect *rec)
{
	rec->value = b->sum;
	rec->before = l->count;
	rec->since_ns = l->step_ns * AHV_BURST_STEPS;
}

static void say_reg(const struct ahv_detect_at *at, enum ahv_detect_reg r,
		    struct aegishv_rec_detect *rec)
{
	rec->value = at->vcpu->regs[r];
	rec->before = at->vcpu->before;
}

/* What a register or a whole VM is told about, the exit only brought to light. */
static bool of_exit(u32 detector)
{
	return (detector >= AEGISHV_DETECT_EXIT_BURST && detector <= AEGISHV_DETECT_HYPERCALL) ||
	       detector == AEGISHV_DETECT_NESTED;
}

static void say_exit(const struct ahv_detect_at *at, struct aegishv_rec_detect *rec)
{
	const struct ahv_detect_vcpu *v = at->vcpu;

	switch (rec->detector) {
	case AEGISHV_DETECT_EXIT_BURST:
		say_rate(&v->exits[ahv_exit_slot(at->isa, at->reason)], &at->set->burst, rec);
		break;
	case AEGISHV_DETECT_PIO_STORM:
		say_rate(&v->pio, &at->set->pio, rec);
		rec->gpa = at->info1 >> 16 & 0xffff;
		break;
	case AEGISHV_DETECT_MMIO_STORM:
		say_rate(&v->mmio, &at->set->mmio, rec);
		rec->gpa = at->isa == AEGISHV_ISA_SVM ? at->info2 : 0;
		break;
	case AEGISHV_DETECT_HEADLESS:
		rec->since_ns = ahv_since(at->now_ns, v->first_ns);
		break;
	}
}

static void say_guest(const struct ahv_detect_at *at, struct aegishv_rec_detect *rec)
{
	switch (rec->detector) {
	case AEGISHV_DETECT_HYPERCALL:
		rec->value = at->vcpu->before;
		break;
	case AEGISHV_DETECT_CR0_WP:
		say_reg(at, AHV_REG_CR0, rec);
		break;
	case AEGISHV_DETECT_CR4_SMEP:
	case AEGISHV_DETECT_CR4_SMAP:
		say_reg(at, AHV_REG_CR4, rec);
		break;
	case AEGISHV_DETECT_EFER_NXE:
		say_reg(at, AHV_REG_EFER, rec);
		break;
	}
}

/* A VM is told about once, when none of its vCPUs accessed a device. */
static bool settled(struct ahv_detect_vm *vm, u32 detector)
{
	bool was = vm->settled;

	if (detector != AHV_DETECT_DEVICE && detector != AEGISHV_DETECT_HEADLESS)
		return false;
	vm->settled = true;
	return was || detector == AHV_DETECT_DEVICE;
}

/**
 * ahv_detect_tell() - make an alert of a detector that was set off
 * @at: as it was when that was returned; the VM's state is the caller's alone
 * @detector: enum aegishv_detector, or %AHV_DETECT_DEVICE
 * @rec: filled in behind its header when there is something to tell
 *
 * Return: whether there is; if not, the cause cools down and it was counted.
 */
bool ahv_detect_tell(const struct ahv_detect_at *at, u32 detector,
		     struct aegishv_rec_detect *rec)
{
	u64 count;

	if (settled(at->vm, detector))
		return false;
	at->vm->total[detector]++;
	count = due(at, detector);
	if (!count)
		return false;
	*rec = (struct aegishv_rec_detect){
		.h = rec->h,
		.count = count,
		.total = at->vm->total[detector],
		.rip = at->rip,
		.detector = detector,
		.reason = of_exit(detector) ? at->reason : 0,
		.prev_vcpu = AEGISHV_VCPU_NONE,
		.tid = at->tid,
	};
	if (detector <= AEGISHV_DETECT_WX_TOGGLE)
		say_page(at, rec);
	say_exit(at, rec);
	say_guest(at, rec);
	return true;
}
