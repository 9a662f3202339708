// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_iommufd.ko: containers of the stock vfio.ko (/dev/vfio/vfio) over an
 * IOAS.  The ioctls of a container go to iommufd; groups are attached to the
 * IOAS, and mediated devices reach it through an access.
 *
 * How long a container lives is for vfio.ko to say, which calls
 *
 *   open, release, attach_group, detach_group: with the container's group_lock
 *	held for writing, on 6.1, 6.12 and 7.3, so one at a time: the list of
 *	groups needs no lock of ours;
 *   register_device, unregister_device: with a device of a group in use, which
 *	keeps the group in the container (VFIO_GROUP_UNSET_CONTAINER is EBUSY),
 *	and with the locks of that group and of the device's set.  Devices of two
 *	groups may come and go at a time;
 *   pin_pages, unpin_pages, dma_rw: with no lock, for a device that is open,
 *	which keeps the container as above;
 *   ioctl: with group_lock held for reading for VFIO_CHECK_EXTENSION, and with
 *	nothing at all for any other.  Its call may wait for user memory as long
 *	as user space likes, and the last group may leave meanwhile.
 *
 * So vfio.ko is given no pointer, but a number that no other container ever
 * gets.  An ioctl finds the container by it and takes a reference, on the context
 * and on this module as well; one that comes too late finds nothing.  The rest
 * finds it by the number, too, and needs no reference.
 *
 * vfio.ko reads which backend and which number it is in two steps, without a
 * lock.  A task that is preempted between the two while the container is given
 * up, and given a type again, calls the old backend with the number of the new
 * one.  That does no harm where the old one is ours, since the pointer of another
 * backend is no number of ours.  Where it is not, ours is no pointer of theirs,
 * and they fault: only vfio.ko can mend that.
 */
#include <linux/atomic.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/vfio.h>
#include <linux/xarray.h>

#include "compat/container.h"
#include "vfio/pins.h"

/*
 * vfio_iommu_type1 takes what any driver has mapped without struct pages, and keeps it
 * when it goes to somebody else.  Here it ends as that driver takes it away.
 */
static bool any_pfnmap;
module_param_named(allow_unsafe_pfnmap, any_pfnmap, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_pfnmap,
		 "Let new containers map memory without struct pages of any driver, as vfio_iommu_type1 does, not of VFIO devices alone (default N)");

/**
 * struct container_group - a group in a container
 * @node: in container->groups
 * @iommu: the group
 * @idev: what is attached for it; NULL for a mediated device
 */
struct container_group {
	struct list_head node;
	struct iommu_group *iommu;
	struct iommufd_device *idev;
};

/**
 * struct container - a container that has an IOMMU type
 * @refs: one until it is released, and one for each ioctl
 * @number: by which vfio.ko knows it
 * @rcu: frees it, as an ioctl may be looking at @refs
 * @ictx: its context; a reference is held
 * @ioas: id of its one IOAS
 * @v2: the ABI is version 2
 * @served: an ioctl has come to it, so vfio.ko has no other backend for it any more
 * @access: of mediated devices
 * @groups: what was attached
 * @devices_lock: guards @devices; held while they are asked to unpin
 * @devices: open devices that pin pages, by vdev->iommu_entry
 */
struct container {
	refcount_t refs;
	unsigned long number;
	struct rcu_head rcu;
	struct iommufd_ctx *ictx;
	u32 ioas;
	bool v2;
	bool served;
	struct iommufd_access *access;
	struct list_head groups;
	struct mutex devices_lock;	/* see above */
	struct list_head devices;
};

/* Those that are not released, by their numbers. */
static DEFINE_XARRAY(containers);

/* The number that was given last.  64 bits of them do not come to an end. */
static atomic_long_t last_number;

/* For who is kept from seeing it released, as said above. */
static struct container *container_find(void *data)
{
	return xa_load(&containers, (unsigned long)data);
}

/* For container_put(); NULL where it is released. */
static struct container *container_get(void *data)
{
	struct container *container;

	rcu_read_lock();
	container = container_find(data);
	if (container && !refcount_inc_not_zero(&container->refs))
		container = NULL;
	rcu_read_unlock();
	return container;
}

static void container_put(struct container *container)
{
	if (!refcount_dec_and_test(&container->refs))
		return;
	iommufd_ctx_put(container->ictx);
	kfree_rcu(container, rcu);
}

