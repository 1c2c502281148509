# SPDX-License-Identifier: GPL-2.0-or-later
#
# Objects that read recordings and the kernel's trace text; included by
# Makefile.
REPLAY_OBJS := trace.o trace_head.o trace_body.o trace_guest.o trace_fault.o trace_vm.o \
	       replay.o recfile.o recread.o tracefs.o tracefs_set.o
