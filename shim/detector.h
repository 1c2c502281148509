/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's detectors over records that were read: replay of a recording or
 * of trace text, and tracefs. The same code, kmod/pure/detect.c, so the same
 * alerts as the module gives live. Memory is bounded: VMs and vCPUs beyond what
 * fits are not looked at, which is said once. One thread.
 */
#ifndef AHV_SHIM_DETECTOR_H
#define AHV_SHIM_DETECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <linux/aegishv.h>
#include "vmrules.h"

#define DETECTOR_VMS	256
#define DETECTOR_VCPUS	1024

struct detector;

/* What one record set off. */
struct detector_alerts {
	uint32_t fired;		/* detectors, by bit, held back or not */
	size_t nr;
	struct aegishv_rec_detect rec[AEGISHV_DETECT_END];
};

/**
 * detector_new() - make one
 * @rules: what to look for, by VM; copied
 *
 * Return: it, or NULL when memory is short.
 */
struct detector *detector_new(const struct vmrules *rules);
void detector_free(struct detector *d);

/**
 * detector_record() - look at a record
 * @d: the detector
 * @rec: the record, of a VM
 * @name: what the VM is called
 * @found: what it set off
 */
void detector_record(struct detector *d, const struct aegishv_hdr *rec, const char *name,
		     struct detector_alerts *found);

#endif
