// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions by which KVM and drivers ask vfio.ko about a file that user space
 * gave them.  vfio.ko knows its own group files only, so for files of ours the
 * answers come from here.  And those by which mediated devices reach memory,
 * for devices that are bound by a file of ours; vfio.ko looks for a container.
 * And the one by which it finds the container behind a file.
 *
 * A redirect decides from the call's arguments alone.  The file, with
 * vfio_file_has_dev() the caller's lock of the device set, or the open device
 * keeps the answer true until the call has returned, and this module loaded.
 */
#include <linux/iommufd.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>

#include "compat/container.h"
#include "compat/ftrace.h"
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

static bool redirect_our_file(unsigned long file, unsigned long unused)
{
	return vfio_cdev_file((const struct file *)file);
}

/*
 * For a device that is bound, a group's file is no proof either: whoever may
 * open it need not be the owner.
 */
static bool redirect_our_file_or_device(unsigned long file, unsigned long vdev)
{
	return redirect_our_file(file, 0) ||
	       vfio_bind_find((const struct vfio_device *)vdev);
}

static bool redirect_our_device(unsigned long vdev, unsigned long unused)
{
	return vfio_bind_find((const struct vfio_device *)vdev);
}

static bool redirect_is_file(struct file *file)
{
	return true;
}

static bool redirect_has_dev(struct file *file, struct vfio_device *vdev)
{
	struct vfio_cdev_file *f = vfio_cdev_file(file);

	return f && vfio_reset_allowed(f, vdev);
}

static bool redirect_enforced_coherent(struct file *file)
{
	return iommufd_can_enforce_coherency(vfio_cdev_file(file)->vdev->dev);
}

static void redirect_set_kvm(struct file *file, struct kvm *kvm)
{
	vfio_kvm_set(vfio_cdev_file(file), kvm);
}

/* No file of ours is open for such a call, so it keeps the module itself. */
static bool redirect_iommufd(unsigned long file, unsigned long unused)
{
	return iommufd_is_file((const struct file *)file) &&
	       try_module_get(THIS_MODULE);
}

static_assert(__same_type(vfio_container_from_file, vfio_join_container));

/* To take the redirects away is to wait for who comes back from here. */
static struct vfio_container *redirect_container(struct file *file)
{
	struct vfio_container *container = vfio_join_container(file);

	module_put(THIS_MODULE);
	return container;
}

static int redirect_pin_pages(struct vfio_device *vdev, dma_addr_t iova,
			      int npages, int prot, struct page **pages)
{
	return vfio_access_pin_pages(vfio_bind_find(vdev), iova, npages, prot,
				     pages);
}

static void redirect_unpin_pages(struct vfio_device *vdev, dma_addr_t iova,
				 int npages)
{
	vfio_access_unpin_pages(vfio_bind_find(vdev), iova, npages);
}

static int redirect_dma_rw(struct vfio_device *vdev, dma_addr_t iova,
			   void *data, size_t len, bool write)
{
	return vfio_access_rw(vfio_bind_find(vdev), iova, data, len, write);
}

/* A function of the kernel, and ours of the same type, or it does not compile. */
#define REDIRECT(theirs, our, whose) \
	{ theirs, __builtin_choose_expr(__same_type(theirs, our), our, (void)0), \
	  whose }

static struct compat_redirect redirects[] = {
	/* Asked for hot resets... */
	REDIRECT(vfio_file_is_group, redirect_is_file, redirect_our_file),
	REDIRECT(vfio_file_has_dev, redirect_has_dev,
		 redirect_our_file_or_device),
	/* ... and by KVM... */
	REDIRECT(COMPAT_VFIO_FILE_IS_VALID, redirect_is_file,
		 redirect_our_file),
	REDIRECT(vfio_file_enforced_coherent, redirect_enforced_coherent,
		 redirect_our_file),
	REDIRECT(vfio_file_set_kvm, redirect_set_kvm, redirect_our_file),
	/* ... and called by mediated devices. */
	REDIRECT(vfio_pin_pages, redirect_pin_pages, redirect_our_device),
	REDIRECT(vfio_unpin_pages, redirect_unpin_pages, redirect_our_device),
	REDIRECT(vfio_dma_rw, redirect_dma_rw, redirect_our_device),
	/* Asked when a group gets a container; found by its name, as it is private. */
	{ NULL, redirect_container, redirect_iommufd },
};

#define CONTAINER_OF_FILE "vfio:vfio_container_from_file"

/**
 * vfio_redirect_start() - begin to answer for our files
 *
 * Character devices work without it, too, but for what the log then says.
 */
void vfio_redirect_start(void)
{
	struct compat_redirect *last = &redirects[ARRAY_SIZE(redirects) - 1];
	int ret;

	last->from = compat_redirect_find(CONTAINER_OF_FILE);
	if (!last->from)
		pr_warn("vfio_cdev: no function vfio_container_from_file: files of /dev/iommu can't be containers\n");
	ret = compat_redirect_start(redirects, ARRAY_SIZE(redirects) -
					       !last->from);
	if (ret)
		pr_warn("vfio_cdev: cannot redirect functions of vfio.ko (error %d; is ftrace off, or one of them live-patched?): KVM will refuse VFIO character devices, there is no PCI hot reset through them, and mediated devices cannot be bound\n",
			ret);
}

/**
 * vfio_redirect_stop() - undo vfio_redirect_start(); no file is open any more
 */
void vfio_redirect_stop(void)
{
	compat_redirect_stop();
}
