# SPDX-License-Identifier: GPL-2.0-or-later
#
# Unit tests: each tests/test_*.c is a program of its own, linked with the
# whole shim built for AddressSanitizer and UBSan.

T	:= $(O)/tests
SAN	:= -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
TESTS	:= $(patsubst $(SRC)/tests/%.c,$(T)/%,$(wildcard $(SRC)/tests/test_*.c))
TLIB	:= $(addprefix $(T)/san/,$(OBJS) $(REPLAY_OBJS) $(PURE))
TSUP	:= $(patsubst $(SRC)/tests/%.c,$(T)/san/tests/%.o,$(filter-out $(SRC)/tests/test_%,$(wildcard $(SRC)/tests/*.c)))

# cmocka hands a state to every test, used or not.
$(T)/san/tests/%.o: WARN += -Wno-unused-parameter

$(T)/san/%.o: $(SRC)/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 $(SAN) $(WARN) -MMD -MP -c -o $@ $<

$(T)/san/%.o: $(SRC)/%.S $(TOP)/schema/event.schema.json
	@mkdir -p $(@D)
	$(CC) -DSCHEMA='"$(TOP)/schema/event.schema.json"' -c -o $@ $<

$(T)/san/pure/%.o: $(TOP)/kmod/pure/%.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -std=gnu11 $(SAN) $(WARN) -MMD -MP -c -o $@ $<

$(T)/test_%: $(T)/san/tests/test_%.o $(TSUP) $(TLIB)
	$(CC) $(SAN) -o $@ $^ $(LDLIBS) $(shell pkg-config --libs cmocka)

-include $(wildcard $(T)/san/*.d $(T)/san/*/*.d)
.PRECIOUS: $(T)/san/%.o $(T)/san/pure/%.o $(T)/san/tests/%.o

check-build: all $(TESTS)

check: check-build
	@failed=; for t in $(TESTS); do \
		echo "# $$(basename $$t)"; \
		AEGISHV_TOP=$(TOP) AEGISHV_BIN=$(O)/aegishv timeout 300 $$t || failed="$$failed $$(basename $$t)"; \
	done; \
	if [ -n "$$failed" ]; then echo "FAILED:$$failed"; exit 1; fi; \
	echo "shim: all $(words $(TESTS)) unit test programs passed"

clean:
	rm -rf $(O)
