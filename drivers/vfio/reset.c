// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI hot reset: which devices the reset of a bus or slot reaches, whose they
 * are, and the reset itself.
 *
 * The driver does it, under its own locks; it is what it is for group files,
 * which are the only proof of ownership that it knows.  So it is asked to take
 * the very file of the request for a group's, and asks vfio_file_has_dev(), see
 * redirect.c, which devices that stands for: all that are affected, or none.
 *
 * The request stands in user memory, as drivers read it from there, and may
 * change under them.  It does not matter which other files it then names.  No
 * group file stands for a bound device, so for the one that is asked to reset
 * there has to be a file of the same iommufd, and that again stands for none
 * unless its iommufd owns all.
 *
 * Who owns what is read under the lock of the device set.
 */
#include <linux/fdtable.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/overflow.h>
#include <linux/pci.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/ftrace.h"
#include "vfio/vfio_cdev.h"

/**
 * struct reset_list - the devices that the reset of one reaches
 * @set: the device set of that one
 * @slot: its slot, where that can be reset, or NULL: the whole bus
 * @room: of @devices
 * @count: of affected devices, which may be more
 * @devices: what user space is told of them
 * @vdevs: the VFIO devices that they are, or NULL
 */
struct reset_list {
	struct vfio_device_set *set;
	struct pci_slot *slot;
	u32 room;
	u32 count;
	struct vfio_pci_dependent_device *devices;
	struct vfio_device **vdevs;
};

/* The id of a device in an iommufd, or one of the VFIO_PCI_DEVID_... */
static int reset_devid(struct vfio_device *vdev, struct iommufd_ctx *ictx)
{
	const struct vfio_cdev_file *bound = vfio_bind_find(vdev);
	struct iommu_group *group;
	bool owned;

	lockdep_assert_held(&vdev->dev_set->lock);

	if (bound && bound->ictx == ictx)
		return bound->devid;

	group = iommu_group_get(vdev->dev);
	owned = iommufd_ctx_has_group(ictx, group);
	iommu_group_put(group);
	return owned ? VFIO_PCI_DEVID_OWNED : VFIO_PCI_DEVID_NOT_OWNED;
}

/**
 * vfio_reset_allowed() - may who has a file hot reset a device
 * @f: the file
 * @vdev: the device, with the lock of its set held, which is every device that
 *	the reset reaches
 *
 * Return: true where the iommufd of @f owns @vdev and all others of the set.
 */
bool vfio_reset_allowed(struct vfio_cdev_file *f, struct vfio_device *vdev)
{
	struct vfio_device *other;

	if (!vfio_bind_ready(f))
		return false;

	list_for_each_entry(other, &vdev->dev_set->device_list, dev_set_list)
		if (reset_devid(other, f->ictx) == VFIO_PCI_DEVID_NOT_OWNED)
			return false;
	return true;
}

/* Also for what is behind bridges of the slot. */
static bool reset_in_slot(struct pci_dev *pdev, const struct pci_slot *slot)
{
	while (pdev && pdev->bus != slot->bus)
		pdev = pdev->bus->self;
	return pdev && pdev->slot == slot;
}

static struct vfio_device *reset_find(struct vfio_device_set *set,
				      const struct device *dev)
{
	struct vfio_device *vdev;

	list_for_each_entry(vdev, &set->device_list, dev_set_list)
		if (vdev->dev == dev)
			return vdev;
	return NULL;
}

static int reset_list_add(struct pci_dev *pdev, void *data)
{
	struct reset_list *list = data;
	u32 i;

	if (list->slot && !reset_in_slot(pdev, list->slot))
		return 0;

	i = list->count++;
	if (i >= list->room)
		return 0;

	list->devices[i].segment = pci_domain_nr(pdev->bus);
	list->devices[i].bus = pdev->bus->number;
	list->devices[i].devfn = pdev->devfn;
	list->vdevs[i] = reset_find(list->set, &pdev->dev);
	return 0;
}

static void reset_list_walk(struct reset_list *list, struct pci_dev *pdev)
{
	list->slot = pci_probe_reset_slot(pdev->slot) ? NULL : pdev->slot;
	list->count = 0;
	pci_walk_bus(list->slot ? list->slot->bus : pdev->bus, reset_list_add,
		     list);
}

static int reset_list_alloc(struct reset_list *list)
{
	list->devices = kcalloc(list->count, sizeof(*list->devices),
				GFP_KERNEL_ACCOUNT);
	list->vdevs = kcalloc(list->count, sizeof(*list->vdevs),
			      GFP_KERNEL_ACCOUNT);
	if (!list->devices || !list->vdevs)
		return -ENOMEM;
	list->room = list->count;
	return 0;
}

static void reset_list_free(struct reset_list *list)
{
	kfree(list->devices);
	kfree(list->vdevs);
}

