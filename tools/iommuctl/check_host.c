// SPDX-License-Identifier: GPL-2.0
/*
 * What the doctor looks at of the host.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "check.h"
#include "file.h"
#include "host.h"
#include "out.h"
#include "verdict.h"

#define NODE "/dev/iommu"

static void check_installed(void)
{
	char path[256];

	if (module_file("vfio_cdev", path, sizeof(path)))
		verdict(VERDICT_OK, "modules", "", "installed for %s", host_release());
	else if (!access("/sys/class/misc/iommu", F_OK) && !module_is_loaded("iommufd"))
		verdict(VERDICT_OK, "modules", "", "%s has an iommufd of its own", host_release());
	else
		verdict(VERDICT_BAD, "modules",
			"apt-get install iommufd-dkms linux-headers-$(uname -r)",
			"not installed for %s", host_release());
}

static void check_signed(void)
{
	char path[256];

	if (!host_is_secure() || !module_file("vfio_cdev", path, sizeof(path)))
		return;
	if (module_is_loaded("vfio_cdev") || module_is_signed(path))
		verdict(VERDICT_OK, "secure boot", "", "on, and the modules are signed");
	else
		verdict(VERDICT_BAD, "secure boot",
			"see \"Secure Boot\" in the README: mokutil --import /var/lib/dkms/mok.pub",
			"on, and the modules are not signed");
}

static void check_loaded(void)
{
	static const char * const names[] = { "iommufd", "vfio_cdev", "vfio_pci" };
	char version[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!module_is_loaded(names[i])) {
			verdict(VERDICT_BAD, "loaded", "modprobe -a vfio-pci vfio_cdev",
				"%s is not loaded", names[i]);
			return;
		}
	module_version("iommufd", version, sizeof(version));
	if (strcmp(version, IOMMUFD_VERSION))
		verdict(VERDICT_NOTE, "loaded",
			"see \"Upgrade, downgrade, remove\" in the README",
			"version %s; iommuctl is of %s", version, IOMMUFD_VERSION);
	else
		verdict(VERDICT_OK, "loaded", "", "version %s", version);
}

static void check_initramfs(void)
{
	char path[256], initrd[128];
	time_t made, built;

	if (!module_file("vfio_cdev", path, sizeof(path)))
		return;
	snprintf(initrd, sizeof(initrd), "/boot/initrd.img-%s", host_release());
	made = file_time(initrd);
	built = file_time(path);
	if (made && made < built)
		verdict(VERDICT_NOTE, "initramfs", "update-initramfs -u",
			"older than the modules: those of before may be in it");
	else if (made)
		verdict(VERDICT_OK, "initramfs", "", "newer than the modules");
}

static void check_node(void)
{
	if (access(NODE, F_OK))
		verdict(VERDICT_BAD, "node", "modprobe -a vfio-pci vfio_cdev", "there is no " NODE);
	else if (access(NODE, R_OK | W_OK))
		verdict(VERDICT_BAD, "node",
			"see \"Give a device to a program\" in the README",
			NODE " may not be opened by user %u", geteuid());
	else
		verdict(VERDICT_OK, "node", "", NODE " may be opened");
}

static void check_iommu(void)
{
	char names[128];
	unsigned int n = iommus_name(names, sizeof(names));

	if (n)
		verdict(VERDICT_OK, "IOMMU", "", "%u: %s", n, names);
	else
		verdict(VERDICT_BAD, "IOMMU",
			"turn VT-d, AMD-Vi or the SMMU on in the firmware, and take intel_iommu=off and the like from the kernel's arguments",
			"off, or there is none");
}

static void check_interrupts(void)
{
	char text[8] = "";

	if (interrupts_are_remapped()) {
		verdict(VERDICT_OK, "interrupts", "", "remapped");
		return;
	}
	file_read("/sys/module/iommufd/parameters/allow_unsafe_interrupts", text, sizeof(text));
	if (text[0] == 'Y')
		verdict(VERDICT_NOTE, "interrupts", "turn interrupt remapping on in the firmware",
			"not remapped, which allow_unsafe_interrupts allows");
	else
		verdict(VERDICT_BAD, "interrupts",
			"turn interrupt remapping on in the firmware; or, if you trust the device and its user, echo Y > /sys/module/iommufd/parameters/allow_unsafe_interrupts",
			"not remapped: BIND is EPERM");
}

static void check_ftrace(void)
{
	uint64_t on = 1;

	if (file_read_u64("/proc/sys/kernel/ftrace_enabled", &on))
		on = 1;
	if (on)
		verdict(VERDICT_OK, "ftrace", "", "on");
	else
		verdict(VERDICT_BAD, "ftrace",
			"sysctl kernel.ftrace_enabled=1; rmmod vfio_cdev; modprobe vfio_cdev",
			"off: KVM and hot reset do not know device files");
}

static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {};

	return !syscall(SYS_capget, &header, data) &&
	       data[0].effective & 1U << CAP_IPC_LOCK;
}

static void check_memlock(uint64_t memory)
{
	char have[BYTES_TEXT], want[BYTES_TEXT];
	struct rlimit limit;

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (may_lock_all() || limit.rlim_cur == RLIM_INFINITY) {
		verdict(VERDICT_OK, "RLIMIT_MEMLOCK", "", "no limit for this user");
		return;
	}
	bytes_text(limit.rlim_cur, have);
	bytes_text(memory, want);
	if (memory > limit.rlim_cur)
		verdict(VERDICT_BAD, "RLIMIT_MEMLOCK",
			"raise it: /etc/security/limits.d, or LimitMEMLOCK= of the service",
			"%s, and %s are to be mapped", have, want);
	else if (!memory && limit.rlim_cur < 1ULL << 30)
		verdict(VERDICT_NOTE, "RLIMIT_MEMLOCK",
			"say how much is wanted: iommuctl doctor --memory 8G",
			"%s: little for a VM", have);
	else
		verdict(VERDICT_OK, "RLIMIT_MEMLOCK", "", "%s", have);
}

void check_host(uint64_t memory)
{
	check_installed();
	check_signed();
	check_loaded();
	check_initramfs();
	check_node();
	check_iommu();
	check_interrupts();
	check_ftrace();
	check_memlock(memory);
}
