// SPDX-License-Identifier: GPL-2.0
/*
 * The device of vfio_emulated.ko, see emulated.h.
 */
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "../../../drivers/selftest/emulated.h"
#include "bed.h"
#include "emulated.h"
#include "module.h"
#include "vfio.h"

int emulated_open_group(void)
{
	char link[128], node[32];
	ssize_t n;
	int fd;

	assert_int_equal(module_load(EMULATED_NAME, NULL), 0);
	n = readlink(EMULATED "/iommu_group", link, sizeof(link) - 1);
	assert_true(n > 0);
	link[n] = '\0';
	snprintf(node, sizeof(node), "/dev/vfio/%d",
		 atoi(strrchr(link, '/') + 1));
	fd = open(node, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int emulated_group(void)
{
	int fd = emulated_open_group();

	assert_true(fd >= 0);
	return fd;
}

int emulated_cdev(void)
{
	char node[VFIO_NODE_MAX];
	int fd;

	assert_int_equal(module_load(EMULATED_NAME, NULL), 0);
	assert_int_equal(vfio_cdev_node_at(EMULATED, node), 0);
	fd = open(node, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

int emulated_call(int dev, unsigned long nr, uint64_t iova, uint64_t length,
		  const void *data, bool write)
{
	struct emulated_arg arg = {
		.iova = iova, .length = length,
		.data = (uintptr_t)data, .write = write,
	};
	int rc = ioctl(dev, nr, &arg);

	return rc < 0 ? -errno : rc;
}

int pin(int dev, uint64_t iova, uint64_t length)
{
	return emulated_call(dev, EMULATED_PIN, iova, length, NULL, true);
}

int unpin(int dev, uint64_t iova, uint64_t length)
{
	return emulated_call(dev, EMULATED_UNPIN, iova, length, NULL, false);
}

bool peeks(int dev, uint64_t iova, const void *va)
{
	uint8_t seen[64];

	return !emulated_call(dev, EMULATED_PEEK, iova, sizeof(seen), seen,
			      false) &&
	       !memcmp(seen, va, sizeof(seen));
}

int unmaps(int dev, uint64_t *bytes)
{
	struct emulated_arg arg = { 0 };
	int count = ioctl(dev, EMULATED_UNMAPS, &arg);

	assert_true(count >= 0);
	*bytes = arg.length;
	return count;
}

uint64_t all_pinned(void)
{
	return status_kb("VmPin") * 1024;
}
