/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All IOASes of a context go to another process.
 */
#ifndef __IOMMUFD_IOAS_PROCESS_H
#define __IOMMUFD_IOAS_PROCESS_H

struct account;
struct iommufd_ctx;

int ioas_change_process(struct iommufd_ctx *ictx, struct account *heir);

#endif /* __IOMMUFD_IOAS_PROCESS_H */