/*
 * While a container gets its type, vfio.ko takes an error of ours for a reason to
 * ask the next backend, and nobody learns of it: neither that the container has
 * another backend than was chosen, with limits and parameters of its own, nor why.
 * Once, as users could fill the log.
 */
#define container_say_refused(fmt, ...) \
	pr_warn_once("vfio_iommufd: " fmt ": vfio.ko takes another backend, if one accepts\n", \
		     ##__VA_ARGS__)

/* ---- mediated devices ---- */

static void container_unmap(void *data, unsigned long iova,
			    unsigned long length)
{
	struct container *container = data;
	struct vfio_device *vdev;

	mutex_lock(&container->devices_lock);
	list_for_each_entry(vdev, &container->devices, iommu_entry)
		vdev->ops->dma_unmap(vdev, iova, length);
	mutex_unlock(&container->devices_lock);
}

static const struct iommufd_access_ops container_access_ops = {
	.needs_pin_pages = 1,
	.unmap = container_unmap,
};

static void container_register_device(void *data, struct vfio_device *vdev)
{
	struct container *container = container_find(data);

	if (!vdev->ops->dma_unmap)
		return;
	mutex_lock(&container->devices_lock);
	list_add(&vdev->iommu_entry, &container->devices);
	mutex_unlock(&container->devices_lock);
}

static void container_unregister_device(void *data, struct vfio_device *vdev)
{
	struct container *container = container_find(data);

	if (!vdev->ops->dma_unmap)
		return;
	mutex_lock(&container->devices_lock);
	list_del(&vdev->iommu_entry);
	mutex_unlock(&container->devices_lock);
}

static void container_unpin_pages(void *data, dma_addr_t iova, int npages)
{
	struct container *container = container_find(data);

	pins_drop(container->access, iova, npages);
}

static int container_pin_pages(void *data, struct iommu_group *iommu,
			       dma_addr_t iova, int npages, int prot,
			       struct page **pages)
{
	struct container *container = container_find(data);

	if (!container->v2)
		return -EACCES;
	/* Nobody could be asked to unpin. */
	if (list_empty(&container->devices))
		return -EINVAL;
	return pins_take(container->access, iova, npages, prot, pages);
}

static int container_dma_rw(void *data, dma_addr_t iova, void *buffer,
			    size_t length, bool write)
{
	struct container *container = container_find(data);

	return pins_rw(container->access, iova, buffer, length, write);
}

/* ---- groups ---- */

static int group_attach(struct container *container,
			struct container_group *group)
{
	u32 pt = container->ioas;
	int rc;

	group->idev = iommufd_group_bind(container->ictx, group->iommu);
	if (IS_ERR(group->idev))
		return PTR_ERR(group->idev);
	rc = iommufd_device_attach(group->idev, IOMMUFD_NO_PASID, &pt);
	if (rc)
		iommufd_device_unbind(group->idev);
	return rc;
}

static int group_add(struct container *container, struct iommu_group *iommu,
		     enum vfio_group_type type)
{
	struct container_group *group;
	int rc = 0;

	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->iommu = iommu;
	if (type != VFIO_EMULATED_IOMMU)
		rc = group_attach(container, group);
	if (rc)
		kfree(group);
	else
		list_add(&group->node, &container->groups);
	return rc;
}

static int container_attach_group(void *data, struct iommu_group *iommu,
				  enum vfio_group_type type)
{
	struct container *container = container_find(data);
	int rc = group_add(container, iommu, type);

	/* Who adds a group later is told the error. */
	if (rc && rc != -EINTR && !READ_ONCE(container->served))
		container_say_refused("IOMMU group %d: error %d",
				      iommu_group_id(iommu), rc);
	return rc;
}

static void container_detach_group(void *data, struct iommu_group *iommu)
{
	struct container *container = container_find(data);
	struct container_group *group;

	list_for_each_entry(group, &container->groups, node)
		if (group->iommu == iommu)
			break;
	list_del(&group->node);
	if (group->idev) {
		iommufd_device_detach(group->idev, IOMMUFD_NO_PASID);
		iommufd_device_unbind(group->idev);
	}
	kfree(group);
}

/* ---- the container ---- */

static int container_open_access(struct container *container)
{
	u32 id;
	int rc;

	container->access = iommufd_access_create(container->ictx,
						  &container_access_ops,
						  container, &id);
	if (IS_ERR(container->access))
		return PTR_ERR(container->access);
	rc = iommufd_access_attach(container->access, container->ioas);
	if (rc)
		iommufd_access_destroy(container->access);
	return rc;
}

static void *container_create(unsigned long type)
{
	struct container *container;
	int rc;

	container = kzalloc(sizeof(*container), GFP_KERNEL_ACCOUNT);
	if (!container)
		return ERR_PTR(-ENOMEM);
	container->v2 = type == VFIO_TYPE1v2_IOMMU;
	INIT_LIST_HEAD(&container->groups);
	mutex_init(&container->devices_lock);
	INIT_LIST_HEAD(&container->devices);
	refcount_set(&container->refs, 1);
	container->number = atomic_long_inc_return(&last_number);

	container->ictx = iommufd_type1_create(type, READ_ONCE(any_pfnmap),
					       &container->ioas);
	if (IS_ERR(container->ictx)) {
		rc = PTR_ERR(container->ictx);
		goto err_free;
	}
	rc = container_open_access(container);
	if (rc)
		goto err_put;
	rc = xa_insert(&containers, container->number, container, GFP_KERNEL);
	if (rc)
		goto err_access;
	return (void *)container->number;

err_access:
	iommufd_access_destroy(container->access);
err_put:
	iommufd_ctx_put(container->ictx);
err_free:
	kfree(container);
	return ERR_PTR(rc);
}

static void *container_open(unsigned long type)
{
	void *data = container_create(type);

	if (IS_ERR(data))
		container_say_refused("no container: error %ld", PTR_ERR(data));
	return data;
}

/* Ioctls that are on their way go on, with a context that nobody else has. */
static void container_release(void *data)
{
	struct container *container = container_find(data);

	xa_erase(&containers, container->number);
	WARN_ON(!list_empty(&container->groups) ||
		!list_empty(&container->devices));
	iommufd_access_destroy(container->access);
	container_put(container);
}

/* VFIO_CHECK_EXTENSION: what depends on an IOAS is not there yet. */
static long container_check_extension(unsigned long extension)
{
	long rc = iommufd_type1_ioctl(NULL, VFIO_CHECK_EXTENSION, extension);

	return max(rc, 0L);
}

static long container_ioctl(void *data, unsigned int nr, unsigned long arg)
{
	struct container *container;
	long rc = -EINVAL;	/* as vfio.ko says of one without a type */

	if (!data && nr == VFIO_CHECK_EXTENSION)
		return container_check_extension(arg);

	/* Until the container is released vfio.ko has a reference as well. */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	container = container_get(data);
	if (container) {
		WRITE_ONCE(container->served, true);
		rc = iommufd_type1_ioctl(container->ictx, nr, arg);
		container_put(container);
	}
	module_put(THIS_MODULE);
	return rc;
}

/* ---- the module ---- */

static const struct vfio_iommu_driver_ops container_ops = {
	.name = "vfio-iommufd",
	.owner = THIS_MODULE,
	.open = container_open,
	.release = container_release,
	.ioctl = container_ioctl,
	.attach_group = container_attach_group,
	.detach_group = container_detach_group,
	.pin_pages = container_pin_pages,
	.unpin_pages = container_unpin_pages,
	.register_device = container_register_device,
	.unregister_device = container_unregister_device,
	.dma_rw = container_dma_rw,
};

static int __init container_init(void)
{
	int rc = vfio_register_iommu_driver(&container_ops);

	if (!rc)
		pr_info("vfio_iommufd: new VFIO containers are served by iommufd from now on\n");
	return rc;
}

/*
 * No container has our type any more.  But a task may have been preempted in the
 * middle of an ioctl: in vfio.ko, where it has found that we are the backend, and
 * has not come to our first instruction; or here, behind module_put().  Both are
 * places where no task sleeps by itself, so to wait until each task has done that
 * is to wait until it is out.  And for as long as vfio.ko has the backend, which
 * it frees as we unregister.
 *
 * Twice, as vfio.ko drops our module before it forgets that we are the backend:
 * after the first wait it has, so who has seen it is out after the second.
 */
static void __exit container_exit(void)
{
	synchronize_rcu_tasks();
	synchronize_rcu_tasks();
	vfio_unregister_iommu_driver(&container_ops);
	pr_info("vfio_iommufd: new VFIO containers are not served by iommufd any more\n");
}

module_init(container_init);
module_exit(container_exit);

MODULE_DESCRIPTION("VFIO containers (/dev/vfio/vfio) served by iommufd");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("the iommufd project");
MODULE_VERSION(IOMMUFD_VERSION);
