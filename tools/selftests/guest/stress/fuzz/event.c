// SPDX-License-Identifier: GPL-2.0
/*
 * What happens besides, see event.h.
 */
#include <fcntl.h>
#include <linux/vfio.h>

#include "bed.h"
#include "calls.h"
#include "event.h"
#include "iommufd.h"
#include "life.h"
#include "type1.h"
#include "value.h"
#include "vfio.h"

/* Its ids are stale then, or name other things. */
static void renew_file(struct life *life)
{
	unsigned int file = choose(life, FILES);
	int fd = iommufd_open();

	if (fd < 0)
		return;
	dup3(fd, fds_of(life, FD_IOMMU)[file], O_CLOEXEC);
	close(fd);
}

static void renew_device(struct life *life)
{
	unsigned int i = choose(life, life->nedus);
	int *place = &fds_of(life, FD_DEVICE)[i];

	if (*place >= 0)
		close(*place);
	*place = vfio_cdev_open(life->edus[i]);
}

static void renew_container(struct life *life)
{
	keep_fd(life, FD_CONTAINER, type1_container_open());
}

/* It can be open once; the one that is open may be of the same. */
static void renew_group(struct life *life)
{
	keep_fd(life, FD_GROUP, -1);
	keep_fd(life, FD_GROUP,
		type1_group_open(life->edus[choose(life, life->nedus)]));
}

/*
 * A container that has an IOMMU, which calls rarely come to by chance: a device
 * is used by its group or by its character device, not by both.
 */
static void start_container(struct life *life)
{
	unsigned int i = choose(life, life->nedus);
	int *dev = &fds_of(life, FD_DEVICE)[i];
	int container = type1_container_open(), group;

	if (*dev >= 0)
		close(*dev);
	*dev = -1;
	keep_fd(life, FD_GROUP, -1);
	group = type1_group_open(life->edus[i]);
	keep_fd(life, FD_GROUP, group);
	if (!type1_join(group, container) &&
	    !type1_set_iommu(container, choose(life, 2) ?
			     VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU))
		life->started = container;
	keep_fd(life, FD_CONTAINER, container);
}

static void close_access(struct life *life)
{
	keep_fd(life, FD_ACCESS, -1);
}

/* Not the whole: calls that use it are to succeed again. */
static void renew_memory(struct life *life)
{
	uint8_t *va = life->mem + choose(life, 1024) * PAGE;
	size_t length = PAGE << choose(life, 8);
	int prot = choose(life, 3) ? PROT_READ | PROT_WRITE :
		   choose(life, 2) ? PROT_READ : PROT_NONE;

	mmap(va, length, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Reads, and mappings that nobody touches. */
static void use_region(struct life *life)
{
	uint64_t offset = (uint64_t)choose(life, 12) << 40;
	uint64_t at = choose(life, 2) ? choose(life, 1 << 20) :
		      border(life);
	int fd = good_fd(life, FD_DEVICE);
	void *va;

	if (choose(life, 2)) {
		if (pread(fd, life->data, 1 + choose(life, 64), offset + at))
			return;
	} else {
		va = mmap(NULL, PAGE << choose(life, 12), PROT_READ, MAP_SHARED,
			  fd, (offset + at) & ~(PAGE - 1));
		if (va != MAP_FAILED)
			munmap(va, PAGE);
	}
}

void happen(struct life *life)
{
	switch (choose(life, 2000)) {
	case 0 ... 1:
		renew_file(life);
		break;
	case 2 ... 21:
		renew_device(life);
		break;
	case 22 ... 41:
		close_access(life);
		break;
	case 42 ... 61:
		renew_memory(life);
		break;
	case 62 ... 81:
		use_region(life);
		break;
	case 82 ... 91:
		renew_container(life);
		break;
	case 92 ... 111:
		renew_group(life);
		break;
	case 112 ... 123:
		start_container(life);
		break;
	}
}
