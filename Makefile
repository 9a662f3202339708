# SPDX-License-Identifier: GPL-2.0
#
# The top: choose a kernel, see that it is one we can serve, hand over to its
# own build system. What is built stands in Kbuild; `make help` has the targets.

KVER ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KVER)/build

INSTALL_MOD_PATH ?= $(DESTDIR)
PREFIX ?= /usr

# What the target kernel must have, and that which must not be there already.
NEEDS := MODULES PCI IOMMU_API VFIO MMU_NOTIFIER INTERVAL_TREE SPARSEMEM_VMEMMAP
CLASH := IOMMUFD

# What is for tests stays where it is built.
INSTALLED := iommufd.ko vfio_cdev.ko vfio_iommufd.ko

# Of the modules: `modinfo` and the kernel's log show it.
IOMMUFD_VERSION ?= $(shell scripts/version)

CONFIG_FILE := $(firstword $(wildcard $(addprefix $(KDIR)/,include/config/auto.conf .config)))
CONFIG_SET = $(shell sed -n 's/^CONFIG_\(\w*\)=[ym]$$/\1/p' $(CONFIG_FILE))

define check_kernel
$(if $(CONFIG_FILE),,$(error no kernel headers in $(KDIR): apt-get install linux-headers-$(KVER), or give KVER= or KDIR=))
$(if $(filter $(CLASH),$(CONFIG_SET)),$(error this kernel has its own iommufd (CONFIG_IOMMUFD): use that, or a kernel without it))
$(if $(filter-out $(CONFIG_SET),$(NEEDS)),$(error this kernel lacks $(addprefix CONFIG_,$(filter-out $(CONFIG_SET),$(NEEDS))): use a kernel that has it))
endef

kbuild = +$(MAKE) -C $(KDIR) M=$(CURDIR) IOMMUFD_VERSION='$(IOMMUFD_VERSION)'

# Without headers there is nothing but the name, which is enough to uninstall.
release = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(KVER))

# The vfio.ko that vfio_iommufd.ko will register with; a difference ends it.
VFIO_KO ?= $(firstword $(wildcard /lib/modules/$(release)/kernel/drivers/vfio/vfio.ko*))

modules:
	$(check_kernel)
	$(kbuild) modules
	scripts/vfio-btf $(release) '$(VFIO_KO)' || [ $$? = 2 ]

# Where the kernel's own headers are: Debian's packages and builds outside the source
# have a Makefile in KDIR that includes the other.
SOURCE = $(if $(wildcard $(KDIR)/include/linux/vfio.h),$(KDIR),$(shell \
	sed -n 's|^include *\(.*\)/Makefile$$|\1|p' $(KDIR)/Makefile))

# One line if the modules can't be built for that kernel; in a moment, as nothing is.
fits:
	$(check_kernel)
	@$(MAKE) --no-print-directory -f drivers/compat/features.mk srctree=$(SOURCE) fits

# The package of this tree, if that is installed.
package = $(wildcard $(DESTDIR)/var/lib/dkms/iommufd)

