# SPDX-License-Identifier: GPL-2.0-or-later
# The human's entry; each target hands over to what knows how. Everything that
# is built goes below build/, everything downloaded to ~/.cache/aegishv.

QEMU	:= selftests/qemu
KERNELS	?= 6.1 6.12
VERSION	:= $(shell sed -n 's/^.define SHIM_VERSION "\(.*\)"/\1/p' shim/version.h)
KDIR	?= /lib/modules/$(shell uname -r)/build
T	?=
J	?=
CHECK	= $(QEMU)/check.py $(if $(J),--machines $(J)) $(if $(T),--only '$(T)')
DESTDIR	?=
AEGISHV_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aegishv
export AEGISHV_CACHE
export PATH := $(AEGISHV_CACHE)/tools:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

help:
	@echo 'AegisHV $(VERSION)'
	@echo
	@echo '  make demo          real KVM exits in a test machine: JSON Lines, table, /metrics'
	@echo '  make check         all tests on Debian kernels $(KERNELS); T=GLOB only those, K=6.1 only there,'
	@echo '                     J=1 one test machine at a time'
	@echo '  make check-debug   the tests on a debug kernel (KASAN, lockdep, kmemleak; builds it once)'
	@echo '  make check-newest  the tests on the newest kernel of Debian (7.x today)'
	@echo '  make check-arm64   the tests that arm64 has, on an emulated arm64 machine'
	@echo '  make torture       ten million real exits through the rings (RECORDS=, K=6.12)'
	@echo '  make bench         instruction counts and throughput -> build/bench.json'
	@echo '  make bench-report  ... as a table with ratios'
	@echo
	@echo '  make modules       aegishv.ko for the test kernels -> build/KERNEL/aegishv.ko'
	@echo '  make module        aegishv.ko for this machine (KDIR=...) -> build/host/aegishv.ko'
	@echo '  make shim          the program -> build/shim/aegishv'
	@echo '  make install       program and module on this machine (DESTDIR, KDIR)'
	@echo '  make dkms          source to DKMS, which builds it for each kernel installed'
	@echo
	@echo '  make lint          checkpatch, sparse, regen-check; each is a target too'
	@echo '  make regen         netlink code from include/uapi/aegishv.yaml'
	@echo '  make fuzz          the parsers, for FUZZ_SECONDS each'
	@echo '  make shell         a shell in a test machine (K=6.1)'
	@echo '  make clean         build/ away; downloads stay in $(AEGISHV_CACHE)'

packages:
	@$(if $(AEGISHV_NO_INSTALL),,$(QEMU)/install-packages.sh)

kernels: packages
	@$(QEMU)/fetch.sh $(KERNELS) $(KERNELS:%=source-%) source-6.12 prometheus

demo: packages
	@$(QEMU)/demo.sh

check: K ?= $(KERNELS)
check: kernels
	@$(CHECK) --kernels "$(K)"

check-debug: packages
	@$(QEMU)/fetch.sh 6.1 source-6.12 fullsource-6.12 prometheus
	@$(QEMU)/debug-kernel.sh
	@$(CHECK) --kernels debug

check-newest: packages
	@$(QEMU)/fetch.sh 6.1 newest source-newest prometheus
	@$(QEMU)/check.py $(if $(J),--machines $(J)) --kernels newest --only '$(or $(T),*)'

check-arm64: packages
	@$(if $(AEGISHV_NO_INSTALL),,$(QEMU)/install-packages.sh packages-arm64.txt)
	@$(QEMU)/fetch.sh 6.12-arm64 source-6.12
	@$(QEMU)/check.py --kernels 6.12-arm64 --only '$(or $(T),*)'

torture: kernels
	@AHV_TORTURE_RECORDS=$(or $(RECORDS),10000000) $(QEMU)/check.py --kernels '$(or $(K),6.12)' \
		--only 'ring/t_torture'

bench bench-report: packages
	@$(QEMU)/fetch.sh 6.1
	@$(MAKE) --no-print-directory -C bench $(@:bench-report=report)

modules: packages
	@$(QEMU)/fetch.sh $(KERNELS)
	@$(QEMU)/modules.sh $(KERNELS)

module:
	@KDIR='$(KDIR)' $(QEMU)/modules.sh host

shim:
	@$(MAKE) --no-print-directory -C shim

vmm:
	@$(MAKE) --no-print-directory -C selftests/vmm O=$(CURDIR)/build/vmm

install: module shim
	$(MAKE) --no-print-directory -C shim install DESTDIR='$(DESTDIR)'
	$(MAKE) -C '$(KDIR)' M=$(CURDIR)/build/host INSTALL_MOD_PATH='$(DESTDIR)' INSTALL_MOD_DIR=updates \
		$(if $(wildcard $(KDIR)/certs/signing_key.pem),,CONFIG_MODULE_SIG_ALL=) modules_install
	$(if $(DESTDIR),,depmod)

DKMS_SRC = $(DESTDIR)/usr/src/aegishv-$(VERSION)
dkms:
	install -d '$(DKMS_SRC)'
	cp -r Kbuild kmod include LICENSES '$(DKMS_SRC)'
	sed 's/@VERSION@/$(VERSION)/' packaging/dkms.conf.in >'$(DKMS_SRC)/dkms.conf'
	$(if $(DESTDIR),,dkms install aegishv/$(VERSION))

lint: checkpatch sparse regen-check
checkpatch sparse: kernels
	@$(QEMU)/lint.sh $@
regen-check: kernels
	@$(QEMU)/lint.sh netlink
regen: kernels
	sh kmod/netlink_regen.sh $(AEGISHV_CACHE)/source-6.12

fuzz: packages
	@$(MAKE) --no-print-directory -C shim fuzz

shell: K ?= 6.1
shell: packages
	@$(QEMU)/fetch.sh $(K)
	@$(QEMU)/run.py -k $(K) --shell

clean:
	rm -rf build

.PHONY: help packages kernels demo check check-debug check-newest check-arm64 torture bench bench-report \
	modules module shim vmm install dkms lint checkpatch sparse regen-check regen fuzz shell clean
