/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same header under the name that the kernel has for it.
 */
#include <linux/iommufd_bulk.h>