define check_package
$(if $(FORCE),,$(if $(package),$(error the package iommufd-dkms is installed: apt-get remove iommufd-dkms first; or FORCE=1, then these modules are loaded instead of the package's, also after its upgrades, until make uninstall)))
endef

depmod = depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(release)

# By hand: modules_install knows neither Debian's release nor an owner's key,
# and says so at length.  Signed when MOK_DIR has MOK.priv and MOK.der.
install uninstall: updates = $(INSTALL_MOD_PATH)/lib/modules/$(release)/updates
install uninstall: configuration = $(DESTDIR)$(PREFIX)/lib/modprobe.d/iommufd.conf
install uninstall: names = $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-vfio-by-path.rules
install:
	$(check_kernel)
	$(check_package)
	$(if $(wildcard iommufd.ko),,$(error nothing built yet: run make first))
	install -d $(updates)
	for module in $(INSTALLED); do \
		$(CROSS_COMPILE)strip -g -o $(updates)/$$module $$module || exit; \
		[ -z "$(MOK_DIR)" ] || $(KDIR)/scripts/sign-file sha256 $(MOK_DIR)/MOK.priv \
			$(MOK_DIR)/MOK.der $(updates)/$$module || exit; \
	done
	$(depmod)
	$(if $(package),,install -D -m 644 scripts/install/iommufd.conf $(configuration))
	$(if $(package),,install -D -m 644 scripts/install/60-vfio-by-path.rules $(names))

# The package keeps its own.  The kernel may have gone, with its modules; the rules are
# of versions before 1.0~.
uninstall:
	rm -f $(addprefix $(updates)/,$(INSTALLED))
	[ ! -d $(dir $(updates)) ] || $(depmod)
	$(if $(package),,rm -f $(configuration) $(names) $(DESTDIR)$(PREFIX)/lib/udev/rules.d/60-iommufd.rules)

# iommuctl, its completion, the manual pages. They need no kernel and no headers.
PAGES := $(wildcard Documentation/man/*.[48])
page = $(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(1)))/$(notdir $(1))
TOOLS = $(DESTDIR)$(PREFIX)/sbin/iommuctl \
	$(DESTDIR)$(PREFIX)/share/bash-completion/completions/iommuctl

tools/iommuctl/iommuctl:
	+$(MAKE) -C tools/iommuctl IOMMUFD_VERSION='$(IOMMUFD_VERSION)'

install-tools: tools/iommuctl/iommuctl
	install -D $< $(word 1,$(TOOLS))
	install -D -m 644 tools/iommuctl/iommuctl.bash $(word 2,$(TOOLS))
	$(foreach file,$(PAGES),install -D -m 644 $(file) $(call page,$(file)) &&) :

uninstall-tools:
	rm -f $(TOOLS) $(foreach file,$(PAGES),$(call page,$(file)))

tools: tools/iommuctl/iommuctl
	+$(MAKE) -C tools/selftests
	+$(MAKE) -C tools/demo

# Needs no kernel: a build for one that has gone can be cleaned too.
clean:
	find . -path ./.git -prune -o -type f \( -name '*.o' -o -name '*.ko' -o \
		-name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' -o -name '.*.d' -o \
		-name Module.symvers -o -name modules.order \) -exec rm -f {} +
	+for dir in tools/selftests tools/demo tools/iommuctl; do \
		[ ! -e $$dir/Makefile ] || $(MAKE) -C $$dir clean || exit; done

help:
	@echo 'make            the modules, for the running kernel'
	@echo '  KVER=RELEASE  for another installed kernel, such as 6.1.0-56-amd64'
	@echo '  KDIR=DIR      for the kernel whose build directory or headers are there'
	@echo '  W=1, C=1      more warnings, sparse'
	@echo 'make install    modules (into updates/) and the modprobe.d file; as root'
	@echo '  MOK_DIR=DIR   sign with MOK.priv and MOK.der there, for Secure Boot'
	@echo '  DESTDIR=DIR   below another root; INSTALL_MOD_PATH=DIR for the modules alone'
	@echo '  FORCE=1       although the package is installed'
	@echo 'make uninstall  remove them; KVER=, DESTDIR= and the like as in the install'
	@echo 'make install-tools  iommuctl and the manual pages; needs no kernel. uninstall-tools'
	@echo 'make fits       say why the modules do not fit a kernel, if they do not'
	@echo 'make tools      the demo and the tests, in user space'
	@echo 'make clean      remove what was built'
	@echo
	@echo 'scripts/demo    see it work, in a guest; scripts/check  run all tests'

.DEFAULT_GOAL := modules
.PHONY: modules fits install uninstall install-tools uninstall-tools \
	tools/iommuctl/iommuctl tools clean help
