/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU, its VM and rules, for the tests of the detectors.
 */
#ifndef AHV_SHIM_TESTS_DETECT_BOX_H
#define AHV_SHIM_TESTS_DETECT_BOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "../kmod/pure/detect.h"

#define MS	1000000ULL
#define SVM_IO	0x7b
#define SVM_CPUID 0x72
#define SVM_HLT	0x78
#define SVM_NPF	0x400

struct box {
	struct aegishv_detect_rules rules;
	struct ahv_detect_set set;
	struct ahv_detect_vm vm;
	struct ahv_detect_vcpu vcpu;
	struct ahv_detect_at at;
	struct aegishv_rec_detect rec;
	unsigned int told[AEGISHV_DETECT_END];
};

static inline struct box *box(u32 detectors)
{
	struct box *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	ahv_detect_defaults(&b->rules);
	b->rules.detectors = detectors;
	b->at = (struct ahv_detect_at){
		.set = &b->set, .vm = &b->vm, .vcpu = &b->vcpu, .now_ns = 1000 * MS,
		.rip = 0x1000, .isa = AEGISHV_ISA_SVM, .reason = SVM_CPUID,
	};
	ahv_detect_compile(&b->set, &b->rules);
	return b;
}

static inline void compile(struct box *b)
{
	assert_null(ahv_detect_problem(&b->rules));
	ahv_detect_compile(&b->set, &b->rules);
}

static inline void tell(struct box *b, u32 fired)
{
	u32 d;

	for (d = 0; d < AEGISHV_DETECT_END; d++)
		if (fired >> d & 1)
			b->told[d] += ahv_detect_tell(&b->at, d, &b->rec);
}

static inline void exits(struct box *b, u32 reason, u32 nr, u64 step_ns)
{
	b->at.reason = reason;
	while (nr--) {
		tell(b, ahv_detect_exit(&b->at));
		b->at.now_ns += step_ns;
	}
}

static inline unsigned int all_told(const struct box *b)
{
	unsigned int i, n = 0;

	for (i = 0; i < AEGISHV_DETECT_END; i++)
		n += b->told[i];
	return n;
}

#endif
