// SPDX-License-Identifier: GPL-2.0
/*
 * A machine of KVM, see kvm.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <linux/kvm.h>

#include "kvm.h"

/* linux/kvm.h of 6.1 knows them by their older names, those of groups. */
#define FILE_ATTR KVM_DEV_VFIO_GROUP
#define FILE_ADD KVM_DEV_VFIO_GROUP_ADD
#define FILE_DEL KVM_DEV_VFIO_GROUP_DEL

int kvm_open(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int kvm_machine(int kvm)
{
	int fd = ioctl(kvm, KVM_CREATE_VM, 0);

	return fd < 0 ? -errno : fd;
}

int kvm_vfio(int machine)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };

	if (ioctl(machine, KVM_CREATE_DEVICE, &create))
		return -errno;
	return create.fd;
}

static int set_file(int vfio, uint64_t attr, const int32_t *fd)
{
	struct kvm_device_attr set = {
		.group = FILE_ATTR, .attr = attr, .addr = (uintptr_t)fd,
	};

	return ioctl(vfio, KVM_SET_DEVICE_ATTR, &set) ? -errno : 0;
}

int kvm_file_add(int vfio, const int32_t *fd)
{
	return set_file(vfio, FILE_ADD, fd);
}

int kvm_file_del(int vfio, const int32_t *fd)
{
	return set_file(vfio, FILE_DEL, fd);
}
