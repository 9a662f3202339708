/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of commands.
 */
#ifndef __IOMMUFD_ABI_IOCTL_H
#define __IOMMUFD_ABI_IOCTL_H

struct iommufd_ctx;

long ioctl_run(struct iommufd_ctx *ictx, unsigned int nr, void __user *user);

#endif /* __IOMMUFD_ABI_IOCTL_H */
