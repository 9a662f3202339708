/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way to a directory of sysfs that no symbol names.
 */
#ifndef __COMPAT_SYSFS_H
#define __COMPAT_SYSFS_H

struct kobject;

struct kobject *compat_sysfs_dev_char(void);

#endif /* __COMPAT_SYSFS_H */
