/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What newer kernels keep of a domain that a group is attached to, in memory of
 * the caller.
 */
#ifndef __COMPAT_HANDLE_H
#define __COMPAT_HANDLE_H

#include <linux/iommu.h>

/**
 * struct compat_handle - how the kernel remembers a domain that a group has got
 *	in place of another
 * @handle: for the kernel, which points to it until the group is detached
 *
 * One for each domain, as long-lived as that.
 */
struct compat_handle {
#ifdef HAVE_ATTACH_HANDLE
	struct iommu_attach_handle handle;
#endif
};

#endif /* __COMPAT_HANDLE_H */
