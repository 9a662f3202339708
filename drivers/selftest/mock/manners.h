/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the mock IOMMU behaves.
 */
#ifndef __SELFTEST_MOCK_MANNERS_H
#define __SELFTEST_MOCK_MANNERS_H

#include <linux/types.h>

/* Of the IOMMU in sysfs, by which iommufd knows it. */
#define MOCK_NAME "iommufd_mock"

struct compat_iommu_traits;

/* Both do not change once there is a domain. */
extern const struct compat_iommu_traits *const mock_traits;

/*
 * What one map call has mapped is one piece, which goes only as a whole: as with
 * virtio-iommu, or as where page tables make an IO page of whatever a call
 * covers.  And huge pages are of any power of two, also above 1 GiB.
 */
extern bool mock_indivisible;

int mock_manners_start(void);
void mock_manners_tell(void);
void mock_manners_forget(void);

#endif /* __SELFTEST_MOCK_MANNERS_H */
