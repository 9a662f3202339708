/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hardware of an IOMMU can do.
 */
#ifndef __COMPAT_HARDWARE_H
#define __COMPAT_HARDWARE_H

#include <linux/types.h>

struct device;

void *compat_hw_info(struct device *dev, u32 *length, u32 *type);
bool compat_hw_lacks_ats(struct device *dev);
bool compat_can_enforce_coherency(struct device *dev);

#ifdef HAVE_DOMAIN_ALLOC_USER
int compat_hw_lacks_second_stage(struct device *dev);
#endif

#endif /* __COMPAT_HARDWARE_H */
