# SPDX-License-Identifier: MIT
#
# Makefile - what a person or a script asks for by name.  "make help" lists it.
# The module itself is described to the kernel's build system by Kbuild.

VERSION := $(shell cat VERSION)
TOP     := $(CURDIR)
BUILD   ?= $(TOP)/build
# the running kernel where it can be built for, else Debian's newest
KDIR    ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
             $(lastword $(sort $(wildcard /lib/modules/6.1.*-amd64/build))) \
             $(lastword $(sort $(wildcard /lib/modules/*/build))))
KREL     = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
PREFIX  ?= /usr/local
DKMSDIR := /usr/src/ipsec-$(VERSION)
export PATH := $(PATH):/usr/sbin:/sbin

.PHONY: all help module test-modules tools deps check check-long check-debug check-kernels check-bench bench bench-profile demo style sparse tidy \
        install uninstall dkms-install dkms-uninstall clean

all: module tools

help:
	@echo 'make demo          two gateways, a tunnel, real traffic (in a virtual machine)'
	@echo 'make check         build everything and pass the tests on Debian'"'"'s kernel'
	@echo 'make check-long    the network tests that take minutes'
	@echo 'make check-debug   the network tests on a kernel with KASAN and lockdep'
	@echo 'make check-kernels the module, by DKMS, and the network tests on Debian 13 and testing'
	@echo 'make bench         instructions per packet beside xfrm and WireGuard, 20 minutes'
	@echo 'make bench-profile where those instructions are'
	@echo 'make check-bench   some of them, against those that are known: none is worse'
	@echo 'make module        build/<kernel release>/ipsec.ko  [KDIR=/lib/modules/.../build]'
	@echo 'make tools         build/bin/ipsecctl'
	@echo 'make install       the tools, their man pages  [PREFIX=/usr/local DESTDIR=]'
	@echo 'make dkms-install  the module, through DKMS, for every kernel; dkms-uninstall'
	@echo 'make style sparse  checkpatch and sparse over the module'
	@echo 'make tidy          clang-tidy over the tools'

# The sources are linked into a directory for each kernel, so that objects for
# several kernels live side by side.
module:
	$(if $(KDIR),,$(error no kernel headers found; run: apt-get install linux-headers-amd64))
	@mkdir -p $(BUILD)/$(KREL)
	@find $(BUILD)/$(KREL) -xtype l -delete
	@find Kbuild VERSION kmod uapi -type f | while read -r f; do \
		d=$(BUILD)/$(KREL)/$$f; [ -L $$d ] && continue; \
		mkdir -p $${d%/*} && ln -sf $(TOP)/$$f $$d; done
	+@flock $(BUILD)/$(KREL)/.lock $(MAKE) -C $(KDIR) M=$(BUILD)/$(KREL) $(if $(ARCH),ARCH=$(ARCH)) \
		$(if $(W),W=$(W)) $(if $(C),C=$(C) CF="$(CF)") \
		$(if $(WERROR),KCFLAGS=-Werror) CONFIG_DEBUG_INFO_BTF_MODULES= modules

# Kernel modules of scenarios, beside the module
test-modules:
	@mkdir -p $(BUILD)/$(KREL)-tests
	@ln -sf $(TOP)/tests/net/kmod/* $(BUILD)/$(KREL)-tests/
	+@flock $(BUILD)/$(KREL)-tests/.lock $(MAKE) -C $(KDIR) M=$(BUILD)/$(KREL)-tests $(if $(ARCH),ARCH=$(ARCH)) \
		W=1 $(if $(WERROR),KCFLAGS=-Werror) CONFIG_DEBUG_INFO_BTF_MODULES= modules

tools:
	@$(MAKE) -C tools OUT=$(BUILD) $(if $(WERROR),WERROR=1)

check:
	@tests/check

check-long:
	@tests/check-long

check-debug:
	@tests/check-debug

check-kernels:
	@tests/check-kernels

check-bench:
	@tests/check-bench

bench:
	@tests/install-deps build bench debug
	@tests/bench/run

bench-profile:
	@tests/install-deps build bench
	@tests/bench/profile

demo:
	@tests/demo/run

style:
	@tests/static/style

sparse:
	@tests/static/sparse

tidy:
	@tests/static/tidy

install: tools
	@$(MAKE) -C tools OUT=$(BUILD) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) install

uninstall:
	@$(MAKE) -C tools OUT=$(BUILD) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) uninstall

# What DKMS compiles: the module's sources, without tools and tests
dkms-install: dkms-uninstall
	install -d $(DESTDIR)$(DKMSDIR)
	cp -r Kbuild VERSION dkms.conf kmod uapi $(DESTDIR)$(DKMSDIR)/
	sed -i 's/@VERSION@/$(VERSION)/' $(DESTDIR)$(DKMSDIR)/dkms.conf
	$(if $(DESTDIR),,dkms add -m ipsec -v $(VERSION))
	$(if $(DESTDIR),,for k in $$(basename -a $$(dirname $$(ls -d /lib/modules/*/build))); do \
		dkms install -m ipsec -v $(VERSION) -k $$k || exit 1; done)

dkms-uninstall:
	$(if $(DESTDIR),,if dkms status -m ipsec -v $(VERSION) | grep -q .; then \
		dkms remove -m ipsec -v $(VERSION) --all; fi)
	rm -rf $(DESTDIR)$(DKMSDIR)

clean:
	rm -rf $(BUILD)
