/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readers of the kernel's generic page tables, one for each format that hardware marks.
 */
#ifndef __COMPAT_WALKER_H
#define __COMPAT_WALKER_H

#include <linux/types.h>

struct compat_dirty;
struct iommu_domain;

/**
 * struct compat_walker - a reader of one format
 * @serves: is a domain of this format
 * @read: as compat_dirty_read()
 */
struct compat_walker {
	bool (*serves)(struct iommu_domain *domain);
	void (*read)(struct compat_dirty *dirty, unsigned long first,
		     unsigned long last);
};

extern const struct compat_walker compat_vtdss_walker;
extern const struct compat_walker compat_amdv1_walker;

#endif /* __COMPAT_WALKER_H */
