// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual machine that a device is for.  A VMM tells KVM of the file before
 * it binds it; KVM tells us, and the driver gets to know as its device is
 * opened.
 */
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/**
 * vfio_kvm_set() - a virtual machine begins or ceases to use a file
 * @f: the file
 * @kvm: the machine, or NULL: the one that was set is about to go
 *
 * A device that is open already keeps what it has.
 */
void vfio_kvm_set(struct vfio_cdev_file *f, struct kvm *kvm)
{
	spin_lock(&f->kvm_lock);
	f->kvm = kvm;
	spin_unlock(&f->kvm_lock);
}

/**
 * vfio_kvm_get() - let a device that is about to be opened have its machine
 * @f: the file, with the lock of the device set held
 */
void vfio_kvm_get(struct vfio_cdev_file *f)
{
	spin_lock(&f->kvm_lock);
	if (f->kvm && compat_kvm_get(f->kvm))
		f->vdev->kvm = f->kvm;
	spin_unlock(&f->kvm_lock);
}

/**
 * vfio_kvm_put() - take it away from a device that has been closed
 * @f: the file, with the lock of the device set held
 */
void vfio_kvm_put(struct vfio_cdev_file *f)
{
	if (f->vdev->kvm)
		compat_kvm_put(f->vdev->kvm);
	f->vdev->kvm = NULL;
}
