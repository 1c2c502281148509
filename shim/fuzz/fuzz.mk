# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fuzzing of what reads text and files of anybody's making.
#
#   make fuzz [FUZZ_SECONDS=60]   libFuzzer (clang); findings in build/shim/fuzz
#   make check-fuzz               the corpus and FUZZ_RUNS inputs made from it,
#                                 the same ones each time; part of make check
#
# A finding, minimised, becomes a file of fuzz/corpus_*.

FUZZ_SECONDS	?= 60
FUZZ_RUNS	?= 5000
FUZZ_CLANG	?= $(firstword $(shell command -v clang clang-19 clang-16 clang-14 2>/dev/null))
FUZZ_O		:= $(O)/fuzz
FUZZ_PURE	:= $(TOP)/kmod/pure/exits.c
# Small tables, so that inputs of a few lines fill them.
FUZZ_FEW	:= -DTRACE_THREAD_SETS=2 -DTRACE_CPUS_MAX=200 -DTRACE_VMS_MAX=6
FUZZ_SAN	:= $(FUZZ_FEW) -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

FUZZ_SRC_trace	 := $(SRC)/fuzz/fuzz_trace.c $(SRC)/fuzz/sink.c $(SRC)/rec.c \
		    $(addprefix $(SRC)/,trace.c trace_head.c trace_body.c trace_guest.c trace_fault.c trace_vm.c)
FUZZ_SRC_recfile := $(SRC)/fuzz/fuzz_recfile.c $(SRC)/fuzz/sink.c $(SRC)/rec.c $(SRC)/recread.c
FUZZ_SRC_policy	 := $(SRC)/fuzz/fuzz_policy.c \
		    $(addprefix $(SRC)/,policy.c policy_text.c policy_entry.c policy_parse.c text.c args.c) \
		    $(addprefix $(SRC)/,vmrules.c vmvalue.c words.c) \
		    $(addprefix $(TOP)/kmod/pure/,burst.c detect.c detect_tell.c detect_rules.c)
FUZZERS		 := trace recfile policy
FUZZ_HEADERS	 := $(wildcard $(SRC)/*.h $(SRC)/fuzz/*.h $(TOP)/kmod/pure/*)

.SECONDEXPANSION:
$(FUZZ_O)/%: $$(FUZZ_SRC_%) $(FUZZ_PURE) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(FUZZ_CLANG) $(CPPFLAGS) -std=gnu11 -O1 $(FUZZ_SAN) -fsanitize=fuzzer -Wno-unused-parameter \
		-o $@ $(FUZZ_SRC_$*) $(FUZZ_PURE)

$(FUZZ_O)/runs/%: $$(FUZZ_SRC_%) $(SRC)/fuzz/driver.c $(FUZZ_PURE) $(FUZZ_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 -O1 $(FUZZ_SAN) -Wno-unused-parameter \
		-o $@ $(FUZZ_SRC_$*) $(SRC)/fuzz/driver.c $(FUZZ_PURE)

.PHONY: fuzz check-fuzz
fuzz: $(addprefix $(FUZZ_O)/,$(FUZZERS))
	$(if $(FUZZ_CLANG),,$(error fuzz needs clang: apt install clang))
	@for f in $(FUZZERS); do \
		mkdir -p $(FUZZ_O)/corpus_$$f && \
		(cd $(FUZZ_O) && ./$$f -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=10 \
			-rss_limit_mb=512 -print_final_stats=1 -verbosity=0 -dict=$(SRC)/fuzz/$$f.dict \
			corpus_$$f $(SRC)/fuzz/corpus_$$f) || exit 1; \
	done

check-fuzz: $(addprefix $(FUZZ_O)/runs/,$(FUZZERS))
	@for f in $(FUZZERS); do \
		timeout 300 $(FUZZ_O)/runs/$$f $(FUZZ_RUNS) $(SRC)/fuzz/corpus_$$f/* || exit 1; \
	done

check: check-fuzz
