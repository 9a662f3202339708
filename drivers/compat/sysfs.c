// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to /sys/dev/char, where user space finds a character device by its
 * number.  The kernel makes it at boot and never removes it.
 */
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/rcupdate.h>

#include "compat/sysfs.h"

/* Nobody moves /sys/kernel, so that its parent needs no lock. */
static struct kernfs_node *sysfs_top(void)
{
#ifdef HAVE_KERNFS_PARENT_RCU
	return rcu_dereference_protected(kernel_kobj->sd->__parent, true);
#else
	return kernel_kobj->sd->parent;
#endif
}

/**
 * compat_sysfs_dev_char() - find /sys/dev/char
 *
 * May sleep.
 *
 * Return: its kobject, which needs no reference; NULL if there is none.
 */
struct kobject *compat_sysfs_dev_char(void)
{
	struct kernfs_node *dev, *dir = NULL;
	struct kobject *kobj = NULL;

	dev = kernfs_find_and_get(sysfs_top(), "dev");
	if (dev)
		dir = kernfs_find_and_get(dev, "char");
	if (dir)
		kobj = dir->priv;
	kernfs_put(dir);
	kernfs_put(dev);
	return kobj;
}
