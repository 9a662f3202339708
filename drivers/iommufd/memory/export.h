/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A watch over registers that their driver has exported.
 */
#ifndef __IOMMUFD_MEMORY_EXPORT_H
#define __IOMMUFD_MEMORY_EXPORT_H

#include <linux/types.h>

struct watch;

int export_start(struct watch *watch, int fd, unsigned long start,
		 unsigned long length, bool writable,
		 void (*close)(struct watch *watch, bool may_sleep));

#endif /* __IOMMUFD_MEMORY_EXPORT_H */
