/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Open files of /dev/iommu.
 */
#ifndef __IOMMUFD_ABI_FILE_H
#define __IOMMUFD_ABI_FILE_H

#include <linux/fs.h>

struct iommufd_ctx;

extern const struct file_operations file_ops;

struct iommufd_ctx *ctx_create(void);

#endif /* __IOMMUFD_ABI_FILE_H */
