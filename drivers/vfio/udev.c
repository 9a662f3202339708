// SPDX-License-Identifier: GPL-2.0-only
/*
 * What udev sees of a node, which is what it sees on mainline: the device of
 * vfio.ko, vfio-dev/vfioN, has the number and the name of the node, in its
 * `dev` and `uevent` files, in its events, and in /sys/dev/char.  So rules that
 * say SUBSYSTEM=="vfio-dev" apply to the node.
 *
 * The number can't be put into that device's own devt: the driver core would
 * then name and remove a node which it has not made.  Instead the device gets a
 * type, whose callback adds the properties whenever somebody asks for them.
 * vfio.ko gives its devices none.
 *
 * A type is taken away under the feet of those who ask, who hold no lock.  But
 * dev_uevent() loads a device's type once, by its code on 6.1, 6.12 and 7.3, and
 * sleeps nowhere between that and the return of the callback, which does not sleep
 * either: see vfio_udev_exit().
 *
 * Everything here that has a device runs under the class mutex of vfio.ko, but
 * for what the core calls.
 */
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kobject.h>
#include <linux/rcupdate.h>
#include <linux/sysfs.h>

#include "compat/sysfs.h"
#include "compat/vfio.h"
#include "vfio/vfio_cdev.h"

/* First number of the region; the minor is the N of vfioN. */
static dev_t udev_region;

/* /sys/dev/char */
static struct kobject *udev_numbers;

/**
 * vfio_udev_number() - the number of a VFIO device's node
 * @vdev: the device, with or without a node
 */
dev_t vfio_udev_number(const struct vfio_device *vdev)
{
	return MKDEV(MAJOR(udev_region), vdev->index);
}

static ssize_t dev_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct vfio_device *vdev = container_of(dev, struct vfio_device,
						device);

	return print_dev_t(buf, vfio_udev_number(vdev));
}
static DEVICE_ATTR_RO(dev);

/* Must not sleep: see above. */
static int udev_uevent(COMPAT_UEVENT_DEVICE *dev, struct kobj_uevent_env *env)
{
	const struct vfio_device *vdev = container_of(dev, struct vfio_device,
						      device);
	dev_t number = vfio_udev_number(vdev);
	int ret;

	ret = add_uevent_var(env, "MAJOR=%u", MAJOR(number));
	if (!ret)
		ret = add_uevent_var(env, "MINOR=%u", MINOR(number));
	if (!ret)
		ret = add_uevent_var(env, "DEVNAME=" VFIO_CDEV_NODE,
				     MINOR(number));
	return ret;
}

static const struct device_type udev_type = {
	.uevent = udev_uevent,
};

/*
 * What the core has linked there is the device by which it makes the node, of
 * which udev is to know nothing.  It removes a link by its name alone, so ours
 * goes when that device does.
 */
static int udev_link(struct vfio_device *vdev)
{
	char name[16];

	format_dev_t(name, vfio_udev_number(vdev));
	sysfs_remove_link(udev_numbers, name);
	return sysfs_create_link(udev_numbers, &vdev->device.kobj, name);
}

/**
 * vfio_udev_add() - let user space find a node
 * @vdev: its VFIO device; the node is there, but as on mainline vfio.ko may answer ENODEV
 *	for a moment more
 *
 * The event is the device's second of that kind: that of the core came before
 * anybody else knew of the device.
 *
 * Return: 0 or -errno; then @vdev is as it was, and the caller removes the node
 * and with it the link in /sys/dev/char.
 */
int vfio_udev_add(struct vfio_device *vdev)
{
	int ret;

	ret = udev_link(vdev);
	if (ret)
		return ret;
	ret = device_create_file(&vdev->device, &dev_attr_dev);
	if (ret)
		return ret;
	WRITE_ONCE(vdev->device.type, &udev_type);
	kobject_uevent(&vdev->device.kobj, KOBJ_ADD);
	return 0;
}

/**
 * vfio_udev_remove() - say that a node has gone
 * @vdev: its VFIO device, which goes as well or loses its node only
 *
 * The core's own event comes when the device goes, without the number, by which
 * udev knows what it has to forget.
 */
void vfio_udev_remove(struct vfio_device *vdev)
{
	device_remove_file(&vdev->device, &dev_attr_dev);
	kobject_uevent(&vdev->device.kobj, KOBJ_REMOVE);
	WRITE_ONCE(vdev->device.type, NULL);
}

/**
 * vfio_udev_init() - prepare the numbers of the nodes
 *
 * Return: 0 or -errno.
 */
int vfio_udev_init(void)
{
	udev_numbers = compat_sysfs_dev_char();
	if (!udev_numbers)
		return -ENOENT;
	return alloc_chrdev_region(&udev_region, 0, MINORMASK + 1, "vfio-dev");
}

/**
 * vfio_udev_exit() - undo vfio_udev_init(); no device has our type any more
 *
 * Waits for those who saw a device with our type and are in its callback still,
 * maybe preempted: until each task has slept or has been in user space.
 */
void vfio_udev_exit(void)
{
	synchronize_rcu_tasks();
	unregister_chrdev_region(udev_region, MINORMASK + 1);
}