/* Fills in the ids; says whether all are owned, as a flag. */
static u32 reset_list_own(struct reset_list *list, struct iommufd_ctx *ictx)
{
	u32 i, flag = VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED;

	for (i = 0; i < list->count; i++) {
		int devid = VFIO_PCI_DEVID_NOT_OWNED;

		if (list->vdevs[i])
			devid = reset_devid(list->vdevs[i], ictx);
		if (devid == VFIO_PCI_DEVID_NOT_OWNED)
			flag = 0;
		/* The field has a second name, but not on every kernel. */
		list->devices[i].group_id = devid;
	}
	return flag;
}

/* Fills @list, which has been counted, and hdr; the caller frees it. */
static int reset_list_fill(struct reset_list *list, struct vfio_cdev_file *f,
			   struct vfio_pci_hot_reset_info *hdr)
{
	int ret;

	ret = reset_list_alloc(list);
	if (ret)
		return ret;

	mutex_lock(&list->set->lock);
	reset_list_walk(list, to_pci_dev(f->vdev->dev));
	if (list->count > list->room)
		ret = -EAGAIN;	/* one has just been plugged in */
	else
		hdr->flags = VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
			     reset_list_own(list, f->ictx);
	mutex_unlock(&list->set->lock);
	return ret;
}

/**
 * vfio_reset_info() - VFIO_DEVICE_GET_PCI_HOT_RESET_INFO
 * @f: a file that is ready
 * @uarg: the ioctl's argument
 *
 * Return: 0; -ENOSPC where the caller's array is too short, with the count
 * that it must have; -ENODEV where there is no such reset.
 */
long vfio_reset_info(struct vfio_cdev_file *f,
		     struct vfio_pci_hot_reset_info __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_pci_hot_reset_info, count);
	struct reset_list list = { .set = f->vdev->dev_set };
	struct vfio_pci_hot_reset_info hdr;
	long ret;

	if (copy_from_user(&hdr, uarg, minsz))
		return -EFAULT;
	if (hdr.argsz < minsz)
		return -EINVAL;

	/*
	 * Only the driver knows whether it does hot resets.  What it answers
	 * besides, groups, is written over below.
	 */
	ret = vfio_bind_ioctl(f, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
			      (unsigned long)uarg);
	if (ret && ret != -ENOSPC)
		return ret;
	if (!dev_is_pci(f->vdev->dev) || !compat_redirect_active())
		return -ENODEV;

	hdr.flags = 0;
	reset_list_walk(&list, to_pci_dev(f->vdev->dev));
	if ((hdr.argsz - minsz) / sizeof(*list.devices) < list.count)
		ret = -ENOSPC;
	else
		ret = reset_list_fill(&list, f, &hdr);
	hdr.count = list.count;

	if (!ret && copy_to_user(uarg->devices, list.devices,
				 array_size(list.count,
					    sizeof(*list.devices))))
		ret = -EFAULT;
	if ((!ret || ret == -ENOSPC) && copy_to_user(uarg, &hdr, minsz))
		ret = -EFAULT;
	reset_list_free(&list);
	return ret;
}

static int reset_match_file(const void *file, struct file *other,
			    unsigned int fd)
{
	return file == other ? fd + 1 : 0;
}

/* Ask the driver, with @file as the one that proves ownership. */
static long reset_ask_driver(struct vfio_cdev_file *f, const struct file *file)
{
	struct vfio_pci_hot_reset hdr = {
		.argsz = sizeof(hdr) + sizeof(s32),
		.count = 1,
	};
	struct vfio_pci_hot_reset __user *request;
	unsigned long page;
	long ret = -EFAULT;
	s32 fd;

	fd = iterate_fd(current->files, 0, reset_match_file, file) - 1;
	if (fd < 0)
		return -EBADF;	/* closed since, by another thread */

	page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(page))
		return page;
	request = (struct vfio_pci_hot_reset __user *)page;

	if (!copy_to_user(request, &hdr, sizeof(hdr)) &&
	    !put_user(fd, &request->group_fds[0]))
		ret = vfio_bind_ioctl(f, VFIO_DEVICE_PCI_HOT_RESET, page);

	/* To unmap wants memory, too. What a killed process has goes with it. */
	while (vm_munmap(page, PAGE_SIZE) == -ENOMEM &&
	       !fatal_signal_pending(current))
		cond_resched();
	return ret;
}

/**
 * vfio_reset_hot() - VFIO_DEVICE_PCI_HOT_RESET
 * @f: a file that is ready
 * @file: the same
 * @uarg: the ioctl's argument
 *
 * Return: 0; -EINVAL where not all of the affected devices are the iommufd's;
 * -ENODEV where there is no such reset; else what the driver returns.
 */
long vfio_reset_hot(struct vfio_cdev_file *f, const struct file *file,
		    const struct vfio_pci_hot_reset __user *uarg)
{
	const size_t minsz = offsetofend(struct vfio_pci_hot_reset, count);
	struct vfio_pci_hot_reset hdr;

	if (copy_from_user(&hdr, uarg, minsz))
		return -EFAULT;
	/* A list of group files is for devices that were opened so. */
	if (hdr.argsz < minsz || hdr.flags || hdr.count)
		return -EINVAL;

	if (!compat_redirect_active())
		return -ENODEV;
	return reset_ask_driver(f, file);
}
