/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The detectors: what exits, stage-2 faults, hypercalls and control registers
 * of a guest say about it. The kernel feeds them as things happen, replay from
 * records of the same; both get the same alerts.
 *
 * A caller asks in two steps. ahv_detect_exit(), _fault() and _guest() take
 * what happened and return the detectors that it set off, mostly none; for each
 * ahv_detect_tell() makes an alert of it, or holds it back while the cause
 * cools down. Nothing here allocates, locks or reads a clock. A vCPU's state is
 * its own; the caller serializes what touches a VM's: _fault() and _tell().
 */
#ifndef AHV_PURE_DETECT_H
#define AHV_PURE_DETECT_H

#include "burst.h"
#include "exits.h"

#define AHV_DETECT(d)		(1U << AEGISHV_DETECT_ ## d)
#define AHV_DETECT_ALL		((1U << AEGISHV_DETECT_END) - 2)
/* No detector: a VM's first access to a device, which ahv_detect_tell() notes. */
#define AHV_DETECT_DEVICE	0
#define AHV_DETECT_ISAS		(AEGISHV_ISA_ARM64 + 1)
#define AHV_DETECT_QUIET_WORDS	((AHV_EXIT_SLOTS + 63) / 64)

/**
 * struct ahv_detect_set - rules as the detectors look at them
 * @rules: as given
 * @burst: limit of EXIT_BURST
 * @pio: limit of PIO_STORM
 * @mmio: limit of MMIO_STORM
 * @cooldown_ns: from an alert to the next about the same
 * @wx_window_ns: from a write to the execution
 * @toggle_ns: window of WX_TOGGLE
 * @headless_ns: how long a VM may do without devices
 * @quiet: exit slots that EXIT_BURST does not count, by architecture
 */
struct ahv_detect_set {
	struct aegishv_detect_rules rules;
	struct ahv_burst_limit burst;
	struct ahv_burst_limit pio;
	struct ahv_burst_limit mmio;
	u64 cooldown_ns;
	u64 wx_window_ns;
	u64 toggle_ns;
	u64 headless_ns;
	u64 quiet[AHV_DETECT_ISAS][AHV_DETECT_QUIET_WORDS];
};

enum ahv_detect_reg {
	AHV_REG_CR0,
	AHV_REG_CR4,
	AHV_REG_EFER,
	AHV_NR_REGS,
};

/**
 * struct ahv_detect_vcpu - what is known of a vCPU; all zeros to begin with
 * @regs: control registers as last seen
 * @before: the one that changed last, before it did
 * @first_ns: when its first exit was seen
 * @known: which of @regs were seen, by bit
 * @settled: HEADLESS has nothing to find any more
 * @pio: accesses to ports
 * @mmio: accesses to devices' memory
 * @exits: exits by slot
 */
struct ahv_detect_vcpu {
	u64 regs[AHV_NR_REGS];
	u64 before;
	u64 first_ns;
	u32 known;
	bool settled;
	struct ahv_burst pio;
	struct ahv_burst mmio;
	struct ahv_burst exits[AHV_EXIT_SLOTS];
};

/**
 * struct ahv_cool - a cause that was told
 * @until_ns: it is not told again before
 * @held: how often it was held back since
 * @told: whether it ever was
 */
struct ahv_cool {
	u64 until_ns;
	u64 held;
	bool told;
};

/**
 * struct ahv_detect_page - a page that was written or executed
 * @gfn: its number
 * @last_ns: when last
 * @last_rip: by which instruction
 * @flips_ns: when the first of @flips was
 * @last_vcpu: by which vCPU
 * @flips: changes from write to execute and back within the window
 * @access: AEGISHV_ACCESS_WRITE or _EXEC; 0: the entry is free
 * @cool: alerts about it: of WX, of WX_TOGGLE
 */
struct ahv_detect_page {
	u64 gfn;
	u64 last_ns;
	u64 last_rip;
	u64 flips_ns;
	u32 last_vcpu;
	u32 flips;
	u32 access;
	struct ahv_cool cool[2];
};

#define AHV_DETECT_WAYS		4
#define AHV_DETECT_SETS		64
#define AHV_DETECT_PAGES	(AHV_DETECT_WAYS * AHV_DETECT_SETS)
/* Pages of one VM that are told about within one cool-down. */
#define AHV_DETECT_PAGE_ALERTS	64

/**
 * struct ahv_detect_vm - what is known of a VM; all zeros to begin with
 * @settled: it accessed a device, or was told about not doing so
 * @total: how often each detector was set off
 * @cool: by detector
 * @cool_exits: EXIT_BURST by slot
 * @forgotten: pages that others took the place of
 * @pages_ns: when the first of @page_alerts was
 * @page_alerts: alerts about pages within the cool-down
 * @hit_at: index of the page that ahv_detect_fault() found
 * @hit: that page as it was before
 * @pages: sets of %AHV_DETECT_WAYS
 */
struct ahv_detect_vm {
	bool settled;
	u64 total[AEGISHV_DETECT_END];
	struct ahv_cool cool[AEGISHV_DETECT_END];
	struct ahv_cool cool_exits[AHV_EXIT_SLOTS];
	u64 forgotten;
	u64 pages_ns;
	u32 page_alerts;
	u32 hit_at;
	struct ahv_detect_page hit;
	struct ahv_detect_page pages[AHV_DETECT_PAGES];
};

/**
 * struct ahv_detect_at - where something happened
 * @set: the rules of the VM
 * @vm: the VM
 * @vcpu: the vCPU
 * @now_ns: when
 * @rip: guest instruction pointer
 * @vcpu_id: number of the vCPU
 * @tid: thread that ran it
 * @isa: enum aegishv_isa
 * @reason: exit reason, 0 for faults
 * @info1: of the exit, see &struct aegishv_rec_exit
 * @info2: likewise
 */
struct ahv_detect_at {
	const struct ahv_detect_set *set;
	struct ahv_detect_vm *vm;
	struct ahv_detect_vcpu *vcpu;
	u64 now_ns;
	u64 rip;
	u32 vcpu_id;
	u32 tid;
	u32 isa;
	u32 reason;
	u64 info1;
	u64 info2;
};

void ahv_detect_defaults(struct aegishv_detect_rules *r);
const char *ahv_detect_problem(const struct aegishv_detect_rules *r);
void ahv_detect_compile(struct ahv_detect_set *s, const struct aegishv_detect_rules *r);

/* Each returns a set of detectors, by bit, to be told one by one. */
u32 ahv_detect_exit(const struct ahv_detect_at *at);
u32 ahv_detect_fault(const struct ahv_detect_at *at, u64 gpa, u32 access);
u32 ahv_detect_guest(const struct ahv_detect_at *at, u32 event, u64 value);
bool ahv_detect_tell(const struct ahv_detect_at *at, u32 detector,
		     struct aegishv_rec_detect *rec);

bool ahv_detect_is_hypercall(u32 isa, u32 reason);

/* The name of a detector, or NULL. */
const char *ahv_detector_name(u32 detector);

#endif
