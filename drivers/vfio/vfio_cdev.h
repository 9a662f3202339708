/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vfio_cdev.ko share.
 *
 * Calls go downwards: main -> redirect -> cdev -> { reset, feature } -> bind
 * -> { kvm, access }, and cdev -> udev.
 *
 * Locks, outer to inner:
 *   the class mutex of vfio.ko	around adding and removing a cdev
 *   vfio_cdev.lock		for a moment, in open and removal
 * and, apart from those,
 *   vfio_cdev_file.lock	one BIND, ATTACH or DETACH of a file at a time;
 *				taken killably.  The only one under which user
 *				memory is touched, which may take as long as a
 *				user-space fault handler likes: whoever waits
 *				for it has the same file
 *   vdev->dev_set->lock	the stock core's own lock of opening and closing
 *				devices; who has opened one changes under it,
 *				so that we exclude the group API and hot resets.
 *				Others want it, too: nothing that waits for user
 *				space is done under it, and so no attach, which
 *				pins memory, and no detach, which may wait for a
 *				MAP
 *   vfio_cdev_file.kvm_lock	inside it, for a moment
 * An mmap is called under the mmap_lock, and takes none of these.
 */
#ifndef __VFIO_CDEV_H
#define __VFIO_CDEV_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/vfio_cdev.h>
#include <linux/xarray.h>

/* The name of a node in /dev; its minor is the number. */
#define VFIO_CDEV_NODE "vfio/devices/vfio%u"

struct compat_vfio_group;
struct iommufd_access;
struct iommufd_ctx;
struct iommufd_device;
struct kvm;

/**
 * struct vfio_cdev - the character device of one VFIO device
 * @dev: the node; its reference count is that of the struct.  The node holds
 *	one, and each open file.
 * @cdev: the file operations behind the node
 * @lock: guards @vdev
 * @vdev: the VFIO device; NULL once it has gone or is about to go.  No
 *	reference: its removal clears it.  Open files have their own pointer.
 */
struct vfio_cdev {
	struct device dev;
	struct cdev cdev;
	struct mutex lock;	/* see above */
	struct vfio_device *vdev;
};

/**
 * struct vfio_cdev_file - one open file of the node
 * @cdev: what was opened; a reference, fixed
 * @vdev: its device; a registration reference, fixed
 * @lock: held by calls that change what follows, up to @pasids.  Closing the
 *	file needs it not, as no call is left.
 * @ictx: the iommufd, from bind to close; a reference.  As the next three it is
 *	read under the lock of the device set by others that find the file by
 *	vfio_bind_find(), and changes while they can't.
 * @idev: the device in it, from bind to close; NULL for a mediated device
 * @access: what a mediated device has instead
 * @devid: id of either
 * @group: the group of a mediated device, kept from others
 * @attached: the device has a page table, or an IOAS
 * @pasids: PASIDs that have a page table: an entry for each, that says no more
 * @kvm_lock: guards @kvm
 * @kvm: the virtual machine that says this file is its device's, or NULL.  No
 *	reference: it takes itself away before it goes.
 * @ready: bind has succeeded: the device is open and its operations may be
 *	called.  Never false again.  Stored with release under @lock, loaded
 *	with acquire without it.
 */
struct vfio_cdev_file {
	struct vfio_cdev *cdev;
	struct vfio_device *vdev;
	struct mutex lock;	/* see above */
	struct iommufd_ctx *ictx;
	struct iommufd_device *idev;
	struct iommufd_access *access;
	u32 devid;
	struct compat_vfio_group *group;
	bool attached;
	struct xarray pasids;
	spinlock_t kvm_lock;	/* see above */
	struct kvm *kvm;
	bool ready;
};

/* redirect.c */
void vfio_redirect_start(void);
void vfio_redirect_stop(void);

/* join.c */
struct vfio_container;
struct vfio_container *vfio_join_container(struct file *file);
int vfio_join_start(void);
void vfio_join_stop(void);

/* cdev.c */
extern const struct file_operations vfio_cdev_fops;
struct vfio_cdev_file *vfio_cdev_file(const struct file *file);
int vfio_cdev_add(struct vfio_device *vdev);
void vfio_cdev_remove(struct vfio_device *vdev);

/* udev.c */
dev_t vfio_udev_number(const struct vfio_device *vdev);
int vfio_udev_add(struct vfio_device *vdev);
void vfio_udev_remove(struct vfio_device *vdev);
int vfio_udev_init(void);
void vfio_udev_exit(void);

/* reset.c */
long vfio_reset_info(struct vfio_cdev_file *f,
		     struct vfio_pci_hot_reset_info __user *uarg);
long vfio_reset_hot(struct vfio_cdev_file *f, const struct file *file,
		    const struct vfio_pci_hot_reset __user *uarg);
bool vfio_reset_allowed(struct vfio_cdev_file *f, struct vfio_device *vdev);

/* bind.c */
bool vfio_bind_ready(const struct vfio_cdev_file *f);
long vfio_bind_ioctl(struct vfio_cdev_file *f, unsigned int cmd,
		     unsigned long arg);
struct vfio_cdev_file *vfio_bind_find(const struct vfio_device *vdev);
int vfio_bind(struct vfio_cdev_file *f,
	      struct vfio_cdev_bind_iommufd __user *uarg);
void vfio_bind_release(struct vfio_cdev_file *f);
int vfio_bind_attach(struct vfio_cdev_file *f,
		     struct vfio_cdev_attach_iommufd_pt __user *uarg);
int vfio_bind_detach(struct vfio_cdev_file *f,
		     struct vfio_cdev_detach_iommufd_pt __user *uarg);

/* feature.c */
int vfio_feature(struct vfio_cdev_file *f,
		 struct vfio_device_feature __user *uarg);

/* access.c */
int vfio_access_open(struct vfio_cdev_file *f);
void vfio_access_close(struct vfio_cdev_file *f);
int vfio_access_pin_pages(struct vfio_cdev_file *f, dma_addr_t iova,
			  int npages, int prot, struct page **pages);
void vfio_access_unpin_pages(struct vfio_cdev_file *f, dma_addr_t iova,
			     int npages);
int vfio_access_rw(struct vfio_cdev_file *f, dma_addr_t iova, void *data,
		   size_t len, bool write);

/* kvm.c */
void vfio_kvm_set(struct vfio_cdev_file *f, struct kvm *kvm);
void vfio_kvm_get(struct vfio_cdev_file *f);
void vfio_kvm_put(struct vfio_cdev_file *f);

#endif /* __VFIO_CDEV_H */
